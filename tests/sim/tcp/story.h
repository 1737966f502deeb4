// What the endpoint tests share: one endpoint against a peer that the test plays, and ways to state what it
// sent.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tests/sim/tcp/pair.h"

namespace halfopen::testing {

inline constexpr TimePoint at(Duration t) { return kTimeZero + t; }

// What the played peer agrees to.
struct Peer {
  std::optional<std::uint16_t> mss = 1460;
  bool timestamps = true;
  bool sack = true;
  std::optional<std::uint8_t> scale = 7;
  std::uint16_t window = 64240;
};

// A connection of `os` with a played peer: side a is real, what it sends is recorded and goes nowhere.
class Alone {
 public:
  explicit Alone(std::string_view os);
  // Timers to the nanosecond instead of the profile's ticks.
  Alone& ideal();
  // The handshake, the peer answering after `rtt`; forgets what was sent.
  Alone& open(Duration rtt = 20ms, const Peer& peer = {});
  // a listens; the peer's SYN, and its ACK one `rtt` after the SYN-ACK.
  Alone& accept(Duration rtt = 20ms, const Peer& peer = {});

  [[nodiscard]] Endpoint& tcp() { return *pair.a.endpoint; }
  [[nodiscard]] OsProfile& os() { return pair.a.profile; }
  [[nodiscard]] TimePoint now() const { return pair.now; }
  // The peer's segment: SEQ is RCV.NXT + `ahead`, ACK is SND.NXT, the window that of its SYN.
  [[nodiscard]] Segment segment(std::uint8_t flags, std::string_view text = {}, int ahead = 0);
  // The peer acknowledges `count` bytes after SND.UNA.
  [[nodiscard]] Segment ack_of(std::uint32_t count);
  // The same, with the SACK blocks [first, second) counted from SND.UNA.
  [[nodiscard]] Segment sack_of(std::uint32_t count,
                                std::initializer_list<std::pair<std::uint32_t, std::uint32_t>> blocks);
  [[nodiscard]] Segment with_time(Segment segment, std::uint32_t value, std::uint32_t echo = 0) const;
  [[nodiscard]] Segment syn(const Peer& peer, std::uint8_t flags) const;
  Endpoint::Verdict take(const Segment& segment);
  Alone& write(std::size_t count);
  Alone& run(Duration d);
  // Runs until nothing is due any more, or for `most`.
  Alone& run_out(Duration most = std::chrono::hours{24});
  // What was sent since the last call, one a line, as Pair::ladder() has it.
  [[nodiscard]] std::string sent() { return pair.ladder_without_time(); }
  // When: seconds after `since`, to the millisecond, apart by blanks.
  [[nodiscard]] std::string sent_at(TimePoint since);
  [[nodiscard]] const Segment& last() const { return *pair.rungs.back().packet.segment(); }
  [[nodiscard]] Cause last_cause() const { return pair.rungs.back().packet.why.cause; }
  [[nodiscard]] State state() const { return pair.a.endpoint->state(); }
  void forget();

  Pair pair;

 private:
  std::uint16_t window_ = 0;
  std::uint32_t peer_clock_ = 5000;
  std::size_t timed_ = 0;
};

// Bytes as "02 04 05 b4".
[[nodiscard]] std::string hex(std::span<const std::uint8_t> bytes);
// The states that an endpoint passed through: "CLOSED SYN_SENT ESTABLISHED".
[[nodiscard]] std::string states_of(const Pair::Side& side);

}  // namespace halfopen::testing

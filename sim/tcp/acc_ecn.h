// Accurate ECN (RFC 9768) of one end of a connection: how many packets and bytes came with which mark, what
// the peer says came of ours, and what the next segments say of both. How an endpoint uses it:
// sim/tcp/endpoint_acc_ecn.cc. Where the RFC leaves something open it is Linux's (include/net/tcp_ecn.h,
// net/ipv4/tcp_input.c, net/ipv4/tcp_output.c).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "sim/base/time.h"
#include "sim/tcp/ecn.h"
#include "sim/wire/acc_ecn_option.h"
#include "sim/wire/segment.h"

namespace halfopen {

// The ACE field: AE, CWR and ECE as a number of three bits.
[[nodiscard]] std::uint8_t ace_of(const Segment& segment);
void set_ace(Segment& segment, std::uint8_t ace);
// What a SYN-ACK or the last ACK of a handshake says of the mark of the packet that it answers (RFC 9768
// section 3.1, table 2), and the mark that is meant.
[[nodiscard]] std::uint8_t ace_for_mark(std::uint8_t mark);
[[nodiscard]] std::uint8_t mark_behind_ace(std::uint8_t ace);
// A SYN that asks for it (RFC 9768 section 3.1.2).
[[nodiscard]] bool asks_for_acc_ecn(const Segment& syn);

// Room for the option beside SACK blocks.
struct AccEcnFit {
  int fields = -1;         // counters in the option; -1: it does not fit
  std::size_t blocks = 0;  // SACK blocks that stay
  std::size_t size = 0;    // bytes of the option, without those that stand where others' padding would be
};
// `least`: counters it must have; `room`: bytes beside all others; `saving`: bytes of others' padding that it
// may fill. More than two `blocks` give way to it (net/ipv4/tcp_output.c tcp_options_fit_accecn).
[[nodiscard]] AccEcnFit fit_acc_ecn(int least, std::size_t room, std::size_t blocks, std::size_t saving);

class AccEcn {
 public:
  using ByMark = std::array<std::uint32_t, 3>;  // bytes that bore ECT(1), ECT(0), CE

  // The handshake's other packet came with this mark.
  explicit AccEcn(std::uint8_t mark) : handshake_mark_(mark & ip_ecn::mask) {}

  // --- What arrives
  // A packet with this mark and `bytes` of payload. True if that is another mark than the last packet's,
  // which is acknowledged without delay (RFC 9768 section 3.2.2.5.1).
  bool take_packet(std::uint8_t mark, std::uint32_t bytes);
  // The first option: a counter that begins with zero was zeroed on the way (section 3.2.3.2.4), and then
  // none counts.
  void look_at_first_option(const AccEcnOption& option);
  struct Acked {
    std::uint32_t packets = 0;  // newly acknowledged, also by SACK
    std::uint32_t bytes = 0;    // of payload
    std::uint32_t mss = 0;
    std::uint32_t ce_before = 0;  // packets that the peer has said were marked
    bool steady = false;          // SACK is in use, or nothing is taken for lost
  };
  // How many packets more met congestion by the ACE and the option of an ACK (section 3.2.2.5.2 and appendix
  // A). `option` is null without one.
  std::uint32_t take_ack(std::uint8_t ace, const AccEcnOption* option, const Acked& acked);
  // So many marked packets came unreported that the next data is acknowledged at once: ACE would wrap.
  [[nodiscard]] bool must_report() const { return pending_ce_ >= kMostPending; }

  // --- What is sent
  [[nodiscard]] std::uint8_t ace() const { return static_cast<std::uint8_t>((received_ce_ + kFirstCe) & 7); }
  void note_ace_sent() { pending_ce_ = 0; }
  // The first `fields` counters of what came.
  [[nodiscard]] AccEcnOption option(int fields) const;
  // The option of a SYN or SYN-ACK: nothing has come yet.
  [[nodiscard]] static AccEcnOption first_option(int fields);
  void note_option_sent(TimePoint now);
  [[nodiscard]] int least_fields() const { return least_fields_; }
  // The next segments carry the option, whatever the host's rule: this many.
  void demand(std::uint8_t segments) { demand_ = segments > demand_ ? segments : demand_; }
  [[nodiscard]] bool is_demanded() const { return demand_ > 0; }
  [[nodiscard]] bool peer_sends_option() const { return seen_ != Seen::nothing; }
  [[nodiscard]] bool option_sent_within(TimePoint now, Duration time) const {
    return option_sent_ != kNever && now - option_sent_ < time;
  }

  // --- The handshake
  [[nodiscard]] std::uint8_t handshake_mark() const { return handshake_mark_; }
  void set_handshake_mark(std::uint8_t mark) { handshake_mark_ = mark & ip_ecn::mask; }
  void set_last_mark(std::uint8_t mark) { last_mark_ = mark; }
  void count_ce_of_handshake() {
    ++received_ce_;
    ++pending_ce_;
  }

  // --- What reports ask
  [[nodiscard]] std::uint32_t received_ce() const { return received_ce_; }
  // What came, and what the peer says came of ours.
  [[nodiscard]] const ByMark& received_bytes() const { return received_; }
  [[nodiscard]] const ByMark& delivered_bytes() const { return delivered_; }

  // The ACE of the handshake's last ACK cannot be true: our packets are not to be marked any more.
  bool distrusts_marks = false;
  // The next ACK tells again of the mark of the handshake's packet.
  bool reflects = false;
  // The next data is acknowledged at once.
  bool hurries = false;
  // The ACK in hand has a newer timestamp.
  bool ts_advanced = false;
  // The next segment is to carry the option, as far as it fits.
  bool wants_option = false;

 private:
  static constexpr std::uint32_t kFirstCe = 5;     // ACE begins with it (section 3.2.2.1)
  static constexpr std::uint8_t kMostPending = 6;  // TCP_ACCECN_ACE_MAX_DELTA
  enum class Seen : std::uint8_t { nothing, empty, counters, zeroed };

  bool take_option(const AccEcnOption* option, std::uint32_t bytes);

  ByMark received_{}, delivered_{};
  std::uint32_t received_ce_ = 0;
  TimePoint option_sent_ = kNever;
  std::uint8_t pending_ce_ = 0;  // since ACE was last sent, at most 15
  std::uint8_t demand_ = 0;
  std::uint8_t least_fields_ = 0;
  std::uint8_t estimated_mark_ = 0;  // the only one whose counter grew in the last option; 0: none
  std::uint8_t last_mark_ = 0;
  std::uint8_t handshake_mark_;
  Seen seen_ = Seen::nothing;
};

}  // namespace halfopen

// Whether a segment may go on (RFC 9293 section 3.10.7.4, first to fifth step), with RFC 5961's defences and
// RFC 7323's protection against wrapped sequence numbers, and how often what may not is answered. It judges;
// what follows from it is its owner's.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/base/time.h"
#include "sim/tcp/profile.h"
#include "sim/why/state.h"
#include "sim/wire/segment.h"
#include "sim/wire/seq.h"

namespace halfopen {

class Gatekeeper {
 public:
  // The connection that it guards, at one instant.
  struct Guarded {
    const OsProfile& os;
    TimePoint now;
    State state = State::closed;
    Seq rcv_nxt;
    Seq acknowledged;                          // the last ACK sent
    std::uint32_t window = 0;                  // bytes that are acceptable from RCV.NXT
    std::optional<Seq> held_to;                // the end of what is held beyond a hole, if SACK tells of it
    Seq una;                                   // SND.UNA
    Seq highest;                               // the last number that may be acknowledged
    bool unread = false;                       // data in order waits for a read
    std::optional<std::uint32_t> ack_reach{};  // bytes before `una` at which an ACK is still an old one
    bool timestamps = false;                   // were agreed
    bool embryo = false;                       // of a listener, and no process knows of it
  };
  enum class Ruling : std::uint8_t {
    pass,
    drop,
    acknowledge,  // an ACK tells what is expected
    repetition,   // with sequence space that is not new
    challenge,    // RFC 5961, if may_challenge()
    reset,        // the connection ends by the peer's reset
    abort,        // by a reset of ours
    refuse,       // and by one that answers the segment
    bad_ack,      // one answers the segment; nothing ends
  };

  // A segment of a synchronized connection: all but its ACK.
  [[nodiscard]] Ruling judge(const Guarded& here, const Segment& segment);
  // Its ACK, which it has.
  [[nodiscard]] static Ruling judge_ack(const Guarded& here, Seq ack);

  // --- How often it is answered
  // Segments without data once in a while, lest two ends answer each other for ever
  // (net/ipv4/tcp_input.c tcp_oow_rate_limited).
  [[nodiscard]] bool may_answer(const CheckProfile& profile, TimePoint now);
  void forget_answers() { answered_ = {}; }
  // RFC 5961 section 7: so many in a time, so that an attacker cannot make us talk.
  [[nodiscard]] bool may_challenge(const CheckProfile& profile, TimePoint now);

  // --- TS.Recent (RFC 7323 section 4.3)
  // Only from a segment that covers the last ACK sent. True if it is newer than before.
  bool take_timestamp(const Segment& segment, Seq acknowledged, TimePoint now);
  void start_timestamps(TsVal value, TimePoint now) {
    recent_ = value;
    recent_at_ = now;
  }
  [[nodiscard]] TsVal recent() const { return recent_; }

 private:
  [[nodiscard]] bool is_wrapped(const Guarded& here, const Segment& segment) const;
  [[nodiscard]] Ruling judge_unacceptable(const Guarded& here, const Segment& segment);
  [[nodiscard]] static Ruling judge_reset(const Guarded& here, const Segment& segment);
  [[nodiscard]] static Ruling judge_late_reset(const Guarded& here, const Segment& segment);
  [[nodiscard]] static Ruling judge_syn(const Guarded& here, const Segment& segment);

  TimePoint recent_at_{};
  TimePoint challenge_since_{};
  TimePoint answered_{};  // when a segment without data was last
  TsVal recent_;
  std::uint32_t challenges_ = 0;
};

}  // namespace halfopen

// How a sender learns that something was lost, and what it does about it: fast retransmit and recovery (RFC
// 5681, 6582, 6675, 8985, 6937), timeouts (RFC 6298), tail loss probes, and what shows that a repair was for
// nothing (RFC 4015, 5682, 2883). It marks the scoreboard and sets the congestion window; what leaves, and
// when the timers run, is its owner's.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/tcp/ack_result.h"
#include "sim/tcp/congestion.h"
#include "sim/tcp/profile.h"
#include "sim/tcp/prr.h"
#include "sim/tcp/rack.h"
#include "sim/tcp/scoreboard.h"
#include "sim/why/why.h"
#include "sim/wire/segment.h"

namespace halfopen {

class Repair {
 public:
  enum class Phase : std::uint8_t { open, cwr, recovery, loss };

  // The connection around it, at one instant.
  struct Around {
    const OsProfile& os;
    Scoreboard& board;
    CongestionControl& congestion;
    TimePoint now;
    TsVal ts_now;                        // what a segment that leaves now has as its timestamp
    Seq una, nxt;                        // SND.UNA, SND.NXT
    std::uint32_t mss = 0;               // the most data in a segment, bytes
    Duration min_rtt = Duration::max();  // none is known
    Duration srtt{};                     // zero: none is known
    bool sack = false;                   // was agreed
    std::uint32_t window = 0;            // that the peer offers, bytes
    bool may_send_new = false;           // there is data, and room in the peer's window
  };
  struct Step {
    // For how long to wait until loss can be told (zero: nothing is waited for); none: as it was.
    std::optional<Duration> reorder_wait;
    bool reduced = false;  // the window was, for congestion that the peer is to be told of (CWR)
  };

  explicit Repair(Seq iss) : rack_{iss}, high_seq_{iss}, undo_from_{iss}, probe_end_{iss} {}

  // --- What happens
  // Both MSS are known.
  void start(const OsProfile& os, Seq una);
  // `sent` is acknowledged or SACKed by the ACK that `ack` gathers; `fack`: what had been SACKed before ends
  // there, if anything was.
  void on_delivered(const Around& around, const SentSegment& sent, std::optional<Seq> fack, AckResult& ack);
  // A D-SACK named `span` (RFC 2883).
  void on_repeated(const Around& around, SeqSpan span);
  // After all of an ACK was looked at. `congested`: it echoes that packets were marked. Without SACK it may
  // have delivered what only can be supposed: that is added to what `ack` says.
  Step on_ack(const Around& around, AckResult& ack, bool congested);
  Step on_reorder_timer(const Around& around);
  // The retransmission timer ran out, `expiries` times in a row before.
  void on_timeout(const Around& around, std::uint8_t expiries);
  // Packets were marked, or the device took none: the window falls as for a loss, once a round trip (RFC 3168
  // section 6.1.2). `acked`: units that the ACK took off the scoreboard before.
  void enter_cwr(const Around& around, std::uint32_t acked);
  // The data of our SYN was not taken: all of it is to be sent again.
  void on_syn_data_lost(const Around& around);
  // What is marked lost goes again for another reason than loss; at once if `whatever` the window says.
  void repeat(Cause why, bool whatever) {
    cause_ = why;
    forced_ = whatever;
  }
  void set_cause(Cause why) { cause_ = why; }
  // The connection is over, or the handshake is: nothing is repaired.
  void stop() { forced_ = false; }
  void forget_stamp() { stamp_ = kNever; }

  // --- Sending again
  // Something that is lost may go now.
  [[nodiscard]] bool may_send(const Around& around);
  // A repair left: entry `sent`, of so many units.
  void on_repaired(const SentSegment& sent, std::uint32_t units);
  void on_resent(const SentSegment& sent) { rack_.on_resent(sent); }  // as a probe
  void on_new_sent(std::uint32_t units) { prr_.on_sent(units); }
  void defer() { forced_ = false; }  // it did not leave after all
  [[nodiscard]] bool is_forced() const { return forced_; }
  void force() { forced_ = true; }
  [[nodiscard]] Cause cause() const { return cause_; }

  // --- The tail loss probe (RFC 8985 section 7)
  // It is due. False if one is still unanswered.
  bool begin_probe();
  // It left; SND.NXT is `nxt` now. `is_new`: with new data.
  void on_probe_sent(Seq nxt, bool is_new);
  // What an ACK says of it.
  void look_for_probe(const Around& around, const Segment& segment, const AckResult& ack);

  // --- What it is doing
  [[nodiscard]] Phase phase() const { return phase_; }
  [[nodiscard]] bool is_open() const { return phase_ == Phase::open; }
  [[nodiscard]] std::uint8_t duplicates() const { return duplicates_; }
  [[nodiscard]] std::uint16_t reorderings() const { return reorderings_; }
  [[nodiscard]] const Rack& rack() const { return rack_; }
  // When the first repair of this episode left (retrans_stamp); kNever: none.
  [[nodiscard]] TimePoint stamp() const { return stamp_; }
  [[nodiscard]] TsVal stamp_ts() const { return stamp_ts_; }
  void reset() { rack_.reset(); }

 private:
  // How it finds losses.
  [[nodiscard]] static bool by_time(const Around& around) {
    return around.sack && around.os.retransmit.recovery == Recovery::rack;
  }
  [[nodiscard]] static bool by_sack(const Around& around) {
    return around.sack && around.os.retransmit.recovery == Recovery::sack_pipe;
  }
  [[nodiscard]] static bool by_supposition(const Around& around) {
    return !around.sack && around.os.retransmit.recovery == Recovery::rack;
  }
  void suppose(const Around& around, AckResult& ack);
  void detect(const Around& around, const AckResult& ack, Step& step);
  static void detect_by_sack(const Around& around);
  void detect_by_duplicates(const Around& around, const AckResult& ack);
  [[nodiscard]] Rack::Path path(const Around& around) const;

  // What it does in each phase.
  void see_reordering(const Around& around, Seq late);
  void on_ack_open(const Around& around, const AckResult& ack, bool congested, Step& step);
  void on_ack_cwr(const Around& around, const AckResult& ack, Step& step);
  void on_ack_recovery(const Around& around, const AckResult& ack, Step& step);
  void on_ack_loss(const Around& around, const AckResult& ack, Step& step);
  bool ask_by_new_data(const Around& around, const AckResult& ack);
  void begin_recovery(const Around& around, const AckResult& ack, Step& step);
  void repair_by_partial_acks(const Around& around, const AckResult& ack);
  void leave_recovery(const Around& around);
  void reduce(const Around& around, const AckResult& ack, bool newly_lost);
  void stamp(const Around& around);

  // What was for nothing.
  void arm_undo(const Around& around);
  [[nodiscard]] bool may_undo(const AckResult& ack) const;
  void undo(const Around& around, bool losses);

  Rack rack_;
  TimePoint stamp_ = kNever;
  Prr prr_;
  Seq high_seq_;   // the phase ends here
  Seq undo_from_;  // SND.UNA as the phase began (undo_marker)
  Seq probe_end_;
  TsVal stamp_ts_;
  std::int32_t undo_repairs_ = -1;  // repairs that no D-SACK has named; -1: none was sent
  std::uint16_t reorderings_ = 0;
  Cause cause_ = Cause::unknown;
  Phase phase_ = Phase::open;
  std::uint8_t duplicates_ = 0;
  bool forced_ : 1 = false;    // one repair whatever the window says
  bool can_undo_ : 1 = false;  // undo_from_ counts
  bool frto_ : 1 = false;      // whether the timeout was for nothing is still open
  bool asks_ : 1 = false;      // and new data is to tell
  bool probe_out_ : 1 = false;
  bool probe_is_new_ : 1 = false;
};

}  // namespace halfopen

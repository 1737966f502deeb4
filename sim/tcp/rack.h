// Loss by time (RFC 8985): what was sent a reordering window before something that has arrived is lost. It
// knows the times of what arrives and in which order things were sent; what is lost it marks in the
// scoreboard.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "sim/base/ring.h"
#include "sim/base/time.h"
#include "sim/tcp/scoreboard.h"
#include "sim/wire/seq.h"

namespace halfopen {

class Rack {
 public:
  explicit Rack(Seq start) : end_{start}, from_{start}, step_end_{start} {}

  // --- What happens
  // At establishment: nothing before `una` was sent. `reordering`: segments (tcp_reordering).
  void start(Seq una, std::uint16_t reordering);
  // `sent`, as it was on the scoreboard, is acknowledged or SACKed now. `min_rtt`: Duration::max() if none is
  // known. (Section 6.2, steps 1 and 2.)
  void on_delivered(const SentSegment& sent, TimePoint now, Duration min_rtt);
  // `sent` left once more.
  void on_resent(const SentSegment& sent);
  // Something arrived so many bytes behind what had been SACKed, and had been sent once only (step 3;
  // net/ipv4/tcp_input.c tcp_check_sack_reordering). `most`: segments, tcp_max_reordering.
  void on_reordering(std::uint32_t bytes, std::uint32_t mss, std::uint16_t most);
  // A D-SACK shows that something was sent again for nothing, though not as a probe: the window grows by a
  // step a round trip, if reordering was seen (net/ipv4/tcp_recovery.c tcp_rack_update_reo_wnd). `una`,
  // `nxt`: SND.UNA, SND.NXT.
  void on_needless_repair(Seq una, Seq nxt);
  // A recovery ended, and was not for nothing: after 16 of them the window is as at first.
  void on_recovered();
  // Losses that a timeout supposed were none: all is to be looked at again.
  void look_again(Seq una) { from_ = una; }
  // A timeout came though much was SACKed: the degree of reordering was overestimated.
  void forget_reordering(std::uint16_t reordering) { reordering_ = std::min(reordering_, reordering); }

  // --- What follows
  struct Path {
    TimePoint now;
    Duration min_rtt = Duration::max();  // none is known
    Duration srtt{};                     // zero: none is known
    bool repairing = false;              // in recovery, or after a timeout
  };
  // Marks what is lost by now. Returns for how long to wait until more may be, zero if nothing is waited for;
  // nothing if no news came since the last time, unless `asked`. O(what is newly lost, and what is waited
  // for).
  std::optional<Duration> mark_lost(Scoreboard& board, const Path& path, bool asked = false);
  // Sent so lately that a timeout says nothing of it (net/ipv4/tcp_input.c tcp_timeout_mark_lost).
  [[nodiscard]] bool is_recent(const SentSegment& sent, TimePoint now) const {
    return sent.sent + rtt_ > now;
  }

  [[nodiscard]] std::uint16_t reordering() const { return reordering_; }  // segments
  [[nodiscard]] bool has_seen_reordering() const { return seen_; }
  void reset() { resent_.reset(); }  // nothing is out any more

 private:
  struct Resent {
    Seq start;
    TimePoint sent;
  };
  [[nodiscard]] Duration window(const Scoreboard& board, const Path& path) const;
  [[nodiscard]] bool is_before_delivered(const SentSegment& sent) const {
    return sent.sent < sent_ || (sent.sent == sent_ && sent.end().before(end_));
  }
  Duration mark_originals(Scoreboard& board, TimePoint lost_before);
  Duration mark_resent(Scoreboard& board, TimePoint lost_before);

  TimePoint sent_{};  // RACK.xmit_ts
  Duration rtt_{};    // RACK.rtt
  // In the order of sending; what is no longer true of an entry is passed over. Null while nothing was sent
  // again.
  std::unique_ptr<Ring<Resent>> resent_;
  Seq end_;       // RACK.end_seq
  Seq from_;      // of what was sent once only, all before this is known to be lost or SACKed
  Seq step_end_;  // D-SACKs count again once this is acknowledged
  std::uint16_t reordering_ = 3;
  std::uint8_t steps_ = 1;
  std::uint8_t persist_ : 5 = 0;  // recoveries until there is one step again
  bool seen_ : 1 = false;         // reordering
  bool news_ : 1 = false;         // something was delivered since the last look
  bool stepped_ : 1 = false;      // step_end_ counts
};

}  // namespace halfopen

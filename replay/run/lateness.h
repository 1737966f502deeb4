// How late a machine was in a run in real time: what halfopen did, and its programs, after it was due. A busy
// machine moves packets and what follows from them; what it may have moved proves nothing of a kernel.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "sim/base/time.h"

namespace halfopen {

inline constexpr Duration kLeastRetransmissionTimeout =
    std::chrono::milliseconds{200};  // TCP_RTO_MIN of Linux

class Lateness {
 public:
  struct Moment {
    TimePoint at;  // when it was noticed
    Duration by{};
  };

  // Something was handled at `at`, `by` after it was due. In order of time. What is less than a millisecond
  // is every machine's.
  void add(TimePoint at, Duration by);
  // The worst up to `until`; zero `by` if there was none.
  [[nodiscard]] Moment worst(TimePoint until = kNever) const;
  // How far lateness can have moved what came at `at`: each late moment all that follows it, and stretch()
  // all that waits for retransmissions.
  [[nodiscard]] Duration explains(TimePoint at) const;
  // A connection has this retransmission timeout, without backoff. On a machine in time it has `least`, and
  // never less: if it has, this says nothing. What is over was told of, too: the longest counts.
  void timeout_is(Duration timeout, Duration least);
  // By which part of it a kernel's timer that a round trip sets may have grown. One that was measured late by
  // L lengthens the timeout by L, and by L and more of its variance (RFC 6298 section 2.2: SRTT and four
  // times RTTVAR, of which a first sample is the half): by three times L at most, of 200 ms at least
  // (TCP_RTO_MIN of Linux). Where timeouts were told, by what they have grown, twice, since a tail loss probe
  // waits for two round trips.
  [[nodiscard]] double stretch(TimePoint until = kNever) const;
  // Whether it can have changed what was to happen by `by`, and not only when it did.
  [[nodiscard]] bool may_have_decided(TimePoint by = kNever) const;

 private:
  struct Sample {
    Moment worst;    // so far
    Duration total;  // so far
    TimePoint at;
  };
  [[nodiscard]] const Sample* last_before(TimePoint until) const;

  std::vector<Sample> samples_;      // at most one each tenth of a second
  std::optional<double> grown_;      // by which part the longest timeout had
  bool has_other_timeouts_ = false;  // that were shorter than the least
  TimePoint decides_from_ = kNever;  // when the first was due that came late enough to change something
};

}  // namespace halfopen

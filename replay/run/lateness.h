// How late a machine was in a run in real time: what halfopen did, and its programs, after it was due. A busy
// machine moves packets and what follows from them; what it may have moved proves nothing of a kernel.
#pragma once

#include <vector>

#include "sim/base/time.h"

namespace halfopen {

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
  // By which part of it a kernel's retransmission timeout may have grown. A round trip that was measured late
  // lengthens it by three times as much (RFC 6298 section 2.2: SRTT and four times RTTVAR, of which a first
  // sample is the half), and it is 200 ms at least (TCP_RTO_MIN of Linux).
  [[nodiscard]] double stretch(TimePoint until = kNever) const;
  // Whether it can have changed what happens, and not only when.
  [[nodiscard]] bool may_have_decided() const;

 private:
  struct Sample {
    Moment worst;    // so far
    Duration total;  // so far
    TimePoint at;
  };
  [[nodiscard]] const Sample* last_before(TimePoint until) const;

  std::vector<Sample> samples_;  // at most one each tenth of a second
};

}  // namespace halfopen

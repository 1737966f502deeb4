// What went on between a script and a kernel. It is kept while the script is played, since telling it takes
// time that a script in real time does not have, and told afterwards.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/base/time.h"
#include "sim/trace/observe.h"

namespace halfopen::drill {

struct ScriptRecord {
  struct DevicePacket {
    TimePoint at;
    bool is_injected = false;         // by the script; else the kernel sent it
    std::vector<std::uint8_t> bytes;  // from its IP header on
  };
  std::vector<DevicePacket> packets;  // in order
  std::vector<CallNote> calls;        // in the order in which they returned
  // By how much the processes that play were late at worst, or kept from running: what this machine has to
  // answer for. Zero in a guest.
  Duration lateness{};

  // Tells all of it in the order of time, with the kernel's host as `kernel`. A packet that is none to the
  // model is a remark.
  void tell(Observer& observer, HostId kernel) const;
};

}  // namespace halfopen::drill

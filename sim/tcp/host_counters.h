// What a host counts of its connections, by the names of Linux's SNMP counters (nstat(8)).
#pragma once

#include <cstdint>

namespace halfopen {

struct HostCounters {
  std::uint64_t active_opens = 0;         // TcpActiveOpens
  std::uint64_t passive_opens = 0;        // TcpPassiveOpens
  std::uint64_t retransmitted = 0;        // TcpRetransSegs
  std::uint64_t out_of_window_icmps = 0;  // TcpExtOutOfWindowIcmps
  std::uint64_t deferred_accepts = 0;     // TcpExtTCPDeferAcceptDrop
};

}  // namespace halfopen

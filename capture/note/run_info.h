// What a capture says about the run as a whole.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "capture/note/names.h"
#include "sim/trace/observe.h"
#include "sim/wire/address.h"

namespace halfopen {

struct RunFacts;
struct Scenario;

struct HostInfo {
  HostId id = HostId::client;
  IpAddress address;
  std::string kind;     // "model" or "kernel"; empty for the router
  std::string os;       // "4.4bsd", "linux", "freebsd", "rfc"
  std::string profile;  // "linux-6.18"; of a kernel host "linux-" and its release
  std::string program;  // "line-client"
};

struct RunInfo {
  std::string version;   // of halfopen
  std::string scenario;  // its title
  std::uint64_t seed = 0;
  HostId tap = HostId::client;  // at whose device packets were seen
  bool virtual_time = false;    // of kernels: no real clock ran, as in a guest of `halfopen vm`
  std::vector<HostInfo> hosts;

  [[nodiscard]] Names names() const {
    Names names;
    for (const HostInfo& host : hosts) names.add(host.address, std::string{to_string(host.id)});
    return names;
  }
};

// What is to be said of a run of `scenario` by hosts of these kinds, with the scenario's own seed and
// programs, at the client's device.
[[nodiscard]] RunInfo run_info_of(const Scenario& scenario, const RunFacts& facts, std::string version);

}  // namespace halfopen

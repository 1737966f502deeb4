// Parameters by the operating systems' own names: what `client.sysctl.tcp_retries2 = 8` sets in a model.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/tcp/profile.h"

namespace halfopen {

struct SysctlOutcome {
  enum class What : std::uint8_t {
    applied,
    other_family,  // a name of another OS: skipped, to be noted
    no_effect,     // a name of this OS that the model does not use: skipped, to be noted
    unknown,       // a name of no OS
    bad_value,
  };
  What what = What::applied;
  std::string expected;  // unknown: the right name that is near, if any; bad_value: what a value must be
};

// Sets one parameter. `name` is the OS's, without "net.ipv4." for Linux ("tcp_retries2";
// "net.ipv4.tcp_retries2" is accepted), whole for BSD ("net.inet.tcp.keepidle"). `value` is text as sysctl(8)
// takes it, in the OS's units.
SysctlOutcome set_sysctl(OsProfile& profile, std::string_view name, std::string_view value);

// Every name that set_sysctl() knows.
struct SysctlName {
  std::string_view name;
  OsFamily family;
  std::string_view what;  // "retransmissions of data before giving up, as a time budget"
};
[[nodiscard]] std::vector<SysctlName> sysctl_names();

}  // namespace halfopen

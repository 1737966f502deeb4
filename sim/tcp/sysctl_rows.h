// The table behind set_sysctl(): one row a name, one file a family of operating systems.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "sim/tcp/profile.h"
#include "sim/tcp/sysctl.h"

namespace halfopen {

struct SysctlRow {
  SysctlName name;
  // A whole number from `low` to `high`; nullptr where the value is no number or the model ignores the name.
  void (*set_number)(OsProfile& profile, std::int64_t value) = nullptr;
  std::int64_t low = 0;
  std::int64_t high = 0;
  // Any other text: false if it does not fit, in which case `expected` says what would.
  bool (*set_text)(OsProfile& profile, std::string_view value) = nullptr;
  std::string_view expected = {};
};

extern const std::span<const SysctlRow> kLinuxSysctls;
extern const std::span<const SysctlRow> kLinuxOpeningSysctls;
extern const std::span<const SysctlRow> kLinuxPathSysctls;
extern const std::span<const SysctlRow> kLinuxFastOpenSysctls;
extern const std::span<const SysctlRow> kLinuxIgnoredSysctls;
extern const std::span<const SysctlRow> kBsd44Sysctls;
extern const std::span<const SysctlRow> kFreebsdSysctls;
extern const std::span<const SysctlRow> kFreebsdPathSysctls;
extern const std::span<const SysctlRow> kRfcSysctls;

// How a constant that a scenario set is sourced.
inline constexpr std::string_view kSetByScenario = "set by the scenario";

inline constexpr std::int64_t kMaxInt = std::numeric_limits<std::int32_t>::max();
inline constexpr std::int64_t kMaxByte = 255;

template <class T, class V>
constexpr void assign(Sourced<T>& constant, V value) {
  constant = {static_cast<T>(value), kSetByScenario};
}

// Setters for the common shapes: a count, a flag, a time in units of Unit.
template <auto Group, auto Field>
constexpr void count(OsProfile& p, std::int64_t value) {
  assign(p.*Group.*Field, value);
}
template <auto Group, auto Field>
constexpr void flag(OsProfile& p, std::int64_t value) {
  assign(p.*Group.*Field, value != 0);
}
template <auto Group, auto Field, class Unit>
constexpr void time(OsProfile& p, std::int64_t value) {
  assign(p.*Group.*Field, Duration{Unit{value}});
}

// The pointers to members that the tables name most.
inline constexpr auto kRttOf = &OsProfile::rtt;
inline constexpr auto kAckOf = &OsProfile::ack;
inline constexpr auto kRetransmitOf = &OsProfile::retransmit;
inline constexpr auto kCongestionOf = &OsProfile::congestion;
inline constexpr auto kWindowOf = &OsProfile::window;
inline constexpr auto kOptionsOf = &OsProfile::options;
inline constexpr auto kFastOpenOf = &OsProfile::fast_open;
inline constexpr auto kKeepaliveOf = &OsProfile::keepalive;
inline constexpr auto kPersistOf = &OsProfile::persist;
inline constexpr auto kCloseOf = &OsProfile::close;
inline constexpr auto kCheckOf = &OsProfile::check;
inline constexpr auto kSocketOf = &OsProfile::socket;
inline constexpr auto kIpOf = &OsProfile::ip;
inline constexpr auto kTunnelOf = &OsProfile::tunnel;
inline constexpr auto kBlackholeOf = &OsProfile::blackhole;

}  // namespace halfopen

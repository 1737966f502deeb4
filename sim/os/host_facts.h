// What everything in one running host knows and shares. All of it outlives the Kernel.
#pragma once

#include <cstdint>

#include "sim/os/os_rules.h"
#include "sim/tcp/profile.h"
#include "sim/tcp/tick_clock.h"
#include "sim/trace/observe.h"
#include "sim/wire/address.h"
#include "sim/wire/payload.h"

namespace halfopen {

struct HostFacts {
  HostId id;
  IpAddress address;       // its own, from which it speaks where a program does not choose
  AddressRange addresses;  // more that it owns; its own again where it has no more
  std::uint16_t mtu;
  const OsProfile& profile;
  const OsRules& rules;
  const TickClock& clock;
  BlockPool& pool;
  Observer* observer;  // may be null

  [[nodiscard]] bool owns(const IpAddress& ip) const { return ip == address || addresses.contains(ip); }
  [[nodiscard]] bool wants(NoteKind kind) const { return observer != nullptr && observer->wants(kind); }
};

}  // namespace halfopen

// The network of a sandbox, set up from inside it over netlink (rtnetlink(7), through libnl-3).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "replay/base/unique_fd.h"
#include "sim/wire/address.h"

namespace halfopen {

// A new TUN device in the calling process's network namespace; packets without a header of their own. Throws
// std::system_error that names the step.
[[nodiscard]] UniqueFd make_tun(const std::string& name);

struct DeviceSetup {
  std::string name;
  std::uint16_t mtu = 1500;
  IpAddress address;             // its own, without a network around it
  std::vector<IpAddress> peers;  // reached through it: a host route each, and no default route
};
// Brings a device up as told. IPv6 without duplicate address detection. Throws std::runtime_error that names
// the step.
void set_up_device(const DeviceSetup& setup);
// Brings the loopback device up.
void set_up_loopback();

}  // namespace halfopen

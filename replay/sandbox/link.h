// The network of a sandbox, set up from inside it over netlink (rtnetlink(7), through libnl-3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "replay/base/unique_fd.h"
#include "sim/wire/address.h"

namespace halfopen {

// What stands before a packet that is read from a TUN device or written to it.
enum class TunHeader : std::uint8_t {
  none,
  // struct virtio_net_hdr. The device then takes over what Ethernet cards do for TCP: packets that are still
  // to be cut into segments, and checksums that are still to be worked out, come as they are.
  offloads,
};

// A new TUN device in the calling process's network namespace. Throws std::system_error that names the step.
[[nodiscard]] UniqueFd make_tun(const std::string& name, TunHeader header = TunHeader::none);

struct DeviceSetup {
  std::string name;
  std::uint16_t mtu = 1500;
  std::uint32_t speed = 0;       // in Mbit/s; 0: as it is
  IpAddress address;             // its own
  int prefix = 0;                // of its network, in bits; 0: it has none around it
  std::vector<IpAddress> peers;  // reached through it: a host route each, and no default route
  std::optional<IpAddress> gateway = std::nullopt;  // by way of which they are reached
};
// Brings a device up as told. IPv6 without duplicate address detection. Throws std::runtime_error that names
// the step.
void set_up_device(const DeviceSetup& setup);
// A packet socket (packet(7)) that gives the first bytes of what a device sends, each with the time at which
// it did (SO_TIMESTAMPNS). Empty where the kernel has no such sockets.
[[nodiscard]] UniqueFd listen_to_device(const std::string& name);
// What `tc qdisc add dev NAME root pfifo` does, or `replace` unless `is_new`: a queue that lets packets go in
// their order. Throws std::runtime_error that names the step.
void set_plain_queue(const std::string& name, bool is_new);
// Brings the loopback device up.
void set_up_loopback();

}  // namespace halfopen

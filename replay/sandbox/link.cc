#include "replay/sandbox/link.h"

#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/qdisc.h>
#include <netlink/route/qdisc/fifo.h>
#include <netlink/route/route.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "replay/base/errors.h"

namespace halfopen {
namespace {

constexpr int kQueue = 10'000;  // packets: what a burst may hold before we read it

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* thing) const {
    Free(thing);
  }
};
using NetlinkSocket = std::unique_ptr<nl_sock, Freer<nl_socket_free>>;
using NetlinkAddress = std::unique_ptr<nl_addr, Freer<nl_addr_put>>;
using Link = std::unique_ptr<rtnl_link, Freer<rtnl_link_put>>;

void demand(int result, const std::string& step) {
  if (result < 0) throw std::runtime_error{step + ": " + nl_geterror(result)};
}

NetlinkSocket connect_netlink() {
  NetlinkSocket socket{nl_socket_alloc()};
  if (socket == nullptr) throw std::bad_alloc{};
  demand(nl_connect(socket.get(), NETLINK_ROUTE), "open rtnetlink");
  return socket;
}

NetlinkAddress address_of(const IpAddress& ip) {
  return NetlinkAddress{nl_addr_build(ip.is_v6() ? AF_INET6 : AF_INET, ip.data(), ip.size())};
}

int index_of(const std::string& name) {
  const unsigned index = if_nametoindex(name.c_str());
  if (index == 0) throw_system("find device " + name);
  return static_cast<int>(index);
}

void bring_up(nl_sock* socket, const std::string& name, std::uint16_t mtu) {
  const Link link{rtnl_link_alloc()};
  const Link change{rtnl_link_alloc()};
  rtnl_link_set_ifindex(link.get(), index_of(name));
  rtnl_link_set_flags(change.get(), IFF_UP);
  if (mtu != 0) {
    rtnl_link_set_mtu(change.get(), mtu);
    rtnl_link_set_txqlen(change.get(), kQueue);
  }
  demand(rtnl_link_change(socket, link.get(), change.get(), 0), "bring up " + name);
}

// As `ethtool -s NAME speed N autoneg off` does (include/uapi/linux/ethtool.h).
void set_speed(const std::string& name, std::uint32_t speed) {
  const UniqueFd any{socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  ethtool_cmd command{};
  ifreq request{};
  std::strncpy(request.ifr_name, name.c_str(), IFNAMSIZ - 1);
  request.ifr_data = reinterpret_cast<char*>(&command);
  command.cmd = ETHTOOL_GSET;
  check(ioctl(any.get(), SIOCETHTOOL, &request), "ask for a device's speed");
  command.cmd = ETHTOOL_SSET;
  command.autoneg = AUTONEG_DISABLE;
  ethtool_cmd_speed_set(&command, speed);
  check(ioctl(any.get(), SIOCETHTOOL, &request), "set a device's speed");
}

void add_address(nl_sock* socket, int index, const IpAddress& ip, int prefix) {
  const std::unique_ptr<rtnl_addr, Freer<rtnl_addr_put>> address{rtnl_addr_alloc()};
  const NetlinkAddress local = address_of(ip);
  rtnl_addr_set_ifindex(address.get(), index);
  rtnl_addr_set_local(address.get(), local.get());
  rtnl_addr_set_prefixlen(address.get(), prefix == 0 ? static_cast<int>(8 * ip.size()) : prefix);
  if (ip.is_v6()) rtnl_addr_set_flags(address.get(), IFA_F_NODAD);
  demand(rtnl_addr_add(socket, address.get(), 0), "add address " + ip.to_string());
}

void add_host_route(nl_sock* socket, int index, const IpAddress& to,
                    const std::optional<IpAddress>& gateway) {
  const std::unique_ptr<rtnl_route, Freer<rtnl_route_put>> route{rtnl_route_alloc()};
  const NetlinkAddress destination = address_of(to);
  rtnl_route_set_family(route.get(), static_cast<std::uint8_t>(to.is_v6() ? AF_INET6 : AF_INET));
  rtnl_route_set_scope(route.get(), gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK);
  rtnl_route_set_dst(route.get(), destination.get());
  rtnl_nexthop* hop = rtnl_route_nh_alloc();
  rtnl_route_nh_set_ifindex(hop, index);
  if (gateway) rtnl_route_nh_set_gateway(hop, address_of(*gateway).get());
  rtnl_route_add_nexthop(route.get(), hop);  // which owns it from here on
  demand(rtnl_route_add(socket, route.get(), 0), "add a route to " + to.to_string());
}

}  // namespace

UniqueFd make_tun(const std::string& name, TunHeader header) {
  UniqueFd device{open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK)};
  if (!device) throw_system("open /dev/net/tun");
  ifreq request{};
  const bool offloads = header == TunHeader::offloads;
  request.ifr_flags = static_cast<short>(IFF_TUN | IFF_NO_PI | (offloads ? IFF_VNET_HDR : 0));
  std::strncpy(request.ifr_name, name.c_str(), IFNAMSIZ - 1);
  if (ioctl(device.get(), TUNSETIFF, &request) < 0) throw_system("make a TUN device");
  constexpr unsigned long kOffloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
  if (offloads && ioctl(device.get(), TUNSETOFFLOAD, kOffloads) < 0)
    throw_system("set a TUN device's offloads");
  return device;
}

void set_up_device(const DeviceSetup& setup) {
  const NetlinkSocket socket = connect_netlink();
  const int index = index_of(setup.name);
  if (setup.speed != 0) set_speed(setup.name, setup.speed);
  bring_up(socket.get(), setup.name, setup.mtu);
  add_address(socket.get(), index, setup.address, setup.prefix);
  for (const IpAddress& peer : setup.peers) add_host_route(socket.get(), index, peer, setup.gateway);
}

UniqueFd listen_to_device(const std::string& name) {
  UniqueFd tap{socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!tap) return tap;
  // Of what is sent (PACKET_OUTGOING) so many bytes, of anything else none.
  constexpr std::uint32_t kKept = 128;
  std::array<sock_filter, 4> program{{
      {.code = BPF_LD | BPF_B | BPF_ABS,
       .jt = 0,
       .jf = 0,
       .k = static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE)},
      {.code = BPF_JMP | BPF_JEQ | BPF_K, .jt = 0, .jf = 1, .k = PACKET_OUTGOING},
      {.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = kKept},
      {.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = 0},
  }};
  const sock_fprog filter{.len = program.size(), .filter = program.data()};
  const int on = 1;
  sockaddr_ll device{};
  device.sll_family = AF_PACKET;
  device.sll_protocol = htons(ETH_P_ALL);
  device.sll_ifindex = index_of(name);
  check(setsockopt(tap.get(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter), "filter packets");
  check(setsockopt(tap.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on), "ask for times of packets");
  check(bind(tap.get(), reinterpret_cast<const sockaddr*>(&device), sizeof device), "listen to a device");
  return tap;
}

void set_plain_queue(const std::string& name, bool is_new) {
  const NetlinkSocket socket = connect_netlink();
  const std::unique_ptr<rtnl_qdisc, Freer<rtnl_qdisc_put>> queue{rtnl_qdisc_alloc()};
  rtnl_tc_set_ifindex(TC_CAST(queue.get()), index_of(name));
  rtnl_tc_set_parent(TC_CAST(queue.get()), TC_H_ROOT);
  demand(rtnl_tc_set_kind(TC_CAST(queue.get()), "pfifo"), "make a queue");
  // What the kernel takes where nothing is said: the length of the device's own queue.
  demand(rtnl_qdisc_fifo_set_limit(queue.get(), kQueue), "make a queue");
  demand(rtnl_qdisc_add(socket.get(), queue.get(), NLM_F_CREATE | (is_new ? NLM_F_EXCL : NLM_F_REPLACE)),
         "give a queue to " + name);
}

void set_up_loopback() {
  const NetlinkSocket socket = connect_netlink();
  bring_up(socket.get(), "lo", 0);
}

}  // namespace halfopen

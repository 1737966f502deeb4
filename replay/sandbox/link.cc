#include "replay/sandbox/link.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/route.h>
#include <sys/ioctl.h>

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

void add_address(nl_sock* socket, int index, const IpAddress& ip, int prefix) {
  const std::unique_ptr<rtnl_addr, Freer<rtnl_addr_put>> address{rtnl_addr_alloc()};
  const NetlinkAddress local = address_of(ip);
  rtnl_addr_set_ifindex(address.get(), index);
  rtnl_addr_set_local(address.get(), local.get());
  rtnl_addr_set_prefixlen(address.get(), prefix == 0 ? static_cast<int>(8 * ip.size()) : prefix);
  if (ip.is_v6()) rtnl_addr_set_flags(address.get(), IFA_F_NODAD);
  demand(rtnl_addr_add(socket, address.get(), 0), "add address " + ip.to_string());
}

void add_host_route(nl_sock* socket, int index, const IpAddress& to) {
  const std::unique_ptr<rtnl_route, Freer<rtnl_route_put>> route{rtnl_route_alloc()};
  const NetlinkAddress destination = address_of(to);
  rtnl_route_set_family(route.get(), static_cast<std::uint8_t>(to.is_v6() ? AF_INET6 : AF_INET));
  rtnl_route_set_scope(route.get(), RT_SCOPE_LINK);
  rtnl_route_set_dst(route.get(), destination.get());
  rtnl_nexthop* hop = rtnl_route_nh_alloc();
  rtnl_route_nh_set_ifindex(hop, index);
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
  bring_up(socket.get(), setup.name, setup.mtu);
  add_address(socket.get(), index, setup.address, setup.prefix);
  for (const IpAddress& peer : setup.peers) add_host_route(socket.get(), index, peer);
}

void set_up_loopback() {
  const NetlinkSocket socket = connect_netlink();
  bring_up(socket.get(), "lo", 0);
}

}  // namespace halfopen

// /proc/net/tcp and tcp6 of a Linux whose host is the model.
#include <fmt/format.h>

#include "sim/drill/model_commands.h"
#include "sim/drill/model_tcp_info.h"
#include "sim/os/kernel.h"

namespace halfopen::drill {
namespace {

// Address and port in hexadecimal, each word of the address as this machine has it: Linux's are little-endian
// here (net/ipv4/tcp_ipv4.c get_tcp4_sock, net/ipv6/tcp_ipv6.c get_tcp6_sock).
std::string hex(const SocketAddress& address) {
  std::string text;
  for (std::size_t word = 0; word < address.ip.size(); word += 4)
    for (std::size_t byte = 4; byte-- > 0;) text += fmt::format("{:02X}", address.ip.data()[word + byte]);
  return text + fmt::format(":{:04X}", address.port);
}

std::string line(std::size_t number, const SocketAddress& local, const SocketAddress& remote,
                 std::int64_t state, std::uint64_t to_send, std::uint64_t to_read) {
  return fmt::format("{:4}: {} {} {:02X} {:08X}:{:08X}", number, hex(local), hex(remote), state, to_send,
                     to_read);
}

SocketAddress nobody(bool v6) { return {IpAddress::parse(v6 ? "::" : "0.0.0.0").value_or(IpAddress{}), 0}; }

}  // namespace

std::vector<std::string> proc_net_tcp_lines(ModelHost& host, bool v6) {
  std::vector<std::string> lines;
  TcpStack& stack = host.kernel().stack();
  for (const Listener* listener : stack.listeners())
    if (listener->local().ip.is_v6() == v6)
      lines.push_back(line(lines.size(), listener->local(), nobody(v6), linux_state(State::listen), 0,
                           listener->waiting()));
  stack.each_connection([&](const Connection& connection) {
    const Endpoint& endpoint = connection.endpoint();
    const FourTuple& tuple = endpoint.addresses();
    if (tuple.local.ip.is_v6() != v6 || endpoint.state() == State::closed) return;
    lines.push_back(line(lines.size(), tuple.local, tuple.remote, linux_state(endpoint.state()),
                         endpoint.unacknowledged(), endpoint.readable()));
  });
  return lines;
}

}  // namespace halfopen::drill

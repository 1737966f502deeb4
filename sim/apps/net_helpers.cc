#include "sim/apps/net_helpers.h"

#include <fmt/format.h>

#include <chrono>

namespace halfopen {

void report(const Sys& sys, std::string_view what, Errno error) {
  sys.perror(fmt::format("{} error: {}", what, message_of(error)));
}

Task<void> set_socket_options(Sys sys, int fd, const ProgramConfig& config) {
  for (const auto& [name, value] : config.sockopts) {
    const SocketOption option = socket_option_from(name).value_or(SocketOption::count_);
    const CallResult set = co_await sys.setsockopt(fd, option, value);
    if (set.failed()) report(sys, fmt::format("setsockopt {}", name), set.error);
  }
  const auto timeout = std::chrono::duration_cast<std::chrono::milliseconds>(config.read_timeout);
  if (timeout.count() == 0) co_return;
  const CallResult set = co_await sys.setsockopt(fd, SocketOption::so_rcvtimeo, timeout.count());
  if (set.failed()) report(sys, "setsockopt SO_RCVTIMEO", set.error);
}

Task<int> connect_to_server(Sys sys, const ProgramConfig& config) {
  const CallResult made = co_await sys.socket();
  const int fd = static_cast<int>(made.value);
  if (config.local_port != 0 || config.local_address) {
    const IpAddress any = config.server.ip.is_v6() ? IpAddress::v6({}) : IpAddress{};
    const CallResult bound = co_await sys.bind(fd, {config.local_address.value_or(any), config.local_port});
    if (bound.failed()) {
      report(sys, "bind", bound.error);
      co_return -1;
    }
  }
  co_await set_socket_options(sys, fd, config);
  const CallResult connected = co_await sys.connect(fd, config.server);
  if (connected.failed()) {
    report(sys, "connect", connected.error);
    co_return -1;
  }
  co_return fd;
}

}  // namespace halfopen

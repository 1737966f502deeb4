#include "sim/os/socket_option.h"

#include <array>
#include <chrono>
#include <limits>

namespace halfopen {
namespace {

constexpr std::int64_t kInt = std::numeric_limits<std::int32_t>::max();

// Name and the values that setsockopt() takes (Linux: net/ipv4/tcp.c MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL,
// MAX_TCP_KEEPCNT).
struct OptionRow {
  SocketOption option;
  std::string_view name;
  std::int64_t least;
  std::int64_t most;
};
constexpr auto kOptions = std::to_array<OptionRow>({
    {SocketOption::so_keepalive, "SO_KEEPALIVE", -kInt, kInt},
    {SocketOption::tcp_keepidle, "TCP_KEEPIDLE", 1, 32767},
    {SocketOption::tcp_keepintvl, "TCP_KEEPINTVL", 1, 32767},
    {SocketOption::tcp_keepcnt, "TCP_KEEPCNT", 1, 127},
    {SocketOption::tcp_user_timeout, "TCP_USER_TIMEOUT", 0, kInt},
    {SocketOption::so_rcvtimeo, "SO_RCVTIMEO", 0, kInt},
    {SocketOption::so_linger, "SO_LINGER", -kInt, kInt},
    {SocketOption::tcp_nodelay, "TCP_NODELAY", -kInt, kInt},
    {SocketOption::so_rcvbuf, "SO_RCVBUF", 0, kInt},
    {SocketOption::so_sndbuf, "SO_SNDBUF", 0, kInt},
    {SocketOption::tcp_fastopen, "TCP_FASTOPEN", 0, kInt},
    {SocketOption::tcp_fastopen_key, "TCP_FASTOPEN_KEY", 0, 0},
    {SocketOption::tcp_fastopen_connect, "TCP_FASTOPEN_CONNECT", 0, 1},
    {SocketOption::tcp_fastopen_no_cookie, "TCP_FASTOPEN_NO_COOKIE", 0, 1},
    {SocketOption::so_reuseaddr, "SO_REUSEADDR", -kInt, kInt},
    {SocketOption::so_error, "SO_ERROR", 0, 0},
});
static_assert(kOptions.size() == static_cast<std::size_t>(SocketOption::count_));
static_assert([] {
  for (std::size_t i = 0; i < kOptions.size(); ++i) {
    if (static_cast<std::size_t>(kOptions[i].option) != i) return false;
  }
  return true;
}());

const OptionRow& row_of(SocketOption option) { return kOptions[static_cast<std::size_t>(option)]; }

template <class Unit>
std::int64_t in(Duration duration) {
  return std::chrono::duration_cast<Unit>(duration).count();
}

Duration or_default(Duration set, Duration otherwise) { return set == Duration{} ? otherwise : set; }

}  // namespace

std::string_view to_string(SocketOption option) { return row_of(option).name; }

std::optional<SocketOption> socket_option_from(std::string_view name) {
  for (const OptionRow& row : kOptions) {
    if (row.name == name) return row.option;
  }
  return std::nullopt;
}

bool has_option(const OsProfile& os, SocketOption option) {
  switch (option) {
    case SocketOption::tcp_user_timeout: return os.socket.user_timeout;
    case SocketOption::tcp_keepidle:
    case SocketOption::tcp_keepintvl:
    case SocketOption::tcp_keepcnt: return os.socket.keepalive_tuning;
    case SocketOption::tcp_fastopen: return os.fast_open.calls.value != FastOpenCalls::none;
    case SocketOption::tcp_fastopen_key:
    case SocketOption::tcp_fastopen_connect:
    case SocketOption::tcp_fastopen_no_cookie: return os.fast_open.calls.value == FastOpenCalls::msg_fastopen;
    default: return true;
  }
}

Errno set_option(const OsProfile& os, SocketOptions& options, SocketOption option, std::int64_t value) {
  const bool is_no_number = option == SocketOption::so_error || option == SocketOption::tcp_fastopen_key;
  if (!has_option(os, option) || is_no_number) return Errno::noprotoopt;
  if (value < row_of(option).least || value > row_of(option).most) return Errno::inval;
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  switch (option) {
    case SocketOption::so_keepalive: options.keepalive = value != 0; break;
    case SocketOption::tcp_keepidle: options.keepalive_idle = seconds{value}; break;
    case SocketOption::tcp_keepintvl: options.keepalive_interval = seconds{value}; break;
    case SocketOption::tcp_keepcnt: options.keepalive_probes = static_cast<std::uint16_t>(value); break;
    case SocketOption::tcp_user_timeout: options.user_timeout = milliseconds{value}; break;
    case SocketOption::so_rcvtimeo: options.receive_timeout = milliseconds{value}; break;
    case SocketOption::so_linger:
      options.linger = value >= 0;
      options.linger_time = seconds{value >= 0 ? value : 0};
      break;
    case SocketOption::tcp_nodelay: options.nodelay = value != 0; break;
    case SocketOption::so_rcvbuf: options.receive_buffer = static_cast<std::uint32_t>(value); break;
    case SocketOption::so_sndbuf: options.send_buffer = static_cast<std::uint32_t>(value); break;
    case SocketOption::tcp_fastopen_connect: options.fast_open_connect = value != 0; break;
    case SocketOption::tcp_fastopen_no_cookie: options.fast_open_no_cookie = value != 0; break;
    case SocketOption::tcp_fastopen:
    case SocketOption::tcp_fastopen_key:
    case SocketOption::so_reuseaddr:
    case SocketOption::so_error:
    case SocketOption::count_: break;
  }
  return Errno::none;
}

std::int64_t get_option(const OsProfile& os, const SocketOptions& options, SocketOption option) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  switch (option) {
    case SocketOption::so_keepalive: return options.keepalive ? 1 : 0;
    case SocketOption::tcp_keepidle:
      return in<seconds>(or_default(options.keepalive_idle, os.keepalive.idle));
    case SocketOption::tcp_keepintvl:
      return in<seconds>(or_default(options.keepalive_interval, os.keepalive.interval));
    case SocketOption::tcp_keepcnt:
      return options.keepalive_probes != 0 ? options.keepalive_probes
                                           : std::int64_t{os.keepalive.probes.value};
    case SocketOption::tcp_user_timeout: return in<milliseconds>(options.user_timeout);
    case SocketOption::so_rcvtimeo: return in<milliseconds>(options.receive_timeout);
    case SocketOption::so_linger: return options.linger ? in<seconds>(options.linger_time) : -1;
    case SocketOption::tcp_nodelay: return options.nodelay ? 1 : 0;
    case SocketOption::so_rcvbuf:
      return options.receive_buffer != 0 ? options.receive_buffer : os.window.rcvbuf.value;
    case SocketOption::so_sndbuf:
      return options.send_buffer != 0 ? options.send_buffer : os.window.sndbuf.value;
    case SocketOption::tcp_fastopen_connect: return options.fast_open_connect ? 1 : 0;
    case SocketOption::tcp_fastopen_no_cookie: return options.fast_open_no_cookie ? 1 : 0;
    case SocketOption::tcp_fastopen:
    case SocketOption::tcp_fastopen_key:
    case SocketOption::so_reuseaddr:
    case SocketOption::so_error:
    case SocketOption::count_: break;
  }
  return 0;
}

}  // namespace halfopen

#include "replay/programs/net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace halfopen::programs {
namespace {

enum class Kind : std::uint8_t { number, milliseconds, linger };  // what the kernel wants for a value
struct SocketOptionRow {
  std::string_view name;
  int level;
  int option;
  Kind kind = Kind::number;
};
constexpr auto kSocketOptions = std::to_array<SocketOptionRow>({
    {"SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE},
    {"TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE},
    {"TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL},
    {"TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT},
    {"TCP_USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT},
    {"SO_RCVTIMEO", SOL_SOCKET, SO_RCVTIMEO, Kind::milliseconds},
    {"SO_LINGER", SOL_SOCKET, SO_LINGER, Kind::linger},
    {"TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY},
    {"SO_RCVBUF", SOL_SOCKET, SO_RCVBUF},
    {"SO_SNDBUF", SOL_SOCKET, SO_SNDBUF},
    {"TCP_FASTOPEN", IPPROTO_TCP, TCP_FASTOPEN},
    {"TCP_FASTOPEN_CONNECT", IPPROTO_TCP, TCP_FASTOPEN_CONNECT},
    {"TCP_FASTOPEN_NO_COOKIE", IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE},
    {"SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR},
});

template <class Raw>
bool set_raw(int fd, const SocketOptionRow& row, const Raw& raw) {
  return ::setsockopt(fd, row.level, row.option, &raw, sizeof raw) == 0;
}

// A negative time has only microseconds, so that the kernel refuses it: it would take whole negative seconds
// as zero.
timeval timeval_of(std::int64_t ms) {
  if (ms < 0) return {.tv_sec = 0, .tv_usec = ms * 1000};
  return {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}

bool set_option(int fd, const SocketOptionRow& row, std::int64_t value) {
  switch (row.kind) {
    case Kind::milliseconds: return set_raw(fd, row, timeval_of(value));
    case Kind::linger: {
      const int seconds = static_cast<int>(std::max<std::int64_t>(value, 0));
      return set_raw(fd, row, linger{.l_onoff = value >= 0 ? 1 : 0, .l_linger = seconds});
    }
    case Kind::number: break;
  }
  return set_raw(fd, row, static_cast<int>(value));
}

void set_or_report(const ProgramConfig& config, int fd, std::string_view name, std::int64_t value) {
  const auto row = std::ranges::find(kSocketOptions, name, &SocketOptionRow::name);
  if (row == kSocketOptions.end() || set_option(fd, *row, value)) return;
  report(config, "setsockopt " + std::string{name}, errno);
}

// An address as the kernel wants it.
struct KernelAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  explicit KernelAddress(const SocketAddress& address) {
    if (address.ip.is_v6()) {
      sockaddr_in6 in{};
      in.sin6_family = AF_INET6;
      in.sin6_port = htons(address.port);
      std::memcpy(&in.sin6_addr, address.ip.data(), address.ip.size());
      keep(in);
    } else {
      sockaddr_in in{};
      in.sin_family = AF_INET;
      in.sin_port = htons(address.port);
      std::memcpy(&in.sin_addr, address.ip.data(), address.ip.size());
      keep(in);
    }
  }
  template <class Address>
  void keep(const Address& address) {
    std::memcpy(&storage, &address, sizeof address);
    size = sizeof address;
  }
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// Reports what failed, and gives -1. The socket goes with the program.
int failed(const ProgramConfig& config, std::string_view what) {
  report(config, what, errno);
  return -1;
}

int open_socket(const ProgramConfig& config) {
  const int fd = ::socket(config.server.ip.is_v6() ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
  return fd < 0 ? failed(config, "socket") : fd;
}

int bind_to(int fd, const SocketAddress& local) {
  const KernelAddress address{local};
  return ::bind(fd, address.get(), address.size);
}

}  // namespace

void complain(std::string_view program, std::string_view text) {
  std::string line{program};
  ((line += ": ") += text) += '\n';
  // Where standard error does not take it, there is nobody to be told.
  [[maybe_unused]] const bool said = write_all(STDERR_FILENO, line);
}

void report(const ProgramConfig& config, std::string_view what, int error) {
  complain(config.name, std::string{what} + " error: " + std::strerror(error));
}

bool is_socket_option(std::string_view name) {
  return std::ranges::find(kSocketOptions, name, &SocketOptionRow::name) != kSocketOptions.end();
}

std::string socket_option_names() {
  std::string names;
  for (const SocketOptionRow& row : kSocketOptions) (names += names.empty() ? "" : ", ") += row.name;
  return names;
}

void set_socket_options(const ProgramConfig& config, int fd) {
  for (const auto& [name, value] : config.sockopts) set_or_report(config, fd, name, value);
  const auto timeout = std::chrono::duration_cast<std::chrono::milliseconds>(config.read_timeout);
  if (timeout.count() != 0) set_or_report(config, fd, "SO_RCVTIMEO", timeout.count());
}

void set_signals(const ProgramConfig& config) {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (const int signal : {SIGTERM, SIGCHLD, SIGPIPE}) ::sigaction(signal, &action, nullptr);
  action.sa_handler = SIG_IGN;
  if (config.ignore_sigpipe) ::sigaction(SIGPIPE, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

int connect_to_server(const ProgramConfig& config) {
  const int fd = open_socket(config);
  if (fd < 0) return -1;
  if (config.local_port != 0) {
    SocketAddress local;
    if (config.server.ip.is_v6()) local.ip = IpAddress::v6({});
    local.port = config.local_port;
    if (bind_to(fd, local) < 0) return failed(config, "bind");
  }
  set_socket_options(config, fd);
  const KernelAddress server{config.server};
  if (::connect(fd, server.get(), server.size) < 0) return failed(config, "connect");
  return fd;
}

int listen_at_server(const ProgramConfig& config) {
  const int fd = open_socket(config);
  if (fd < 0) return -1;
  set_or_report(config, fd, "SO_REUSEADDR", 1);
  set_socket_options(config, fd);
  if (bind_to(fd, config.server) < 0) return failed(config, "bind");
  if (::listen(fd, static_cast<int>(config.backlog)) < 0) return failed(config, "listen");
  return fd;
}

// Without a handler, too, a read with SO_RCVTIMEO is interrupted when the process was frozen and thaws
// (signal(7)).
ssize_t read_some(int fd, std::span<std::uint8_t> into) {
  ssize_t got = 0;
  do {
    got = ::read(fd, into.data(), into.size());
  } while (got < 0 && errno == EINTR);
  return got;
}

// A blocking write() takes everything unless a signal or an error comes in between; the error is what the
// next one gives.
bool write_all(int fd, std::span<const std::uint8_t> bytes) {
  do {
    const ssize_t sent = ::write(fd, bytes.data(), bytes.size());
    if (sent < 0 && errno != EINTR) return false;
    if (sent > 0) bytes = bytes.subspan(static_cast<std::size_t>(sent));
  } while (!bytes.empty());
  return true;
}

bool write_all(int fd, std::string_view text) {
  return write_all(fd, std::span{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

}  // namespace halfopen::programs

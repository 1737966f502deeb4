#include "replay/sandbox/sysctl_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "replay/base/unique_fd.h"

namespace halfopen {
namespace {

// Of net.ipv4 and net.core, those that Linux keeps once for the whole machine: in other network namespaces
// than the first they are missing or cannot be written (Documentation/networking/ip-sysctl.rst).
constexpr std::array<std::string_view, 12> kOfTheMachine{"net.ipv4.tcp_mem",
                                                         "net.ipv4.tcp_max_orphans",
                                                         "net.ipv4.tcp_low_latency",
                                                         "net.ipv4.udp_mem",
                                                         "net.core.rmem_max",
                                                         "net.core.wmem_max",
                                                         "net.core.rmem_default",
                                                         "net.core.wmem_default",
                                                         "net.core.netdev_max_backlog",
                                                         "net.core.default_qdisc",
                                                         "net.ipv4.tcp_allowed_congestion_control",
                                                         "net.ipv4.tcp_available_congestion_control"};

std::string full_name(std::string_view name) {
  return name.starts_with("net.") ? std::string{name} : fmt::format("net.ipv4.{}", name);
}

}  // namespace

std::string sysctl_path(std::string_view name) {
  std::string path = full_name(name);
  std::ranges::replace(path, '.', '/');
  return "/proc/sys/" + path;
}

std::string write_sysctl(std::string_view name, std::string_view value) {
  const std::string path = sysctl_path(name);
  const std::string full = full_name(name);
  const UniqueFd file{open(path.c_str(), O_WRONLY | O_CLOEXEC)};
  if (!file && std::ranges::find(kOfTheMachine, full) != kOfTheMachine.end()) {
    return fmt::format("{}: the kernel has it for the whole machine only, not per namespace", full);
  }
  if (!file && errno == ENOENT) return fmt::format("{}: this kernel has no such parameter", full);
  if (!file) return fmt::format("{}: the kernel forbids to set it: {}", full, std::strerror(errno));
  if (::write(file.get(), value.data(), value.size()) >= 0) return {};
  if (errno == EINVAL || errno == ENOENT || errno == ERANGE) {
    return fmt::format("{}: the kernel refuses the value '{}'", full, value);
  }
  return fmt::format("{}: the kernel forbids to set it: {}", full, std::strerror(errno));
}

std::optional<std::string> read_sysctl(std::string_view name) {
  std::ifstream file{sysctl_path(name)};
  if (!file) return std::nullopt;
  std::string value;
  for (std::string word; file >> word;) value += value.empty() ? word : ' ' + word;
  if (file.bad()) return std::nullopt;
  return value;
}

}  // namespace halfopen

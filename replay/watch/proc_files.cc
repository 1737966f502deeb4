#include "replay/watch/proc_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <string_view>
#include <tuple>

namespace halfopen {
namespace {

// A whole file of /proc; empty if it cannot be read.
std::string read_all(const std::string& path) {
  std::string text;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  std::array<char, 4096> block{};
  for (;;) {
    const ssize_t got = read(fd, block.data(), block.size());
    if (got <= 0) break;
    text.append(block.data(), static_cast<std::size_t>(got));
  }
  close(fd);
  return text;
}

// The number that `text` begins with after blanks; 0 if there is none.
template <class T>
T leading_number(std::string_view text, int base = 10) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  T value{};
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

// What stands behind "name:" at the beginning of a line.
std::string_view field_of(std::string_view text, std::string_view name) {
  for (std::size_t line = 0; line < text.size();) {
    const std::size_t end = std::min(text.find('\n', line), text.size());
    const std::string_view here = text.substr(line, end - line);
    if (here.starts_with(name) && here.substr(name.size()).starts_with(':'))
      return here.substr(name.size() + 1);
    line = end + 1;
  }
  return {};
}

// When a process was born, in the kernel's ticks since boot, and whether it lives.
struct ProcStat {
  pid_t parent = 0;
  std::uint64_t born = 0;
  bool lives = false;
};

std::optional<ProcStat> read_stat(pid_t pid) {
  const std::string text = read_all(fmt::format("/proc/{}/stat", pid));
  // The name stands in parentheses and may hold anything, parentheses too.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  ProcStat stat;
  std::string_view rest = std::string_view{text}.substr(name_end + 1);
  for (int field = 3; field <= 22 && !rest.empty(); ++field) {  // numbered as in proc(5)
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    if (field == 3) stat.lives = !rest.starts_with('Z') && !rest.starts_with('X');
    if (field == 4) stat.parent = leading_number<pid_t>(rest);
    if (field == 22) stat.born = leading_number<std::uint64_t>(rest);
    rest.remove_prefix(std::min(rest.find(' '), rest.size()));
  }
  return stat;
}

}  // namespace

std::optional<ProcStatus> read_status(pid_t tid) {
  const std::string text = read_all(fmt::format("/proc/{}/status", tid));
  if (text.empty()) return std::nullopt;
  ProcStatus status;
  status.tgid = leading_number<pid_t>(field_of(text, "Tgid"));
  status.parent = leading_number<pid_t>(field_of(text, "PPid"));
  status.tracer = leading_number<pid_t>(field_of(text, "TracerPid"));
  const std::string_view state = field_of(text, "State");
  if (!state.empty()) status.state = state.front();
  status.caught = leading_number<std::uint64_t>(field_of(text, "SigCgt"), 16);
  // One number for each namespace, ours first.
  std::string_view numbers = field_of(text, "NStgid");
  const std::size_t last = numbers.find_last_of(" \t");
  if (last != std::string_view::npos) numbers.remove_prefix(last);
  status.ns_pid = leading_number<std::uint32_t>(numbers);
  if (status.ns_pid == 0) status.ns_pid = static_cast<std::uint32_t>(status.tgid);
  return status;
}

std::string read_comm(pid_t pid) {
  std::string name = read_all(fmt::format("/proc/{}/comm", pid));
  if (name.ends_with('\n')) name.pop_back();
  return name;
}

bool is_inet_socket(pid_t tid, int fd) {
  constexpr std::array<std::string_view, 7> kInet{"TCP", "UDP", "MPTCP", "SCTP", "DCCP", "PING", "RAW"};
  if (fd < 0) return false;
  // Sockets, and nothing else, carry the name of their protocol ("TCP", "TCPv6", "UNIX-STREAM") as an
  // attribute. This way it does not matter where the process has the socket from.
  std::array<char, 64> name{};
  const std::string path = fmt::format("/proc/{}/fd/{}", tid, fd);
  const ssize_t size = getxattr(path.c_str(), "system.sockprotoname", name.data(), name.size());
  if (size <= 0) return false;
  const std::string_view protocol{name.data(), static_cast<std::size_t>(size)};
  return std::ranges::any_of(kInet, [&](std::string_view inet) { return protocol.starts_with(inet); });
}

std::vector<int> watched_by_epoll(pid_t tid, int epoll_fd) {
  std::vector<int> fds;
  const std::string text = read_all(fmt::format("/proc/{}/fdinfo/{}", tid, epoll_fd));
  constexpr std::string_view kTarget = "tfd:";
  for (std::size_t at = text.find(kTarget); at != std::string::npos; at = text.find(kTarget, at)) {
    at += kTarget.size();
    fds.push_back(leading_number<int>(std::string_view{text}.substr(at)));
  }
  return fds;
}

std::optional<pid_t> find_newest_child(pid_t parent) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory{opendir("/proc"), closedir};
  if (!directory) return std::nullopt;
  std::optional<pid_t> newest;
  std::tuple<std::uint64_t, pid_t> newest_order{};
  while (const dirent* entry = readdir(directory.get())) {
    const auto pid = leading_number<pid_t>(entry->d_name);
    if (pid <= 0) continue;
    const auto stat = read_stat(pid);
    if (!stat || stat->parent != parent || !stat->lives) continue;
    // A tick is long enough for several forks; pids grow, except where they begin anew.
    const std::tuple order{stat->born, pid};
    if (newest && order < newest_order) continue;
    newest = pid;
    newest_order = order;
  }
  return newest;
}

}  // namespace halfopen

#include "replay/doctor/doctor.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <sstream>

#include "replay/base/errors.h"
#include "replay/base/unique_fd.h"
#include "replay/doctor/doctor_tries.h"

namespace halfopen {
namespace {

constexpr auto kBound = std::chrono::seconds{5};

// What can be read of a file. No stream: reading an attribute that this kernel does not have is an error,
// which an istreambuf_iterator throws.
std::string read_text(const char* path) {
  const UniqueFd file{open(path, O_RDONLY | O_CLOEXEC)};
  std::string text;
  std::array<char, 4096> block{};
  while (file) {
    const ssize_t got = read(file.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(block.data(), static_cast<std::size_t>(got));
  }
  return text;
}

std::optional<long> read_number(const char* path) {
  const std::string text = read_text(path);
  long number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc{}) return std::nullopt;
  return number;
}

// Of /proc/self/status: "CapEff:\t000001ffffffffff".
unsigned long status_field(const std::string& status, const std::string& name, int base) {
  const std::size_t at = status.find("\n" + name + ":");
  return at == std::string::npos ? 0 : std::strtoul(status.c_str() + at + name.size() + 2, nullptr, base);
}

MachineFacts::Container find_container() {
  using enum MachineFacts::Container;
  if (access("/run/.containerenv", F_OK) == 0) return podman;
  if (access("/.dockerenv", F_OK) == 0) return docker;
  const std::string groups = read_text("/proc/1/cgroup");
  if (groups.find("docker") != std::string::npos) return docker;
  const bool named = std::getenv("container") != nullptr || access("/run/systemd/container", F_OK) == 0 ||
                     std::getenv("KUBERNETES_SERVICE_HOST") != nullptr;
  return named || groups.find("kubepods") != std::string::npos ? other : none;
}

std::string read_security_label() {
  std::string label = read_text("/proc/self/attr/current");
  while (!label.empty() && (label.back() == '\n' || label.back() == '\0')) label.pop_back();
  return label;
}

// The mount points we can see. What is mounted on these directories covers nothing: they are always empty.
void read_mounts(MachineFacts& facts) {
  constexpr std::array kEmptyDirectories{"/proc/sys/fs/binfmt_misc", "/proc/fs/nfsd", "/proc/xen",
                                         "/proc/openprom"};
  const std::string text = read_text("/proc/self/mountinfo");
  if (text.empty()) return;
  std::istringstream mounts{text};
  bool sees_root = false;
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words{line};
    std::string skipped;
    std::string point;
    words >> skipped >> skipped >> skipped >> skipped >> point;  // proc_pid_mountinfo(5)
    sees_root |= point == "/";
    const bool covers =
        point.starts_with("/proc/") && std::ranges::find(kEmptyDirectories, point) == kEmptyDirectories.end();
    if (covers && facts.proc_cover.empty()) facts.proc_cover = point;
  }
  facts.in_chroot = !sees_root;
}

bool is_mounted_with(const char* path, unsigned long flag) {
  struct statvfs info {};
  return statvfs(path, &info) == 0 && (info.f_flag & flag) != 0;
}

// What a child tells us. Fits into a pipe as a whole.
struct Report {
  bool works = false;
  Need need = Need::count_;  // where it failed
  int error = 0;
  std::array<char, 200> text{};
};

Report report_of(Need need, int error, const std::string& text) {
  Report report{.works = error == 0, .need = need, .error = error};
  std::copy_n(text.data(), std::min(text.size(), report.text.size() - 1), report.text.data());
  return report;
}

Report attempt(Need need) {
  try {
    return report_of(need, 0, try_need(need));
  } catch (const TryFailure& failure) {
    return report_of(failure.need, failure.error, failure.step);
  } catch (const std::exception& error) {
    return report_of(need, EINVAL, error.what());
  }
}

// The first report in the pipe. Returns when everybody who could write has gone, or the time is up.
std::optional<Report> collect(int pipe, bool& in_time) {
  const auto end = std::chrono::steady_clock::now() + kBound;
  std::optional<Report> first;
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd ready{.fd = pipe, .events = POLLIN, .revents = 0};
    const int count = poll(&ready, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
    if (count < 0 && errno == EINTR) continue;
    in_time = count > 0;
    if (!in_time) return first;
    Report report;
    if (read(pipe, &report, sizeof report) != sizeof report) return first;
    if (!first) first = report;
  }
}

Report try_in_child(Need need) {
  std::array<int, 2> ends{};
  check(pipe2(ends.data(), O_CLOEXEC), "make a pipe");
  UniqueFd reading{ends[0]};
  UniqueFd writing{ends[1]};
  const pid_t child = fork();
  if (child < 0) throw_system("fork");
  if (child == 0) {
    reading.reset();
    const bool dies_with_us = prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0;
    const Report report = dies_with_us ? attempt(need) : report_of(need, errno, "ask to end with its parent");
    [[maybe_unused]] const ssize_t told = write(writing.get(), &report, sizeof report);
    _exit(0);
  }
  writing.reset();
  bool in_time = true;
  std::optional<Report> report = collect(reading.get(), in_time);
  if (!in_time) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (report) return *report;
  if (!in_time) return report_of(need, ETIMEDOUT, "finish within 5 s");
  // A seccomp filter may end a process instead of refusing.
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) return report_of(need, EPERM, "survive the try");
  return report_of(need, ECHILD, "hear from the child that tried");
}

bool is_missing(const std::vector<Check>& checks, Need need) {
  const auto index = static_cast<std::size_t>(need);
  return index < checks.size() && checks[index].outcome != Check::Outcome::works;
}

std::string describe_tun(const MachineFacts& facts) {
  if (!facts.tun) return "";
  std::array<char, 8> mode{};
  std::to_chars(mode.data(), mode.data() + mode.size() - 1, facts.tun->mode, 8);
  return std::string{" (mode 0"} + mode.data() + ", owner " + std::to_string(facts.tun->owner) + ")";
}

Check check_need(Need need, const std::vector<Check>& so_far, const MachineFacts& facts) {
  const Report report = try_in_child(need);
  Check result{.what = std::string{to_string(need)},
               .outcome = Check::Outcome::works,
               .found = report.text.data(),
               .cure = ""};
  if (need == Need::tun_device) result.found += describe_tun(facts);
  if (report.works) return result;
  result.outcome = need == Need::qemu ? Check::Outcome::optional_missing : Check::Outcome::missing;
  if (report.need != need && is_missing(so_far, report.need)) {
    const std::string first{to_string(report.need)};
    result.found = "not tried, since it needs " + first;
    result.cure = "the same as for " + first;
    return result;
  }
  result.found = "cannot " + result.found;
  if (report.error != ETIMEDOUT) result.found += std::string{": "} + std::strerror(report.error);
  result.cure = cure_for(report.need, report.error, facts);
  return result;
}

}  // namespace

std::string_view to_string(Need need) {
  switch (need) {
    case Need::user_namespace: return "user namespace";
    case Need::program_user: return "user that programs run as";
    case Need::mount_namespace: return "mount namespace with a bind mount";
    case Need::proc: return "proc in a PID namespace";
    case Need::network_namespace: return "network namespace";
    case Need::tun_device: return "/dev/net/tun";
    case Need::tun_interface: return "TUN device in a network namespace";
    case Need::device_address: return "address on a TUN device";
    case Need::sysctl: return "TCP sysctl in a network namespace";
    case Need::tracing: return "system calls stopped with seccomp and ptrace";
    case Need::sock_diag: return "socket states with sock_diag";
    case Need::qemu: return "QEMU, for other kernels";
    case Need::count_: break;
  }
  return "?";
}

MachineFacts read_machine_facts() {
  constexpr unsigned kSysAdmin = 21;  // CAP_SYS_ADMIN
  MachineFacts facts;
  const std::string status = read_text("/proc/self/status");
  facts.user = geteuid();
  facts.sys_admin = (status_field(status, "CapEff", 16) >> kSysAdmin & 1) != 0;
  facts.seccomp_filtered = status_field(status, "Seccomp", 10) == 2;
  facts.container = find_container();
  facts.security_label = read_security_label();
  facts.has_user_namespaces = access("/proc/self/ns/user", F_OK) == 0;
  read_mounts(facts);
  facts.proc_sys_read_only = is_mounted_with("/proc/sys", ST_RDONLY);
  struct stat node {};
  if (stat("/dev/net/tun", &node) == 0) {
    facts.tun = MachineFacts::Node{.mode = node.st_mode & 07777, .owner = node.st_uid};
  }
  facts.tun_registered = read_text("/proc/misc").find(" tun\n") != std::string::npos;
  facts.dev_without_devices = is_mounted_with("/dev/net/tun", ST_NODEV);
  facts.apparmor_restrict_unprivileged_userns =
      read_number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
  facts.unprivileged_userns_clone = read_number("/proc/sys/kernel/unprivileged_userns_clone");
  facts.max_user_namespaces = read_number("/proc/sys/user/max_user_namespaces");
  facts.yama_ptrace_scope = read_number("/proc/sys/kernel/yama/ptrace_scope");
  return facts;
}

std::vector<Check> run_doctor() {
  const MachineFacts facts = read_machine_facts();
  std::vector<Check> checks;
  for (unsigned i = 0; i < static_cast<unsigned>(Need::count_); ++i) {
    checks.push_back(check_need(static_cast<Need>(i), checks, facts));
  }
  return checks;
}

bool can_run_kernels(const std::vector<Check>& checks) {
  return std::ranges::none_of(checks,
                              [](const Check& check) { return check.outcome == Check::Outcome::missing; });
}

}  // namespace halfopen

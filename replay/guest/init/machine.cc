#include "replay/guest/init/machine.h"

#include <fcntl.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "replay/base/unique_fd.h"

namespace halfopen::guest {
namespace {

void mount_at(const char* type, const char* target, unsigned long flags, const char* options = nullptr) {
  mkdir(target, 0755);
  mount(type, target, type, flags, options);
}

// Of a module that did not load: "exec format error" says nothing.
std::string reason_for(int error) {
  switch (error) {
    case ENOEXEC: return "it was built for another kernel (its version magic does not fit)";
    case ENOENT: return "it needs symbols that this kernel does not have";
    case EKEYREJECTED:
    case ENOKEY: return "this kernel wants modules signed with a key that it knows";
    default: return std::strerror(error);
  }
}

}  // namespace

void mount_file_systems() {
  constexpr unsigned long kPlain = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  mount_at("proc", "/proc", kPlain);
  mount_at("sysfs", "/sys", kPlain);
  mount_at("devtmpfs", "/dev", MS_NOSUID);
  mount_at("devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "ptmxmode=0666");
  mount_at("tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV);
  mount_at("tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=755");
  for (const auto& [from, to] : {std::pair{"/proc/self/fd", "/dev/fd"},
                                 {"/proc/self/fd/0", "/dev/stdin"},
                                 {"/proc/self/fd/1", "/dev/stdout"},
                                 {"/proc/self/fd/2", "/dev/stderr"}}) {
    [[maybe_unused]] const int made = symlink(from, to);
  }
}

std::string load_modules(const std::vector<std::string>& modules) {
  for (const std::string& path : modules) {
    const UniqueFd file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    const long result = file ? syscall(SYS_finit_module, file.get(), "", 0) : -1;
    if (result < 0 && errno != EEXIST) {
      return "cannot load the module " + path.substr(path.rfind('/') + 1) + ": " + reason_for(errno);
    }
  }
  return {};
}

void allow_congestion_controls() {
  const std::string available = read_file("/proc/sys/net/ipv4/tcp_available_congestion_control");
  const UniqueFd allowed{open("/proc/sys/net/ipv4/tcp_allowed_congestion_control", O_WRONLY | O_CLOEXEC)};
  if (allowed) [[maybe_unused]]
    const ssize_t written = write(allowed.get(), available.data(), available.size());
}

void bring_up_loopback() {
  const UniqueFd any{socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  if (ioctl(any.get(), SIOCGIFFLAGS, &request) != 0) return;
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  ioctl(any.get(), SIOCSIFFLAGS, &request);
}

bool has_tun() {
  // devtmpfs makes the node when the driver is there; without devtmpfs nobody would.
  constexpr unsigned kMisc = 10;
  constexpr unsigned kTunMinor = 200;
  mkdir("/dev/net", 0755);
  mknod("/dev/net/tun", S_IFCHR | 0666, makedev(kMisc, kTunMinor));
  chmod("/dev/net/tun", 0666);
  return static_cast<bool>(UniqueFd{open("/dev/net/tun", O_RDWR | O_CLOEXEC)});
}

std::string trouble_with_timers() {
  const std::string list = read_file("/proc/timer_list");
  if (list.empty()) return {};
  // "  .hres_active    : 1", for each processor. Without CONFIG_HIGH_RES_TIMERS there is no such line.
  const std::size_t at = list.find(".hres_active");
  const std::size_t value = at == std::string::npos ? at : list.find_first_of("0123456789", at);
  if (value != std::string::npos && list[value] != '0') return {};
  return "it has no high-resolution timers (hres_active is 0 in /proc/timer_list): delays, pacing and short "
         "timers end at ticks";
}

std::string release() {
  utsname name{};
  uname(&name);
  return name.release;
}

std::string read_file(const char* path) {
  const UniqueFd file{open(path, O_RDONLY | O_CLOEXEC)};
  std::string text;
  std::array<char, 4096> block{};
  for (ssize_t got = 0; file && (got = read(file.get(), block.data(), block.size())) > 0;) {
    text.append(block.data(), static_cast<std::size_t>(got));
  }
  return text;
}

}  // namespace halfopen::guest

#include "replay/doctor/try_steps.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace halfopen {

int demand(int result, Need need, const char* step) {
  if (result < 0) throw TryFailure{need, errno, step};
  return result;
}

pid_t fork_to_die_with_us(Need need) {
  const pid_t parent = getpid();
  const pid_t child = demand(fork(), need, "fork");
  if (child != 0) return child;
  demand(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), need, "ask to end with its parent");
  // Zero: a parent outside of our PID namespace has no number in it.
  if (getppid() != parent && getppid() != 0) _exit(1);
  return 0;
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, __WALL) < 0 && errno == EINTR) {
  }
  return status;
}

void write_file(const char* path, const std::string& text, Need need, const char* step) {
  const UniqueFd file{open(path, O_WRONLY | O_CLOEXEC)};
  demand(file.get(), need, step);
  demand(static_cast<int>(write(file.get(), text.data(), text.size())), need, step);
}

std::string read_file(const char* path, Need need, const char* step) {
  const UniqueFd file{open(path, O_RDONLY | O_CLOEXEC)};
  demand(file.get(), need, step);
  std::array<char, 256> bytes{};
  const int size = demand(static_cast<int>(read(file.get(), bytes.data(), bytes.size())), need, step);
  return {bytes.data(), static_cast<std::size_t>(size)};
}

void enter_user_namespace() {
  const std::string user = std::to_string(geteuid());
  const std::string group = std::to_string(getegid());
  constexpr Need need = Need::user_namespace;
  demand(unshare(CLONE_NEWUSER), need, "make a user namespace");
  write_file("/proc/self/setgroups", "deny", need, "write /proc/self/setgroups");
  write_file("/proc/self/uid_map", user + " " + user + " 1", need, "write /proc/self/uid_map");
  write_file("/proc/self/gid_map", group + " " + group + " 1", need, "write /proc/self/gid_map");
}

void enter_mount_namespace() {
  enter_user_namespace();
  demand(unshare(CLONE_NEWNS), Need::mount_namespace, "make a mount namespace");
  demand(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), Need::mount_namespace,
         "make the mounts private");
}

void mount_proc() {
  enter_mount_namespace();
  demand(unshare(CLONE_NEWPID), Need::proc, "make a PID namespace");
  const pid_t child = fork_to_die_with_us(Need::proc);
  if (child != 0) {
    wait_for(child);
    _exit(0);
  }
  demand(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr), Need::proc, "mount proc");
}

sockaddr as_sockaddr(const sockaddr_in& address) {
  sockaddr plain{};
  static_assert(sizeof plain == sizeof address);
  std::memcpy(&plain, &address, sizeof plain);
  return plain;
}

ifreq request_for(const char* interface) {
  ifreq request{};
  std::strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
  return request;
}

UniqueFd udp_socket(Need need) {
  UniqueFd socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  demand(socket.get(), need, "open a UDP socket");
  return socket;
}

void bring_up(const char* interface, Need need) {
  const UniqueFd socket = udp_socket(need);
  ifreq request = request_for(interface);
  request.ifr_flags = IFF_UP;
  demand(ioctl(socket.get(), SIOCSIFFLAGS, &request), need, "bring a device up");
}

void enter_network_namespace() {
  demand(unshare(CLONE_NEWNET), Need::network_namespace, "make a network namespace");
  bring_up("lo", Need::network_namespace);
}

}  // namespace halfopen

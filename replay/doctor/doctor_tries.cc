#include "replay/doctor/doctor_tries.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>
#include <system_error>

#include "replay/base/unique_fd.h"
#include "replay/doctor/try_steps.h"
#include "replay/sandbox/program_user.h"
#include "replay/watch/socket_diag.h"

namespace halfopen {
namespace {

constexpr const char* kTun = "/dev/net/tun";
constexpr const char* kInterface = "halfopen0";

UniqueFd open_tun() {
  UniqueFd device{open(kTun, O_RDWR | O_CLOEXEC | O_NONBLOCK)};
  demand(device.get(), Need::tun_device, "open /dev/net/tun");
  return device;
}

UniqueFd make_interface() {
  enter_user_namespace();
  enter_network_namespace();
  UniqueFd device = open_tun();
  ifreq request = request_for(kInterface);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  demand(ioctl(device.get(), TUNSETIFF, &request), Need::tun_interface, "make a TUN device (TUNSETIFF)");
  return device;
}

// A child in a user namespace of its own becomes the user whom we map into it.
std::string try_program_user() {
  constexpr Need need = Need::program_user;
  const std::optional<ProgramUser> user = program_user();
  if (!user)
    return "user " + std::to_string(geteuid()) + ", as halfopen, with that user's files and no capability";
  std::array<int, 2> ends{};
  demand(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), need, "make a pair of sockets");
  const UniqueFd ours{ends[0]};
  UniqueFd theirs{ends[1]};
  const std::string name = user->name + " (" + std::to_string(user->user) + ")";
  char word = 0;
  const pid_t child = fork_to_die_with_us(need);
  if (child == 0) {
    demand(unshare(CLONE_NEWUSER), Need::user_namespace, "make a user namespace");
    demand(static_cast<int>(send(theirs.get(), &word, 1, MSG_NOSIGNAL)), need, "ask to be mapped");
    if (recv(theirs.get(), &word, 1, 0) != 1) _exit(1);
    demand(drop_privileges(user) ? 0 : -1, need, ("become user " + name).c_str());
    _exit(0);
  }
  theirs.reset();
  if (recv(ours.get(), &word, 1, 0) == 1) {
    try {
      map_users(child, user);
    } catch (const std::system_error& error) {
      throw TryFailure{need, error.code().value(), "map user " + name + " into a user namespace"};
    }
    demand(static_cast<int>(send(ours.get(), &word, 1, MSG_NOSIGNAL)), need, "wake a child");
  }
  if (wait_for(child) != 0) _exit(1);  // the child has told why
  return "user " + name +
         ", with that user's files and no capability, since halfopen runs as root; --as-root lets them be "
         "root";
}

std::string try_user_namespace() {
  enter_user_namespace();
  return "user " + std::to_string(geteuid()) + " mapped to itself";
}

// A file of ours over one that is there, as a run does with /etc/hosts. The file system that holds ours goes
// with the namespace.
std::string try_mount_namespace() {
  constexpr Need need = Need::mount_namespace;
  enter_mount_namespace();
  demand(mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, nullptr), need, "mount a tmpfs on /tmp");
  const auto make = [](const char* path) {
    const UniqueFd file{open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)};
    demand(file.get(), need, "make a file in a tmpfs");
  };
  constexpr const char* kOurs = "/tmp/ours";
  make(kOurs);
  const char* target = "/etc/hosts";
  if (access(target, F_OK) != 0) make(target = "/tmp/theirs");
  demand(mount(kOurs, target, nullptr, MS_BIND, nullptr), need, "bind a file over another");
  struct stat ours {};
  struct stat theirs {};
  demand(stat(kOurs, &ours), need, "look at a bound file");
  demand(stat(target, &theirs), need, "look at a bound file");
  if (ours.st_ino != theirs.st_ino) throw TryFailure{need, EINVAL, "see the file that was bound"};
  return std::string{"a file bound over "} + target;
}

std::string try_proc() {
  mount_proc();
  std::array<char, 16> self{};
  demand(static_cast<int>(readlink("/proc/self", self.data(), self.size() - 1)), Need::proc,
         "read /proc/self");
  if (std::strcmp(self.data(), "1") != 0) throw TryFailure{Need::proc, EINVAL, "be process 1 of a new /proc"};
  return "mounted in a PID namespace";
}

std::string try_network_namespace() {
  enter_user_namespace();
  enter_network_namespace();
  return "with its loopback device up";
}

std::string try_tun_device() {
  const UniqueFd device = open_tun();
  return "opened";
}

std::string try_tun_interface() {
  const UniqueFd device = make_interface();
  return "made";
}

std::string try_device_address() {
  constexpr Need need = Need::device_address;
  const UniqueFd device = make_interface();
  const UniqueFd socket = udp_socket(need);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(0xc0000201);  // 192.0.2.1, of RFC 5737's documentation block
  ifreq request = request_for(kInterface);
  request.ifr_addr = as_sockaddr(address);
  demand(ioctl(socket.get(), SIOCSIFADDR, &request), need, "give a device an address");
  bring_up(kInterface, need);
  request = request_for(kInterface);
  demand(ioctl(socket.get(), SIOCGIFFLAGS, &request), need, "read a device's flags");
  if ((request.ifr_flags & IFF_UP) == 0) throw TryFailure{need, ENETDOWN, "see the device up"};
  return "up with 192.0.2.1";
}

std::string try_sysctl() {
  constexpr const char* kPath = "/proc/sys/net/ipv4/tcp_retries2";
  constexpr const char* kValue = "7\n";
  mount_proc();
  enter_network_namespace();
  write_file(kPath, kValue, Need::sysctl, "write net.ipv4.tcp_retries2");
  if (read_file(kPath, Need::sysctl, "read net.ipv4.tcp_retries2") != kValue) {
    throw TryFailure{Need::sysctl, EINVAL, "read back net.ipv4.tcp_retries2"};
  }
  return "net.ipv4.tcp_retries2 written";
}

// A filter that stops getppid and lets everything else pass. The machine is left unchecked: a filter that
// knows the numbers of one machine is asked on that one only.
void install_filter() {
  constexpr auto load = static_cast<std::uint16_t>(BPF_LD | BPF_W | BPF_ABS);
  constexpr auto equal = static_cast<std::uint16_t>(BPF_JMP | BPF_JEQ | BPF_K);
  constexpr auto answer = static_cast<std::uint16_t>(BPF_RET | BPF_K);
  std::array<sock_filter, 4> program{{
      {load, 0, 0, offsetof(seccomp_data, nr)},
      {equal, 0, 1, SYS_getppid},
      {answer, 0, 0, SECCOMP_RET_TRACE},
      {answer, 0, 0, SECCOMP_RET_ALLOW},
  }};
  const sock_fprog filter{.len = program.size(), .filter = program.data()};
  demand(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), Need::tracing, "set no_new_privs");
  demand(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), Need::tracing, "install a seccomp filter");
}

// Waits for the stop at getppid; whatever else stops the tracee is passed over.
bool sees_the_stop(pid_t tracee) {
  while (true) {
    const int status = wait_for(tracee);
    if (!WIFSTOPPED(status)) return false;
    if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) return true;
    ptrace(PTRACE_CONT, tracee, nullptr, nullptr);
  }
}

// The tracee is in a user namespace of ours, as a run's programs are: Yama asks for the tracer's power in
// there.
std::string try_tracing() {
  constexpr Need need = Need::tracing;
  std::array<int, 2> ends{};
  demand(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), need, "make a pair of sockets");
  const UniqueFd ours{ends[0]};
  UniqueFd theirs{ends[1]};
  char word = 0;
  const pid_t tracee = fork_to_die_with_us(need);
  if (tracee == 0) {
    enter_user_namespace();  // a failure of the tracee's is told by the tracee
    demand(static_cast<int>(send(theirs.get(), &word, 1, MSG_NOSIGNAL)), need, "tell the tracer");
    demand(static_cast<int>(recv(theirs.get(), &word, 1, 0)), need, "wait for the tracer");
    install_filter();
    syscall(SYS_getppid);
    _exit(0);
  }
  theirs.reset();
  if (recv(ours.get(), &word, 1, 0) != 1) {
    wait_for(tracee);
    _exit(1);
  }
  try {
    void* const options = reinterpret_cast<void*>(PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL);
    demand(static_cast<int>(ptrace(PTRACE_SEIZE, tracee, nullptr, options)), need,
           "trace a child (PTRACE_SEIZE)");
    demand(static_cast<int>(send(ours.get(), &word, 1, MSG_NOSIGNAL)), need, "wake the tracee");
    if (!sees_the_stop(tracee)) throw TryFailure{need, ECHILD, "see a child stop at a system call"};
  } catch (const TryFailure&) {
    kill(tracee, SIGKILL);
    throw;
  }
  kill(tracee, SIGKILL);
  wait_for(tracee);
  return "a child stopped at a system call";
}

// A connection over loopback, and what the kernel says about it.
std::string try_sock_diag() {
  constexpr Need need = Need::sock_diag;
  enter_user_namespace();
  enter_network_namespace();
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(7);  // nobody else is in this namespace
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const sockaddr server = as_sockaddr(address);
  const UniqueFd listener{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  demand(listener.get(), need, "open a TCP socket");
  demand(bind(listener.get(), &server, sizeof server), need, "bind to a port");
  demand(listen(listener.get(), 1), need, "listen");
  const UniqueFd client{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  demand(connect(client.get(), &server, sizeof server), need, "connect over loopback");
  sockaddr own{};
  socklen_t size = sizeof own;
  demand(getsockname(client.get(), &own, &size), need, "read a socket's address");
  std::memcpy(&address, &own, sizeof address);

  UniqueFd netlink{socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)};
  demand(netlink.get(), need, "open a sock_diag socket");
  const IpAddress loopback = IpAddress::v4({127, 0, 0, 1});
  try {
    const auto found =
        SocketDiagnostics{std::move(netlink)}.find({{loopback, ntohs(address.sin_port)}, {loopback, 7}});
    if (!found) throw TryFailure{need, ENOENT, "find a connection with sock_diag"};
    return "a connection found, " + std::string{to_string(found->state)};
  } catch (const std::system_error& error) {
    throw TryFailure{need, error.code().value(), "find a connection with sock_diag"};
  }
}

std::string try_qemu() {
  constexpr const char* kProgram = "qemu-system-x86_64";
  std::array<int, 2> ends{};
  demand(pipe2(ends.data(), O_CLOEXEC), Need::qemu, "make a pipe");
  const UniqueFd reading{ends[0]};
  UniqueFd writing{ends[1]};
  const pid_t child = fork_to_die_with_us(Need::qemu);
  if (child == 0) {
    dup2(writing.get(), STDOUT_FILENO);
    execlp(kProgram, kProgram, "--version", nullptr);
    throw TryFailure{Need::qemu, errno, "run qemu-system-x86_64"};
  }
  writing.reset();
  std::array<char, 160> text{};
  [[maybe_unused]] const ssize_t size = read(reading.get(), text.data(), text.size() - 1);
  const int status = wait_for(child);
  if (text[0] == 0) _exit(1);  // the child has told why
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw TryFailure{Need::qemu, ENOEXEC, "run qemu-system-x86_64"};
  const std::string version{text.data()};
  return version.substr(0, version.find('\n'));
}

}  // namespace

std::string try_need(Need need) {
  switch (need) {
    case Need::user_namespace: return try_user_namespace();
    case Need::program_user: return try_program_user();
    case Need::mount_namespace: return try_mount_namespace();
    case Need::proc: return try_proc();
    case Need::network_namespace: return try_network_namespace();
    case Need::tun_device: return try_tun_device();
    case Need::tun_interface: return try_tun_interface();
    case Need::device_address: return try_device_address();
    case Need::sysctl: return try_sysctl();
    case Need::tracing: return try_tracing();
    case Need::sock_diag: return try_sock_diag();
    case Need::qemu: return try_qemu();
    case Need::count_: break;
  }
  throw TryFailure{need, EINVAL, "know what to try"};
}

}  // namespace halfopen

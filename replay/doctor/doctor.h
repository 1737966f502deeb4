// `halfopen doctor`: does this machine have what a run on the real kernel needs? Every need is tried by using
// it; what is missing gets one cure.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace halfopen {

// What a run needs, in the order in which it is tried; those below may need those above.
enum class Need : std::uint8_t {
  user_namespace,
  program_user,  // programs of root's run as another user
  mount_namespace,
  proc,  // mounted anew in a PID namespace
  network_namespace,
  tun_device,     // opened
  tun_interface,  // made in a network namespace
  device_address,
  sysctl,
  tracing,
  sock_diag,
  qemu,  // optional
  count_,
};
// "user namespace", "TUN device in a network namespace" ...: for people.
[[nodiscard]] std::string_view to_string(Need need);

// What may explain a failure. A limit that this kernel does not have is nullopt.
struct MachineFacts {
  enum class Container : std::uint8_t { none, docker, podman, other };
  struct Node {  // of a device
    mode_t mode = 0;
    uid_t owner = 0;
  };

  uid_t user = 0;          // effective
  bool sys_admin = false;  // CAP_SYS_ADMIN: the limits for unprivileged users do not apply
  Container container = Container::none;
  bool in_chroot = false;
  bool seccomp_filtered = false;    // somebody put a filter on us
  std::string security_label;       // AppArmor's "docker-default (enforce)", SELinux's "...:container_t:..."
  bool has_user_namespaces = true;  // compiled into the kernel
  std::string proc_cover;  // what is mounted over a part of /proc, the first: "/proc/kcore"; may be empty
  bool proc_sys_read_only = false;
  std::optional<Node> tun;           // /dev/net/tun
  bool tun_registered = false;       // the kernel has the driver
  bool dev_without_devices = false;  // the file system of /dev/net/tun is mounted nodev
  std::optional<long> apparmor_restrict_unprivileged_userns;
  std::optional<long> unprivileged_userns_clone;
  std::optional<long> max_user_namespaces;
  std::optional<long> yama_ptrace_scope;
};
// Those of the calling process; never throws, what cannot be read is as if it were not there.
[[nodiscard]] MachineFacts read_machine_facts();

// What to do when `need` failed with errno `error` on such a machine: one line, never empty. Pure.
[[nodiscard]] std::string cure_for(Need need, int error, const MachineFacts& facts);

struct Check {
  enum class Outcome : std::uint8_t { works, missing, optional_missing };
  std::string what;  // to_string of the need
  Outcome outcome = Outcome::works;
  std::string found;  // one line: what it looks like here, or what failed and how
  std::string cure;   // one line; empty where it works
};
// Tries every need in a child process, with at most 5 s for each, and leaves nothing behind. Does not throw
// for what is missing; throws std::system_error if it cannot even fork. Call it without other threads.
[[nodiscard]] std::vector<Check> run_doctor();
// Nothing is missing that is not optional.
[[nodiscard]] bool can_run_kernels(const std::vector<Check>& checks);

}  // namespace halfopen

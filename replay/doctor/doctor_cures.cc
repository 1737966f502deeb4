// The cures: what failed, how, and where, from the most particular to the least. The first that fits is the
// one.
#include <array>
#include <cerrno>
#include <initializer_list>
#include <span>

#include "replay/doctor/doctor.h"

namespace halfopen {
namespace {

using Container = MachineFacts::Container;
using Applies = bool (*)(const MachineFacts&);

constexpr unsigned bit(Need need) { return 1U << static_cast<unsigned>(need); }
constexpr unsigned any_of(std::initializer_list<Need> needs) {
  unsigned bits = 0;
  for (const Need need : needs) bits |= bit(need);
  return bits;
}
constexpr unsigned kAnyNeed = bit(Need::count_) - 1;
constexpr unsigned kMounts = any_of({Need::mount_namespace, Need::proc});
constexpr unsigned kUnshares =
    any_of({Need::user_namespace, Need::mount_namespace, Need::proc, Need::network_namespace});

struct Rule {
  unsigned needs;
  std::array<int, 4> errors;  // all zero: any
  Applies applies;
  // "{run}" becomes the container's starter, "{cover}" the mount that covers a part of /proc.
  std::string_view cure;
};

constexpr std::array<int, 4> kAnyError{};
constexpr std::array<int, 4> kRefused{EPERM, EACCES};
constexpr std::array<int, 4> kNoMore{ENOSPC, EUSERS};
constexpr std::array<int, 4> kNoDriver{ENOENT, ENODEV, ENXIO};
constexpr std::array<int, 4> kNoModule{ENOENT, EPROTONOSUPPORT, EAFNOSUPPORT};

bool always(const MachineFacts&) { return true; }
bool contained(const MachineFacts& f) { return f.container != Container::none; }
bool in_docker(const MachineFacts& f) { return f.container == Container::docker; }
bool in_podman(const MachineFacts& f) { return f.container == Container::podman; }
bool confined_by_apparmor(const MachineFacts& f) {
  return contained(f) && f.security_label.ends_with(" (enforce)");
}
bool confined_by_selinux(const MachineFacts& f) {
  return contained(f) && f.security_label.find(":container_t:") != std::string::npos;
}
bool proc_masked(const MachineFacts& f) { return !f.proc_cover.empty() || f.proc_sys_read_only; }
bool restricted_by_apparmor(const MachineFacts& f) {
  return !f.sys_admin && f.apparmor_restrict_unprivileged_userns.value_or(0) != 0;
}

// user_namespaces(7), namespaces(7); Debian's patch for unprivileged_userns_clone, Ubuntu's for AppArmor.
constexpr std::array kNamespaceRules{
    Rule{kAnyNeed, {ETIMEDOUT}, always, "run 'halfopen doctor' again when the machine is less busy"},
    Rule{kAnyNeed,
         {EAGAIN, ENOMEM, EMFILE, ENFILE},
         always,
         "run 'halfopen doctor' again when the machine has processes, memory and descriptors to spare"},
    Rule{bit(Need::user_namespace), kAnyError, [](const MachineFacts& f) { return !f.has_user_namespaces; },
         "boot a kernel that was built with CONFIG_USER_NS=y"},
    Rule{bit(Need::user_namespace), {EINVAL}, always, "boot a kernel that was built with CONFIG_USER_NS=y"},
    Rule{bit(Need::user_namespace), kNoMore,
         [](const MachineFacts& f) { return f.max_user_namespaces.value_or(0) < 15000; },
         "sudo sysctl -w user.max_user_namespaces=15000"},
    Rule{bit(Need::user_namespace), kNoMore, always,
         "run halfopen outside of other user namespaces: the kernel nests them 32 deep"},
    Rule{bit(Need::user_namespace), kRefused,
         [](const MachineFacts& f) { return !f.sys_admin && f.unprivileged_userns_clone == 0; },
         "sudo sysctl -w kernel.unprivileged_userns_clone=1"},
    Rule{kAnyNeed & ~bit(Need::tun_device) & ~bit(Need::tracing), kRefused, restricted_by_apparmor,
         "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"},
    Rule{bit(Need::user_namespace),
         {EPERM},
         [](const MachineFacts& f) { return f.in_chroot; },
         "run halfopen outside of the chroot: the kernel makes no user namespaces inside of one"},
    Rule{bit(Need::program_user), kAnyError, always,
         "run halfopen as an ordinary user, or with --as-root where root is not the machine's"},
    Rule{bit(Need::mount_namespace), kNoMore, always, "sudo sysctl -w user.max_mnt_namespaces=15000"},
    Rule{bit(Need::proc), kNoMore, always, "sudo sysctl -w user.max_pid_namespaces=15000"},
    Rule{bit(Need::network_namespace), kNoMore, always, "sudo sysctl -w user.max_net_namespaces=15000"},
    Rule{bit(Need::network_namespace), {EINVAL}, always, "boot a kernel that was built with CONFIG_NET_NS=y"},
    Rule{bit(Need::proc), {EINVAL}, always, "boot a kernel that was built with CONFIG_PID_NS=y"},
    Rule{bit(Need::mount_namespace), {ENOENT}, always, "sudo mkdir -p -m 1777 /tmp"},
};

// The kernel's Documentation/admin-guide/LSM/Yama.rst. Before the suspicion that a container's filter did it.
constexpr std::array kYamaRules{
    Rule{bit(Need::tracing), kRefused, [](const MachineFacts& f) { return f.yama_ptrace_scope == 3; },
         "set kernel.yama.ptrace_scope=1 in /etc/sysctl.d and reboot: a running kernel does not leave 3"},
    Rule{bit(Need::tracing), kRefused, [](const MachineFacts& f) { return f.yama_ptrace_scope == 2; },
         "sudo sysctl -w kernel.yama.ptrace_scope=1"},
};

// What container engines mask or forbid: docker-run(1), podman-run(1). A filter first, since it refuses what
// the others would only get to see after it.
constexpr std::array kContainerRules{
    Rule{kUnshares | bit(Need::tracing), kRefused,
         [](const MachineFacts& f) { return contained(f) && f.seccomp_filtered; },
         "start the container with: {run} --security-opt seccomp=unconfined"},
    Rule{kMounts, kRefused, confined_by_apparmor,
         "start the container with: {run} --security-opt apparmor=unconfined"},
    Rule{kMounts, kRefused, confined_by_selinux,
         "start the container with: {run} --security-opt label=disable"},
    Rule{bit(Need::proc),
         {EPERM},
         [](const MachineFacts& f) { return in_docker(f) && proc_masked(f); },
         "start the container with: docker run --security-opt systempaths=unconfined"},
    Rule{bit(Need::proc),
         {EPERM},
         [](const MachineFacts& f) { return in_podman(f) && proc_masked(f); },
         "start the container with: podman run --security-opt unmask=ALL"},
    Rule{bit(Need::proc),
         {EPERM},
         [](const MachineFacts& f) { return contained(f) && proc_masked(f); },
         "start the container with an unmasked /proc (Kubernetes: securityContext.procMount: Unmasked)"},
    Rule{bit(Need::proc),
         {EPERM},
         [](const MachineFacts& f) { return !f.proc_cover.empty(); },
         "sudo umount {cover}"},
    Rule{bit(Need::proc), {EPERM}, proc_masked, "sudo mount -o remount,rw /proc"},
    Rule{bit(Need::sysctl),
         {EROFS},
         in_docker,
         "start the container with: docker run --security-opt systempaths=unconfined"},
    Rule{bit(Need::sysctl),
         {EROFS},
         in_podman,
         "start the container with: podman run --security-opt unmask=ALL"},
    Rule{bit(Need::sysctl), {EROFS}, contained, "start the container with a writable /proc/sys"},
    Rule{bit(Need::sysctl), {EROFS}, always, "sudo mount -o remount,rw /proc/sys"},
    Rule{bit(Need::sysctl),
         {ENOENT},
         always,
         "boot Linux 4.6 or later, where each network namespace has its own net.ipv4.tcp_retries2"},
};

// The kernel's Documentation/networking/tuntap.rst.
constexpr std::array kTunRules{
    Rule{any_of({Need::tun_device, Need::tun_interface}),
         {ENOENT, EPERM},
         [](const MachineFacts& f) { return contained(f) && (!f.tun || f.tun_registered); },
         "start the container with: {run} --device /dev/net/tun"},
    Rule{bit(Need::tun_device),
         {ENOENT},
         [](const MachineFacts& f) { return f.tun_registered; },
         "sudo mkdir -p /dev/net && sudo mknod -m 0666 /dev/net/tun c 10 200"},
    Rule{bit(Need::tun_device), kNoDriver, contained, "on the container's host: sudo modprobe tun"},
    Rule{bit(Need::tun_device), kNoDriver, always, "sudo modprobe tun"},
    Rule{bit(Need::tun_device),
         {EACCES},
         [](const MachineFacts& f) { return f.dev_without_devices; },
         "sudo mount -o remount,dev /dev"},
    Rule{
        bit(Need::tun_device), kRefused,
        [](const MachineFacts& f) { return f.tun && f.tun->owner != f.user && (f.tun->mode & 0006) != 0006; },
        "sudo chmod 0666 /dev/net/tun"},
    Rule{
        bit(Need::tun_device), kRefused,
        [](const MachineFacts& f) { return f.tun && f.tun->owner == f.user && (f.tun->mode & 0600) != 0600; },
        "sudo chmod 0666 /dev/net/tun"},
    Rule{bit(Need::tun_device),
         {EPERM},
         always,
         "allow the device to this control group (in a systemd unit: DeviceAllow=/dev/net/tun rw)"},
};

// seccomp(2), sock_diag(7), and what is left.
constexpr std::array kOtherRules{
    Rule{bit(Need::tracing),
         {EINVAL, ENOSYS},
         always,
         "boot a kernel that was built with CONFIG_SECCOMP_FILTER=y"},
    Rule{bit(Need::sock_diag), kNoModule, contained,
         "on the container's host: sudo modprobe -a inet_diag tcp_diag"},
    Rule{bit(Need::sock_diag), kNoModule, always, "sudo modprobe -a inet_diag tcp_diag"},
    Rule{bit(Need::qemu), {ENOENT, EACCES}, always, "sudo apt install qemu-system-x86"},
    Rule{bit(Need::qemu), kAnyError, always, "sudo apt install --reinstall qemu-system-x86"},
    Rule{kAnyNeed, kRefused, [](const MachineFacts& f) { return f.seccomp_filtered; },
         "start halfopen where no seccomp filter refuses it (in a systemd unit: RestrictNamespaces=no)"},
    Rule{kAnyNeed, {ENOSYS}, always, "boot a Linux kernel, 5.10 or later: this one lacks a system call"},
    Rule{kAnyNeed, kAnyError, always, "the kernel's log may tell what refused it: sudo dmesg | tail"},
};

bool fits(const Rule& rule, Need need, int error, const MachineFacts& facts) {
  if ((rule.needs & bit(need)) == 0) return false;
  bool error_fits = rule.errors == kAnyError;
  for (const int candidate : rule.errors) error_fits |= candidate != 0 && candidate == error;
  return error_fits && rule.applies(facts);
}

void replace(std::string& text, std::string_view what, std::string_view with) {
  const std::size_t at = text.find(what);
  if (at != std::string::npos) text.replace(at, what.size(), with);
}

}  // namespace

std::string cure_for(Need need, int error, const MachineFacts& facts) {
  using Rules = std::span<const Rule>;
  for (const Rules rules : {Rules{kNamespaceRules}, Rules{kYamaRules}, Rules{kContainerRules},
                            Rules{kTunRules}, Rules{kOtherRules}}) {
    for (const Rule& rule : rules) {
      if (!fits(rule, need, error, facts)) continue;
      std::string cure{rule.cure};
      replace(cure, "{run}", in_podman(facts) ? "podman run" : "docker run");
      replace(cure, "{cover}", facts.proc_cover);
      return cure;
    }
  }
  return {};  // not reached: the last rule fits everything
}

}  // namespace halfopen

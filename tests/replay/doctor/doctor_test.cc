// The doctor: which cure for which failure, and what it finds on a real machine.
#include "replay/doctor/doctor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <functional>

#include "replay/base/unique_fd.h"

namespace halfopen {
namespace {

using Container = MachineFacts::Container;
using Outcome = Check::Outcome;

// A machine on which nothing stands in the way, and we are nobody special.
MachineFacts plain() {
  MachineFacts facts;
  facts.user = 1000;
  facts.tun = MachineFacts::Node{.mode = 0666, .owner = 0};
  facts.tun_registered = true;
  facts.max_user_namespaces = 63000;
  facts.yama_ptrace_scope = 1;
  return facts;
}

MachineFacts with(const std::function<void(MachineFacts&)>& change) {
  MachineFacts facts = plain();
  change(facts);
  return facts;
}

MachineFacts in(Container container) {
  return with([&](MachineFacts& f) { f.container = container; });
}

struct Case {
  Need need;
  int error;
  MachineFacts facts;
  std::string cure;
};

void expect_cures(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    SCOPED_TRACE(std::string{to_string(one.need)} + ", errno " + std::to_string(one.error));
    EXPECT_EQ(cure_for(one.need, one.error, one.facts), one.cure);
  }
}

TEST(Cures, UserNamespaces) {
  const MachineFacts none = with([](MachineFacts& f) { f.max_user_namespaces = 0; });
  const MachineFacts debian = with([](MachineFacts& f) { f.unprivileged_userns_clone = 0; });
  const MachineFacts ubuntu = with([](MachineFacts& f) { f.apparmor_restrict_unprivileged_userns = 1; });
  const MachineFacts without = with([](MachineFacts& f) { f.has_user_namespaces = false; });
  const MachineFacts chroot = with([](MachineFacts& f) { f.in_chroot = true; });
  const std::string build = "boot a kernel that was built with CONFIG_USER_NS=y";
  const std::string confine = "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
  expect_cures({
      {Need::user_namespace, ENOSPC, none, "sudo sysctl -w user.max_user_namespaces=15000"},
      {Need::user_namespace, EUSERS, none, "sudo sysctl -w user.max_user_namespaces=15000"},
      {Need::user_namespace, ENOSPC, plain(),
       "run halfopen outside of other user namespaces: the kernel nests them 32 deep"},
      {Need::user_namespace, EPERM, debian, "sudo sysctl -w kernel.unprivileged_userns_clone=1"},
      {Need::user_namespace, EPERM, ubuntu, confine},
      {Need::user_namespace, EACCES, ubuntu, confine},
      {Need::mount_namespace, EACCES, ubuntu, confine},
      {Need::network_namespace, EPERM, ubuntu, confine},
      {Need::tun_interface, EPERM, ubuntu, confine},
      {Need::user_namespace, EINVAL, plain(), build},
      {Need::user_namespace, EPERM, without, build},
      {Need::user_namespace, EPERM, chroot,
       "run halfopen outside of the chroot: the kernel makes no user namespaces inside of one"},
  });
}

TEST(Cures, ALimitForUnprivilegedUsersIsNoReasonForWhoHasPrivileges) {
  const std::string log = "the kernel's log may tell what refused it: sudo dmesg | tail";
  const auto root = [](MachineFacts& f) {
    f.sys_admin = true;
    f.unprivileged_userns_clone = 0;
    f.apparmor_restrict_unprivileged_userns = 1;
  };
  expect_cures({{Need::user_namespace, EPERM, with(root), log}, {Need::user_namespace, EPERM, plain(), log}});
}

TEST(Cures, OtherNamespaces) {
  expect_cures({
      {Need::mount_namespace, ENOSPC, plain(), "sudo sysctl -w user.max_mnt_namespaces=15000"},
      {Need::proc, ENOSPC, plain(), "sudo sysctl -w user.max_pid_namespaces=15000"},
      {Need::network_namespace, ENOSPC, plain(), "sudo sysctl -w user.max_net_namespaces=15000"},
      {Need::network_namespace, EINVAL, plain(), "boot a kernel that was built with CONFIG_NET_NS=y"},
      {Need::proc, EINVAL, plain(), "boot a kernel that was built with CONFIG_PID_NS=y"},
      {Need::mount_namespace, ENOENT, plain(), "sudo mkdir -p -m 1777 /tmp"},
  });
}

TEST(Cures, WhatAContainerForbids) {
  const auto fresh = [](MachineFacts& f) {  // as `docker run` starts one
    f.container = Container::docker;
    f.seccomp_filtered = true;
    f.security_label = "docker-default (enforce)";
    f.proc_cover = "/proc/bus";
    f.proc_sys_read_only = true;
  };
  MachineFacts docker = with(fresh);
  const std::string start = "start the container with: docker run --security-opt ";
  expect_cures({{Need::user_namespace, EPERM, docker, start + "seccomp=unconfined"},
                {Need::tracing, EPERM, docker, start + "seccomp=unconfined"}});
  docker.seccomp_filtered = false;
  expect_cures({{Need::mount_namespace, EACCES, docker, start + "apparmor=unconfined"}});
  docker.security_label = "unconfined";
  expect_cures({{Need::proc, EPERM, docker, start + "systempaths=unconfined"},
                {Need::sysctl, EROFS, docker, start + "systempaths=unconfined"}});

  MachineFacts podman = with(fresh);
  podman.container = Container::podman;
  podman.security_label = "system_u:system_r:container_t:s0:c1,c2";
  const std::string start_podman = "start the container with: podman run --security-opt ";
  expect_cures({{Need::user_namespace, EPERM, podman, start_podman + "seccomp=unconfined"}});
  podman.seccomp_filtered = false;
  expect_cures({{Need::mount_namespace, EACCES, podman, start_podman + "label=disable"},
                {Need::sysctl, EROFS, podman, start_podman + "unmask=ALL"}});
  podman.security_label.clear();
  expect_cures({{Need::proc, EPERM, podman, start_podman + "unmask=ALL"}});
}

TEST(Cures, ProcOutsideOfContainers) {
  const MachineFacts covered = with([](MachineFacts& f) { f.proc_cover = "/proc/cpuinfo"; });
  const MachineFacts read_only = with([](MachineFacts& f) { f.proc_sys_read_only = true; });
  MachineFacts pod = covered;
  pod.container = Container::other;
  expect_cures({
      {Need::proc, EPERM, covered, "sudo umount /proc/cpuinfo"},
      {Need::proc, EPERM, read_only, "sudo mount -o remount,rw /proc"},
      {Need::proc, EPERM, pod,
       "start the container with an unmasked /proc (Kubernetes: securityContext.procMount: Unmasked)"},
      {Need::sysctl, EROFS, plain(), "sudo mount -o remount,rw /proc/sys"},
      {Need::sysctl, EROFS, in(Container::other), "start the container with a writable /proc/sys"},
      {Need::sysctl, ENOENT, plain(),
       "boot Linux 4.6 or later, where each network namespace has its own net.ipv4.tcp_retries2"},
  });
}

TEST(Cures, TheTunDevice) {
  const auto node = [](mode_t mode, uid_t owner) {
    return with([&](MachineFacts& f) { f.tun = MachineFacts::Node{.mode = mode, .owner = owner}; });
  };
  const auto no_node = [](Container container, bool registered) {
    return with([&](MachineFacts& f) {
      f.tun.reset();
      f.container = container;
      f.tun_registered = registered;
    });
  };
  MachineFacts no_driver = in(Container::docker);
  no_driver.tun_registered = false;
  const MachineFacts nodev = with([](MachineFacts& f) { f.dev_without_devices = true; });
  expect_cures({
      {Need::tun_device, ENOENT, no_node(Container::none, false), "sudo modprobe tun"},
      {Need::tun_device, ENODEV, plain(), "sudo modprobe tun"},
      {Need::tun_device, ENOENT, no_node(Container::none, true),
       "sudo mkdir -p /dev/net && sudo mknod -m 0666 /dev/net/tun c 10 200"},
      {Need::tun_device, ENOENT, no_node(Container::docker, true),
       "start the container with: docker run --device /dev/net/tun"},
      {Need::tun_device, ENOENT, no_node(Container::podman, false),
       "start the container with: podman run --device /dev/net/tun"},
      {Need::tun_device, EPERM, in(Container::docker),
       "start the container with: docker run --device /dev/net/tun"},
      {Need::tun_device, ENODEV, no_driver, "on the container's host: sudo modprobe tun"},
      {Need::tun_device, EACCES, node(0600, 0), "sudo chmod 0666 /dev/net/tun"},
      {Need::tun_device, EACCES, node(0660, 0), "sudo chmod 0666 /dev/net/tun"},
      {Need::tun_device, EACCES, node(0400, 1000), "sudo chmod 0666 /dev/net/tun"},
      {Need::tun_device, EACCES, nodev, "sudo mount -o remount,dev /dev"},
      {Need::tun_device, EPERM, plain(),
       "allow the device to this control group (in a systemd unit: DeviceAllow=/dev/net/tun rw)"},
  });
}

TEST(Cures, TracingSockDiagAndQemu) {
  const auto scope = [](long value) {
    return with([&](MachineFacts& f) {
      f.yama_ptrace_scope = value;
      f.container = Container::docker;
      f.seccomp_filtered = true;
    });
  };
  expect_cures({
      {Need::tracing, EPERM, scope(3),
       "set kernel.yama.ptrace_scope=1 in /etc/sysctl.d and reboot: a running kernel does not leave 3"},
      {Need::tracing, EPERM, scope(2), "sudo sysctl -w kernel.yama.ptrace_scope=1"},
      {Need::tracing, EPERM, scope(1),
       "start the container with: docker run --security-opt seccomp=unconfined"},
      {Need::tracing, EINVAL, plain(), "boot a kernel that was built with CONFIG_SECCOMP_FILTER=y"},
      {Need::sock_diag, ENOENT, plain(), "sudo modprobe -a inet_diag tcp_diag"},
      {Need::sock_diag, ENOENT, in(Container::podman),
       "on the container's host: sudo modprobe -a inet_diag tcp_diag"},
      {Need::qemu, ENOENT, plain(), "sudo apt install qemu-system-x86"},
      {Need::qemu, ENOEXEC, plain(), "sudo apt install --reinstall qemu-system-x86"},
  });
}

TEST(Cures, EveryFailureOfEveryNeedHasOneLine) {
  const MachineFacts sandboxed = with([](MachineFacts& f) { f.seccomp_filtered = true; });
  for (unsigned i = 0; i < static_cast<unsigned>(Need::count_); ++i) {
    const auto need = static_cast<Need>(i);
    EXPECT_NE(to_string(need), "?");
    for (int error = 1; error < 134; ++error) {
      for (const MachineFacts& facts : {plain(), in(Container::docker), in(Container::podman), sandboxed}) {
        const std::string cure = cure_for(need, error, facts);
        EXPECT_FALSE(cure.empty());
        EXPECT_EQ(cure.find_first_of("\n{}"), std::string::npos) << cure;
      }
    }
  }
}

TEST(Doctor, OnlyWhatIsNotOptionalKeepsKernelsFromRunning) {
  EXPECT_TRUE(can_run_kernels({}));
  EXPECT_TRUE(can_run_kernels({{.what = "", .outcome = Outcome::optional_missing, .found = "", .cure = ""}}));
  EXPECT_FALSE(can_run_kernels({{.what = "", .outcome = Outcome::missing, .found = "", .cure = ""}}));
}

TEST(Doctor, EverythingThatIsRequiredWorksForRootWithATunDevice) {
  if (geteuid() != 0 || access("/dev/net/tun", F_OK) != 0) GTEST_SKIP() << "not root, or no TUN device";
  const std::vector<Check> checks = run_doctor();
  ASSERT_EQ(checks.size(), static_cast<std::size_t>(Need::count_));
  EXPECT_TRUE(can_run_kernels(checks));
  for (const Check& check : checks) {
    if (check.what == to_string(Need::qemu)) continue;
    EXPECT_EQ(check.outcome, Outcome::works) << check.what << ": " << check.found << "; " << check.cure;
    EXPECT_FALSE(check.found.empty());
    EXPECT_TRUE(check.cure.empty());
  }
}

TEST(Doctor, NothingIsLeftBehind) {
  const auto count_fds = [] {
    int open = 0;
    for (int fd = 0; fd < 1024; ++fd) open += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    return open;
  };
  const int before = count_fds();
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);  // whoever is orphaned comes to us
  (void)run_doctor();
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
  prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
  EXPECT_EQ(count_fds(), before);
}

// Runs `spoil` in a child, then the doctor there. Not empty: what was wrong about its checks.
std::string doctor_after(const std::function<bool()>& spoil,
                         const std::function<std::string(const std::vector<Check>&)>& verdict) {
  std::array<int, 2> ends{};
  EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  const UniqueFd reading{ends[0]};
  UniqueFd writing{ends[1]};
  const pid_t child = fork();
  if (child == 0) {
    const std::string text = spoil() ? verdict(run_doctor()) : "this machine cannot be spoiled";
    _exit(write(writing.get(), text.data(), text.size()) < 0 ? 1 : 0);
  }
  writing.reset();
  std::string text;
  std::array<char, 512> block{};
  for (ssize_t got = 0; (got = read(reading.get(), block.data(), block.size())) > 0;) {
    text.append(block.data(), static_cast<std::size_t>(got));
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  return text;
}

TEST(Doctor, WithoutUserNamespacesNothingThatNeedsThemIsBlamedOnItsOwn) {
  // A limit of a namespace of our own, which nobody else feels.
  const auto spoil = [] {
    const std::string user = std::to_string(geteuid());
    if (unshare(CLONE_NEWUSER) != 0) return false;
    std::ofstream{"/proc/self/uid_map"} << "0 " << user << " 1" << std::flush;
    std::ofstream limit{"/proc/sys/user/max_user_namespaces"};
    return static_cast<bool>(limit << "0" << std::flush);
  };
  const auto verdict = [](const std::vector<Check>& checks) -> std::string {
    if (can_run_kernels(checks)) return "it can run kernels";
    const Check& first = checks.front();
    if (first.outcome != Outcome::missing) return "user namespaces work";
    if (first.found != "cannot make a user namespace: No space left on device") return first.found;
    if (first.cure != "sudo sysctl -w user.max_user_namespaces=15000") return first.cure;
    for (const Need need :
         {Need::mount_namespace, Need::proc, Need::sysctl, Need::tracing, Need::sock_diag}) {
      const Check& check = checks[static_cast<std::size_t>(need)];
      if (check.found != "not tried, since it needs user namespace") return check.what + ": " + check.found;
      if (check.cure != "the same as for user namespace") return check.what + ": " + check.cure;
    }
    return "";
  };
  EXPECT_EQ(doctor_after(spoil, verdict), "");
}

TEST(Doctor, AFilterThatKillsIsFoundToo) {
  const auto spoil = [] {
    std::array<sock_filter, 4> program{{
        {static_cast<std::uint16_t>(BPF_LD | BPF_W | BPF_ABS), 0, 0, offsetof(seccomp_data, nr)},
        {static_cast<std::uint16_t>(BPF_JMP | BPF_JEQ | BPF_K), 0, 1, SYS_unshare},
        {static_cast<std::uint16_t>(BPF_RET | BPF_K), 0, 0, SECCOMP_RET_KILL_PROCESS},
        {static_cast<std::uint16_t>(BPF_RET | BPF_K), 0, 0, SECCOMP_RET_ALLOW},
    }};
    const sock_fprog filter{.len = program.size(), .filter = program.data()};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
  };
  const auto verdict = [](const std::vector<Check>& checks) -> std::string {
    const Check& first = checks.front();
    if (first.outcome != Outcome::missing) return "user namespaces work";
    if (first.found != "cannot survive the try: Operation not permitted") return first.found;
    return first.cure.find("seccomp") == std::string::npos ? first.cure : "";
  };
  EXPECT_EQ(doctor_after(spoil, verdict), "");
}

}  // namespace
}  // namespace halfopen

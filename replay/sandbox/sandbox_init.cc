#include "replay/sandbox/sandbox_init.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <exception>
#include <string_view>

#include "replay/base/errors.h"
#include "replay/sandbox/link.h"
#include "replay/sandbox/sysctl_files.h"
#include "sim/base/input_error.h"

namespace halfopen {
namespace {

constexpr const char* kDevice = "tun0";

void write_file(const char* path, const std::string& text) {
  const UniqueFd file{open(path, O_WRONLY | O_CLOEXEC)};
  if (!file || ::write(file.get(), text.data(), text.size()) < 0) {
    throw Cannot{std::string{"cannot write "} + path + ": " + std::strerror(errno) +
                 " ('halfopen doctor' knows the cure)"};
  }
}

// A user is nobody but itself in there (user_namespaces(7)).
void map_user(uid_t user, gid_t group) {
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", std::to_string(user) + " " + std::to_string(user) + " 1");
  write_file("/proc/self/gid_map", std::to_string(group) + " " + std::to_string(group) + " 1");
}

void mount_or_cannot(const char* source, const char* target, const char* type, unsigned long flags) {
  if (mount(source, target, type, flags, nullptr) == 0) return;
  throw Cannot{std::string{"cannot mount "} + target + " in a mount namespace: " + std::strerror(errno) +
               " ('halfopen doctor' knows the cure)"};
}

// A file of our own in place of one that may be there.
void cover_file(const std::string& workshop, const char* path, const std::string& text) {
  if (access(path, F_OK) != 0) return;
  const std::string own = workshop + "/file";
  const UniqueFd file{open(own.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)};
  if (!file || ::write(file.get(), text.data(), text.size()) < 0) throw_system("write " + own);
  mount_or_cannot(own.c_str(), path, nullptr, MS_BIND);
  unlink(own.c_str());  // the mount keeps it
}

std::string hosts_file(const SandboxConfig& config) {
  std::string text = "127.0.0.1 localhost\n::1 localhost\n";
  for (const auto& [name, address] : config.names) text += address.to_string() + " " + name + "\n";
  return text;
}

// Names come from our file alone: no resolver, no service that answers over a socket outside.
void furnish_files(const SandboxConfig& config) {
  mount_or_cannot(nullptr, "/", nullptr, MS_REC | MS_PRIVATE);
  mount_or_cannot("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC);
  const std::string workshop = "/tmp";
  mount_or_cannot("tmpfs", workshop.c_str(), "tmpfs", MS_NOSUID | MS_NODEV);
  cover_file(workshop, "/etc/hosts", hosts_file(config));
  cover_file(workshop, "/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
  cover_file(workshop, "/etc/nsswitch.conf",
             "passwd: files\ngroup: files\nshadow: files\nhosts: files\nnetworks: files\nservices: files\n");
  if (umount2(workshop.c_str(), MNT_DETACH) != 0) throw_system("uncover " + workshop);
  for (const char* services : {"/run/nscd", "/var/run/nscd", "/run/systemd/resolve", "/run/systemd/userdb",
                               "/run/avahi-daemon", "/run/dbus"}) {
    if (access(services, F_OK) == 0) mount_or_cannot("tmpfs", services, "tmpfs", MS_NOSUID | MS_NODEV);
  }
}

UniqueFd furnish_network(const SandboxConfig& config) {
  UniqueFd device;
  try {
    device = make_tun(kDevice);
  } catch (const std::system_error& error) {
    throw Cannot{std::string{"cannot "} + error.what() + " ('halfopen doctor' knows the cure)"};
  }
  DeviceSetup setup{.name = kDevice, .mtu = config.mtu, .address = config.address, .peers = {}};
  for (const auto& [name, address] : config.names) {
    if (address != config.address) setup.peers.push_back(address);
  }
  set_up_loopback();
  set_up_device(setup);
  return device;
}

void write_sysctls(Channel& channel, const SandboxConfig& config) {
  for (const auto& [name, value] : config.environment) {
    const std::string problem = write_sysctl(name, value);
    if (!problem.empty()) channel.send("remark " + problem + "; it stays as it was");
  }
}

void write_scenario_sysctls(const SandboxConfig& config) {
  for (const auto& [name, value] : config.sysctls) {
    const std::string problem = write_sysctl(name, value);
    if (problem.empty()) continue;
    throw InputError{std::string{to_string(config.id)} + ".sysctl." + name,
                     "a sysctl that can be set in a network namespace", problem};
  }
}

// What the sysctls are after all that: the kernel may have refused one of the environment.
void tell_sysctls(Channel& channel, const SandboxConfig& config) {
  std::vector<std::string_view> told;
  for (const auto* list : {&config.environment, &config.sysctls}) {
    for (const auto& [name, ignored] : *list) {
      if (std::ranges::find(told, name) != told.end()) continue;
      told.push_back(name);
      if (const auto value = read_sysctl(name)) channel.send("sysctl " + name + "=" + *value);
    }
  }
}

void obey(std::string_view order) {
  constexpr std::string_view kSignal = "signal ";
  if (!order.starts_with(kSignal)) return;
  order.remove_prefix(kSignal.size());
  int signal = 0;
  std::from_chars(order.data(), order.data() + order.size(), signal);
  ::kill(-1, signal);  // everybody but us: pid 1 of a namespace is spared
}

// The order of steps matters: names of devices before sysctls of IPv6, addresses after them.
void furnish(Channel& channel, const SandboxConfig& config) {
  furnish_files(config);
  write_sysctls(channel, config);
  const UniqueFd device = furnish_network(config);
  write_scenario_sysctls(config);
  tell_sysctls(channel, config);
  const UniqueFd diagnostics{socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)};
  if (!diagnostics) throw_system("open sock_diag");
  channel.send("ready", {device.get(), diagnostics.get()});
}

}  // namespace

void run_sandbox_init(Channel channel, const SandboxConfig& config, uid_t user, gid_t group) {
  // Every other descriptor of our creator is none of ours; a device left open would keep a dead host sending.
  const auto keep = static_cast<unsigned>(channel.fd());
  if (keep > 3) close_range(3, keep - 1, 0);
  close_range(keep + 1, ~0u, 0);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD}) sigaction(signal, &ignore, nullptr);
  try {
    map_user(user, group);
    furnish(channel, config);
    while (const auto message = channel.receive()) obey(message->text);
    _exit(0);
  } catch (const Cannot& error) {
    channel.send(std::string{"cannot "} + error.what());
  } catch (const std::exception& error) {
    channel.send(std::string{"bad "} + error.what());
  }
  _exit(1);
}

}  // namespace halfopen

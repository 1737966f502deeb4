#include "replay/sandbox/sandbox_init.h"

#include <linux/netlink.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <string_view>

#include "replay/base/errors.h"
#include "replay/sandbox/file_system.h"
#include "replay/sandbox/link.h"
#include "replay/sandbox/sysctl_files.h"
#include "sim/base/input_error.h"

namespace halfopen {
namespace {

constexpr const char* kDevice = "tun0";

UniqueFd furnish_network(const SandboxConfig& config) {
  UniqueFd device;
  try {
    device = make_tun(kDevice, config.header);
  } catch (const std::system_error& error) {
    throw Cannot{std::string{"cannot "} + error.what() + " ('halfopen doctor' knows the cure)"};
  }
  DeviceSetup setup{.name = kDevice,
                    .mtu = config.mtu,
                    .speed = config.speed,
                    .address = config.address,
                    .prefix = config.prefix,
                    .peers = {},
                    .gateway = config.gateway};
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
  furnish_files(channel, config.names, config.places_in_use);
  if (config.as_root) confine_root(channel, config.places_in_use);
  write_sysctls(channel, config);
  const UniqueFd device = furnish_network(config);
  write_scenario_sysctls(config);
  tell_sysctls(channel, config);
  const UniqueFd diagnostics{socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)};
  if (!diagnostics) throw_system("open sock_diag");
  const UniqueFd tap = config.has_tap ? listen_to_device(kDevice) : UniqueFd{};
  std::vector<int> handed{device.get(), diagnostics.get()};
  if (tap) handed.push_back(tap.get());
  channel.send("ready", handed);
}

}  // namespace

void run_sandbox_init(Channel channel, const SandboxConfig& config) {
  // Every other descriptor of our creator is none of ours; a device left open would keep a dead host sending.
  const auto keep = static_cast<unsigned>(channel.fd());
  if (keep > 3) close_range(3, keep - 1, 0);
  close_range(keep + 1, ~0u, 0);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD}) sigaction(signal, &ignore, nullptr);
  try {
    check(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "ask for our end with our creator's");
    // A creator that died before that is heard here.
    if (!channel.receive()) _exit(0);
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

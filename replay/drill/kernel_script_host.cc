#include "replay/drill/kernel_script_host.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "replay/base/errors.h"
#include "replay/sandbox/file_system.h"

namespace halfopen::drill {
namespace {

using namespace std::chrono_literals;

// More than this late, and what a script expects may no longer be what a kernel does: packetdrill's own
// tolerance, and a jiffy of a kernel at 250 Hz.
constexpr Duration kLate = 4ms;
constexpr int kAttempts = 3;
// Between two looks whether a call is blocked: twice as long each time, since the looking itself takes what
// time there is from the call on a machine with one processor.
constexpr Duration kFirstGlance = 20us;
constexpr Duration kLongestGlance = 1ms;
constexpr Duration kLongestCommand = 180s;  // as run_all.py waits for a whole script

SandboxConfig sandbox_config(const DrillConfig& config, const std::string& directory) {
  SandboxConfig sandbox;
  sandbox.address = config.local();
  sandbox.prefix = sandbox.address.is_v6() ? 48 : 16;  // as packetdrill has it
  sandbox.names = {{"remote", config.remote()}};
  sandbox.mtu = config.mtu;
  sandbox.header = TunHeader::offloads;
  sandbox.as_root = true;
  sandbox.places_in_use = places_in_use({directory + "/"});
  // Nothing but the script's connections is to be heard on the device.
  for (const char* scope : {"all", "default"}) {
    const std::string prefix = fmt::format("net.ipv6.conf.{}.", scope);
    for (const char* name : {"accept_ra", "accept_dad", "router_solicitations"})
      sandbox.environment.emplace_back(prefix + name, "0");
  }
  return sandbox;
}

CallAddresses call_addresses(const DrillConfig& config) {
  return {.bind_to = {config.local(), config.bind_port},
          .connect_to = {config.remote(), config.connect_port},
          .is_mapped = config.ip_version == IpVersion::ipv4_mapped_ipv6};
}

std::string status_text(int status, const std::string& last_words) {
  const std::string how = WIFEXITED(status) ? fmt::format("non-zero status {}", WEXITSTATUS(status))
                                            : fmt::format("signal {}", WTERMSIG(status));
  return last_words.empty() ? how : how + ": " + last_words;
}

PlayResult play_once(const script::Script& script, const DrillConfig& config, const std::string& directory) {
  KernelScriptHost host{config, directory};
  PlayResult result = play(script, host, config);
  if (result.verdict == Verdict::failed && host.lateness() > kLate) {
    result.verdict = Verdict::unresolved;
    result.message += fmt::format(" (this machine was late by {:.1f} ms)",
                                  std::chrono::duration<double, std::milli>{host.lateness()}.count());
  }
  return result;
}

}  // namespace

KernelScriptHost::KernelScriptHost(const DrillConfig& config, const std::string& directory)
    : sandbox_{sandbox_config(config, directory)},
      device_{sandbox_.take_device()},
      agent_{sandbox_, directory},
      calls_{agent_, call_addresses(config), config.tolerance} {}

KernelScriptHost::EndOfInit::~EndOfInit() {
  kill(init, SIGKILL);
  while (waitpid(init, nullptr, __WALL) < 0 && errno == EINTR) continue;
}

void KernelScriptHost::start() {
  clock_.start();
  has_started_ = true;
  static_cast<void>(own_delay_.more());  // what came before is not of the script
  static_cast<void>(agent_delay_.more());
}

void KernelScriptHost::look() {
  while (std::optional<std::vector<std::uint8_t>> packet = device_.read())
    sent_.push({.at = clock_.now(), .bytes = *std::move(packet)});
  for (const Lane lane : {Lane::quick, Lane::blocking})
    if (!reply(lane)) reply(lane) = agent_.take_reply(lane);
}

void KernelScriptHost::wait(TimePoint until) {
  clock_.wait(until, {device_.fd(), agent_.fd(Lane::quick), agent_.fd(Lane::blocking)});
  const Duration delay = std::max(own_delay_.more(), agent_delay_.more());
  if (has_started_) lateness_ = std::max(lateness_, delay);
}

void KernelScriptHost::inject(std::span<const std::uint8_t> packet) {
  note(clock_.now());
  device_.write(packet);
}

std::optional<SentPacket> KernelScriptHost::next_packet(TimePoint until) {
  for (look(); sent_.empty() && clock_.now() < until; look()) wait(until);
  if (sent_.empty()) {
    note(until);
    return std::nullopt;
  }
  SentPacket packet = std::move(sent_.front());
  sent_.pop();
  note(packet.at);
  return packet;
}

void KernelScriptHost::advance(TimePoint until) {
  for (look(); clock_.now() < until; look()) wait(until);
  const TimePoint at = clock_.now();
  lateness_ = std::max(lateness_, at - until);
  note(at);
}

// A call that says when it ends is expected to block, and left alone once it does.
std::optional<Outcome> KernelScriptHost::begin(const script::CallSpec& call) {
  const AgentCall order = calls_.prepare(call);
  lane_ = call.end ? Lane::blocking : Lane::quick;
  note(clock_.now());
  agent_.begin(lane_, order);
  if (lane_ == Lane::quick) return take_outcome(kTimeZero + kLongestCommand);
  Duration glance = kFirstGlance;
  for (look(); !reply(lane_); look()) {
    if (agent_.is_blocked()) {
      look();
      break;
    }
    // Asleep: on a machine with one processor the agent runs only while this process does not.
    const timespec sleep{.tv_sec = 0, .tv_nsec = glance.count()};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &sleep, nullptr);
    glance = std::min(2 * glance, kLongestGlance);
  }
  return take_outcome(kTimeZero);
}

std::optional<Outcome> KernelScriptHost::take_outcome(TimePoint until) {
  for (look(); !reply(lane_) && clock_.now() < until; look()) wait(until);
  if (!reply(lane_)) return std::nullopt;
  const AgentReply done = *std::exchange(reply(lane_), std::nullopt);
  note(clock_.at(done.at));
  return calls_.conclude(done, clock_);
}

AgentReply KernelScriptHost::await_reply() {
  const TimePoint limit = clock_.now() + kLongestCommand;
  for (look(); !reply(Lane::quick); look()) {
    if (clock_.now() > limit) throw std::runtime_error{"a command does not end"};
    wait(limit);
  }
  const AgentReply done = *std::exchange(reply(Lane::quick), std::nullopt);
  note(clock_.at(done.at));
  return done;
}

std::optional<std::string> KernelScriptHost::command(const std::string& line) {
  agent_.begin_command(line);
  const AgentReply done = await_reply();
  const auto status = static_cast<int>(done.value);
  if (done.error != 0) return "sh cannot be started";
  if (status == 0) return std::nullopt;
  return status_text(status, agent_.last_words());
}

std::vector<TcpInfoField> KernelScriptHost::tcp_info(std::int64_t descriptor) {
  agent_.begin(Lane::quick, calls_.ask_tcp_info(descriptor));
  return calls_.tcp_info(await_reply());
}

PlayResult play_on_kernel(const script::Script& script, const std::string& name, DrillConfig config,
                          const std::string& directory) {
  PlayResult result;
  try {
    apply_options_of(config, script, name);
    if (config.dry_run) return {};
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      result = play_once(script, config, directory);
      if (result.verdict != Verdict::unresolved) break;
    }
  } catch (const NotSupported& missing) {
    result.verdict = Verdict::skipped;
    result.message = missing.what();
  }
  return result;
}

}  // namespace halfopen::drill

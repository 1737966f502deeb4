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
#include "replay/sandbox/tcp_metrics.h"
#include "sim/drill/model_commands.h"
#include "sim/script/text.h"

namespace halfopen::drill {
namespace {

using namespace std::chrono_literals;

// Between two looks whether a call is blocked: twice as long each time, since the looking itself takes what
// time there is from the call on a machine with one processor.
constexpr Duration kFirstGlance = 20us;
constexpr Duration kLongestGlance = 1ms;
constexpr Duration kLongestCommand = 180s;  // as run_all.py waits for a whole script

SandboxConfig sandbox_config(const DrillConfig& config, const KernelSetting& setting) {
  SandboxConfig sandbox;
  sandbox.address = config.local();
  sandbox.prefix = config.prefix();
  sandbox.names = {{"remote", config.remote()}};
  sandbox.gateway = config.gateway();
  sandbox.mtu = config.mtu;
  sandbox.speed = config.speed;
  sandbox.has_tap = setting.is_real_time;
  sandbox.header = TunHeader::offloads;
  sandbox.as_root = true;
  sandbox.places_in_use = places_in_use({setting.directory + "/"});
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

// What root of a sandbox may not do, and this process perhaps may.
bool is_metrics_flush(const std::string& line) {
  const auto commands = shell_commands(line);
  if (!commands || commands->size() != 1) return false;
  const std::vector<std::string>& words = commands->front().words;
  return words.size() >= 3 && words[0] == "ip" && words[1] == "tcp_metrics" && words[2] == "flush" &&
         (words.size() == 3 || (words.size() == 4 && words[3] == "all"));
}

// "3, ..., 1000".
std::string arguments_text(const script::CallSpec& call) {
  std::string text;
  for (const script::Value& value : call.arguments)
    text += (text.empty() ? "" : ", ") + script::text_of(value);
  return text;
}

}  // namespace

KernelScriptHost::KernelScriptHost(const DrillConfig& config, const KernelSetting& setting)
    : is_real_time_{setting.is_real_time},
      sandbox_{sandbox_config(config, setting)},
      device_{sandbox_.take_device(), sandbox_.take_tap()},
      agent_{sandbox_, setting.directory},
      calls_{agent_, call_addresses(config), config.tolerance},
      clock_{!setting.is_real_time} {}

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
  while (std::optional<ScriptDevice::Read> packet = device_.read()) {
    // Its clock may have been set since; not before the packet that came before it, nor after now.
    TimePoint at = clock_.now();
    if (packet->sent) at = std::clamp(clock_.at_real(*packet->sent), std::min(last_seen_, at), at);
    last_seen_ = at;
    record_.packets.push_back({.at = at, .is_injected = false, .bytes = packet->bytes});
    sent_.push({.at = at, .bytes = std::move(packet->bytes)});
  }
  for (const Lane lane : {Lane::quick, Lane::blocking})
    if (!reply(lane)) reply(lane) = agent_.take_reply(lane);
}

void KernelScriptHost::wait(TimePoint until) {
  clock_.wait(until, {device_.fd(), agent_.fd(Lane::quick), agent_.fd(Lane::blocking)});
  if (is_real_time_) note_lateness(std::max(own_delay_.more(), agent_delay_.more()));
}

void KernelScriptHost::note_lateness(Duration late) {
  if (is_real_time_ && has_started_) record_.lateness = std::max(record_.lateness, late);
}

bool KernelScriptHost::inject_merged(std::span<const std::uint8_t> packet, std::uint16_t segment) {
  write(packet, segment);
  return true;
}

void KernelScriptHost::write(std::span<const std::uint8_t> packet, std::uint16_t mss) {
  look();  // what was sent before is told before
  note(clock_.now());
  device_.write(packet, mss);
  record_.packets.push_back({.at = now_, .is_injected = true, .bytes = {packet.begin(), packet.end()}});
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
  note_lateness(at - until);
  note(at);
}

// A call that says when it ends is expected to block, and left alone once it does.
std::optional<Outcome> KernelScriptHost::begin(const script::CallSpec& call) {
  const AgentCall order = calls_.prepare(call);
  lane_ = call.end ? Lane::blocking : Lane::quick;
  note(clock_.now());
  call_ = &call;
  call_began_ = now_;
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
  Outcome outcome = calls_.conclude(done, clock_);
  record_.calls.push_back({.at = std::max(outcome.at, call_began_),
                           .began = call_began_,
                           .program = "packetdrill",
                           .pid = 1,
                           .call = call_->name,
                           .args = arguments_text(*call_),
                           .result = outcome.value,
                           .error = done.value < 0 ? done.error : 0,
                           .detail = {}});
  return outcome;
}

std::optional<AgentReply> KernelScriptHost::await_reply() {
  // Not by the script's clock, which stands while an init command runs.
  const auto limit = std::chrono::steady_clock::now() + kLongestCommand;
  for (look(); !reply(Lane::quick); look()) {
    const auto left = limit - std::chrono::steady_clock::now();
    if (left <= Duration::zero()) return std::nullopt;
    wait(clock_.now() + left);
  }
  const AgentReply done = *std::exchange(reply(Lane::quick), std::nullopt);
  note(clock_.at(done.at));
  return done;
}

std::optional<std::string> KernelScriptHost::command(const std::string& line) {
  if (is_metrics_flush(line)) {
    if (flush_tcp_metrics(sandbox_.init())) return std::nullopt;
    return "only root of the machine may flush tcp_metrics";
  }
  agent_.begin_command(line);
  const std::optional<AgentReply> done = await_reply();
  if (!done) return "it does not end";
  const auto status = static_cast<int>(done->value);
  if (done->error != 0) return "sh cannot be started";
  if (status == 0) return std::nullopt;
  return status_text(status, agent_.last_words());
}

std::vector<TcpInfoField> KernelScriptHost::tcp_info(std::int64_t descriptor) {
  agent_.begin(Lane::quick, calls_.ask_tcp_info(descriptor));
  std::optional<AgentReply> reply = await_reply();
  if (!reply) return {};
  std::vector<TcpInfoField> fields = calls_.tcp_info(*reply);
  agent_.begin(Lane::quick, calls_.ask_memory_info(descriptor));
  reply = await_reply();
  if (reply) std::ranges::move(calls_.memory_info(*reply), std::back_inserter(fields));
  return fields;
}

PlayResult play_on_kernel(const script::Script& script, const std::string& name, DrillConfig config,
                          const KernelSetting& setting, ScriptRecord& record) {
  PlayResult result;
  try {
    apply_options_of(config, script, name);
    if (config.dry_run) return {};
    KernelScriptHost host{config, setting};
    result = play(script, host, config);
    record = host.take_record();
  } catch (const NotSupported& missing) {
    result.verdict = Verdict::skipped;
    result.message = missing.what();
  }
  return result;
}

}  // namespace halfopen::drill

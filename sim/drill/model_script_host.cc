#include "sim/drill/model_script_host.h"

#include <algorithm>
#include <utility>

#include "sim/drill/model_tcp_info.h"

namespace halfopen::drill {
namespace {

ModelHostConfig host_config(const OsProfile& profile, const DrillConfig& config) {
  ModelHostConfig host;
  host.id = HostId::client;
  host.address = config.local();
  host.profile = profile;
  host.mtu = config.mtu;
  host.seed = 1;
  return host;
}

CallSetting call_setting(const DrillConfig& config) {
  return {.bind_to = {config.local(), config.bind_port},
          .connect_to = {config.remote(), config.connect_port}};
}

}  // namespace

ModelScriptHost::ModelScriptHost(const OsProfile& profile, const DrillConfig& config, ReadFile read_file)
    : host_{host_config(profile, config), pool_, nullptr},
      calls_{(host_.boot(kTimeZero), host_), call_setting(config)},
      commands_{host_, std::move(read_file)} {}

void ModelScriptHost::inject(std::span<const std::uint8_t> packet) {
  ParseIssue issue;
  std::optional<Packet> parsed = parse(packet, pool_, issue, {.check_tcp_options = false});
  if (!parsed) throw NotSupported{"the model takes no such packet: " + issue.message};
  host_.receive(now_, *std::move(parsed));
  settle();
}

std::optional<SentPacket> ModelScriptHost::next_packet(TimePoint until) {
  while (sent_.empty() && step(until)) continue;
  if (sent_.empty()) return std::nullopt;
  SentPacket packet = std::move(sent_.front());
  sent_.pop();
  return packet;
}

void ModelScriptHost::advance(TimePoint until) {
  while (step(until)) continue;
}

std::optional<Outcome> ModelScriptHost::begin(const script::CallSpec& call) {
  outcome_.reset();
  std::optional<Outcome> outcome = calls_.begin(now_, call);
  settle();
  return outcome;
}

std::optional<Outcome> ModelScriptHost::take_outcome(TimePoint until) {
  while (!outcome_ && step(until)) continue;
  return std::exchange(outcome_, std::nullopt);
}

std::optional<std::string> ModelScriptHost::command(const std::string& line) {
  std::optional<std::string> error = commands_.run(now_, line);
  settle();
  return error;
}

std::vector<TcpInfoField> ModelScriptHost::tcp_info(std::int64_t descriptor) {
  const Endpoint* endpoint = calls_.endpoint_of(descriptor);
  if (endpoint == nullptr)
    return calls_.has_descriptor(descriptor) ? tcp_info_of_unconnected() : std::vector<TcpInfoField>{};
  return tcp_info_of(*endpoint);
}

bool ModelScriptHost::step(TimePoint until) {
  const TimePoint next = host_.next_deadline();
  if (next > until) {
    now_ = std::max(now_, until);
    return false;
  }
  now_ = std::max(now_, next);
  host_.fire_timers(now_);
  settle();
  return true;
}

void ModelScriptHost::settle() {
  do drain();
  while (host_.run_programs(now_));
  if (!outcome_) outcome_ = calls_.take_completed(now_);
}

void ModelScriptHost::drain() {
  for (Packet packet; host_.poll_packet(now_, packet);) {
    std::vector<std::uint8_t> bytes(wire_size(packet));
    emit(packet, bytes);
    sent_.push({.at = now_, .bytes = std::move(bytes)});
  }
}

PlayResult play_on_model(const script::Script& script, const std::string& name, const OsProfile& profile,
                         DrillConfig config, ReadFile read_file) {
  try {
    apply_options(config, script.options, name);
    if (config.ip_version == IpVersion::ipv4_mapped_ipv6)
      throw NotSupported{"the model has no IPv6 sockets that take IPv4"};
    ModelScriptHost host{profile, config, std::move(read_file)};
    return play(script, host, config);
  } catch (const NotSupported& missing) {
    PlayResult result;
    result.verdict = Verdict::skipped;
    result.message = missing.what();
    return result;
  }
}

}  // namespace halfopen::drill

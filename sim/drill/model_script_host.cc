#include "sim/drill/model_script_host.h"

#include <algorithm>
#include <utility>

#include "sim/drill/model_tcp_info.h"
#include "sim/tcp/profile_causes.h"

namespace halfopen::drill {
namespace {

ModelHostConfig host_config(const OsProfile& profile, const DrillConfig& config, HostId side) {
  ModelHostConfig host;
  host.id = side;
  host.address = config.local();
  host.profile = profile;
  host.mtu = config.mtu;
  host.seed = 1;
  return host;
}

CallSetting call_setting(const DrillConfig& config) {
  return {.bind_to = {config.local(), config.bind_port},
          .connect_to = {config.remote(), config.connect_port},
          .is_mapped = config.ip_version == IpVersion::ipv4_mapped_ipv6,
          .tolerance = config.tolerance};
}

// The constants behind a packet that was not expected, or not so: of why it left and of what differs.
std::vector<ProfileLine> constants_behind(const Mismatch& mismatch, const OsProfile& profile) {
  std::vector<ProfileLine> lines;
  if (mismatch.sent) lines = constants_behind(mismatch.sent->why.cause, profile);
  for (const Difference& difference : mismatch.differences)
    for (const ProfileLine& line : constants_behind_field(difference.field, profile)) lines.push_back(line);
  return lines;
}

}  // namespace

ModelScriptHost::ModelScriptHost(const OsProfile& profile, const DrillConfig& config, ReadFile read_file,
                                 Observer* observer, HostId side)
    : observer_{observer},
      side_{side},
      host_{host_config(profile, config, side), pool_, observer},
      calls_{(host_.boot(kTimeZero), host_), files_, call_setting(config)},
      commands_{host_, files_, config.remote(), std::move(read_file)} {}

bool ModelScriptHost::inject_merged(std::span<const std::uint8_t> packet, std::uint16_t segment) {
  receive(packet, segment);
  return true;
}

void ModelScriptHost::receive(std::span<const std::uint8_t> packet, std::uint16_t merged_of) {
  ParseIssue issue;
  std::optional<Packet> parsed = parse(packet, pool_, issue, {.check_tcp_options = false});
  if (!parsed) throw NotSupported{"the model takes no such packet: " + issue.message};
  parsed->merged_of = merged_of;
  tell(side_ == HostId::client ? HostId::server : HostId::client, *parsed);
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
  if (endpoint != nullptr) return tcp_info_of(*endpoint, now_);
  if (!calls_.has_descriptor(descriptor)) return {};
  return tcp_info_of_unconnected(calls_.is_listener(descriptor) ? State::listen : State::closed);
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
    tell(side_, packet);
    sent_.push({.at = now_, .bytes = std::move(bytes), .why = packet.why});
  }
}

void ModelScriptHost::tell(HostId from, const Packet& packet) {
  if (observer_ == nullptr || !observer_->wants_packets()) return;
  observer_->on_packet({.at = now_, .from = from, .fate = PacketFate::delivered, .packet = &packet});
}

HostId side_of(const script::Script& script) {
  const bool listens = std::ranges::any_of(script.events, [](const script::Event& event) {
    const auto* call = std::get_if<script::CallSpec>(&event.action);
    return call != nullptr && call->name == "listen";
  });
  return listens ? HostId::server : HostId::client;
}

PlayResult play_on_model(const script::Script& script, const std::string& name, const OsProfile& profile,
                         DrillConfig config, ReadFile read_file, Observer* observer) {
  try {
    apply_options_of(config, script, name);
    if (config.dry_run) return {};
    config.longest = std::chrono::hours{24};  // of virtual time, which nobody waits for
    ModelScriptHost host{profile, config, std::move(read_file), observer, side_of(script)};
    PlayResult result = play(script, host, config);
    for (Mismatch& one : result.passed_over) one.behind = constants_behind(one, host.profile());
    if (result.verdict == Verdict::failed) result.behind = constants_behind(result, host.profile());
    return result;
  } catch (const NotSupported& missing) {
    PlayResult result;
    result.verdict = Verdict::skipped;
    result.message = missing.what();
    return result;
  }
}

}  // namespace halfopen::drill

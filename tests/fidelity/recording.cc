#include "tests/fidelity/recording.h"

#include <fmt/format.h>

#include <variant>

#include "capture/decode/captured.h"
#include "capture/file/reader.h"
#include "capture/flow/flow_table.h"
#include "sim/base/errno.h"
#include "sim/run/world.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/trigger.h"
#include "sim/wire/icmp.h"

namespace halfopen::fidelity {
namespace {

std::string text_of(const Segment& segment, const FlowFacts& facts) {
  std::string text;
  for (const auto& [bit, letter] : kFlagLetters) {
    if (segment.has(bit)) text += letter;
  }
  text += fmt::format(" {}:{}", facts.seq, facts.end);
  if (segment.has(tcp_flag::ack)) text += fmt::format(" ack {}", facts.ack);
  const TcpOptions& options = segment.options;
  if (const auto mss = options.mss()) text += fmt::format(" mss {}", *mss);
  if (const auto scale = options.window_scale()) text += fmt::format(" wscale {}", *scale);
  if (options.sack_permitted()) text += " sackOK";
  if (options.has_timestamps()) text += " TS";
  for (const SeqSpan& block : options.sack())
    text +=
        fmt::format(" sack {}:{}", facts.relative_to_peer(block.start), facts.relative_to_peer(block.end()));
  return text;
}

// What leaves the client, and what arrives there.
class PacketLog {
 public:
  void take(const PacketNote& note, std::vector<Packet>& packets) {
    if (note.packet == nullptr) return;
    const std::string_view from = to_string(note.from);
    if (const Segment* segment = note.packet->segment()) {
      const FlowFacts facts = flows_.see(*note.packet, note.at);
      packets.push_back({.at = note.at,
                         .what = fmt::format("{} {}", from, text_of(*segment, facts)),
                         .has_window = !segment->has(tcp_flag::rst),
                         .window = facts.window});
    } else if (const IcmpMessage* icmp = note.packet->icmp()) {
      packets.push_back({.at = note.at, .what = fmt::format("{} icmp {}/{}", from, icmp->type, icmp->code)});
    }
  }

 private:
  FlowTable flows_;
};

class Recorder final : public Observer {
 public:
  void on_packet(const PacketNote& note) override {
    if (note.from != HostId::client && note.fate != PacketFate::delivered) return;
    packets_.take(note, recording.packets);
  }
  void on_note(const Note& note) override {
    const auto* call = std::get_if<CallNote>(&note);
    if (call == nullptr || call->host != HostId::client || is_terminal_call(*call)) return;
    const std::string_view name = family_of_call(call->call);
    if (name != "connect" && name != "read" && name != "write" && name != "close") return;
    std::string error;
    if (call->error != 0) error = to_string(static_cast<Errno>(call->error));
    recording.calls.push_back(
        {.at = call->at, .name = std::string{name}, .result = call->result, .error = error});
  }

  Recording recording;

 private:
  PacketLog packets_;
};

// A socket that never got a connection: one program closes it, another leaves that to its exit.
void leave_out_close_of_nothing(std::vector<Call>& calls) {
  if (calls.size() == 2 && calls[0].name == "connect" && calls[0].result < 0 && calls[1].name == "close")
    calls.pop_back();
}

}  // namespace

Recording read_recording(const std::filesystem::path& capture, const Log& log) {
  Recording recording;
  recording.calls = log.calls;
  leave_out_close_of_nothing(recording.calls);
  PacketLog packets;
  read_capture(capture.string(), {.packet = [&](const CapturedPacket& captured) {
                 packets.take(captured.note, recording.packets);
               }});
  return recording;
}

Recording play(const std::string& text) {
  const Scenario scenario = parse_scenario(text, "situation");
  Recorder recorder;
  World world{scenario, {.observers = {&recorder}}};
  world.run();
  leave_out_close_of_nothing(recorder.recording.calls);
  return std::move(recorder.recording);
}

}  // namespace halfopen::fidelity

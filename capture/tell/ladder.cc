#include "capture/tell/ladder.h"

#include <fmt/format.h>

#include <algorithm>

#include "capture/note/note_text.h"
#include "capture/note/text.h"
#include "capture/tell/rung.h"
#include "sim/scenario/trigger.h"

namespace halfopen {
namespace {

constexpr std::size_t kTimeWidth = 11;
constexpr std::size_t kBelow = kTimeWidth + 4;  // where what belongs to a rung begins on the lines under it
constexpr std::size_t kWidestEnds = 60;  // two IPv6 ends may stand out rather than push everything aside

void trim_right(std::string& text) { text.erase(text.find_last_not_of(' ') + 1); }

// Grows `width` to `size`, within reason.
void widen(std::size_t& width, std::size_t size) { width = std::max(width, std::min(size, kWidestEnds)); }

}  // namespace

std::string LadderText::line(TimePoint at, std::string_view told, Tone tone) const {
  // SGR codes, by Tone.
  constexpr std::array<std::string_view, 10> kCodes{"",     "32", "33", "1;31", "35",
                                                    "2;31", "1",  "36", "31",   "2"};
  const std::string_view code = kCodes[static_cast<std::size_t>(tone)];
  const std::string time = fmt::format("{:>{}}  ", seconds_text(at), kTimeWidth);
  const std::string text = wrapped(time + std::string{told}, options_.width, kBelow);
  if (!options_.color || code.empty()) return text;
  return fmt::format("{}\x1b[{}m{}\x1b[0m", time, code, text.substr(time.size()));
}

// A line of its own under a rung.
std::string LadderText::below(std::string_view text) const {
  return "\n" + wrapped(fmt::format("{:{}}{}", "", kBelow, text), options_.width, kBelow + 2);
}

LadderText::Tone LadderText::tone_of(const PacketNote& note, bool is_repeated) {
  if (note.fate != PacketFate::delivered) return Tone::lost;
  const Segment* segment = note.packet->segment();
  if (segment == nullptr) return Tone::reset;
  if (segment->has(tcp_flag::rst)) return Tone::reset;
  if (is_repeated) return Tone::repeated;
  if (segment->has(tcp_flag::syn)) return Tone::open;
  if (segment->has(tcp_flag::fin)) return Tone::close;
  return segment->payload.empty() ? Tone::faint : Tone::plain;
}

LadderText::Tone LadderText::tone_of(const Note& note) {
  if (const auto* call = std::get_if<CallNote>(&note)) return call->error != 0 ? Tone::failure : Tone::call;
  if (const auto* process = std::get_if<ProcessNote>(&note)) {
    return process->what == ProcessNote::What::killed ? Tone::failure : Tone::call;
  }
  return std::holds_alternative<TimelineNote>(note) ? Tone::event : Tone::faint;
}

// "client > server", padded to the column.
std::string LadderText::pad_ends(const Packet& packet) {
  std::string text;
  if (const Segment* segment = packet.segment()) {
    text = names_.of(SocketAddress{packet.ip.source, segment->source_port}) + " > " +
           names_.of(SocketAddress{packet.ip.destination, segment->destination_port});
  } else {
    text = names_.of(packet.ip.source) + " > " + names_.of(packet.ip.destination);
  }
  widen(ends_width_, text.size());
  return fmt::format("{:<{}}", text, ends_width_);
}

std::string LadderText::segment_text(const Packet& packet, const FlowFacts& facts, const std::string& ends,
                                     Detail detail) {
  const Segment& segment = *packet.segment();
  const std::string range = fmt::format("{}:{}({})", facts.seq, facts.end, segment.payload.size());
  const std::string ack = segment.has(tcp_flag::ack) ? fmt::format("ack {}", facts.ack) : std::string{};
  widen(range_width_, range.size());
  widen(ack_width_, ack.size());
  std::string text = fmt::format("{}  {:<3}  {:<{}}  {:<{}}", ends, flags_text(segment.flags), range,
                                 range_width_, ack, ack_width_);
  if (detail != Detail::no_window) text += fmt::format("  win {:<5}", facts.window);
  if (segment.has(tcp_flag::urg)) text += fmt::format(" urg {}", segment.urgent);
  if (detail == Detail::full) text.append(" ").append(options_text(segment.options, facts));
  trim_right(text);
  return text;
}

// With as much detail as there is room for, beside the time and what becomes of the packet.
std::string LadderText::fitting_segment(const PacketNote& note, const FlowFacts& facts,
                                        const std::string& ends) {
  const std::string fate = fate_text(note.fate);
  const std::size_t beside =
      std::max(seconds_text(note.at).size(), kTimeWidth) + 2 + (fate.empty() ? 0 : fate.size() + 2);
  std::string text;
  for (const Detail detail : {Detail::full, Detail::no_options, Detail::no_window}) {
    std::string shorter = segment_text(*note.packet, facts, ends, detail);
    if (!text.empty() && shorter.size() < text.size()) least_detail_ = std::max(least_detail_, detail);
    text = std::move(shorter);
    if (options_.width == 0 || text.size() + beside <= options_.width) break;
  }
  return text;
}

std::string_view LadderText::left_out() const {
  switch (least_detail_) {
    case Detail::full: return {};
    case Detail::no_options: return "TCP options";
    case Detail::no_window: return "TCP options and windows";
  }
  return {};
}

// Why a packet was sent, and the rule behind it: an indented line, or nothing where the sender does not say.
std::string LadderText::reason(const Packet& packet, HostId from, TimePoint at) const {
  if (!options_.explain || packet.why.cause == Cause::unknown) return {};
  std::string text = explain(packet.why, at);
  const std::string rule = rule_behind(packet.why.cause, options_.family[static_cast<std::size_t>(from)]);
  if (!rule.empty()) text += fmt::format("  [{}]", rule);
  return below(text);
}

std::string LadderText::format_rung(const PacketNote& note) {
  const bool is_segment = note.packet->segment() != nullptr;
  const FlowFacts facts = is_segment ? flows_.see(*note.packet, note.at) : FlowFacts{};
  return format_rung(note, facts, flows_);
}

std::string LadderText::format_rung(const PacketNote& note, const FlowFacts& facts, const FlowTable& flows) {
  const Packet& packet = *note.packet;
  const std::string ends = pad_ends(packet);
  std::string text;
  bool is_repeated = false;
  if (packet.segment() != nullptr) {
    is_repeated = is_retransmission(packet, facts);
    text = fitting_segment(note, facts, ends);
  } else if (packet.icmp() != nullptr) {
    text = fmt::format("{}  {}", ends, icmp_text(packet, flows, names_));
  } else {
    text = fmt::format("{}  {}", ends, other_text(std::get<OtherBody>(packet.body)));
  }
  trim_right(text);
  if (const std::string fate = fate_text(note.fate); !fate.empty()) text.append("  ").append(fate);
  return line(note.at, text, tone_of(note, is_repeated)) + reason(packet, note.from, note.at);
}

std::string LadderText::format_note(const Note& note) {
  const TimePoint at = std::visit([](const auto& any) { return any.at; }, note);
  std::string text = line(at, note_text(note, names_), tone_of(note));
  if (const auto* state = std::get_if<StateNote>(&note); state != nullptr && options_.explain) {
    const std::string rule = rule_behind(state->why, options_.family[static_cast<std::size_t>(state->host)]);
    if (!rule.empty()) text += below(fmt::format("[{}]", rule));
  }
  return text;
}

std::string LadderText::format_malformed(TimePoint at, std::uint64_t number, std::string_view message) {
  return line(at, fmt::format("packet {}: {}", number, message), Tone::failure);
}

bool LadderText::shows(NoteKind kind) const {
  switch (kind) {
    case NoteKind::state: return options_.states;
    case NoteKind::timer: return options_.timers;
    case NoteKind::call: return options_.calls || options_.polls;
    case NoteKind::process: return options_.processes;
    case NoteKind::timeline:
    case NoteKind::remark: return options_.timeline;
  }
  return false;
}

bool LadderText::shows(const Note& note) const {
  if (!shows(static_cast<NoteKind>(note.index()))) return false;
  if (const auto* call = std::get_if<CallNote>(&note)) {
    if (!(family_of_call(call->call) == "select" ? options_.polls : options_.calls)) return false;
  }
  const auto is_told = [this](const auto& any) {
    if constexpr (requires { any.host; }) {
      if (any.host == HostId::client) return options_.client;
      if (any.host == HostId::server) return options_.server;
    }
    return true;  // what the scenario does, and what is of the router
  };
  return std::visit(is_told, note);
}

Ladder::Ladder(std::ostream& out, Names names, LadderOptions options)
    : text_{std::move(names), options}, write_{[&out](std::string_view text) { out << text << '\n'; }} {}

Ladder::Ladder(std::FILE* out, Names names, LadderOptions options)
    : text_{std::move(names), options}, write_{[out](std::string_view text) {
        std::fwrite(text.data(), 1, text.size(), out);
        std::fputc('\n', out);
      }} {}

void Ladder::on_packet(const PacketNote& note) { write_(text_.format_rung(note)); }

void Ladder::on_note(const Note& note) {
  if (text_.shows(note)) write_(text_.format_note(note));
}

void Ladder::on_malformed(TimePoint at, std::uint64_t number, std::string_view message) {
  write_(text_.format_malformed(at, number, message));
}

}  // namespace halfopen

#include "capture/note/note_text.h"

#include <fmt/format.h>

#include "capture/note/text.h"
#include "sim/base/errno.h"
#include "sim/os/signals.h"
#include "sim/why/rules.h"

namespace halfopen {
namespace {

// "539.5 s", "1.203 s", "20 ms": as exact as a reader compares, and always in one unit.
std::string waited_text(Duration waited) {
  const std::int64_t ms = (waited.count() + 500'000) / 1'000'000;
  if (ms < 1000) return fmt::format("{} ms", ms);
  std::string text = fmt::format("{}.{:03}", ms / 1000, ms % 1000);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + " s";
}

// The host, and its port where the host has spoken from another one before, or else its peer in brackets
// where that has; of an address without a name, the address.
std::string end_text(HostId host, const FourTuple& connection, Names& names) {
  const std::string known = names.of(connection.local);
  const std::string plain = names.of(connection.local.ip);
  if (plain == connection.local.ip.to_string()) return known;
  if (known != plain) return fmt::format("{}.{}", to_string(host), connection.local.port);
  // A server's port is the same for all: there the peer's tells.
  const std::string peer = names.of(connection.remote);
  if (peer == names.of(connection.remote.ip)) return std::string{to_string(host)};
  return fmt::format("{} ({})", to_string(host), peer);
}

std::string process_text(const ProcessNote& note) {
  switch (note.what) {
    case ProcessNote::What::started: return "started";
    case ProcessNote::What::forked: return "forked";
    case ProcessNote::What::signalled: return "gets " + signal_name(note.signal);
    case ProcessNote::What::output: return "prints " + quoted(note.text, 200);
    case ProcessNote::What::exited:
      return note.status == 0 ? "exited" : fmt::format("exited with status {}", note.status);
    case ProcessNote::What::killed: return "killed by " + signal_name(note.signal);
    case ProcessNote::What::frozen: return "frozen";
    case ProcessNote::What::thawed: return "thawed";
    case ProcessNote::What::reaped: return "reaped by its parent";
  }
  return {};
}

std::string timer_text(const TimerNote& note) {
  switch (note.what) {
    case TimerNote::What::armed:
      if (note.deadline == kNever) return fmt::format("{} set", to_string(note.timer));
      return fmt::format("{} set, due in {}", to_string(note.timer), human_duration(note.deadline - note.at));
    case TimerNote::What::stopped: return fmt::format("{} stopped", to_string(note.timer));
    case TimerNote::What::fired: return fmt::format("{} ran out", to_string(note.timer));
  }
  return {};
}

struct Writer {
  Names& names;
  std::string operator()(const StateNote& note) const {
    const std::string why =
        note.why == Cause::unknown ? std::string{} : fmt::format(" ({})", describe(note.why));
    return fmt::format("{:<6}  {} <- {}{}", end_text(note.host, note.connection, names), to_string(note.to),
                       to_string(note.from), why);
  }
  std::string operator()(const TimerNote& note) const {
    return fmt::format("{:<6}  {}", end_text(note.host, note.connection, names), timer_text(note));
  }
  std::string operator()(const CallNote& note) const {
    return fmt::format("{:<6}  {}", to_string(note.host), call_text(note));
  }
  std::string operator()(const ProcessNote& note) const {
    return fmt::format("{:<6}  {}[{}] {}", to_string(note.host), note.program, note.pid, process_text(note));
  }
  std::string operator()(const TimelineNote& note) const {
    if (note.detail.empty()) return fmt::format("-- {} --", note.verb);
    return fmt::format("-- {}: {} --", note.verb, note.detail);
  }
  std::string operator()(const RemarkNote& note) const { return "note: " + note.text; }
};

}  // namespace

std::string call_text(const CallNote& note) {
  std::string text =
      fmt::format("{}[{}] {}({}) = {}", note.program, note.pid, note.call, note.args, note.result);
  if (note.error != 0) {
    const auto error = static_cast<Errno>(note.error);
    text += fmt::format(" {} ({})", to_string(error), message_of(error));
  }
  if (!note.detail.empty()) text += " " + note.detail;
  if (note.at - note.began >= 1ms) text += fmt::format(" <{}>", waited_text(note.at - note.began));
  return text;
}

std::string note_text(const Note& note, Names& names) { return std::visit(Writer{names}, note); }

std::string fate_text(PacketFate fate) {
  if (fate == PacketFate::delivered) return {};
  if (fate == PacketFate::lost) return "(lost)";
  if (fate == PacketFate::nobody_there) return "(nobody there)";
  return fmt::format("(lost: {})", to_string(fate));
}

}  // namespace halfopen

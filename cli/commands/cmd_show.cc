// halfopen show: the ladder of a capture, ours or another's.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "capture/file/reader.h"
#include "capture/flow/connection_filter.h"
#include "capture/flow/state_follower.h"
#include "capture/tell/ladder.h"
#include "cli/commands/commands.h"
#include "cli/commands/show_summary.h"
#include "cli/tell/exit_code.h"
#include "cli/tell/pager.h"
#include "cli/tell/prose.h"
#include "cli/tell/prose_ladder.h"
#include "cli/tell/state_table.h"
#include "sim/tcp/profile.h"

namespace halfopen {
namespace {

std::optional<OsFamily> family_from(std::string_view os) {
  for (const OsFamily family : {OsFamily::bsd44, OsFamily::linux_os, OsFamily::freebsd, OsFamily::rfc}) {
    if (to_string(family) == os) return family;
  }
  return std::nullopt;
}

LadderText ladder_of(const CaptureInfo& info, bool explain, bool colour) {
  LadderOptions options;
  options.color = colour;
  options.explain = explain;
  options.family.fill(OsFamily::rfc);
  if (info.run) {
    for (const HostInfo& host : info.run->hosts) {
      const auto slot = static_cast<std::size_t>(host.id);
      if (const auto family = family_from(host.os)) options.family[slot] = *family;
    }
  }
  return {info.names, options};
}

void print_head(Prose& out, const std::string& capture, const CaptureInfo& info) {
  if (info.run) {
    out.line(fmt::format("{}: {} (seed {}, at the {}'s device)", out.paint(Style::title, capture),
                         info.run->scenario, info.run->seed, to_string(info.run->tap)));
  } else {
    out.line(fmt::format("{}: a {} file; outcomes are not recorded in it", out.paint(Style::title, capture),
                         info.format));
  }
  out.line();
}

std::string plural(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// What is shown of one capture: its ladder or its states, of all connections or of some.
class Shown {
 public:
  Shown(Prose& out, const ShowOptions& options) : out_{out}, options_{options} {
    if (options.connection.empty()) return;
    filter_ = std::make_unique<ConnectionFilter>(
        options.connection, [this](const CapturedPacket& packet) { show_packet(packet); },
        [this](const Note& note) { show_note(note); });
  }

  [[nodiscard]] CaptureHandlers handlers();
  void print_tail(const CaptureCounts& counts);

 private:
  void on_info(const CaptureInfo& info);
  void show_packet(const CapturedPacket& packet);
  void show_note(const Note& note);
  void begin_states(bool are_recorded);

  Prose& out_;
  const ShowOptions& options_;
  std::unique_ptr<ConnectionFilter> filter_;  // null: all connections
  std::optional<ProseLadder> ladder_;
  StateTable states_{out_, options_.explain};
  std::optional<StateFollower> follower_;  // where the capture does not record states
  bool states_began_ = false;
};

CaptureHandlers Shown::handlers() {
  CaptureHandlers handlers;
  handlers.info = [this](const CaptureInfo& info) { on_info(info); };
  handlers.packet = [this](const CapturedPacket& packet) {
    if (options_.states) begin_states(false);
    filter_ ? filter_->on_packet(packet) : show_packet(packet);
  };
  handlers.note = [this](const Note& note) {
    if (options_.states) begin_states(true);
    filter_ ? filter_->on_note(note) : show_note(note);
  };
  handlers.malformed = [this](const MalformedPacket& packet) {
    if (!filter_ && !options_.states) ladder_->on_malformed(packet.at, packet.number, packet.message);
  };
  return handlers;
}

void Shown::on_info(const CaptureInfo& info) {
  print_head(out_, options_.capture == "-" ? "standard input" : options_.capture, info);
  ladder_.emplace(out_, ladder_of(info, options_.explain, out_.colour()));
}

void Shown::show_packet(const CapturedPacket& packet) {
  if (!options_.states) return ladder_->on_packet(packet.note);
  if (follower_ && packet.note.packet->segment() != nullptr) {
    follower_->see(packet.note.at, facts_of(*packet.note.packet));
  }
}

void Shown::show_note(const Note& note) {
  const auto* state = std::get_if<StateNote>(&note);
  if (options_.states && state != nullptr) return states_.on_state(*state);
  const bool is_of_all =
      std::holds_alternative<TimelineNote>(note) || std::holds_alternative<RemarkNote>(note);
  if (options_.states && !is_of_all) return;
  if (ladder_->wants(static_cast<NoteKind>(note.index()))) ladder_->on_note(note);
}

// A capture that records states begins with notes: a program starts before any packet leaves.
void Shown::begin_states(bool are_recorded) {
  if (states_began_) return;
  states_began_ = true;
  states_.print_head(are_recorded
                         ? "states as the hosts recorded them"
                         : "states inferred from the packets: timeouts and the end of TIME_WAIT send none");
  if (!are_recorded) follower_.emplace([this](const StateNote& note) { states_.on_state(note); });
}

void Shown::print_tail(const CaptureCounts& counts) {
  std::string text = plural(counts.packets, "packet");
  if (filter_) {
    text = fmt::format("{} of {}, {} of {}", filter_->chosen_packets(), text, filter_->chosen_connections(),
                       plural(filter_->connections(), "connection"));
  }
  if (counts.malformed > 0) text += fmt::format(", {} malformed", counts.malformed);
  if (counts.other > 0) text += fmt::format(", {} not IP", counts.other);
  out_.line();
  out_.line(text);
}

}  // namespace

int run_show(const ShowOptions& options) {
  if (options.summary) return show_summary(options.capture);
  Pager pager{options.capture == "-"};
  Prose out{pager.stream(), pager.colour()};
  Shown shown{out, options};
  CaptureReader reader{options.capture, shown.handlers()};
  while (!out.reader_left() && reader.step()) {
  }
  shown.print_tail(reader.counts());
  out.flush();
  pager.finish();
  return kExitYes;
}

}  // namespace halfopen

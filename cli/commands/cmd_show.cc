// halfopen show: the ladder of a capture, ours or another's.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "capture/file/reader.h"
#include "capture/flow/connection_filter.h"
#include "capture/flow/duplicates.h"
#include "capture/flow/state_notes.h"
#include "capture/tell/ladder.h"
#include "cli/commands/commands.h"
#include "cli/commands/show_summary.h"
#include "cli/tell/exit_code.h"
#include "cli/tell/pager.h"
#include "cli/tell/prose.h"
#include "cli/tell/prose_ladder.h"
#include "cli/tell/prose_states.h"
#include "cli/tell/terminal.h"
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
  options.width = terminal_width(stdout);  // also behind a pager
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
  out.headline(capture,
               info.run ? fmt::format("{} (seed {}, at the {}'s device)", info.run->scenario, info.run->seed,
                                      to_string(info.run->tap))
                        : fmt::format("a {} file; outcomes are not recorded in it", info.format),
               terminal_width(stdout));
  out.line();
}

std::string plural(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// What is shown of one capture: its ladder, its states or a line a connection; of all connections or of some.
class Shown {
 public:
  Shown(Prose& out, const ShowOptions& options) : out_{out}, options_{options} {
    if (options.connection.empty()) return;
    filter_ = std::make_unique<ConnectionFilter>(options.connection, flows_,
                                                 [this](const Note& note) { show_note(note); });
  }

  [[nodiscard]] CaptureHandlers handlers();
  // Once, when no more is read: connections that are left, and how much it was.
  void finish(const CaptureReader& reader);

 private:
  void on_info(const CaptureInfo& info);
  void on_packet(const CapturedPacket& packet);
  void on_segment(const CapturedPacket& packet);
  void on_error(const CapturedPacket& packet);
  void on_note(const Note& note);
  void show_note(const Note& note);
  void begin_states(bool are_recorded);
  void print_tail(const CaptureReader& reader);

  Prose& out_;
  const ShowOptions& options_;
  Duplicates duplicates_;
  SummaryPrinter summary_{out_, options_.json, terminal_width(stdout)};
  FlowTable flows_{FlowTable::Limits{}, [this](std::uint32_t slot, const Flow& flow) {
                     if (options_.summary && (!filter_ || filter_->has_chosen(slot, flow.number)))
                       summary_.line(flow);
                   }};
  std::unique_ptr<ConnectionFilter> filter_;  // null: all connections
  std::optional<ProseLadder> ladder_;
  std::optional<ProseStates> states_;
  bool infers_states_ = false;  // the capture does not record them
  bool states_began_ = false;
  BlockPool pool_;
};

// The ladder wants each packet as a value; states and summary do without.
CaptureHandlers Shown::handlers() {
  CaptureHandlers handlers;
  handlers.info = [this](const CaptureInfo& info) { on_info(info); };
  auto& of_packets = options_.summary || options_.states ? handlers.view : handlers.packet;
  of_packets = [this](const CapturedPacket& packet) { on_packet(packet); };
  if (!options_.summary) handlers.note = [this](const Note& note) { on_note(note); };
  handlers.malformed = [this](const MalformedPacket& packet) {
    if (!filter_ && !options_.states && !options_.summary)
      ladder_->on_malformed(packet.at, packet.number, packet.message);
  };
  return handlers;
}

void Shown::on_info(const CaptureInfo& info) {
  if (options_.summary) return summary_.head(info);
  print_head(out_, options_.capture == "-" ? "standard input" : options_.capture, info);
  LadderText text = ladder_of(info, options_.explain, out_.colour());
  if (options_.states) {
    states_.emplace(out_, std::move(text));
  } else {
    ladder_.emplace(out_, std::move(text));
  }
}

void Shown::on_packet(const CapturedPacket& packet) {
  if (duplicates_.saw(packet)) return;
  if (options_.states) begin_states(false);
  packet.view->is_tcp() ? on_segment(packet) : on_error(packet);
}

void Shown::on_segment(const CapturedPacket& packet) {
  const FlowFacts facts = flows_.see(flow_segment(*packet.view), packet.note.at);
  if (filter_ && !filter_->chooses(packet, facts)) return;
  if (options_.summary) return;
  if (!options_.states) return ladder_->on_segment(packet.note, facts, flows_);
  if (!infers_states_) return;
  tell_states(flows_.at(facts.slot), facts, packet.note.at,
              [this](const StateNote& note) { states_->on_note(note); });
}

// An ICMP error about a connection, or a packet that is of none.
void Shown::on_error(const CapturedPacket& packet) {
  std::optional<FlowTable::Quote> quote;
  if (packet.view->is_icmp()) {
    const Packet value = packet_of(*packet.view, pool_);
    const auto quoted = quoted_segment(*value.icmp(), value.ip.source.is_v6());
    if (quoted) quote = flows_.see_error(*quoted, {value.icmp()->type, value.icmp()->code});
  }
  if (filter_ && !filter_->chooses(packet, quote)) return;
  if (!options_.states && !options_.summary) ladder_->on_segment(packet.note, FlowFacts{}, flows_);
}

void Shown::on_note(const Note& note) {
  if (options_.states) begin_states(true);
  filter_ ? filter_->on_note(note) : show_note(note);
}

void Shown::show_note(const Note& note) {
  if (options_.states) return states_->on_note(note);
  if (ladder_->wants(static_cast<NoteKind>(note.index()))) ladder_->on_note(note);
}

// A capture that records states begins with notes: a program starts before any packet leaves.
void Shown::begin_states(bool are_recorded) {
  if (states_began_) return;
  states_began_ = true;
  infers_states_ = !are_recorded;
  states_->print_head(are_recorded);
}

void Shown::finish(const CaptureReader& reader) {
  flows_.finish();
  if (!options_.json) print_tail(reader);
}

void Shown::print_tail(const CaptureReader& reader) {
  const CaptureCounts& counts = reader.counts();
  std::string text = plural(counts.packets, "packet");
  if (options_.summary) text = plural(summary_.connections(), "connection") + ", " + text;
  if (filter_) {
    text = fmt::format("{} of {}, {} of {}", filter_->chosen_packets(), plural(counts.packets, "packet"),
                       filter_->chosen_connections(), plural(filter_->connections(), "connection"));
  }
  if (duplicates_.count() > 0) text += fmt::format(", {} seen twice and counted once", duplicates_.count());
  if (counts.malformed > 0) text += fmt::format(", {} malformed", counts.malformed);
  if (counts.unfinished > 0) {
    text += fmt::format(", {} in fragments of which some are missing", counts.unfinished);
  }
  if (counts.other > 0) text += fmt::format(", {} not IP", counts.other);
  if (ladder_) ladder_->print_left_out();
  if (states_) states_->print_left_out();
  if (options_.summary) summary_.print_left_out();
  out_.line();
  out_.line(text);
  for (const std::string& remark : reader.remarks()) out_.line(remark);
}

}  // namespace

int run_show(const ShowOptions& options) {
  Pager pager{options.capture == "-" || options.summary};
  Prose out{pager.stream(), pager.colour()};
  Shown shown{out, options};
  CaptureReader reader{options.capture, shown.handlers()};
  try {
    while (!out.reader_left() && reader.step()) {
    }
  } catch (const InputError&) {  // what was readable counts
    shown.finish(reader);
    out.flush();
    pager.finish();
    throw;
  }
  shown.finish(reader);
  out.flush();
  pager.finish();
  return kExitYes;
}

}  // namespace halfopen

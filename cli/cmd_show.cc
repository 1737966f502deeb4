// halfopen show: the ladder of a capture, ours or another's.
#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "capture/ladder.h"
#include "capture/reader.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/prose.h"
#include "cli/prose_ladder.h"
#include "cli/show_summary.h"
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

void print_tail(Prose& out, const CaptureCounts& counts) {
  std::string text = fmt::format("{} packet{}", counts.packets, counts.packets == 1 ? "" : "s");
  if (counts.malformed > 0) text += fmt::format(", {} malformed", counts.malformed);
  if (counts.other > 0) text += fmt::format(", {} not IP", counts.other);
  out.line();
  out.line(text);
}

}  // namespace

int run_show(const ShowOptions& options) {
  if (options.summary) return show_summary(options.capture);
  Prose out{stdout};
  std::optional<ProseLadder> ladder;
  CaptureHandlers handlers;
  handlers.info = [&](const CaptureInfo& info) {
    print_head(out, options.capture == "-" ? "standard input" : options.capture, info);
    ladder.emplace(out, ladder_of(info, options.explain, out.colour()));
  };
  handlers.packet = [&](const CapturedPacket& packet) { ladder->on_packet(packet.note); };
  handlers.note = [&](const Note& note) {
    if (ladder->wants(static_cast<NoteKind>(note.index()))) ladder->on_note(note);
  };
  handlers.malformed = [&](const MalformedPacket& packet) {
    ladder->on_malformed(packet.at, packet.number, packet.message);
  };
  const CaptureCounts counts = read_capture(options.capture, handlers);
  print_tail(out, counts);
  out.flush();
  return kExitYes;
}

}  // namespace halfopen

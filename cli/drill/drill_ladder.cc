#include "cli/drill/drill_ladder.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/tcp/profile.h"

namespace halfopen {
namespace {

LadderOptions options_of(const RunInfo& run) {
  LadderOptions options;
  options.explain = true;
  options.processes = false;  // there is one, which makes the script's calls
  options.family.fill(OsFamily::rfc);
  for (const HostInfo& host : run.hosts)
    if (const OsProfile* profile = find_profile(host.profile))
      options.family[static_cast<std::size_t>(host.id)] = profile->family;
  return options;
}

void add_lines(const std::string& text, std::vector<std::string>& lines) {
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
}

}  // namespace

DrillLadder::DrillLadder(const RunInfo& run) : text_{run.names(), options_of(run)} {}

void DrillLadder::on_packet(const PacketNote& note) { rungs_.push_back(text_.format_rung(note)); }

void DrillLadder::on_note(const Note& note) {
  if (text_.shows(note)) rungs_.push_back(text_.format_note(note));
}

std::vector<std::string> DrillLadder::last(std::size_t rungs) const {
  const std::size_t begin = rungs_.size() - std::min(rungs, rungs_.size());
  std::vector<std::string> lines;
  if (begin > 0) lines.push_back(fmt::format("   ... {} before, --verbose shows them", begin));
  for (std::size_t i = begin; i < rungs_.size(); ++i) add_lines(rungs_[i], lines);
  return lines;
}

}  // namespace halfopen

#include "cli/run/excuse.h"

#include <fmt/format.h>

#include <algorithm>

#include "capture/note/text.h"

namespace halfopen {
namespace {

// Nothing of a program comes after its end.
TimePoint decided_at(const Verdict& verdict, const Races& races) {
  if (!verdict.program) return verdict.decided_at;
  return std::min(verdict.decided_at, races.program_over[*verdict.program == HostId::server ? 1 : 0]);
}

bool may_be_chance(const Verdict& verdict, const Lateness& lateness, const Races& races) {
  const TimePoint decided = decided_at(verdict, races);
  if (!lateness.may_have_decided(decided)) return false;
  if (verdict.is_fragile || decided >= races.first) return true;
  // What was to come by `decided` may itself be late.
  return races.first - decided <= lateness.explains(races.first);
}

}  // namespace

void excuse(std::vector<Verdict>& verdicts, const Lateness& lateness, const Races& races) {
  for (Verdict& verdict : verdicts) {
    if (verdict.what != Verdict::What::failed) continue;
    const bool is_time_alone =
        verdict.has_size() && verdict.missed_by <= lateness.explains(verdict.missed_at);
    if (!is_time_alone && !may_be_chance(verdict, lateness, races)) continue;
    if (!is_time_alone) verdict.missed_at = kNever;
    verdict.what = Verdict::What::unresolved;
    verdict.found += "; " + text_of(lateness, verdict.missed_at);
  }
}

void allow_for(const Lateness& lateness, CompareOptions& options) {
  options.slack += 2 * lateness.worst().by;
  options.stretch = std::max(options.stretch, lateness.stretch());
}

std::string text_of(const Lateness& lateness, TimePoint until) {
  const Lateness::Moment moment = lateness.worst(until);
  return fmt::format("the machine was {} late at {}", human_duration(moment.by),
                     human_duration(moment.at - kTimeZero));
}

}  // namespace halfopen

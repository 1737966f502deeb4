#include "cli/run/excuse.h"

#include <fmt/format.h>

#include "capture/note/text.h"

namespace halfopen {

void excuse(std::vector<Verdict>& verdicts, const Lateness& lateness) {
  for (Verdict& verdict : verdicts) {
    if (verdict.what != Verdict::What::failed) continue;
    const bool is_time_alone =
        verdict.has_size() && verdict.missed_by <= lateness.explains(verdict.missed_at);
    if (!is_time_alone && !lateness.may_have_decided()) continue;
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

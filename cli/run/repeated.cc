#include "cli/run/repeated.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "capture/note/text.h"

namespace halfopen {

void Repeated::on_note(const Note& note) {
  if (const auto* timeline = std::get_if<TimelineNote>(&note)) return failure_.on_note(*timeline);
  const auto notice = notices_.on_note(note);
  if (!notice || outcome_ || !failure_.failure() || notice->host != HostId::client) return;
  since_ = failure_.failure()->name;
  outcome_ = Outcome{notice->what, notice->at - failure_.failure()->at};
}

void Repeated::end_run() {
  ++runs_;
  const Outcome outcome = std::exchange(outcome_, std::nullopt).value_or(Outcome{"never told", Duration{}});
  times_[outcome.what].push_back(outcome.after);
  failure_ = FailureWatch{};
  notices_ = NoticeWatch{};
}

std::vector<std::string> Repeated::summary() const {
  std::vector<std::string> lines;
  for (const auto& [what, unsorted] : times_) {
    std::vector<Duration> times = unsorted;
    std::ranges::sort(times);
    std::string line = fmt::format("{}: {} of {} runs", what, times.size(), runs_);
    if (times.back() > Duration{0}) {
      line += fmt::format("; min {}, median {}, max {} after {}", human_duration(times.front()),
                          human_duration(times[times.size() / 2]), human_duration(times.back()), since_);
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace halfopen

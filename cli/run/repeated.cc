#include "cli/run/repeated.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "capture/note/text.h"
#include "sim/base/errno.h"
#include "sim/scenario/trigger.h"

namespace halfopen {

void Repeated::on_note(const Note& note) {
  if (const auto* timeline = std::get_if<TimelineNote>(&note)) return failure_.on_note(*timeline);
  const auto* call = std::get_if<CallNote>(&note);
  if (call == nullptr || outcome_ || !failure_.failure() || call->host != HostId::client) return;
  const std::string_view family = family_of_call(call->call);
  if (is_terminal_call(*call) || (family != "read" && family != "write" && family != "connect")) return;
  const bool error = call->result < 0 && call->error != static_cast<int>(Errno::intr);
  const bool end = family == "read" && call->result == 0;
  if (!error && !end) return;
  since_ = failure_.failure()->name;
  outcome_ =
      Outcome{error ? fmt::format("{}() = -1 {}", call->call, to_string(static_cast<Errno>(call->error)))
                    : fmt::format("{}() = 0", call->call),
              call->at - failure_.failure()->at};
}

void Repeated::end_run() {
  ++runs_;
  const Outcome outcome = std::exchange(outcome_, std::nullopt).value_or(Outcome{"never told", Duration{}});
  times_[outcome.what].push_back(outcome.after);
  failure_ = FailureWatch{};
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

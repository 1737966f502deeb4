#include "capture/note/headlines.h"

#include <fmt/format.h>

#include <utility>

#include "capture/note/text.h"
#include "sim/os/signals.h"

namespace halfopen {
namespace {

// "2 s", "545.5 s": to the microsecond, as the ladder has it, without its zeros.
std::string instant_text(TimePoint at) {
  std::string text = seconds_text(at);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text + " s";
}

}  // namespace

void Headlines::add(TimePoint at, std::string line) {
  if (lines_.size() >= kMost) {
    ++untold_;
    return;
  }
  lines_.push_back(std::move(line) + " at " + instant_text(at));
}

void Headlines::on_note(const Note& note) {
  if (const auto notice = notices_.on_note(note)) {
    const bool is_signal = notice->how == Notice::How::signal;
    add(notice->at, fmt::format("{}: {}{}", to_string(notice->host), is_signal ? "gets " : "", notice->what));
  }
  if (const auto* timeline = std::get_if<TimelineNote>(&note)) {
    add(timeline->at,
        timeline->detail.empty() ? timeline->verb : fmt::format("{} ({})", timeline->verb, timeline->detail));
  } else if (const auto* process = std::get_if<ProcessNote>(&note)) {
    const std::string who = fmt::format("{}: {}", to_string(process->host), process->program);
    if (process->what == ProcessNote::What::exited)
      add(process->at, fmt::format("{} exits with status {}", who, process->status));
    if (process->what == ProcessNote::What::killed)
      add(process->at, fmt::format("{} is killed by {}", who, signal_name(process->signal)));
  }
}

std::vector<std::string> Headlines::take() {
  if (untold_ > 0) lines_.push_back(fmt::format("and {} more", std::exchange(untold_, 0)));
  return std::exchange(lines_, {});
}

}  // namespace halfopen

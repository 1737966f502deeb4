#include "cli/tell/failure.h"

#include <array>

namespace halfopen {
namespace {

struct Harm {
  std::string_view ending;  // of the timeline's verb
  std::string_view name;
};

constexpr auto kHarms = std::to_array<Harm>({
    {"process is killed", "the kill"},
    {"process is frozen", "the freeze"},
    {"host crashes", "the crash"},
    {"host reboots", "the reboot"},
    {"host shuts down", "the shutdown"},
    {"path is cut", "the cut"},
    {"path drops", "the path's drops"},
    {"path delays", "the path's delays"},
    {"router answers", "the router's answers"},
});

}  // namespace

std::string_view harm_in(std::string_view verb) {
  for (const Harm& harm : kHarms) {
    if (verb.ends_with(harm.ending)) return harm.name;
  }
  return {};
}

void FailureWatch::on_note(const TimelineNote& note) {
  if (failure_) return;
  const std::string_view name = harm_in(note.verb);
  if (name.empty()) return;
  failure_ = Failure{.at = note.at, .name = name, .of_client = note.verb.starts_with("client ")};
}

}  // namespace halfopen

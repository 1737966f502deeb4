#include "cli/failure.h"

#include <array>

namespace halfopen {
namespace {

struct Harm {
  std::string_view ending;  // of the timeline's verb
  std::string_view name;
};

constexpr std::array kHarms{
    Harm{"process is killed", "the kill"},   Harm{"process is frozen", "the freeze"},
    Harm{"host crashes", "the crash"},       Harm{"host reboots", "the reboot"},
    Harm{"host shuts down", "the shutdown"}, Harm{"path is cut", "the cut"},
    Harm{"path drops", "the path's drops"},  Harm{"router answers", "the router's answers"},
};

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

#include "cli/tell/progress.h"

#include <fmt/format.h>

#include <algorithm>

#include "capture/note/text.h"
#include "cli/tell/status_line.h"
#include "sim/run/world.h"

namespace halfopen {
namespace {

// When the client of a run sends.
class Sendings final : public Observer {
 public:
  [[nodiscard]] bool wants(NoteKind) const override { return false; }
  void on_packet(const PacketNote& note) override {
    if (note.from == HostId::client) at.push_back(note.at);
  }
  void on_note(const Note&) override {}
  std::vector<TimePoint> at;
};

}  // namespace

Progress::Progress(const Scenario& scenario) {
  if (!is_status_wanted()) return;
  Sendings sendings;
  World world{scenario, {.observers = {&sendings}}};
  expected_end_ = world.run();
  expected_ = std::move(sendings.at);
}

void Progress::on_packet(const PacketNote& note) {
  const Segment* segment = note.packet->segment();
  if (segment == nullptr) return;
  const FlowFacts facts = flows_.see(*note.packet, note.at);
  if (note.from != HostId::client) {
    retransmission_ = 0;
    return;
  }
  last_at_ = note.at;
  if (is_retransmission(*note.packet, facts)) {
    last_ = fmt::format("retransmission {}", ++retransmission_);
  } else {
    retransmission_ = 0;
    last_ = segment->payload.empty() ? "a segment without data"
                                     : fmt::format("{} bytes", segment->payload.size());
  }
}

std::string Progress::text(TimePoint now) const {
  std::string line = human_duration(now - kTimeZero) + ": sent " + last_;
  if (last_at_ != kNever) line += fmt::format(", {} ago", human_duration(now - last_at_));
  std::vector<std::string> to_come;
  const auto next = std::ranges::upper_bound(expected_, now);
  if (next != expected_.end()) to_come.push_back("next in " + human_duration(*next - now));
  if (expected_end_ > now) to_come.push_back("end at " + human_duration(expected_end_ - kTimeZero));
  if (!to_come.empty()) line += fmt::format("; model: {}", fmt::join(to_come, ", "));
  return line;
}

}  // namespace halfopen

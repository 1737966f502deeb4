#include "tests/fidelity/stacks.h"

#include <algorithm>
#include <cctype>

namespace halfopen::fidelity {
namespace {

constexpr const char* kGuestMemory = "4096 131072 1682272";
constexpr const char* kGuestWriteMemory = "4096 16384 1682272";
// Where a reader runs between two packets of a burst it matters that they are 44 us apart, which a full one
// takes at this rate. In 5.10 and 6.1 it runs when the burst is over, but
// a writer between two packets.
constexpr const char* kGuestRate = "272Mbit/s";

Stack guest(std::string suffix, std::string name, std::string profile, std::string rate,
            std::string wakeup_preemption) {
  return {.suffix = std::move(suffix),
          .name = std::move(name),
          .profile = std::move(profile),
          .rmem = kGuestMemory,
          .wmem = kGuestWriteMemory,
          .wire = 100us,
          .rate = std::move(rate),
          .wakeup_preemption = std::move(wakeup_preemption)};
}

std::string group_of(const std::string& name) {
  const auto end = std::ranges::find_if_not(name, [](unsigned char c) { return std::isalpha(c) != 0; });
  return {name.begin(), end};
}

}  // namespace

const std::vector<Stack>& stacks() {
  static const std::vector<Stack> kStacks{
      guest("k510", "Linux 5.10", "linux-5.10", "", "writers"),
      guest("k61", "Linux 6.1", "linux-6.1", "", "writers"),
      guest("k612", "Linux 6.12", "linux-6.12", kGuestRate, "none"),
      {.suffix = "k618",
       .name = "Linux 6.18",
       .profile = "linux-6.18",
       .rmem = "4096 131072 33554432",
       .wmem = "",
       .wire = 100us},
      {.suffix = "k72",
       .name = "Linux 7.2",
       .profile = "linux-7.2",
       .rmem = "4096 131072 6291456",
       .wmem = kGuestWriteMemory,
       .wire = 100us,
       .rate = kGuestRate},
      {.suffix = "", .name = "4.4BSD-Lite2", .profile = "4.4bsd", .rmem = "", .wmem = "", .wire = {}},
  };
  return kStacks;
}

std::vector<Outcome> play_all(const std::filesystem::path& directory, const Stack& stack) {
  const bool is_linux = !stack.suffix.empty();
  const std::string ending = is_linux ? "." + stack.suffix : "";
  const std::filesystem::path traces = directory / "traces" / (is_linux ? "linux" : "4.4bsd");
  std::vector<Outcome> outcomes;
  for (const Situation& situation : read_situations(directory / (is_linux ? "linux.txt" : "4.4bsd.txt"))) {
    const std::filesystem::path capture = traces / (situation.name + ending + ".pcap.zst");
    if (!std::filesystem::exists(capture)) continue;
    const Log log = read_log(traces / (situation.name + ending + ".log"));
    Outcome outcome{.situation = situation.name,
                    .group = group_of(situation.name),
                    .measure = {},
                    .scenario = {},
                    .truth = {},
                    .model = {},
                    .missing = {}};
    if (const auto scenario = scenario_text(situation, log, stack, outcome.missing)) {
      Recording model = play(*scenario);
      const bool has_connect = !log.calls.empty() && log.calls.front().name == "connect";
      if (!has_connect && !model.calls.empty())
        model.calls.erase(model.calls.begin());  // 7.2's logs leave it out
      outcome.scenario = *scenario;
      outcome.truth = read_recording(capture, log);
      outcome.model = std::move(model);
      outcome.measure = measure(outcome.truth, outcome.model);
    }
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

}  // namespace halfopen::fidelity

#include "cli/run/sooner.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "capture/note/notice.h"
#include "capture/note/text.h"
#include "cli/tell/failure.h"
#include "sim/base/errno.h"
#include "sim/run/world.h"
#include "sim/scenario/trigger.h"
#include "sim/trace/observe.h"

namespace halfopen {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kOurs = "asked for by halfopen";

// Sets a socket option of the client's program, in place of what the scenario says about it.
void set_sockopt(ProgramConfig& program, const std::string& name, std::int64_t value) {
  std::erase_if(program.sockopts, [&](const auto& option) { return option.first == name; });
  program.sockopts.emplace_back(name, value);
}

// Each remedy changes the scenario; false where it cannot be had.
bool with_keepalive(Scenario& scenario) {
  set_sockopt(scenario.client.program, "SO_KEEPALIVE", 1);
  OsProfile& profile = scenario.client.profile;
  if (profile.socket.keepalive_tuning) {
    set_sockopt(scenario.client.program, "TCP_KEEPIDLE", 10);
    set_sockopt(scenario.client.program, "TCP_KEEPINTVL", 2);
    set_sockopt(scenario.client.program, "TCP_KEEPCNT", 3);
  } else {  // for the whole host, as its sysctls would
    profile.keepalive.idle = {10s, kOurs};
    profile.keepalive.interval = {2s, kOurs};
    profile.keepalive.probes = {3, kOurs};
  }
  return true;
}

bool with_user_timeout(Scenario& scenario) {
  if (!scenario.client.profile.socket.user_timeout) return false;
  set_sockopt(scenario.client.program, "TCP_USER_TIMEOUT", 5000);
  return true;
}

bool with_read_timeout(Scenario& scenario) {
  scenario.client.program.read_timeout = 5s;
  return true;
}

bool with_watch(Scenario& scenario) {
  if (scenario.client.program.watch) return false;
  scenario.client.program.watch = true;
  return true;
}

// When the client's program was told, by a socket call that failed or met end of file after the failure.
class Told final : public Observer {
 public:
  [[nodiscard]] bool wants(NoteKind kind) const override;
  void on_packet(const PacketNote& note) override;
  void on_note(const Note& note) override;

  [[nodiscard]] const std::optional<Failure>& failure() const { return failure_.failure(); }
  [[nodiscard]] TimePoint at() const { return at_; }  // kNever: it was not
  // All processes of the client had ended when it failed.
  [[nodiscard]] bool was_gone() const { return was_gone_; }
  // From where each remedy counts.
  [[nodiscard]] TimePoint last_heard() const { return last_heard_; }   // the server's last segment but a RST
  [[nodiscard]] TimePoint unanswered_write() const { return write_; }  // kNever: nothing was written

 private:
  void on_process(const ProcessNote& process);

  FailureWatch failure_;
  std::uint32_t started_ = 0;
  std::uint32_t ended_ = 0;
  bool was_gone_ = false;
  TimePoint at_ = kNever;
  TimePoint last_heard_ = kTimeZero;
  TimePoint write_ = kNever;
};

bool Told::wants(NoteKind kind) const {
  return kind == NoteKind::call || kind == NoteKind::timeline || kind == NoteKind::process;
}

void Told::on_packet(const PacketNote& note) {
  if (note.from != HostId::server || note.fate != PacketFate::delivered || at_ != kNever) return;
  const Segment* segment = note.packet->segment();
  if (segment != nullptr && !segment->has(tcp_flag::rst)) last_heard_ = note.at;
}

void Told::on_process(const ProcessNote& process) {
  using What = ProcessNote::What;
  if (process.host != HostId::client) return;
  if (process.what == What::started || process.what == What::forked) ++started_;
  if (process.what == What::exited || process.what == What::killed) ++ended_;
}

void Told::on_note(const Note& note) {
  if (const auto* process = std::get_if<ProcessNote>(&note)) return on_process(*process);
  if (const auto* timeline = std::get_if<TimelineNote>(&note)) {
    const bool was_well = !failure();
    failure_.on_note(*timeline);
    if (was_well && failure()) was_gone_ = started_ > 0 && ended_ == started_;
    return;
  }
  const auto* call = std::get_if<CallNote>(&note);
  if (call == nullptr || !failure() || call->host != HostId::client || is_terminal_call(*call)) return;
  const std::string_view family = family_of_call(call->call);
  if (!speaks_of_the_peer(family) && family != "select") return;
  const bool interrupted = call->error == static_cast<int>(Errno::intr);
  const bool told = (call->result < 0 && !interrupted) || (family == "read" && call->result == 0);
  if (told) at_ = std::min(at_, call->at);
  if (family == "write" && !told && write_ == kNever) write_ = call->at;
}

enum class From : std::uint8_t { last_heard, write, failure };

struct Remedy {
  std::string_view name;
  From from;
  bool (*apply)(Scenario&);
};

constexpr auto kRemedies =
    std::to_array<Remedy>({{"keepalive (10 s idle, 3 probes 2 s apart)", From::last_heard, with_keepalive},
                           {"TCP_USER_TIMEOUT 5 s", From::write, with_user_timeout},
                           {"read timeout 5 s", From::write, with_read_timeout},
                           {"watching the socket", From::failure, with_watch}});

// To a tenth of a second, which is enough to compare remedies by.
std::string coarse(Duration duration) {
  return human_duration(duration < 1s
                            ? duration
                            : std::chrono::round<std::chrono::duration<std::int64_t, std::deci>>(duration));
}

// "after 16 s (from the server's last segment)": from where the remedy counts, or from the failure where that
// moment did not come, or came later.
std::string after(const Told& told, From from) {
  const auto text = [&](TimePoint start, std::string_view name) {
    const Duration elapsed = told.at() - start;
    return elapsed == Duration::zero() ? fmt::format("at once, with {}", name)
                                       : fmt::format("after {} (from {})", coarse(elapsed), name);
  };
  if (from == From::last_heard && told.last_heard() <= told.failure()->at) {
    return text(told.last_heard(), "the server's last segment");
  }
  if (from == From::write && told.unanswered_write() <= told.at())
    return text(told.unanswered_write(), "the write");
  return text(told.failure()->at, told.failure()->name);
}

std::string none_of(const std::vector<std::string_view>& tried) {
  std::string text = "nothing here: not";
  for (std::size_t i = 0; i < tried.size(); ++i) {
    text += i == 0 ? " " : i + 1 == tried.size() ? " or " : ", ";
    text += tried[i];
  }
  return text;
}

}  // namespace

std::string what_tells_sooner(const Scenario& scenario, std::optional<std::uint64_t> seed) {
  const auto run = [seed](const Scenario& what) {
    Told told;
    World{what, {.seed = seed, .tap = HostId::client, .observers = {&told}}}.run();
    return told;
  };
  if (!scenario.sooner) return {};
  const Told base = run(scenario);
  if (!base.failure() || base.failure()->of_client || base.was_gone()) return {};
  std::vector<std::string> found;
  std::vector<std::string_view> tried;
  for (const Remedy& remedy : kRemedies) {
    Scenario again = scenario;
    if (!remedy.apply(again)) continue;
    tried.push_back(remedy.name);
    const Told told = run(again);
    if (told.at() < base.at()) found.push_back(fmt::format("{}: {}", remedy.name, after(told, remedy.from)));
  }
  if (found.empty()) return none_of(tried);
  return fmt::format("{}", fmt::join(found, "; "));
}

}  // namespace halfopen

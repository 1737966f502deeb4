#include "replay/run/kernel_run.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "replay/base/errors.h"
#include "sim/tcp/sysctl.h"

namespace halfopen {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr Duration kLook = 500ms;            // how often states are asked for while nothing else happens
constexpr Duration kViewDelay = 200ms;       // after an event of the timeline: what it did to the sockets
constexpr Duration kSettle = 300ms;          // after the client's end: its kernel's last packets
constexpr Duration kHush = 2ms;              // nothing has come for so long: a pause
constexpr Duration kRoom = 5ms;              // in which nothing is due: long enough to tell some lines
constexpr Duration kLongestSilence = 100ms;  // until observers hear of what happened
constexpr Duration kReaping = 5s;            // until what was killed is gone
constexpr Duration kPatience = 2s;  // of our own programs: longer than any pause of theirs that nobody sees

// Hears nothing.
class Deaf final : public Observer {
 public:
  [[nodiscard]] bool wants_packets() const override { return false; }
  [[nodiscard]] bool wants(NoteKind) const override { return false; }
  void on_packet(const PacketNote&) override {}
  void on_note(const Note&) override {}
};

std::size_t index_of(HostId id) { return id == HostId::server ? 1 : 0; }

// Linux's congestion controls and buffers as the profile has them, and nothing that would differ from machine
// to machine. The scenario's own sysctls come after these.
std::vector<std::pair<std::string, std::string>> environment_of(const HostScenario& host, bool v6) {
  const OsProfile& linux_profile =
      host.profile.family == OsFamily::linux_os ? host.profile : *find_profile("linux");
  const WindowProfile& window = linux_profile.window;
  const bool cubic = linux_profile.congestion.algorithm == CongestionAlgorithm::cubic;
  std::vector<std::pair<std::string, std::string>> environment{
      {"tcp_congestion_control", "reno"},  // which every namespace may choose
      {"tcp_rmem", fmt::format("4096 {} {}", window.rcvbuf.value, window.rcvbuf_max.value)},
      {"tcp_wmem", fmt::format("4096 {} {}", window.sndbuf.value, window.sndbuf_max.value)},
      {"tcp_no_metrics_save", "1"},
      {"ip_unprivileged_port_start", "0"},
  };
  if (cubic) environment.emplace_back("tcp_congestion_control", "cubic");
  for (const char* scope : {"all", "default"}) {
    const std::string prefix = fmt::format("net.ipv6.conf.{}.", scope);
    environment.emplace_back(prefix + "disable_ipv6", v6 ? "0" : "1");
    environment.emplace_back(prefix + "accept_ra", "0");
    environment.emplace_back(prefix + "accept_dad", "0");
    environment.emplace_back(prefix + "router_solicitations", "0");
  }
  return environment;
}

bool is_linux_sysctl(std::string_view name) {
  if (name.starts_with("net.ipv4.")) name.remove_prefix(9);
  const std::vector<SysctlName> known = sysctl_names();
  return std::ranges::any_of(
      known, [name](const SysctlName& row) { return row.family == OsFamily::linux_os && row.name == name; });
}

// A model host that only waits for the end of TIME_WAIT and the like has nothing more to say.
bool is_idle(const ModelHost& host) {
  if (host.next_deadline() == kNever) return true;
  bool idle = true;
  host.each_connection([&idle](const FourTuple&, const Endpoint::Info& info) {
    idle &= info.state == State::time_wait || info.state == State::fin_wait_2 || info.state == State::closed;
  });
  return idle;
}

}  // namespace

std::string full_kernel_release() {
  utsname name{};
  uname(&name);
  return name.release;
}

std::string kernel_release() {
  const std::string release = full_kernel_release();
  const std::size_t minor = release.find('.') + 1;
  return release.substr(0, release.find_first_not_of("0123456789", minor));
}

KernelRun::KernelRun(const Scenario& scenario, const KernelRunOptions& options)
    : scenario_{scenario}, options_{options}, watch_{options.trace}, backlog_{options.observers} {
  try {
    world_ = std::make_unique<World>(
        scenario_, WorldOptions{.seed = options.seed,
                                .tap = options.tap,
                                .observers = {&backlog_},
                                .make_host = [this](HostId id, BlockPool& pool, Observer& observer) {
                                  return make_host(id, pool, observer);
                                }});
  } catch (...) {
    kernels_ = {};  // they are gone, and what ran in them is being killed
    reap();
    backlog_.tell();
    throw;
  }
  if (!zero_) start_clock();
  const bool acted = std::ranges::any_of(
      scenario_.timeline, [](const TimelineEvent& event) { return !event.after && event.at <= kTimeZero; });
  if (acted) look_at_ = kTimeZero + kViewDelay;
}

KernelRun::~KernelRun() {
  for (KernelHost* host : kernels_) {
    if (host != nullptr) host->vanish();
  }
  reap();
  backlog_.clear();  // before the pool of its packets goes
}

// Time zero is now, or the next instant at which every kernel's timers stand alike: all but the longest fire
// at multiples of 4096 ticks at most (kernel/time/timer.c), in most kernels 4.096 or 16.384 s.
void KernelRun::start_clock() {
  constexpr auto kGrid = 16'384ms;
  constexpr auto kMargin = 100ms;  // for what the making of the hosts left to do in the background
  zero_ = Clock::now();
  if (options_.phase) {
    const auto earliest = zero_->time_since_epoch() + kMargin - *options_.phase;
    zero_ = Clock::time_point{(earliest / kGrid + 1) * kGrid + *options_.phase};
    std::this_thread::sleep_until(*zero_);
  }
  // What the start cost is not of the run.
  static_cast<void>(own_delay_.more());
  for (KernelHost* host : kernels_) {
    if (host != nullptr) static_cast<void>(host->program_delay());
  }
  backlog_.hold();
}

// Waits for the end of everything that ran, so that not even a zombie is left. All of it has been killed.
void KernelRun::reap() {
  Deaf deaf;
  const auto limit = Clock::now() + kReaping;
  while (watch_.awaits_any() && Clock::now() < limit) {
    if (!watch_.poll(now(), deaf)) wait(now() + 10ms);
  }
}

KernelHostConfig KernelRun::config_of(HostId id) {
  const bool is_client = id == HostId::client;
  const HostScenario& host = is_client ? scenario_.client : scenario_.server;
  KernelHostConfig config;
  config.id = id;
  config.sandbox = {.id = id,
                    .address = host.address,
                    .names = {{"client", scenario_.client.address},
                              {"server", scenario_.server.address},
                              {"router", scenario_.path.router}},
                    .mtu = host.mtu,
                    .user = options_.as_root ? std::nullopt : program_user(),
                    .environment = environment_of(host, host.address.is_v6()),
                    .sysctls = {}};
  for (const auto& [name, value] : host.sysctls) {
    if (is_linux_sysctl(name)) config.sandbox.sysctls.emplace_back(name, value);
  }
  config.program = host.program;
  config.command = is_client ? options_.client_command : options_.server_command;
  config.programs = options_.programs;
  config.trace = options_.trace;
  if (!is_client) return config;
  if (options_.output) {
    config.output = [this](std::string_view bytes, bool error_output) {
      backlog_.add([this, text = std::string{bytes}, error_output] { options_.output(text, error_output); });
    };
  }
  if (options_.phase) {
    config.before_program = [this] {
      if (!zero_) start_clock();
    };
  }
  return config;
}

std::unique_ptr<Host> KernelRun::make_host(HostId id, BlockPool& pool, Observer& observer) {
  if (!options_.kernel[index_of(id)]) return nullptr;
  auto host = std::make_unique<KernelHost>(config_of(id), pool, watch_, observer);
  kernels_[index_of(id)] = host.get();
  return host;
}

TimePoint KernelRun::now() const {
  return kTimeZero + std::chrono::duration_cast<Duration>(Clock::now() - zero_.value_or(Clock::time_point{}));
}

// Of what was due, of waking up, and of what could have run and did not: the largest, since they are mostly
// one delay seen from several sides.
void KernelRun::measure_lateness(TimePoint at) {
  const TimePoint due = std::min(wake_at_, world_->next_event());
  wake_at_ = kNever;
  Duration late = due < at ? at - due : Duration::zero();
  late = std::max(late, own_delay_.more());
  for (KernelHost* host : kernels_) {
    if (host != nullptr) late = std::max(late, host->program_delay());
  }
  lateness_.add(at, late);
}

// A late round trip shows in each end's retransmission timeout: the path's own, and 200 ms more, is the
// least.
void KernelRun::measure_timeouts() {
  const PathConfig& path = scenario_.path;
  const Duration least = path.to_server.delay + path.to_client.delay + kLeastRetransmissionTimeout;
  const auto has_sample = [](State state) {
    return state != State::closed && state != State::listen && state != State::syn_sent &&
           state != State::syn_received;
  };
  for (const HostId id : {HostId::client, HostId::server}) {
    if (const ModelHost* model = world_->model(id)) {
      model->each_connection([&](const FourTuple&, const Endpoint::Info& info) {
        if (has_sample(info.state) && info.retransmits == 0) lateness_.timeout_is(info.rto, least);
      });
    }
    KernelHost* host = kernel(id);
    if (host == nullptr) continue;
    for (const StateWatch::Known& known : host->states().connections()) {
      const bool tells = known.socket && known.socket->has_details && has_sample(known.socket->state);
      if (tells) lateness_.timeout_is(known.socket->rto / (1U << known.socket->backoff), least);
    }
  }
}

// Everything that has happened since the last step. True if there was anything.
bool KernelRun::step() {
  const TimePoint at = now();
  measure_lateness(at);
  bool active = world_->timeline().next_due() <= at;
  if (active) look_at_ = at + kViewDelay;
  world_->run_at(at);
  active |= world_->packets_sent() != packets_seen_;
  packets_seen_ = world_->packets_sent();
  // Before a call is told as returned, what it sent is taken from the device, and what was written before it
  // is told.
  const auto clock = [this] {
    world_->run_at(now());
    for (KernelHost* host : kernels_) {
      if (host != nullptr) host->tell_output(now());
    }
    return now();
  };
  active |= watch_.poll(clock, world_->notes());
  for (KernelHost* host : kernels_) {
    if (host != nullptr) active |= host->poll(now());
  }
  measure_timeouts();
  if (active) last_activity_ = now();
  return active;
}

// The view of netstat and ss at both ends, where it is another than the last time.
void KernelRun::tell_sockets(TimePoint at) {
  std::vector<std::string> view;
  std::vector<std::string> states;
  for (const HostId id : {HostId::client, HostId::server}) {
    KernelHost* host = kernel(id);
    if (host == nullptr || !host->is_up()) continue;
    for (const StateWatch::Known& known : host->states().connections()) {
      if (known.over) continue;
      states.push_back(fmt::format("{} {}", to_string(id), to_string(known.state)));
      view.push_back(
          fmt::format("netstat: {:<6}  {}", to_string(id), netstat_line(known.connection, known.socket)));
      view.push_back(
          fmt::format("ss:      {:<6}  {}", to_string(id), ss_line(known.connection, known.socket)));
    }
  }
  if (states == states_told_) return;
  states_told_ = std::move(states);
  if (!world_->notes().wants(NoteKind::remark)) return;
  for (std::string& line : view) world_->notes().on_note(RemarkNote{at, std::move(line)});
}

// Sleeps until a descriptor or a process has something to say, or until `until`.
void KernelRun::wait(TimePoint until) {
  std::vector<pollfd> watched;
  for (const KernelHost* host : kernels_) {
    if (host == nullptr) continue;
    for (const int fd : host->descriptors()) watched.push_back({.fd = fd, .events = POLLIN, .revents = 0});
  }
  const Duration left = std::max(Duration{0}, until - now());
  wake_at_ = left > Duration{0} ? until : kNever;  // what is past was not waited for, and is not late
  const timespec timeout{.tv_sec = left / 1s, .tv_nsec = (left % 1s).count()};
  sigset_t none;
  sigemptyset(&none);
  if (ppoll(watched.data(), watched.size(), &timeout, &none) < 0 && errno != EINTR) throw_system("ppoll");
}

// Our own programs pause only where their options say so.
Duration KernelRun::patience() const {
  const ProgramConfig& program = scenario_.client.program;
  return kPatience + program.read_timeout + program.read_delay;
}

// Nothing is under way, and no kernel will send anything by itself.
bool KernelRun::is_idle() {
  if (world_->timeline().next_due() != kNever || world_->path().next_arrival() != kNever) return false;
  for (const HostId id : {HostId::client, HostId::server}) {
    const ModelHost* model = world_->model(id);
    if (model != nullptr && !halfopen::is_idle(*model)) return false;
    KernelHost* host = kernel(id);
    if (host != nullptr && (host->next_deadline() != kNever || host->has_running_timers())) return false;
  }
  return true;
}

// When --until-client-exits ends the run: its kernel's last packets come after the client's end.
TimePoint KernelRun::cut_at(TimePoint at) {
  if (!options_.until_client_exits || !world_->host(HostId::client).all_exited()) return kNever;
  client_over_at_ = std::min(client_over_at_, at);
  return client_over_at_ + kSettle;
}

// When observers are to hear what is kept: in a pause that is long enough for it, and in a run without pauses
// now and then.
TimePoint KernelRun::tell_at(TimePoint at) {
  if (backlog_.is_empty()) return kept_since_ = kNever;
  kept_since_ = std::min(kept_since_, at);
  const TimePoint latest = kept_since_ + kLongestSilence;
  const TimePoint next = world_->next_event();
  const bool has_room = next <= at || next - at >= kRoom;
  return has_room ? std::min(latest, last_activity_ + kHush) : latest;
}

// The end, if it has come.
std::optional<KernelRun::End> KernelRun::end_at(TimePoint at) {
  if (at >= scenario_.until) return End{.at = scenario_.until, .for_ever = false};
  if (at >= cut_at(at)) return End{.at = at, .for_ever = false};
  const Duration quiet = at - last_activity_;
  if (quiet < kSettle || !is_idle()) return std::nullopt;
  const bool client_over = world_->host(HostId::client).all_exited();
  const bool ours = options_.client_command.empty();
  if (client_over || (ours && quiet >= patience())) return End{.at = at, .for_ever = true};
  return std::nullopt;
}

KernelRun::End KernelRun::run() {
  TimePoint told = kTimeZero;
  for (;;) {
    while (step()) {
    }
    const TimePoint at = now();
    if (const auto end = end_at(at)) {
      world_->tell_what_never_came();
      backlog_.tell();
      return *end;
    }
    if (at >= look_at_) {
      look_at_ = kNever;
      tell_sockets(at);
    }
    TimePoint telling = tell_at(at);
    if (at >= telling) {
      backlog_.tell();
      telling = kept_since_ = kNever;
    }
    if (options_.on_wait && at - told >= 1s) {
      told = at;
      options_.on_wait(at);
    }
    const Duration quiet = at - last_activity_;
    const Duration look = quiet < kSettle ? kSettle - quiet : kLook;
    wait(std::min({world_->next_event(), at + look, look_at_, scenario_.until, cut_at(at), telling}));
  }
}

}  // namespace halfopen

#include "replay/run/kernel_host.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "replay/base/errors.h"
#include "replay/run/program_command.h"
#include "replay/sandbox/file_system.h"
#include "replay/watch/proc_files.h"
#include "sim/os/signals.h"

namespace halfopen {
namespace {

constexpr auto kStartLimit = std::chrono::seconds{10};  // for a server to listen: a busy machine is slow
constexpr auto kSettleLimit = std::chrono::seconds{1};  // for a signal to be obeyed

bool is_server(HostId id) { return id == HostId::server; }

std::string reason_of(const StartFailure& failure, const std::optional<ProgramUser>& user) {
  const char* error = std::strerror(failure.error);
  switch (failure.step) {
    case StartFailure::Step::privileges: return fmt::format("its privileges cannot be dropped: {}", error);
    case StartFailure::Step::filter: return fmt::format("its system calls cannot be watched: {}", error);
    case StartFailure::Step::exec: break;
  }
  if (failure.error == ETIMEDOUT) return "it has not started after 10 s (does its file system answer?)";
  if (failure.error != EACCES || !user) return error;
  return fmt::format("{} (it runs as user {}; --as-root runs it as root)", error, user->name);
}

// What a program said of its end, as interpreters have it after where it was.
std::string_view last_line_of(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  return text.substr(text.rfind('\n') + 1);  // npos + 1 is 0
}

// Stopped, by a signal or for its tracer, or dead, waited for or not.
bool has_obeyed(pid_t pid) {
  constexpr std::string_view kObeyed = "TtZX";
  const std::optional<ProcStatus> status = read_status(pid);
  return !status || kObeyed.find(status->state) != std::string_view::npos;
}

}  // namespace

KernelHost::KernelHost(KernelHostConfig config, BlockPool& pool, ProcessWatch& watch, Observer& observer)
    : config_{std::move(config)}, pool_{pool}, watch_{watch}, observer_{observer}, states_{config_.id} {
  make_sandbox();
}

KernelHost::~KernelHost() = default;

void KernelHost::make_sandbox() {
  config_.sandbox.places_in_use = places_in_use(command());
  sandbox_ = std::make_unique<Sandbox>(config_.sandbox);
  watch_.also_reap(sandbox_->init());
}

void KernelHost::receive(TimePoint, Packet&& packet) {
  if (dark_) return;
  states_.on_packet(packet, false);
  const std::size_t size = emit(packet, buffer_);
  // A device that is down or full loses a packet, as a real one would.
  [[maybe_unused]] const ssize_t written = ::write(device_.get(), buffer_.data(), size);
}

bool KernelHost::poll_packet(TimePoint, Packet& out) {
  while (!dark_) {
    const ssize_t got = ::read(device_.get(), buffer_.data(), buffer_.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    ParseIssue issue;
    std::optional<Packet> packet =
        parse(std::span{buffer_}.first(static_cast<std::size_t>(got)), pool_, issue);
    // What a device says of itself when it comes up (multicast, to nobody that is here) is not of the run.
    if (!packet || packet->ip.source != config_.sandbox.address) continue;
    const bool known = std::ranges::any_of(
        config_.sandbox.names, [&](const auto& name) { return name.second == packet->ip.destination; });
    if (!known) continue;
    states_.on_packet(*packet, true);
    out = std::move(*packet);
    return true;
  }
  return false;
}

TimePoint KernelHost::next_deadline() const {
  return std::min({kill_at_, dark_at_, streams_.next_deadline()});
}

void KernelHost::fire_timers(TimePoint now) {
  if (kill_at_ <= now) {
    kill_at_ = kNever;
    deliver(Victim::all, sig::kill);
  } else if (dark_at_ <= now) {
    crash(now);
  }
  tell_output(now);
}

std::vector<std::string> KernelHost::command() const {
  if (!config_.command.empty()) return config_.command;
  if (config_.program.name.empty()) return {};
  std::vector<std::string> words{config_.programs + "/" + config_.program.name};
  for (std::string& argument : program_arguments(config_.program)) words.push_back(std::move(argument));
  return words;
}

void KernelHost::boot(TimePoint now) {
  if (sandbox_ == nullptr) make_sandbox();
  device_ = sandbox_->take_device();
  diagnostics_.emplace(sandbox_->take_diagnostics());
  dark_ = false;
  for (const std::string& text : sandbox_->remarks()) remark(now, text);
  sysctls_ = sandbox_->sysctls();
  if (command().empty()) return;
  start_program(now);
  if (is_server(config_.id)) await_listening(now);
}

void KernelHost::start_program(TimePoint now) {
  const Streams::FarEnds ends = streams_.open();
  const SocketAddress& server = config_.program.server;
  const std::string where =
      fmt::format(fmt::runtime(server.ip.is_v6() ? "[{}]:{}" : "{}:{}"), server.ip.to_string(), server.port);
  std::vector<std::pair<std::string, std::string>> environment{{"HALFOPEN_SERVER", where}};
  const std::optional<ProgramUser>& user = config_.sandbox.user;
  UniqueFd own_program;
  if (user) {
    environment.insert(environment.end(),
                       {{"HOME", user->home}, {"USER", user->name}, {"LOGNAME", user->name}});
    // Ours may lie where that user cannot go.
    if (config_.command.empty()) own_program = UniqueFd{open(command().front().c_str(), O_PATH | O_CLOEXEC)};
  }
  Spawned spawned = sandbox_->spawn({.argv = command(),
                                     .executable = own_program.get(),
                                     .environment = environment,
                                     .input = ends.input.get(),
                                     .output = ends.output.get(),
                                     .error_output = ends.error_output.get()});
  program_ = spawned.pid;
  const std::optional<ProcStatus> status = read_status(program_);
  program_pid_ = status ? status->ns_pid : static_cast<std::uint32_t>(program_);
  const std::string name = command().front().substr(command().front().rfind('/') + 1);
  const bool watched = watch_.adopt(config_.id, program_, name, config_.trace);
  if (!watched) {
    remark(now, fmt::format("system calls are not seen, as ptrace is not allowed: {}", std::strerror(errno)));
  }
  if (config_.before_program) config_.before_program();
  const StartFailure failure = Sandbox::go(spawned, config_.trace && watched);
  if (failure.error != 0) {
    throw std::runtime_error{
        fmt::format("cannot run {}: {}", command().front(), reason_of(failure, config_.sandbox.user))};
  }
  static_cast<void>(program_delay());  // what its start cost is not of the run
  note(now, ProcessNote::What::started);
}

// A client that connects before its server listens would meet a reset.
void KernelHost::await_listening(TimePoint now) {
  const auto limit = std::chrono::steady_clock::now() + kStartLimit;
  std::string complaint;
  while (!diagnostics_->is_listening(config_.program.server)) {
    watch_.poll(now, observer_);
    complaint += streams_.poll(now).error_output;
    if (!watch_.any_left(config_.id)) {
      throw std::runtime_error{fmt::format("the server {} ended before it listened{}{}", command().front(),
                                           complaint.empty() ? "" : ": ", last_line_of(complaint))};
    }
    if (std::chrono::steady_clock::now() > limit) {
      throw std::runtime_error{fmt::format("the server {} does not listen on port {} after {} s",
                                           command().front(), config_.program.server.port,
                                           kStartLimit.count())};
    }
    ::poll(nullptr, 0, 1);
  }
  while (watch_.poll(now, observer_)) {
  }
}

void KernelHost::type(TimePoint, std::string_view text) {
  std::string line{text};
  if (!line.ends_with('\n')) line += '\n';
  streams_.type(line);
}

void KernelHost::close_input(TimePoint) { streams_.close_input(); }

void KernelHost::deliver(Victim victim, int signal) {
  if (dark_) return;
  if (signal != sig::cont) signalled_ = program_;
  if (victim == Victim::all) return sandbox_->signal_all(signal);
  const pid_t parent = watch_.listener(config_.id).value_or(program_);  // behind the shell of a user's server
  const pid_t target = victim == Victim::child ? watch_.newest_child(parent).value_or(parent) : parent;
  if (signal != sig::cont) signalled_ = target;
  watch_.signal(target, signal);
}

// A process that is killed has to run once more to die.
void KernelHost::settle(TimePoint now) {
  const pid_t target = std::exchange(signalled_, -1);
  if (target <= 0) return;
  const auto limit = std::chrono::steady_clock::now() + kSettleLimit;
  while (!has_obeyed(target) && std::chrono::steady_clock::now() < limit) {
    watch_.poll(now, observer_);
    ::poll(nullptr, 0, 1);
  }
  watch_.poll(now, observer_);  // that it has
}

void KernelHost::kill(TimePoint, Victim victim, int signal) { deliver(victim, signal); }
void KernelHost::freeze(TimePoint, Victim victim) { deliver(victim, sig::stop); }
void KernelHost::thaw(TimePoint, Victim victim) { deliver(victim, sig::cont); }

// Dark first: with its device closed, nothing that the kernel says while it clears up gets out.
void KernelHost::crash(TimePoint now) {
  if (dark_) return;
  vanish();
  states_.forget(now, observer_);
}

void KernelHost::vanish() {
  dark_ = true;
  kill_at_ = dark_at_ = kNever;
  watch_.forget(config_.id);
  streams_.close();
  device_.reset();
  diagnostics_.reset();
  sandbox_.reset();
  program_ = signalled_ = -1;
}

void KernelHost::reboot(TimePoint now) {
  crash(now);
  boot(now);
}

void KernelHost::shut_down(TimePoint now, Duration grace, Duration dark) {
  if (dark_) return;
  const auto after = [](TimePoint start, Duration wait) {
    return wait >= kNever - start ? kNever : start + wait;
  };
  kill_at_ = after(now, grace);
  dark_at_ = kill_at_ == kNever ? kNever : after(kill_at_, dark);
  deliver(Victim::all, sig::term);
}

bool KernelHost::all_exited() const { return dark_ || !watch_.any_left(config_.id); }

std::vector<int> KernelHost::descriptors() const {
  std::vector<int> all = streams_.descriptors();
  if (!dark_) all.push_back(device_.get());
  return all;
}

bool KernelHost::tell_output(TimePoint now) {
  const Streams::Written written = streams_.poll(now);
  for (const auto& [text, is_error] :
       {std::pair{&written.output, false}, std::pair{&written.error_output, true}}) {
    if (text->empty()) continue;
    if (config_.output) config_.output(*text, is_error);
    note(now, ProcessNote::What::output, *text);
  }
  return !written.output.empty() || !written.error_output.empty();
}

bool KernelHost::poll(TimePoint now) {
  if (dark_) return false;
  const bool spoke = tell_output(now);
  return states_.poll(now, *diagnostics_, observer_) || spoke;
}

Duration KernelHost::program_delay() { return program_delays_.more(watch_.threads_of(config_.id)); }

bool KernelHost::has_running_timers() {
  return std::ranges::any_of(states_.connections(), [](const StateWatch::Known& known) {
    return known.socket && known.socket->timer != SocketDiag::Timer::off &&
           known.socket->timer != SocketDiag::Timer::time_wait;
  });
}

void KernelHost::note(TimePoint now, ProcessNote::What what, std::string text) {
  if (!observer_.wants(NoteKind::process)) return;
  observer_.on_note(ProcessNote{.at = now,
                                .host = config_.id,
                                .program = watch_.program_of(program_),
                                .pid = program_pid_,
                                .what = what,
                                .text = std::move(text)});
}

void KernelHost::remark(TimePoint now, std::string text) {
  if (!observer_.wants(NoteKind::remark)) return;
  observer_.on_note(RemarkNote{now, fmt::format("{}: {}", to_string(config_.id), text)});
}

}  // namespace halfopen

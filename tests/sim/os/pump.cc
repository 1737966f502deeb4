#include "tests/sim/os/pump.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace halfopen::test {
namespace {

constexpr std::array<std::string_view, 9> kWhat{"started", "forked", "signalled", "output", "exited",
                                                "killed",  "frozen", "thawed",    "reaped"};

IpAddress address_of(HostId id) { return *IpAddress::parse(id == HostId::client ? "10.9.0.1" : "10.9.0.2"); }

std::string text_of(const CallNote& note) {
  std::string text =
      fmt::format("{}[{}] {}({}) = {}", note.program, note.pid, note.call, note.args, note.result);
  if (note.error != 0) text += fmt::format(" {}", to_string(static_cast<Errno>(note.error)));
  if (!note.detail.empty()) text += " " + note.detail;
  return text;
}

std::string flags_of(const Packet& packet) {
  const Segment* segment = packet.segment();
  if (segment == nullptr) return "icmp";
  std::string text;
  constexpr std::array<std::pair<std::uint8_t, char>, 5> kFlags{{{tcp_flag::syn, 'S'},
                                                                 {tcp_flag::fin, 'F'},
                                                                 {tcp_flag::rst, 'R'},
                                                                 {tcp_flag::psh, 'P'},
                                                                 {tcp_flag::ack, '.'}}};
  for (const auto& [bit, letter] : kFlags) {
    if (segment->has(bit)) text += letter;
  }
  return text;
}

}  // namespace

std::vector<std::string> Recorder::calls(HostId host) const { return calls(host, {}); }

std::vector<std::string> Recorder::calls(HostId host, std::string_view name) const {
  std::vector<std::string> texts;
  for (const Note& note : notes) {
    const auto* call = std::get_if<CallNote>(&note);
    if (call != nullptr && call->host == host && (name.empty() || call->call == name))
      texts.push_back(text_of(*call));
  }
  return texts;
}

std::vector<std::string> Recorder::states(HostId host) const {
  std::vector<std::string> texts;
  for (const Note& note : notes) {
    const auto* change = std::get_if<StateNote>(&note);
    if (change == nullptr || change->host != host) continue;
    texts.push_back(fmt::format("{} -> {}", to_string(change->from), to_string(change->to)));
  }
  return texts;
}

std::string Recorder::output(HostId host) const {
  std::string text;
  for (const Note& note : notes) {
    const auto* process = std::get_if<ProcessNote>(&note);
    if (process != nullptr && process->host == host && process->what == ProcessNote::What::output)
      text += process->text;
  }
  return text;
}

std::vector<std::string> Recorder::processes(HostId host) const {
  std::vector<std::string> texts;
  for (const Note& note : notes) {
    const auto* process = std::get_if<ProcessNote>(&note);
    if (process == nullptr || process->host != host || process->what == ProcessNote::What::output) continue;
    std::string text = fmt::format("{} {}", process->pid, kWhat[static_cast<std::size_t>(process->what)]);
    if (process->what == ProcessNote::What::killed || process->what == ProcessNote::What::signalled) {
      text += fmt::format(" {}", process->signal);
    }
    if (process->what == ProcessNote::What::exited) text += fmt::format(" {}", process->status);
    texts.push_back(text);
  }
  return texts;
}

CallNote Recorder::last_call(HostId host, std::string_view name) const {
  for (auto note = notes.rbegin(); note != notes.rend(); ++note) {
    const auto* call = std::get_if<CallNote>(&*note);
    if (call != nullptr && call->host == host && call->call == name) return *call;
  }
  ADD_FAILURE() << "no call " << name;
  return {};
}

ModelHostConfig host_config(HostId id, const std::string& profile, const ProgramConfig& program) {
  ModelHostConfig config;
  config.id = id;
  config.address = address_of(id);
  config.profile = *find_profile(profile);
  config.seed = 7 + static_cast<std::uint64_t>(id);
  config.program = program;
  config.program.server = {address_of(HostId::server), Pump::kPort};
  return config;
}

Pump::Pump(PumpConfig config)
    : client{host_config(HostId::client, config.client_profile, config.client_program), pool, &recorder},
      server{host_config(HostId::server, config.server_profile, config.server_program), pool, &recorder},
      delay_{config.delay} {
  server.boot(now);
  settle();
  client.boot(now);
  settle();
}

void Pump::drain(ModelHost& from) {
  Packet packet;
  while (from.poll_packet(now, packet)) {
    const HostId id = from.config().id;
    sent.push_back({now, id, packet});
    if (loses && loses(id, packet)) continue;
    inject(id == HostId::client ? server : client, std::move(packet));
    packet = Packet{};
  }
}

void Pump::inject(ModelHost& to, Packet packet) { flying_.push_back({now + delay_, &to, std::move(packet)}); }

bool Pump::settle_once() {
  bool any = false;
  while (!flying_.empty() && flying_.front().at <= now) {
    Flying arrived = std::move(flying_.front());
    flying_.pop_front();
    arrived.to->receive(now, std::move(arrived.packet));
    drain(*arrived.to);
    any = true;
  }
  for (ModelHost* host : {&client, &server}) {
    while (host->next_deadline() <= now) {
      host->fire_timers(now);
      drain(*host);
      any = true;
    }
    drain(*host);
    while (host->run_programs(now)) {
      drain(*host);
      any = true;
    }
  }
  return any;
}

void Pump::settle() {
  while (settle_once()) {
  }
}

TimePoint Pump::next_event() const {
  TimePoint next = std::min(client.next_deadline(), server.next_deadline());
  if (!flying_.empty()) next = std::min(next, flying_.front().at);
  return next;
}

void Pump::run_until(TimePoint until) {
  settle();
  for (TimePoint next = next_event(); next <= until; next = next_event()) {
    now = std::max(now, next);
    settle();
  }
  now = until;
}

CallResult Pump::call(ModelHost& host, Process& process, const Call& call, Duration patience) {
  const CallResult result = host.syscalls().call(now, process, call);
  settle();
  if (!result.blocked) return result;
  const TimePoint end = now + patience;
  for (;;) {
    if (const auto completed = Syscalls::take_completed(process)) return *completed;
    const TimePoint next = next_event();
    if (next > end) return result;
    run_until(next);
  }
}

Pump::Pair Pump::connect_pair(const std::function<void(Process&, int)>& before_connect) {
  Process& serving = driver(server);
  Process& asking = driver(client);
  for (Process* process : {&serving, &asking}) Processes::handle(*process, sig::pipe, {});
  const int listening = static_cast<int>(call(server, serving, calls::socket()).value);
  EXPECT_FALSE(call(server, serving, calls::bind(listening, {server.config().address, kPort})).failed());
  EXPECT_FALSE(call(server, serving, calls::listen(listening, 5)).failed());
  const int fd = static_cast<int>(call(client, asking, calls::socket()).value);
  if (before_connect) before_connect(asking, fd);
  EXPECT_FALSE(call(client, asking, calls::connect(fd, {server.config().address, kPort})).failed());
  const CallResult accepted = call(server, serving, calls::accept(listening));
  EXPECT_FALSE(accepted.failed() || accepted.blocked);
  run_for(1s);
  flags_since_last();
  return {asking, serving, fd, listening, static_cast<int>(accepted.value)};
}

CallResult Pump::write(ModelHost& host, Process& process, int fd, std::string_view text, Duration patience) {
  const std::span bytes{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
  return call(host, process, calls::write(fd, bytes), patience);
}

std::string Pump::read(ModelHost& host, Process& process, int fd, Duration patience) {
  std::array<std::uint8_t, 4096> buffer;
  const CallResult got = call(host, process, calls::read(fd, buffer), patience);
  if (got.blocked) {
    host.syscalls().interrupt(now, process);  // the buffer is about to go
    (void)Syscalls::take_completed(process);
    return "<blocked>";
  }
  if (got.failed()) return std::string{to_string(got.error)};
  return {buffer.begin(), buffer.begin() + got.value};
}

void Pump::reset_from(ModelHost& host, Process& process, int fd) {
  call(host, process, calls::setsockopt(fd, SocketOption::so_linger, 0));
  call(host, process, calls::close(fd));
  run_for(1s);
}

State Pump::state_of(Process& process, int fd) { return Syscalls::endpoint_of(process, fd)->state(); }

std::string Pump::text(const CallResult& result) {
  if (result.blocked) return "<blocked>";
  return result.failed() ? std::string{to_string(result.error)} : std::to_string(result.value);
}

std::string Pump::flags_since_last() {
  std::string text;
  for (; told_ < sent.size(); ++told_) {
    if (!text.empty()) text += ' ';
    text += (sent[told_].from == HostId::client ? ">" : "<") + flags_of(sent[told_].packet);
  }
  return text;
}

}  // namespace halfopen::test

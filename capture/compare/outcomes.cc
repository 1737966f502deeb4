#include "capture/compare/outcomes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "capture/compare/difference.h"
#include "capture/note/names.h"
#include "capture/note/text.h"
#include "sim/base/errno.h"
#include "sim/os/signals.h"

namespace halfopen::compare {
namespace {

constexpr std::size_t kLookAhead = 32;  // calls of a process that wait for a partner
constexpr std::size_t kMostDifferences = 1000;

// Calls in which a program learns of its connection. How it waits for them (poll, epoll) and how it prepares
// them differs between programs that see the same.
constexpr std::array<std::string_view, 16> kTelling{
    "connect", "accept", "accept4", "read",   "readv",   "recv",     "recvfrom", "recvmsg",
    "write",   "writev", "send",    "sendto", "sendmsg", "sendfile", "shutdown", "close"};
// Their result is a descriptor.
constexpr std::array<std::string_view, 2> kDescriptors{"accept", "accept4"};

template <class List>
bool contains(const List& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

std::string result_of(const CallNote& call) {
  if (call.error != 0) return fmt::format("-1 {}", to_string(static_cast<Errno>(call.error)));
  return contains(kDescriptors, call.call) ? "a descriptor" : fmt::format("{}", call.result);
}

std::string at_text(TimePoint at) { return fmt::format("at {} s", seconds_text(at)); }

}  // namespace

Outcomes::Process& Outcomes::process_of(std::size_t side, HostId host, std::uint32_t pid,
                                        const std::string& program) {
  const auto [found, is_new] = ordinals_[side].try_emplace({host, pid}, 0);
  if (is_new) found->second = process_counts_[side][host]++;
  Process& process = processes_[{host, found->second}];
  if (process.name.empty()) process.name = program;
  return process;
}

void Outcomes::add(std::size_t side, const Note& note) {
  if (terms_.ignores("outcomes")) return;
  if (const auto* call = std::get_if<CallNote>(&note)) {
    has_calls_[side] = true;
    if (!contains(kTelling, call->call)) return;
    add_event(side, call->host, call->pid, call->program, {call->call, result_of(*call), call->at, {}});
  } else if (const auto* process = std::get_if<ProcessNote>(&note)) {
    if (process->what == ProcessNote::What::exited) {
      add_event(side, process->host, process->pid, process->program,
                {"exit", fmt::format("status {}", process->status), process->at, {}});
      ordinals_[side].erase({process->host, process->pid});
    } else if (process->what == ProcessNote::What::killed) {
      add_event(side, process->host, process->pid, process->program,
                {"exit", fmt::format("killed by {}", signal_name(process->signal)), process->at, {}});
      ordinals_[side].erase({process->host, process->pid});
    }
  } else if (const auto* state = std::get_if<StateNote>(&note)) {
    add_state(side, *state);
  }
}

void Outcomes::add_event(std::size_t side, HostId host, std::uint32_t pid, const std::string& program,
                         Event event) {
  Process& process = process_of(side, host, pid, program);
  event.before = process.last[side];
  process.last[side] = event.at;
  process.events[side].push_back(std::move(event));
  align({host, ordinals_[side].at({host, pid})}, process, false);
}

void Outcomes::add_state(std::size_t side, const StateNote& note) {
  has_states_[side] = true;
  const std::string key = fmt::format("{} {} {}", to_string(note.host), to_string(note.connection.local),
                                      to_string(note.connection.remote));
  // In TIME_WAIT only a clock runs on, which a run need not wait for.
  if (note.to == State::closed || note.to == State::time_wait) {
    open_[side].erase(key);
    return;
  }
  const auto [found, is_new] = open_[side].try_emplace(key);
  if (is_new) found->second.ordinal = connection_counts_[side][note.host]++;
  found->second.state = note.to;
}

// Takes pairs from the heads. Where they differ, the nearest later call of the same name is the partner.
void Outcomes::align(HostProcess id, Process& process, bool is_over) {
  auto& a = process.events[0];
  auto& b = process.events[1];
  while (!a.empty() && !b.empty()) {
    const auto same_b = std::ranges::find(b, a.front().what, &Event::what);
    const auto same_a = std::ranges::find(a, b.front().what, &Event::what);
    const auto skip_b = static_cast<std::size_t>(same_b - b.begin());
    const auto skip_a = static_cast<std::size_t>(same_a - a.begin());
    if (skip_a == 0 && skip_b == 0) {
      compare_events(id, process, a.front(), b.front());
      a.pop_front();
      b.pop_front();
      continue;
    }
    const bool full = std::max(a.size(), b.size()) >= kLookAhead;
    if (!is_over && !full && same_a == a.end() && same_b == b.end()) return;
    const bool drop_a = same_b == b.end() || (same_a != a.end() && skip_a <= skip_b);
    lone(id, process, drop_a ? a.front() : b.front(), drop_a);
    drop_a ? a.pop_front() : b.pop_front();
  }
  for (const std::size_t side : {0u, 1u}) {
    auto& left = process.events[side];
    while (!left.empty() && (is_over || left.size() > kLookAhead)) {
      lone(id, process, left.front(), side == 0);
      left.pop_front();
    }
  }
}

std::string Outcomes::subject(HostProcess id, const Process& process, const Event& event) {
  const std::string which = id.second == 0 ? std::string{} : fmt::format(" ({}. process)", id.second + 1);
  return fmt::format("{} {}{}: {}{}", to_string(id.first), process.name, which, event.what,
                     event.what == "exit" ? "" : "()");
}

void Outcomes::compare_events(HostProcess id, const Process& process, const Event& a, const Event& b) {
  if (differences_.size() >= kMostDifferences) return;
  if (a.result != b.result) {
    differences_.push_back({.subject = subject(id, process, a),
                            .a = fmt::format("{} {}", a.result, at_text(a.at)),
                            .b = fmt::format("{} {}", b.result, at_text(b.at)),
                            .explanation = "the two programs are told something else",
                            .field = "result",
                            .from = a.result,
                            .to = b.result});
    return;
  }
  const auto in_time = [&](Duration x, Duration y) {
    return std::chrono::abs(y - x) <= terms_.tolerance.allowed(std::max(x, y), true);
  };
  if (terms_.ignores("time") || in_time(a.at - kTimeZero, b.at - kTimeZero)) return;
  if (!a.before || !b.before || in_time(a.at - *a.before, b.at - *b.before)) return;
  const Duration gap_a = a.at - *a.before;
  const Duration gap_b = b.at - *b.before;
  differences_.push_back(
      {.subject = subject(id, process, a),
       .a = fmt::format("{} {}", a.result, at_text(a.at)),
       .b = fmt::format("{} {}", b.result, at_text(b.at)),
       .explanation = fmt::format("the same, {} after the process's last call instead of {}",
                                  human_duration(gap_b), human_duration(gap_a)),
       .field = "time",
       .from = time_value(gap_a),
       .to = time_value(gap_b),
       .allowed = terms_.tolerance.allowed(std::max(gap_a, gap_b), true)});
}

void Outcomes::lone(HostProcess id, const Process& process, const Event& event, bool in_a) {
  if (differences_.size() >= kMostDifferences) return;
  const std::string text = fmt::format("{} {}", event.result, at_text(event.at));
  differences_.push_back({.subject = subject(id, process, event),
                          .a = in_a ? text : "nothing",
                          .b = in_a ? "nothing" : text,
                          .explanation = {},
                          .field = "result",
                          .from = in_a ? event.result : "nothing",
                          .to = in_a ? "nothing" : event.result});
}

void Outcomes::compare_states() {
  if (!has_states_[0] || !has_states_[1]) return;
  // By host and order of the connections; the key begins with the host.
  std::array<std::map<std::pair<std::string, std::size_t>, State>, 2> left;
  for (const std::size_t side : {0u, 1u}) {
    for (const auto& [key, open] : open_[side]) {
      left[side][{key.substr(0, key.find(' ')), open.ordinal}] = open.state;
    }
  }
  const auto state_in = [&](std::size_t side, const auto& id) {
    const auto found = left[side].find(id);
    return found == left[side].end() ? State::closed : found->second;
  };
  for (const std::size_t side : {0u, 1u}) {
    for (const auto& [id, state] : left[side]) {
      if (side == 1 && left[0].contains(id)) continue;
      const State a = state_in(0, id);
      const State b = state_in(1, id);
      if (a == b) continue;
      differences_.push_back(
          {.subject = fmt::format("{}, connection {}: state at the end", id.first, id.second + 1),
           .a = std::string{to_string(a)},
           .b = std::string{to_string(b)},
           .explanation = {},
           .field = "state",
           .from = std::string{to_string(a)},
           .to = std::string{to_string(b)}});
    }
  }
}

std::vector<OutcomeDifference> Outcomes::finish() {
  const bool both = has_calls_[0] && has_calls_[1];
  for (auto& [id, process] : processes_) {
    if (both) align(id, process, true);
  }
  if (!both) differences_.clear();
  compare_states();
  return std::move(differences_);
}

}  // namespace halfopen::compare

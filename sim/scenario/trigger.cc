#include "sim/scenario/trigger.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace halfopen {
namespace {

// Calls that a trigger or an expectation may name, by the names that kernels and libraries have for them.
struct CallName {
  std::string_view name;
  std::string_view family;  // the name of all that do the same
};
constexpr auto kCalls = std::to_array<CallName>({{"read", "read"},
                                                 {"recv", "read"},
                                                 {"recvfrom", "read"},
                                                 {"recvmsg", "read"},
                                                 {"recvmmsg", "read"},
                                                 {"readv", "read"},
                                                 {"write", "write"},
                                                 {"send", "write"},
                                                 {"sendto", "write"},
                                                 {"sendmsg", "write"},
                                                 {"sendmmsg", "write"},
                                                 {"sendfile", "write"},
                                                 {"writev", "write"},
                                                 {"accept", "accept"},
                                                 {"accept4", "accept"},
                                                 {"select", "select"},
                                                 {"poll", "select"},
                                                 {"ppoll", "select"},
                                                 {"pselect6", "select"},
                                                 {"epoll_wait", "select"},
                                                 {"epoll_pwait", "select"},
                                                 {"epoll_pwait2", "select"},
                                                 {"waitpid", "waitpid"},
                                                 {"wait4", "waitpid"},
                                                 {"waitid", "waitpid"},
                                                 {"socket", "socket"},
                                                 {"bind", "bind"},
                                                 {"listen", "listen"},
                                                 {"connect", "connect"},
                                                 {"close", "close"},
                                                 {"shutdown", "shutdown"},
                                                 {"getsockopt", "getsockopt"},
                                                 {"setsockopt", "setsockopt"},
                                                 {"fork", "fork"},
                                                 {"nanosleep", "nanosleep"}});
constexpr auto kCallNames = [] {
  std::array<std::string_view, kCalls.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kCalls[i].name;
  return names;
}();

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (words.size() < 5) {
    const auto start = text.find_first_not_of(' ');
    if (start == std::string_view::npos) break;
    const auto end = std::min(text.find(' ', start), text.size());
    words.push_back(text.substr(start, end - start));
    text.remove_prefix(end);
  }
  return words;
}

std::optional<std::uint32_t> ordinal_from(std::string_view word) {
  std::uint32_t n = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), n);
  if (error != std::errc{} || end != word.data() + word.size() || n == 0) return std::nullopt;
  return n;
}

bool is_call(std::string_view word) { return std::ranges::find(kCallNames, word) != kCallNames.end(); }

std::optional<HostId> end_from(std::string_view word) {
  if (word == "client") return HostId::client;
  if (word == "server") return HostId::server;
  return std::nullopt;
}

}  // namespace

std::string_view trigger_forms() {
  return "\"connected\", \"accepted\", \"line N answered\", \"HOST CALL N\" (\"client write 2\"), "
         "\"HOST enters STATE\" or \"HOST exits\"";
}

std::optional<Trigger> trigger_from(std::string_view text) {
  Trigger trigger;
  trigger.text = text;
  const auto words = words_of(text);
  if (words.size() == 1) {
    if (words[0] != "connected" && words[0] != "accepted") return std::nullopt;
    trigger.what = words[0] == "connected" ? Trigger::What::connected : Trigger::What::accepted;
    trigger.host = words[0] == "connected" ? HostId::client : HostId::server;
    return trigger;
  }
  if (words.size() == 3 && words[0] == "line" && words[2] == "answered") {
    const auto nth = ordinal_from(words[1]);
    if (!nth) return std::nullopt;
    trigger.what = Trigger::What::line_answered;
    trigger.nth = *nth;
    return trigger;
  }
  const auto host = words.empty() ? std::nullopt : end_from(words[0]);
  if (!host) return std::nullopt;
  trigger.host = *host;
  if (words.size() == 2 && words[1] == "exits") {
    trigger.what = Trigger::What::exits;
    return trigger;
  }
  if (words.size() != 3) return std::nullopt;
  if (words[1] == "enters") {
    const auto state = state_from(words[2]);
    if (!state) return std::nullopt;
    trigger.what = Trigger::What::state;
    trigger.state = *state;
    return trigger;
  }
  const auto nth = ordinal_from(words[2]);
  if (!nth || !is_call(words[1])) return std::nullopt;
  trigger.what = Trigger::What::call;
  trigger.call = family_of_call(words[1]);
  trigger.nth = *nth;
  return trigger;
}

bool TriggerWatch::wants(NoteKind kind) const {
  if (happened_) return false;
  switch (trigger_.what) {
    case Trigger::What::connected: return kind == NoteKind::state || kind == NoteKind::call;
    case Trigger::What::accepted:
    case Trigger::What::line_answered:
    case Trigger::What::call: return kind == NoteKind::call;
    case Trigger::What::state: return kind == NoteKind::state;
    case Trigger::What::exits: return kind == NoteKind::process;
  }
  return false;
}

bool TriggerWatch::on_call(const CallNote& call) {
  if (call.host != trigger_.host || is_terminal_call(call)) return false;
  const std::string_view family = family_of_call(call.call);
  switch (trigger_.what) {
    case Trigger::What::connected: return family == "connect" && call.result == 0;
    case Trigger::What::accepted: return family == "accept" && call.result >= 0;
    case Trigger::What::line_answered:
      if (family == "write") ++seen_;
      return family == "read" && call.result > 0 && seen_ >= trigger_.nth;
    case Trigger::What::call: return family == trigger_.call && ++seen_ == trigger_.nth;
    case Trigger::What::state:
    case Trigger::What::exits: break;
  }
  return false;
}

bool TriggerWatch::on_note(const Note& note) {
  if (happened_) return false;
  if (const auto* call = std::get_if<CallNote>(&note)) {
    happened_ = on_call(*call);
  } else if (const auto* change = std::get_if<StateNote>(&note)) {
    happened_ = change->host == trigger_.host &&
                ((trigger_.what == Trigger::What::connected && change->to == State::established) ||
                 (trigger_.what == Trigger::What::state && change->to == trigger_.state));
  } else if (const auto* process = std::get_if<ProcessNote>(&note)) {
    happened_ = trigger_.what == Trigger::What::exits && process->host == trigger_.host &&
                (process->what == ProcessNote::What::exited || process->what == ProcessNote::What::killed);
  }
  return happened_;
}

TimePoint time_of(const Note& note) {
  return std::visit([](const auto& n) { return n.at; }, note);
}

std::span<const std::string_view> call_names() { return kCallNames; }

std::string_view family_of_call(std::string_view call) {
  const auto* known = std::ranges::find(kCalls, call, &CallName::name);
  return known == kCalls.end() ? call : known->family;
}

bool is_terminal_call(const CallNote& call) {
  if (call.args.empty() || call.args[0] < '0' || call.args[0] > '2') return false;
  const bool takes_descriptor = call.call != "exit" && call.call != "kill" && call.call != "waitpid" &&
                                call.call != "select" && call.call != "poll" && call.call != "socket";
  return takes_descriptor && (call.args.size() == 1 || call.args[1] == ',');
}

}  // namespace halfopen

#include "capture/note/notice.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "capture/note/text.h"
#include "sim/os/signals.h"
#include "sim/scenario/trigger.h"

namespace halfopen {
namespace {

// Shorter waits are none: a call that was told not to wait takes some time on a real kernel, too.
constexpr Duration kWait = 10ms;

Notice notice_of(const CallNote& call, Notice::How how, std::string what, Errno error = Errno::none) {
  return {.how = how,
          .at = call.at,
          .began = call.began,
          .host = call.host,
          .program = call.program,
          .pid = call.pid,
          .what = std::move(what),
          .error = error};
}

// The names of events that tell of an end or an error, in strace's notation of poll() and epoll_wait().
constexpr auto kBadEvents = std::to_array<std::string_view>(
    {"POLLERR", "POLLHUP", "POLLRDHUP", "EPOLLERR", "EPOLLHUP", "EPOLLRDHUP"});

bool is_bad_event(std::string_view word) {
  for (const std::string_view bad : kBadEvents) {
    if (word == bad) return true;
  }
  return false;
}

// The number behind `name` in "{fd=3, revents=POLLIN}"; nullopt where there is none.
std::optional<std::uint64_t> number_behind(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  std::uint64_t number = 0;
  bool any = false;
  for (const char c : text.substr(at + name.size())) {
    if (c < '0' || c > '9') break;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
    any = true;
  }
  return any ? std::optional{number} : std::nullopt;
}

// The bad events among "events=A|B" or "revents=A|B", of whatever is not the terminal: descriptor 0 to 2,
// which of epoll's data is a guess.
std::string bad_events(std::string_view found) {
  std::string bad;
  while (!found.empty()) {
    const std::size_t begin = found.find("events=");
    if (begin == std::string_view::npos) break;
    const std::size_t open = found.rfind('{', begin);
    const std::size_t next = std::min(found.find("events=", begin + 7), found.size());
    const std::string_view one = found.substr(open == std::string_view::npos ? 0 : open, next - open);
    std::string_view names = found.substr(begin + 7);
    names = names.substr(0, names.find_first_of(",}"));
    const auto who =
        one.find("fd=") < one.find("events=") ? number_behind(one, "fd=") : number_behind(one, "u64=");
    found.remove_prefix(next);
    if (who && *who <= 2) continue;
    while (!names.empty()) {
      const std::string_view word = names.substr(0, names.find('|'));
      names.remove_prefix(std::min(word.size() + 1, names.size()));
      if (is_bad_event(word) && bad.find(word) == std::string::npos) {
        bad += bad.empty() ? "" : "|";
        bad += word;
      }
    }
  }
  return bad;
}

bool tells_of_the_peer(std::string_view family) {
  return speaks_of_the_peer(family) || family == "select" || family == "shutdown";
}

}  // namespace

bool speaks_of_the_peer(std::string_view family) {
  return family == "read" || family == "write" || family == "connect";
}

bool has_waited(const CallNote& call) { return call.at - call.began >= kWait; }

bool is_not_yet(const CallNote& call) {
  const auto error = static_cast<Errno>(call.error);
  if (error == Errno::intr || error == Errno::inprogress) return true;
  return error == Errno::again && !has_waited(call);
}

std::optional<Notice> NoticeWatch::on_note(const Note& note) {
  if (const auto* call = std::get_if<CallNote>(&note)) return on_call(*call);
  if (const auto* process = std::get_if<ProcessNote>(&note)) return on_process(*process);
  return std::nullopt;
}

std::optional<Notice> NoticeWatch::take_timeout(const Process& process) {
  const auto found = timed_out_.find(process);
  if (found == timed_out_.end()) return std::nullopt;
  Notice notice = std::move(found->second);
  timed_out_.erase(found);
  return notice;
}

std::optional<Notice> NoticeWatch::on_call(const CallNote& call) {
  if (is_terminal_call(call)) return std::nullopt;
  const std::string_view family = family_of_call(call.call);
  const Process process{call.host, call.pid};
  if (call.call == "close" || family == "shutdown") {
    if (auto notice = take_timeout(process)) return notice;
  }
  timed_out_.erase(process);
  if (call.result < 0) {
    if (!tells_of_the_peer(family) || is_not_yet(call)) return std::nullopt;
    const auto error = static_cast<Errno>(call.error);
    return notice_of(call, Notice::How::error, fmt::format("{}() = -1 {}", call.call, to_string(error)),
                     error);
  }
  if (family == "read" && call.result == 0) {
    return notice_of(call, Notice::How::end, fmt::format("{}() = 0", call.call));
  }
  if (family == "select" && call.result == 0 && has_waited(call)) {
    const std::string what =
        fmt::format("{}() = 0, timed out after {}", call.call, human_duration(call.at - call.began));
    timed_out_.emplace(process, notice_of(call, Notice::How::timeout, what));
  }
  if (family == "select" && call.result > 0) {
    // What epoll_wait() found stands among its arguments; those of poll() hold what it was asked for.
    const std::string bad = bad_events(call.call.starts_with("epoll") ? call.args : call.detail);
    if (bad.empty()) return std::nullopt;
    return notice_of(call, Notice::How::event, fmt::format("{}() = {}, {}", call.call, call.result, bad));
  }
  if (call.call == "getsockopt" && call.args.find("SO_ERROR") != std::string::npos &&
      call.detail.size() > 2) {
    const std::string_view name = std::string_view{call.detail}.substr(1, call.detail.size() - 2);
    const auto error = errno_from(name);
    if (!error || *error == Errno::none || *error == Errno::inprogress) return std::nullopt;
    return notice_of(call, Notice::How::option, fmt::format("getsockopt(SO_ERROR) = {}", name), *error);
  }
  return std::nullopt;
}

std::optional<Notice> NoticeWatch::on_process(const ProcessNote& process) {
  using What = ProcessNote::What;
  const Process who{process.host, process.pid};
  const bool ends = process.what == What::exited || process.what == What::killed;
  const bool is_told = process.what == What::signalled || process.what == What::killed;
  if (process.what == What::started || process.what == What::forked) timed_out_.erase(who);
  if (is_told && process.signal == sig::pipe) {
    timed_out_.erase(who);
    return Notice{.how = Notice::How::signal,
                  .at = process.at,
                  .began = process.at,
                  .host = process.host,
                  .program = process.program,
                  .pid = process.pid,
                  .what = std::string{signal_name(process.signal)},
                  .error = Errno::none};
  }
  return ends ? take_timeout(who) : std::nullopt;
}

}  // namespace halfopen

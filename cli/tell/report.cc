#include "cli/tell/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "capture/note/text.h"
#include "sim/base/errno.h"
#include "sim/os/signals.h"
#include "sim/scenario/trigger.h"

namespace halfopen {
namespace {

// What a program printed, without the newline that every line has.
std::string printed(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  return quoted(text, 100);
}

// "at once after the write", "5 s after the crash".
std::string after(TimePoint at, TimePoint start, std::string_view what) {
  const Duration elapsed = at - start;
  return elapsed == Duration{0} ? fmt::format("at once after {}", what)
                                : fmt::format("{} after {}", human_duration(elapsed), what);
}

// What one program or more saw in the same way.
struct Story {
  std::string title;  // "client line-client"
  std::vector<std::string> lines;
  std::size_t programs = 0;
};

// In two columns. Of a crowd only the first so many that differ: nobody reads ten thousand.
std::vector<std::string> told(std::vector<Story>& stories) {
  constexpr std::size_t kMost = 24;
  std::size_t width = 0;
  std::size_t untold = 0;
  for (std::size_t i = kMost; i < stories.size(); ++i) untold += stories[i].programs;
  if (stories.size() > kMost) stories.resize(kMost);
  for (Story& story : stories) {
    if (story.programs > 1) story.title += fmt::format(" ({} times)", story.programs);
    width = std::max(width, story.title.size());
  }
  std::vector<std::string> text;
  for (const Story& story : stories) {
    for (std::size_t i = 0; i < story.lines.size(); ++i) {
      text.push_back(fmt::format("{:<{}}  {}", i == 0 ? story.title : "", width, story.lines[i]));
    }
  }
  if (untold > 0) text.push_back(fmt::format("({} more programs saw other things)", untold));
  return text;
}

}  // namespace

bool Report::wants(NoteKind kind) const {
  return kind == NoteKind::call || kind == NoteKind::process || kind == NoteKind::timeline;
}

void Report::on_note(const Note& note) {
  if (const auto notice = notices_.on_note(note)) on_notice(*notice);
  if (const auto* call = std::get_if<CallNote>(&note)) on_call(*call);
  if (const auto* process = std::get_if<ProcessNote>(&note)) on_process(*process);
  if (const auto* timeline = std::get_if<TimelineNote>(&note)) on_timeline(*timeline);
}

Report::Program& Report::start(HostId host, std::uint32_t pid, std::string_view name) {
  latest_[{host, pid}] = programs_.size();
  Program& who = programs_.emplace_back();
  who.host = host;
  who.name = name;
  return who;
}

Report::Program& Report::program(HostId host, std::uint32_t pid, std::string_view name) {
  const auto found = latest_.find({host, pid});
  if (found == latest_.end()) return start(host, pid, name);
  Program& known = programs_[found->second];
  known.name = name;  // of the program that the process executed last
  return known;
}

void Report::settle(Program& who) {
  if (who.repeats > 1) who.lines.back() += fmt::format(" ({} times)", who.repeats);
  who.repeated.clear();
  who.repeats = 0;
}

void Report::add(Program& who, std::string line) {
  settle(who);
  who.lines.push_back(std::move(line));
}

void Report::add_repeatable(Program& who, std::string line) {
  if (who.repeats > 0 && who.repeated == line) {
    ++who.repeats;
    return;
  }
  add(who, line);
  who.repeated = std::move(line);
  who.repeats = 1;
}

std::string Report::since(const Program& who, const CallNote& call) const {
  if (family_of_call(call.call) == "connect") return after(call.at, call.began, "the call");
  return since(who, call.at, call.began);
}

std::string Report::since(const Program& who, TimePoint at, TimePoint began) const {
  if (who.last_write) return after(at, *who.last_write, "the write");
  if (failure_.failure()) return after(at, failure_.failure()->at, failure_.failure()->name);
  return after(at, began, "the call");
}

// What no other line tells: events, a socket's error that was asked for, patience that ran out.
void Report::on_notice(const Notice& notice) {
  if (!failure_.failure()) return;
  Program& who = program(notice.host, notice.pid, notice.program);
  who.was_told = true;
  who.has_connection = true;
  using How = Notice::How;
  if (notice.how == How::error || notice.how == How::end || notice.how == How::signal) return;
  if (who.noticed == notice.what) return;  // an event that stays until somebody attends to it
  who.noticed = notice.what;
  add(who, fmt::format("{}, {}", notice.what, since(who, notice.at, notice.began)));
}

void Report::on_call(const CallNote& call) {
  if (is_terminal_call(call)) return;
  const std::string_view family = family_of_call(call.call);
  Program& who = program(call.host, call.pid, call.program);
  const bool speaks = speaks_of_the_peer(family);
  if (speaks) who.has_connection = true;
  if (!failure_.failure()) return;
  const auto error = static_cast<Errno>(call.error);
  if (call.result < 0) {
    if (!is_not_yet(call))
      add(who, fmt::format("{}() = -1 {}, {}", call.call, to_string(error), since(who, call)));
  } else if (family == "write") {
    add_repeatable(who, !has_waited(call) ? fmt::format("{}() = {}, no error", call.call, call.result)
                                          : fmt::format("{}() = {}, no error, after waiting {}", call.call,
                                                        call.result, human_duration(call.at - call.began)));
  } else if (family == "read" && call.result == 0) {
    add(who, fmt::format("{}() = 0, end of file, {}", call.call, since(who, call)));
  } else if (family == "read") {
    add_repeatable(who, fmt::format("{}() = {}", call.call, call.result));
  } else if (family == "connect") {
    add(who, fmt::format("{}() = 0, {}", call.call, since(who, call)));
  }
  if (family == "write") who.last_write = call.began;
}

// After a reboot the host runs its program again.
void Report::on_start(const ProcessNote& process) {
  for (Program& who : programs_) {
    if (who.host != process.host || who.name != process.program || who.end != End::gone) continue;
    who.lines.back() = "(gone with its host; a new one runs since the reboot)";
  }
}

void Report::on_process(const ProcessNote& process) {
  using What = ProcessNote::What;
  if (process.what == What::started) on_start(process);
  if (process.what == What::started || process.what == What::forked) {
    start(process.host, process.pid, process.program);
    return;
  }
  Program& who = program(process.host, process.pid, process.program);
  const bool after = failure_.failure().has_value();
  switch (process.what) {
    case What::exited:
      who.end = End::over;
      if (after) add(who, fmt::format("exits with status {}", process.status));
      break;
    case What::killed:
      who.end = End::over;
      if (after) add(who, fmt::format("dies of {}", signal_name(process.signal)));
      break;
    case What::frozen:
    case What::thawed:
      who.frozen = process.what == What::frozen;
      if (after) add(who, who.frozen ? "is frozen" : "goes on");
      break;
    case What::output:
      if (after) add(who, "prints " + printed(process.text));
      break;
    case What::signalled:
      if (after && process.signal == sig::pipe) add(who, "gets " + std::string{signal_name(process.signal)});
      break;
    case What::started:
    case What::forked:
    case What::reaped: break;
  }
}

void Report::on_timeline(const TimelineNote& note) {
  failure_.on_note(note);
  const bool dark = note.verb.ends_with("host crashes") || note.verb.ends_with("host reboots");
  if (!dark) return;
  const HostId host = note.verb.starts_with("client ") ? HostId::client : HostId::server;
  for (Program& who : programs_) {
    if (who.host != host || who.end != End::running) continue;
    who.end = End::gone;
    add(who, "(gone with its host)");
  }
}

std::vector<std::string> Report::finish(TimePoint end, bool for_ever) const {
  std::vector<Story> stories;
  std::unordered_map<std::string, std::size_t> known;  // title and lines, to the place among the stories
  for (Program who : programs_) {
    if (!who.has_connection) continue;
    settle(who);
    if (who.end == End::running && !who.was_told && !who.frozen) {
      who.lines.push_back(for_ever ? "(waits for ever: nothing ever tells it)"
                                   : fmt::format("(still waits after {}, when the run ends)",
                                                 human_duration(end - kTimeZero)));
    }
    if (who.lines.empty()) continue;
    std::string title = fmt::format("{} {}", to_string(who.host), who.name);
    std::string key = fmt::format("{}\n{}", title, fmt::join(who.lines, "\n"));
    const auto [place, is_new] = known.emplace(std::move(key), stories.size());
    if (is_new) stories.push_back({std::move(title), std::move(who.lines)});
    ++stories[place->second].programs;
  }
  return told(stories);
}

}  // namespace halfopen

#include "sim/run/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/base/units.h"
#include "sim/os/signals.h"

namespace halfopen {
namespace {

std::string_view victim_text(Victim who) {
  switch (who) {
    case Victim::child: return "the child";
    case Victim::parent: return "the parent";
    case Victim::all: break;
  }
  return "all its processes";
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string typed_text(const TimelineEvent& event) {
  return event.times == 1 ? quoted(event.text) : fmt::format("{}, {} times", quoted(event.text), event.times);
}

std::string shutdown_text(const TimelineEvent& event) {
  std::string text = fmt::format("SIGTERM to all, SIGKILL after {}", duration_text(event.grace));
  if (event.dark == Duration::max()) return text + ", the network stays up";
  return text + fmt::format(", dark {} later", duration_text(event.dark));
}

std::string rule_text(const PacketRule& rule) {
  std::string text = rule.count == 0 ? "every match from now on" : fmt::format("{} matching", rule.count);
  if (rule.late > Duration::zero()) text += " by " + duration_text(rule.late);
  if (rule.skip != 0) text += fmt::format(", after letting {} pass", rule.skip);
  return text;
}

std::string answer_text(const AnswerRule& rule) {
  std::string text{to_string(rule.kind)};
  if (rule.mtu != 0) text += fmt::format(", MTU {}", rule.mtu);
  if (rule.count != 0) text += fmt::format(", {} times", rule.count);
  return text;
}

}  // namespace

Timeline::Timeline(std::vector<TimelineEvent> events, Observer& notes)
    : events_{std::move(events)}, notes_{notes} {
  for (std::uint32_t i = 0; i < events_.size(); ++i) {
    if (events_[i].after) {
      waiting_.push_back({TriggerWatch{*events_[i].after}, i});
    } else {
      schedule({events_[i].at, i, false});
    }
  }
}

void Timeline::schedule(Due due) {
  const auto behind = [](const Due& a, const Due& b) {
    return a.at != b.at ? a.at < b.at : a.event < b.event;
  };
  due_.insert(std::upper_bound(due_.begin(), due_.end(), due, behind), due);
}

bool Timeline::wants(NoteKind kind) const {
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [kind](const Waiting& w) { return w.watch.wants(kind); });
}

void Timeline::on_note(const Note& note) {
  for (std::size_t i = 0; i < waiting_.size();) {
    if (!waiting_[i].watch.on_note(note)) {
      ++i;
      continue;
    }
    const std::uint32_t event = waiting_[i].event;
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    schedule({time_of(note) + events_[event].delay, event, false});
  }
}

TimePoint Timeline::next_boot(HostId host) const {
  for (const Due& due : due_) {
    const TimelineEvent& event = events_[due.event];
    if (event.verb == Verb::host_reboots && event.host == host) {
      return event.reboot_after && !due.second_half ? due.at + *event.reboot_after : due.at;
    }
  }
  return kNever;
}

void Timeline::run_start(Host& client, Host& server, Path& path) {
  while (!due_.empty() && due_.front().at == kAtStart) {
    const Due due = due_.front();
    due_.erase(due_.begin());
    act(kTimeZero, due, client, server, path);
  }
}

void Timeline::run_due(TimePoint now, Host& client, Host& server, Path& path) {
  while (!due_.empty() && due_.front().at <= now) {
    const Due due = due_.front();
    due_.erase(due_.begin());
    act(now, due, client, server, path);
  }
}

void Timeline::act(TimePoint now, const Due& due, Host& client, Host& server, Path& path) {
  const TimelineEvent& event = events_[due.event];
  Host& host = event.host == HostId::client ? client : server;
  switch (event.verb) {
    case Verb::types:
      note(now, event, typed_text(event));
      for (std::uint32_t i = 0; i < event.times; ++i) host.type(now, event.text);
      return;
    case Verb::closes_input: note(now, event, {}); return host.close_input(now);
    case Verb::process_killed:
      note(now, event, fmt::format("{} to {}", signal_name(event.signal), victim_text(event.who)));
      return host.kill(now, event.who, event.signal);
    case Verb::process_frozen:
      note(now, event, fmt::format("SIGSTOP to {}", victim_text(event.who)));
      return host.freeze(now, event.who);
    case Verb::process_thaws:
      note(now, event, fmt::format("SIGCONT to {}", victim_text(event.who)));
      return host.thaw(now, event.who);
    case Verb::host_crashes: note(now, event, {}); return host.crash(now);
    case Verb::host_reboots:
      if (event.reboot_after && !due.second_half) {
        note(now, event, fmt::format("down, up again in {}", duration_text(*event.reboot_after)));
        schedule({now + *event.reboot_after, due.event, true});
        return host.crash(now);
      }
      note(now, event, "up again, and remembers nothing");
      return host.reboot(now);
    case Verb::host_shuts_down:
      note(now, event, shutdown_text(event));
      return host.shut_down(now, event.grace, event.dark);
    case Verb::path_cut:
      note(now, event, std::string{to_string(event.direction)});
      return path.cut(event.direction);
    case Verb::path_restored:
      note(now, event, std::string{to_string(event.direction)});
      return path.restore(event.direction);
    case Verb::path_drops:
    case Verb::path_delays: note(now, event, rule_text(event.rule)); return path.follow(event.rule);
    case Verb::router_answers:
      note(now, event, event.answer ? answer_text(*event.answer) : "nothing any more");
      return event.answer ? path.answer(*event.answer) : path.stop_answering();
  }
}

void Timeline::note(TimePoint now, const TimelineEvent& event, std::string detail) {
  if (!notes_.wants(NoteKind::timeline)) return;
  notes_.on_note(TimelineNote{now, event.text_of_verb, std::move(detail)});
}

std::vector<std::string> Timeline::waiting() const {
  std::vector<std::string> sentences;
  for (const Waiting& w : waiting_) {
    const TimelineEvent& event = events_[w.event];
    sentences.push_back(
        fmt::format("\"{}\" never came: it waits for \"{}\"", event.text_of_verb, w.watch.trigger().text));
  }
  return sentences;
}

}  // namespace halfopen

// What the tests of a world play, and how they look at it.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sim/run/world.h"

namespace halfopen::test {

inline TimePoint at(Duration d) { return kTimeZero + d; }

// A run as text: one line a packet or note, enough to compare runs and to look for things.
class Record final : public Observer {
 public:
  void on_packet(const PacketNote& note) override {
    const Segment* tcp = note.packet->segment();
    add(note.at, std::string{to_string(note.from)} + ' ' + std::string{to_string(note.fate)} + ' ' +
                     (tcp != nullptr ? std::to_string(tcp->flags) + ' ' + std::to_string(tcp->seq.wire()) +
                                           ' ' + std::to_string(tcp->payload.size())
                                     : "icmp"));
    packets.push_back({note.at, note.from, note.fate, tcp != nullptr ? tcp->flags : std::uint8_t{0}});
  }
  void on_note(const Note& note) override {
    const TimePoint t = std::visit([](const auto& n) { return n.at; }, note);
    if (const auto* call = std::get_if<CallNote>(&note)) {
      add(t, std::string{to_string(call->host)} + ' ' + call->call + " = " + std::to_string(call->result));
    } else if (const auto* event = std::get_if<TimelineNote>(&note)) {
      add(t, event->verb);
    } else if (const auto* change = std::get_if<StateNote>(&note)) {
      add(t, std::string{to_string(change->host)} + ' ' + std::string{to_string(change->to)});
    } else if (const auto* process = std::get_if<ProcessNote>(&note);
               process != nullptr && process->what == ProcessNote::What::started) {
      add(t, std::string{to_string(process->host)} + " started");
    } else if (const auto* remark = std::get_if<RemarkNote>(&note)) {
      add(t, "remark " + remark->text);
    } else {
      add(t, "other");
    }
  }

  [[nodiscard]] std::size_t index_of(std::string_view end) const {
    const auto it =
        std::find_if(lines.begin(), lines.end(), [end](const std::string& l) { return l.ends_with(end); });
    return static_cast<std::size_t>(it - lines.begin());
  }
  [[nodiscard]] bool has(std::string_view end) const { return index_of(end) < lines.size(); }

  struct Seen {
    TimePoint at;
    HostId from;
    PacketFate fate;
    std::uint8_t flags;
  };
  std::vector<std::string> lines;
  std::vector<Seen> packets;
  bool ran_back = false;

 private:
  void add(TimePoint t, const std::string& text) {
    ran_back |= t < last_;
    last_ = t;
    lines.push_back(std::to_string(nanos(t)) + ' ' + text);
  }
  TimePoint last_{};
};

// A line is typed after a second and comes back; `more` stands before the client.
inline Scenario echo(const std::string& more) {
  return parse_scenario("title = 'x'\n" + more +
                            "\n[client]\nprogram = 'line-client'\n[server]\nprogram = 'echo-server'\n" +
                            "[[timeline]]\nat = '1s'\ndo = 'client types'\ntext = 'hello'\n",
                        "x.toml");
}

// Of the server, unless its host is changed.
inline TimelineEvent event(Verb verb, Duration when, std::string words) {
  TimelineEvent e;
  e.verb = verb;
  e.host = HostId::server;
  e.at = at(when);
  e.text_of_verb = std::move(words);
  return e;
}

}  // namespace halfopen::test

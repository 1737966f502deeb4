#include "sim/run/timeline.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace halfopen {
namespace {

TimePoint at(Duration d) { return kTimeZero + d; }

// Writes down what it is told.
class Diary final : public Host {
 public:
  void receive(TimePoint, Packet&&) override {}
  void fire_timers(TimePoint) override {}
  bool run_programs(TimePoint) override { return false; }
  bool poll_packet(TimePoint, Packet&) override { return false; }
  TimePoint next_deadline() const override { return kNever; }
  void boot(TimePoint) override {}
  void type(TimePoint, std::string_view line) override { add("type " + std::string{line}); }
  void close_input(TimePoint) override { add("close"); }
  void kill(TimePoint, Victim victim, int signal) override {
    add("kill " + std::to_string(static_cast<int>(victim)) + ' ' + std::to_string(signal));
  }
  void freeze(TimePoint, Victim) override { add("freeze"); }
  void thaw(TimePoint, Victim) override { add("thaw"); }
  void crash(TimePoint) override { add("crash"); }
  void reboot(TimePoint) override { add("reboot"); }
  void shut_down(TimePoint, Duration grace, Duration dark) override {
    add("shut down " + std::to_string(grace / 1s) + ' ' +
        (dark == Duration::max() ? "never" : std::to_string(dark / 1s)));
  }
  bool is_up() const override { return true; }
  bool all_exited() const override { return false; }

  std::string text;

 private:
  void add(const std::string& entry) { text += entry + ';'; }
};

class Notes final : public Observer {
 public:
  void on_packet(const PacketNote&) override {}
  void on_note(const Note& note) override {
    const auto& line = std::get<TimelineNote>(note);
    text += line.verb + (line.detail.empty() ? "" : " (" + line.detail + ")") + '\n';
  }
  std::string text;
};

struct Stage {
  explicit Stage(std::vector<TimelineEvent> events) : timeline{std::move(events), notes} {}
  void run(TimePoint now) { timeline.run_due(now, client, server, path); }
  Notes notes;
  Diary client;
  Diary server;
  Path path{PathConfig{}, 1};
  Timeline timeline;
};

TimelineEvent event(Verb verb, HostId host, Duration when, std::string words = "it") {
  TimelineEvent e;
  e.verb = verb;
  e.host = host;
  e.at = at(when);
  e.text_of_verb = std::move(words);
  return e;
}

CallNote call(HostId host, std::string name, std::string args, std::int64_t result, Duration when) {
  CallNote note;
  note.at = at(when);
  note.host = host;
  note.call = std::move(name);
  note.args = std::move(args);
  note.result = result;
  return note;
}

TEST(Timeline, NothingHappensBeforeItsTimeAndEverythingAtIt) {
  Stage stage{{event(Verb::host_crashes, HostId::server, 2s, "server host crashes")}};
  EXPECT_EQ(stage.timeline.next_due(), at(2s));
  stage.run(at(2s) - 1ns);
  EXPECT_EQ(stage.server.text, "");
  stage.run(at(2s));
  EXPECT_EQ(stage.server.text, "crash;");
  EXPECT_EQ(stage.notes.text, "server host crashes\n");
  EXPECT_EQ(stage.timeline.next_due(), kNever);
}

TEST(Timeline, EventsOfOneInstantGoInTheOrderOfTheScenario) {
  TimelineEvent types = event(Verb::types, HostId::client, 1s);
  types.text = "a\n";
  Stage stage{{types, event(Verb::closes_input, HostId::client, 1s),
               event(Verb::process_frozen, HostId::client, 1s),
               event(Verb::process_thaws, HostId::client, 1s)}};
  stage.run(at(1s));
  EXPECT_EQ(stage.client.text, "type a\n;close;freeze;thaw;");
}

TEST(Timeline, EventsGoInOrderOfTimeWhereverTheyStandAndTheStartIsBeforeAll) {
  TimelineEvent start = event(Verb::host_crashes, HostId::server, 0s);
  start.at = kAtStart;
  Stage stage{{event(Verb::closes_input, HostId::server, 2s), event(Verb::process_frozen, HostId::server, 1s),
               event(Verb::process_thaws, HostId::server, 0s), start,
               event(Verb::process_killed, HostId::server, 1s)}};
  stage.timeline.run_start(stage.client, stage.server, stage.path);
  EXPECT_EQ(stage.server.text, "crash;");
  EXPECT_EQ(stage.timeline.next_due(), at(0s));
  stage.run(at(2s));
  EXPECT_EQ(stage.server.text, "crash;thaw;freeze;kill 0 9;close;");
}

TEST(Timeline, ARebootAtTheStartIsUpAgainThatMuchLater) {
  TimelineEvent reboot = event(Verb::host_reboots, HostId::server, 0s, "server host reboots");
  reboot.at = kAtStart;
  reboot.reboot_after = 3s;
  Stage stage{{reboot}};
  stage.timeline.run_start(stage.client, stage.server, stage.path);
  EXPECT_EQ(stage.server.text, "crash;");
  EXPECT_EQ(stage.timeline.next_due(), at(3s));
}

TEST(Timeline, WhatIsTypedOftenIsNotedOnce) {
  TimelineEvent types = event(Verb::types, HostId::client, 1s, "client types");
  types.text = "a\n";
  types.times = 3;
  Stage stage{{types}};
  stage.run(at(1s));
  EXPECT_EQ(stage.client.text, "type a\n;type a\n;type a\n;");
  EXPECT_EQ(stage.notes.text, "client types (\"a\\n\", 3 times)\n");
}

TEST(Timeline, KillNamesSignalAndVictim) {
  TimelineEvent kill = event(Verb::process_killed, HostId::server, 1s, "server process is killed");
  TimelineEvent term = kill;
  term.signal = 15;
  term.who = Victim::all;
  Stage stage{{kill, term}};
  stage.run(at(1s));
  EXPECT_EQ(stage.server.text, "kill 0 9;kill 2 15;");
  EXPECT_EQ(stage.notes.text,
            "server process is killed (SIGKILL to the child)\nserver process is killed (SIGTERM to all its "
            "processes)\n");
}

TEST(Timeline, ARebootWithADownTimeIsACrashAndAReboot) {
  TimelineEvent reboot = event(Verb::host_reboots, HostId::server, 2s, "server host reboots");
  reboot.reboot_after = 3s;
  Stage stage{{reboot, event(Verb::types, HostId::client, 4s)}};
  stage.run(at(2s));
  EXPECT_EQ(stage.server.text, "crash;");
  EXPECT_EQ(stage.timeline.next_due(), at(4s));
  stage.run(at(4s));
  EXPECT_EQ(stage.timeline.next_due(), at(5s));
  stage.run(at(5s));
  EXPECT_EQ(stage.server.text, "crash;reboot;");
}

TEST(Timeline, APlainRebootIsUpAtOnce) {
  Stage stage{{event(Verb::host_reboots, HostId::server, 2s)}};
  stage.run(at(2s));
  EXPECT_EQ(stage.server.text, "reboot;");
}

TEST(Timeline, ShutdownPassesItsTimes) {
  TimelineEvent down = event(Verb::host_shuts_down, HostId::server, 1s, "server host shuts down");
  down.grace = 7s;
  down.dark = Duration::max();
  Stage stage{{down, event(Verb::host_shuts_down, HostId::client, 1s)}};
  stage.run(at(1s));
  EXPECT_EQ(stage.server.text, "shut down 7 never;");
  EXPECT_EQ(stage.client.text, "shut down 5 1;");
}

TEST(Timeline, PathVerbsReachThePath) {
  TimelineEvent drops = event(Verb::path_drops, HostId::client, 0s);
  drops.rule.count = 1;
  TimelineEvent answers = event(Verb::router_answers, HostId::client, 1s);
  answers.answer = AnswerRule{};
  Stage stage{{drops, answers, event(Verb::router_answers, HostId::client, 2s),
               event(Verb::path_cut, HostId::client, 3s), event(Verb::path_restored, HostId::client, 4s)}};
  std::string fates;
  for (const Duration t : {0s, 1s, 2s, 3s, 4s}) {
    stage.run(at(t));
    Packet packet;
    packet.body.emplace<Segment>();
    fates += std::string{to_string(stage.path.send(at(t), HostId::client, std::move(packet)))} + ' ';
  }
  const std::string cut{to_string(PacketFate::cut)};
  const std::string dropped{to_string(PacketFate::dropped_by_match)};
  const std::string fine{to_string(PacketFate::delivered)};
  EXPECT_EQ(fates, dropped + ' ' + cut + ' ' + fine + ' ' + cut + ' ' + fine + ' ');
}

TEST(Timeline, AnEventAfterSomethingWaitsForItAndItsDelay) {
  TimelineEvent crash = event(Verb::host_crashes, HostId::server, 0s, "server host crashes");
  crash.after = trigger_from("line 2 answered");
  crash.delay = 500ms;
  Stage stage{{crash}};
  EXPECT_EQ(stage.timeline.next_due(), kNever);
  EXPECT_TRUE(stage.timeline.wants(NoteKind::call));
  EXPECT_FALSE(stage.timeline.wants(NoteKind::timer));
  EXPECT_EQ(stage.timeline.waiting(),
            std::vector<std::string>{"\"server host crashes\" never came: it waits for \"line 2 answered\""});
  stage.timeline.on_note(call(HostId::client, "write", "3, \"a\\n\", 2", 2, 1s));
  stage.timeline.on_note(call(HostId::client, "read", "3, ..., 4096", 2, 1s));
  stage.timeline.on_note(call(HostId::client, "write", "3, \"b\\n\", 2", 2, 2s));
  stage.timeline.on_note(call(HostId::client, "read", "0, ..., 4096", 2, 2s));  // the terminal
  stage.timeline.on_note(call(HostId::server, "read", "4, ..., 4096", 2, 2s));  // another host
  EXPECT_EQ(stage.timeline.next_due(), kNever);
  stage.timeline.on_note(call(HostId::client, "recvfrom", "3, ..., 4096", 2, 3s));
  EXPECT_EQ(stage.timeline.next_due(), at(3500ms));
  EXPECT_FALSE(stage.timeline.wants(NoteKind::call));
  stage.run(at(3500ms));
  EXPECT_EQ(stage.server.text, "crash;");
  EXPECT_TRUE(stage.timeline.waiting().empty());
}

TEST(Trigger, EveryFormIsUnderstood) {
  EXPECT_EQ(trigger_from("connected")->what, Trigger::What::connected);
  EXPECT_EQ(trigger_from("accepted")->host, HostId::server);
  EXPECT_EQ(trigger_from("client write 2")->nth, 2u);
  EXPECT_EQ(trigger_from("server recv 1")->call, "read");
  EXPECT_EQ(trigger_from("server enters SYN_RECEIVED")->state, State::syn_received);
  EXPECT_EQ(trigger_from("client exits")->what, Trigger::What::exits);
  for (const char* text : {"", "connect", "line answered", "line 0 answered", "line x answered",
                           "client write", "client write 0", "client write 2x", "router write 1",
                           "server enters SYN", "client exits 2", "client write 1 2 3 4 5 6"}) {
    EXPECT_FALSE(trigger_from(text)) << text;
  }
}

TEST(Trigger, TheNthCallCountsCallsOnSocketsThatReturnedWhateverTheyReturned) {
  TriggerWatch watch{*trigger_from("client write 2")};
  EXPECT_FALSE(watch.on_note(call(HostId::client, "write", "1, \"x\", 1", 1, 1s)));
  EXPECT_FALSE(watch.on_note(call(HostId::client, "write", "3, \"x\", 1", -1, 1s)));
  EXPECT_FALSE(watch.on_note(call(HostId::server, "write", "3, \"x\", 1", 1, 1s)));
  EXPECT_TRUE(watch.on_note(call(HostId::client, "send", "3, \"x\", 1, 0", 1, 2s)));
  EXPECT_FALSE(watch.on_note(call(HostId::client, "write", "3, \"x\", 1", 1, 3s)));
}

TEST(Trigger, ConnectedIsTheStateOrTheCallWhicheverComesFirst) {
  TriggerWatch by_state{*trigger_from("connected")};
  EXPECT_TRUE(by_state.on_note(
      StateNote{at(1s), HostId::client, {}, State::syn_sent, State::established, Cause::unknown}));
  EXPECT_FALSE(by_state.on_note(call(HostId::client, "connect", "3, {}", 0, 1s)));
  TriggerWatch by_call{*trigger_from("connected")};
  EXPECT_FALSE(by_call.on_note(call(HostId::client, "connect", "3, {}", -1, 1s)));
  EXPECT_TRUE(by_call.on_note(call(HostId::client, "connect", "3, {}", 0, 1s)));
}

}  // namespace
}  // namespace halfopen

#include "capture/expect/expect.h"

#include <gtest/gtest.h>

#include <string>

#include "sim/scenario/scenario.h"
#include "tests/support/packets.h"

namespace halfopen {
namespace {

using test::PacketSpec;
using test::tcp_packet;

TimePoint at(Duration d) { return kTimeZero + d; }

const FourTuple kConnection{{test::kClientIp, test::kClientPort}, {test::kServerIp, test::kServerPort}};

// A run that exists only as notes, held against one [[expect]] (or several) in the scenario's own words.
class StagedRun {
 public:
  explicit StagedRun(const std::string& expect)
      : scenario_{parse_scenario("title = 'x'\n[[expect]]\n" + expect, "x.toml")},
        expectations_{scenario_.expect, scenario_.facts()} {}

  StagedRun& state(Duration t, HostId host, State from, State to) {
    expectations_.on_note(StateNote{at(t), host, kConnection, from, to, Cause::unknown});
    return *this;
  }
  StagedRun& call(Duration t, HostId host, std::string name, std::int64_t result, Errno error = Errno::none,
                  Duration waited = 0s, std::string args = "3, ...") {
    CallNote note;
    note.at = at(t);
    note.began = at(t - waited);
    note.host = host;
    note.program = "line-client";
    note.pid = 100;
    note.call = std::move(name);
    note.args = std::move(args);
    note.result = result;
    note.error = static_cast<int>(error);
    expectations_.on_note(note);
    return *this;
  }
  StagedRun& process(Duration t, HostId host, ProcessNote::What what, int number, std::string text = {}) {
    expectations_.on_note(
        ProcessNote{at(t), host, "line-client", 100, what, number, number, std::move(text)});
    return *this;
  }
  StagedRun& packet(Duration t, const PacketSpec& spec, Why why = {}) {
    Packet packet = tcp_packet(pool_, spec);
    packet.why = why;
    expectations_.on_packet(
        {at(t), spec.from_server ? HostId::server : HostId::client, PacketFate::delivered, &packet});
    return *this;
  }
  StagedRun& icmp(Duration t, IcmpKind kind) {
    const auto packet = make_icmp_error(kind, tcp_packet(pool_, {}), test::kRouterIp, 0);
    expectations_.on_packet({at(t), HostId::router, PacketFate::delivered, &*packet});
    return *this;
  }
  // "passed: at 2 s", "failed: ..."
  std::string verdict(Duration end = 1h) {
    const Verdict v = expectations_.finish(at(end)).front();
    return std::string{to_string(v.what)} + ": " + v.found;
  }
  Expectations& expectations() { return expectations_; }

 private:
  BlockPool pool_;
  Scenario scenario_;
  Expectations expectations_;
};

StagedRun& established(StagedRun& run) {
  return run.state(20ms, HostId::client, State::syn_sent, State::established)
      .state(30ms, HostId::server, State::syn_received, State::established);
}

// --- How far what failed is from what was expected

TEST(Expect, OfWhatCameOutsideItsWindowTheNearestIsTold) {
  const char* const text = "ladder = 'server > client .'\nwithin = ['3s', '3.05s']";
  StagedRun run{text};
  for (const Duration t : {1020ms, 2000ms, 3097ms, 4000ms}) run.packet(t, {.from_server = true});
  const Verdict verdict = run.expectations().finish(at(1h)).front();
  EXPECT_EQ(verdict.what, Verdict::What::failed);
  EXPECT_EQ(verdict.found, "it at 3.097 s");
  EXPECT_EQ(verdict.missed_at, at(3097ms));
  EXPECT_EQ(verdict.missed_by, 47ms);
}

TEST(Expect, WhatMustNotComeIsAsFarFromItsWindowsEdge) {
  StagedRun run{"ladder = 'server > client .'\nwithin = ['3s', '4s']\nnever = true"};
  run.packet(3950ms, {.from_server = true});
  const Verdict verdict = run.expectations().finish(at(1h)).front();
  EXPECT_EQ(verdict.what, Verdict::What::failed);
  EXPECT_EQ(verdict.missed_by, 50ms);
}

// A reset that comes late leaves the state late.
TEST(Expect, AStateIsAsFarFromItsWindowAsTheNearestTimeAtWhichItHeld) {
  StagedRun run{"client.state = 'CLOSE_WAIT'\nat = '3.05s'"};
  established(run)
      .state(1s, HostId::client, State::established, State::close_wait)
      .state(2s, HostId::client, State::close_wait, State::closed)
      .state(3180ms, HostId::client, State::closed, State::close_wait);
  const Verdict verdict = run.expectations().finish(at(1h)).front();
  EXPECT_EQ(verdict.what, Verdict::What::failed);
  EXPECT_EQ(verdict.missed_at, at(3180ms));
  EXPECT_EQ(verdict.missed_by, 130ms);
  StagedRun never{"client.state = 'CLOSING'\nat = '3.05s'"};
  EXPECT_FALSE(established(never).expectations().finish(at(1h)).front().has_size());
}

TEST(Expect, WhatNeverCameHasNoSize) {
  StagedRun run{"ladder = 'server > client .'\nwithin = ['3s', '4s']"};
  EXPECT_FALSE(run.expectations().finish(at(1h)).front().has_size());
}

// --- States

TEST(Expect, AStateAtATimeIsTheOneAfterEverythingOfThatInstant) {
  const char* const text = "at = '2s'\nclient.state = 'CLOSE_WAIT'";
  StagedRun early{text};
  established(early).state(2s, HostId::client, State::established, State::close_wait);
  EXPECT_EQ(early.verdict(), "passed: at 2 s");
  StagedRun late{text};
  established(late).state(2s + 1ns, HostId::client, State::established, State::close_wait);
  EXPECT_EQ(late.verdict(), "failed: client in ESTABLISHED at 2 s");
  StagedRun passing{text};  // entered and left within the instant
  established(passing)
      .state(2s, HostId::client, State::established, State::close_wait)
      .state(2s, HostId::client, State::close_wait, State::last_ack);
  EXPECT_EQ(passing.verdict(), "failed: client in LAST_ACK at 2 s");
}

TEST(Expect, BothHostsStatesMustHoldAtOnce) {
  const char* const text = "client.state = 'CLOSE_WAIT'\nserver.state = 'FIN_WAIT_2'";
  StagedRun together{text};
  established(together)
      .state(1s, HostId::server, State::established, State::fin_wait_2)
      .state(2s, HostId::client, State::established, State::close_wait);
  EXPECT_EQ(together.verdict(), "passed: at 2 s");
  StagedRun apart{text};
  established(apart)
      .state(1s, HostId::server, State::established, State::fin_wait_2)
      .state(2s, HostId::server, State::fin_wait_2, State::time_wait)
      .state(3s, HostId::client, State::established, State::close_wait);
  EXPECT_EQ(apart.verdict(), "failed: client in CLOSE_WAIT and server in TIME_WAIT at 3 s");
}

TEST(Expect, AWindowSeesAStateThatLastsAnInstant) {
  StagedRun run{"client.state = 'CLOSE_WAIT'"};
  established(run)
      .state(2s, HostId::client, State::established, State::close_wait)
      .state(2s, HostId::client, State::close_wait, State::last_ack);
  EXPECT_EQ(run.verdict(), "passed: at 2 s");
}

TEST(Expect, AStateHeldBeforeTheWindowCountsWhenTheWindowOpens) {
  StagedRun run{"within = ['5s', '6s']\nclient.state = 'ESTABLISHED'"};
  EXPECT_EQ(established(run).verdict(), "passed: at 5 s");
  StagedRun gone{"within = ['5s', '6s']\nclient.state = 'ESTABLISHED'"};
  established(gone).state(5s - 1ns, HostId::client, State::established, State::closed);
  EXPECT_EQ(gone.verdict(), "failed: client in CLOSED at 5 s");
}

TEST(Expect, AHostWithoutAConnectionIsClosed) {
  StagedRun run{"at = '1s'\nserver.state = 'CLOSED'"};
  run.state(0s, HostId::server, State::closed, State::listen);
  EXPECT_EQ(run.verdict(), "passed: at 1 s");
}

TEST(Expect, OfSeveralConnectionsTheLatestCounts) {
  StagedRun run{"at = 'end'\nserver.state = 'ESTABLISHED'"};
  FourTuple second = kConnection;
  second.local.port = 1;
  run.state(1s, HostId::server, State::listen, State::syn_received);
  run.expectations().on_note(
      StateNote{at(2s), HostId::server, second, State::listen, State::syn_received, Cause::unknown});
  run.expectations().on_note(
      StateNote{at(2s), HostId::server, second, State::syn_received, State::established, Cause::unknown});
  run.state(3s, HostId::server, State::syn_received, State::closed);
  EXPECT_EQ(run.verdict(4s), "passed: at 4 s");
}

TEST(Expect, WhatHoldsWhenTheRunIsQuietHoldsForEver) {
  StagedRun run{"at = '24h'\nclient.state = 'ESTABLISHED'"};
  EXPECT_EQ(established(run).verdict(3s), "passed: at 86400 s");
}

TEST(Expect, NeverInAStateFailsWithTheTimeAtWhichItWas) {
  StagedRun run{"never = true\nclient.state = 'CLOSE_WAIT'"};
  established(run).state(2s, HostId::client, State::established, State::close_wait);
  EXPECT_EQ(run.verdict(), "failed: at 2 s");
  StagedRun good{"never = true\nclient.state = 'CLOSE_WAIT'"};
  EXPECT_EQ(established(good).verdict(), "passed: ");
}

// --- Calls

TEST(Expect, ACallIsComparedByErrnoResultAndTheTimeItWaited) {
  const char* const text = "client.call = 'read'\nerrno = 'ETIMEDOUT'\nwaited = ['540s', '546s']";
  StagedRun good{text};
  good.call(545500ms, HostId::client, "read", -1, Errno::timedout, 542500ms);
  EXPECT_EQ(good.verdict(), "passed: at 545.5 s");
  StagedRun wrong{text};
  wrong.call(3s, HostId::client, "read", -1, Errno::hostunreach, 1s);
  EXPECT_EQ(wrong.verdict(),
            "failed: line-client[100] read(3, ...) = -1 EHOSTUNREACH (No route to host) <1 s> at 3 s");
}

TEST(Expect, ACallOutsideItsWindowIsTheNearestMiss) {
  StagedRun run{"within = ['5s', '6s']\nclient.call = 'read'\nresult = 0"};
  run.call(3s, HostId::client, "read", 0).call(4s, HostId::client, "read", 7);
  const std::string verdict = run.verdict();
  EXPECT_TRUE(verdict.starts_with("failed: line-client[100] read(3, ...) = 0")) << verdict;
  EXPECT_TRUE(verdict.ends_with("at 3 s")) << verdict;
}

TEST(Expect, AtHasATolerance) {
  const auto verdict = [](Duration t, const char* extra) {
    StagedRun run{std::string{"at = '5s'\nclient.call = 'read'\n"} + extra};
    return run.call(t, HostId::client, "read", 0).verdict().substr(0, 6);
  };
  EXPECT_EQ(verdict(5005ms, ""), "passed");
  EXPECT_EQ(verdict(5005ms + 1ns, ""), "failed");
  EXPECT_EQ(verdict(5500ms, "tolerance = '500ms'"), "passed");
  EXPECT_EQ(verdict(4499ms, "tolerance = '500ms'"), "failed");
}

TEST(Expect, CallsOnTheTerminalAndOfTheOtherHostDoNotCount) {
  StagedRun run{"client.call = 'read'\ncount = 1"};
  run.call(1s, HostId::client, "read", 5, Errno::none, 0s, "0, ...").call(1s, HostId::server, "read", 5);
  EXPECT_EQ(run.verdict(), "failed: none");
  run.call(2s, HostId::client, "recvfrom", 5);
  EXPECT_EQ(run.verdict(), "passed: once, at 2 s");
}

TEST(Expect, AfterCountsFromTheTriggerWhichIsItselfBefore) {
  const char* const text =
      "after = 'client write 2'\nwithin = ['0s', '1s']\nclient.call = 'write'\nerrno = 'EPIPE'";
  StagedRun good{text};
  good.call(1s, HostId::client, "write", -1, Errno::pipe)
      .call(2s, HostId::client, "write", -1, Errno::pipe)
      .call(3s, HostId::client, "write", -1, Errno::pipe);
  EXPECT_EQ(good.verdict(), "passed: at 3 s");
  StagedRun late{text};
  late.call(1s, HostId::client, "write", 1)
      .call(2s, HostId::client, "write", 1)
      .call(3s + 1ns, HostId::client, "write", -1, Errno::pipe);
  EXPECT_TRUE(late.verdict().starts_with("failed: line-client[100] write")) << late.verdict();
  StagedRun none{text};
  none.call(1s, HostId::client, "write", 1);
  EXPECT_EQ(none.verdict(), "failed: no \"client write 2\"");
}

// --- Packets

TEST(Expect, RetransmissionsOfAModelAreCountedByWhatItSays) {
  StagedRun run{"client.retransmissions = 2"};
  run.packet(1s, {.seq = 1, .text = "x"}, {.cause = Cause::new_data});
  run.packet(2s, {.seq = 1, .text = "x"}, {.cause = Cause::retransmit_timeout, .retransmission = 1});
  run.packet(3s, {.seq = 1, .text = "x"}, {.cause = Cause::retransmit_timeout, .retransmission = 2});
  run.packet(4s, {.seq = 0, .text = ""}, {.cause = Cause::keepalive_probe});
  EXPECT_EQ(run.verdict(), "passed: 2 times, first at 2 s");
}

TEST(Expect, RetransmissionsOfAKernelAreToldByTheirNumbers) {
  StagedRun run{"client.retransmissions = [1, 2]"};
  run.packet(0s, {.flags = tcp_flag::syn, .seq = 99})
      .packet(1ms, {.from_server = true, .flags = tcp_flag::syn | tcp_flag::ack, .seq = 499, .ack = 100})
      .packet(1s, {.seq = 100, .ack = 500, .text = "x"})
      .packet(2s, {.seq = 100, .ack = 500, .text = "x"});
  EXPECT_EQ(run.verdict(), "passed: once, at 2 s");
}

TEST(Expect, PacketsAreCountedBySenderAndMatch) {
  StagedRun run{"server.packets = 1\nmatch.flags = 'R'"};
  run.packet(1s, {.flags = tcp_flag::rst}).packet(2s, {.from_server = true});
  EXPECT_EQ(run.verdict(), "failed: none");
  run.packet(3s, {.from_server = true, .flags = tcp_flag::rst | tcp_flag::ack});
  EXPECT_EQ(run.verdict(), "passed: once, at 3 s");
}

TEST(Expect, ARungIsComparedWithRelativeNumbers) {
  const auto meet = [](const char* rung) {
    StagedRun run{std::string{"ladder = '"} + rung + "'"};
    run.packet(0s, {.flags = tcp_flag::syn, .seq = 999})
        .packet(1ms, {.from_server = true, .flags = tcp_flag::syn | tcp_flag::ack, .seq = 4999, .ack = 1000})
        .packet(1s, {.flags = tcp_flag::psh | tcp_flag::ack,
                     .seq = 1000,
                     .ack = 5000,
                     .window = 502,
                     .text = "hello"});
    return run.verdict();
  };
  EXPECT_EQ(meet("client > server S 0:0(0)"), "passed: at 0 s");
  EXPECT_EQ(meet("server > client S. 0:0(0) ack 1"), "passed: at 0.001 s");
  EXPECT_EQ(meet("client > server P. 1:6(5) ack 1 win 502"), "passed: at 1 s");
  EXPECT_EQ(meet("client > server * (5)"), "passed: at 1 s");
  EXPECT_EQ(meet("client > server P."), "passed: at 1 s");
  EXPECT_EQ(meet("client > server ."), "failed: nothing of the kind");
  EXPECT_EQ(meet("client > server P. 1:7(6)"), "failed: nothing of the kind");
}

TEST(Expect, IcmpOfTheRouterIsARungToo) {
  StagedRun run{"ladder = 'router > client icmp host unreachable'"};
  run.icmp(1s, IcmpKind::net_unreachable);
  EXPECT_EQ(run.verdict(), "failed: nothing of the kind");
  run.icmp(2s, IcmpKind::host_unreachable);
  EXPECT_EQ(run.verdict(), "passed: at 2 s");
  StagedRun count{"router.packets = 2"};
  count.icmp(1s, IcmpKind::net_unreachable).icmp(2s, IcmpKind::host_unreachable).packet(3s, {});
  EXPECT_EQ(count.verdict(), "passed: 2 times, first at 1 s");
}

TEST(Expect, ARungThatMustNotOccur) {
  StagedRun run{"never = true\nwithin = ['2s', '3s']\nladder = 'server > client R'"};
  run.packet(1s, {.from_server = true, .flags = tcp_flag::rst});
  EXPECT_EQ(run.verdict(), "passed: ");
  run.packet(2s, {.from_server = true, .flags = tcp_flag::rst});
  EXPECT_EQ(run.verdict(), "failed: at 2 s");
}

// --- Processes

TEST(Expect, SignalsExitStatusesOutputAndProcesses) {
  using What = ProcessNote::What;
  StagedRun signal{"client.signal = 'SIGPIPE'"};
  EXPECT_EQ(signal.process(1s, HostId::client, What::killed, 13).verdict(), "passed: at 1 s");
  StagedRun status{"client.exit_status = 1"};
  EXPECT_EQ(status.process(1s, HostId::client, What::exited, 0).verdict(),
            "failed: a process exited with 0 at 1 s");
  StagedRun output{"client.output = 'terminated prematurely'"};
  EXPECT_EQ(output.process(1s, HostId::client, What::output, 0, "server terminated prematurely\n").verdict(),
            "passed: at 1 s");
  StagedRun reaped{"server.process = 'reaped'"};
  EXPECT_EQ(reaped.process(1s, HostId::client, What::reaped, 0).verdict(), "failed: nothing of the kind");
  EXPECT_EQ(reaped.process(2s, HostId::server, What::reaped, 0).verdict(), "passed: at 2 s");
}

// --- Verdicts

// A packet that the scenario's own program brings about is not another's to send.
TEST(Expect, WhatAProgramBringsAboutDoesNotApplyToAnother) {
  const auto verdict = [](const std::string& by) {
    const Scenario scenario =
        parse_scenario("title = 'x'\n[[expect]]\nladder = 'client > server F.'\n" + by, "x.toml");
    RunFacts facts = scenario.facts();
    facts.client_stand_in = "nc";
    const Verdict first = Expectations{scenario.expect, facts}.finish(at(1s)).front();
    return std::string{to_string(first.what)} + ": " + first.found;
  };
  EXPECT_EQ(verdict(""), "failed: nothing of the kind");
  EXPECT_EQ(verdict("by = 'client'\n"),
            "not applicable: it is about the scenario's own program, and nc runs there");
  EXPECT_EQ(verdict("by = 'server'\n"), "failed: nothing of the kind");
  EXPECT_THROW(static_cast<void>(verdict("by = 'router'\n")), InputError);
}

TEST(Expect, WhatDoesNotApplyIsSkippedAndSaysWhy) {
  StagedRun run{"when = \"client.os == '4.4bsd'\"\nclient.call = 'read'"};
  EXPECT_EQ(run.verdict(), "skipped: only when client.os == '4.4bsd'");
  EXPECT_FALSE(run.expectations().wants(NoteKind::call));
}

TEST(Expect, OnlyWhatIsNeededIsListenedTo) {
  StagedRun state{"client.state = 'CLOSED'"};
  EXPECT_TRUE(state.expectations().wants(NoteKind::state));
  EXPECT_FALSE(state.expectations().wants(NoteKind::call));
  EXPECT_FALSE(state.expectations().wants_packets());
  StagedRun rung{"after = 'client exits'\nladder = 'server > client R'"};
  EXPECT_TRUE(rung.expectations().wants_packets());
  EXPECT_TRUE(rung.expectations().wants(NoteKind::process));
}

TEST(Expect, AVerdictIsALine) {
  EXPECT_EQ(line_of({Verdict::What::passed, "x.toml:2:1", "client in CLOSED", "at 2 s"}),
            "passed   client in CLOSED (at 2 s)");
  EXPECT_EQ(line_of({Verdict::What::failed, "x.toml:2:1", "client in CLOSED", "client in LISTEN at 2 s"}),
            "FAILED   x.toml:2:1: expected client in CLOSED, found client in LISTEN at 2 s");
  EXPECT_EQ(line_of({Verdict::What::skipped, "x.toml:2:1", "client in CLOSED", "only when quick"}),
            "skipped  client in CLOSED (only when quick)");
}

}  // namespace
}  // namespace halfopen

#include "capture/note/note_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sim/base/errno.h"
#include "tests/capture/story.h"

namespace halfopen {
namespace {

const FourTuple kConnection{{test::kClientIp, 40000}, {test::kServerIp, 9998}};

std::vector<Note> every_kind() {
  TimerNote timer;
  timer.at = at_nanos(5);
  timer.connection = {{test::v6_host(1), 1}, {test::v6_host(2), 65535}};
  timer.timer = Timer::keepalive;
  timer.what = TimerNote::What::stopped;
  TimerNote armed = timer;
  armed.what = TimerNote::What::armed;
  armed.deadline = at_nanos(7'200'000'000'000);
  return {
      StateNote{.at = at_nanos(-1),
                .host = HostId::server,
                .connection = kConnection,
                .from = State::established,
                .to = State::close_wait,
                .why = Cause::fin_received},
      timer,
      armed,
      CallNote{.at = at_nanos(545'500'000'000),
               .began = at_nanos(3),
               .host = HostId::client,
               .program = "line-client",
               .pid = 4'000'000'000,
               .call = "read",
               .args = "3, \"\\377\", 6",
               .result = -1,
               .error = static_cast<int>(Errno::timedout),
               .detail = "(in [3])"},
      ProcessNote{.at = at_nanos(1),
                  .host = HostId::server,
                  .program = "echo-server",
                  .pid = 2,
                  .what = ProcessNote::What::exited,
                  .signal = 0,
                  .status = 3,
                  .text = {}},
      ProcessNote{.at = at_nanos(1),
                  .host = HostId::server,
                  .program = "echo-server",
                  .pid = 2,
                  .what = ProcessNote::What::output,
                  .signal = 0,
                  .status = 0,
                  .text = "two\nlines\x1b\n"},
      TimelineNote{.at = at_nanos(2), .verb = "server process is killed", .detail = "SIGKILL to the child"},
      TimelineNote{.at = at_nanos(2), .verb = "path is cut", .detail = {}},
      RemarkNote{.at = at_nanos(9), .text = "net.inet.tcp.mssdflt is not of this OS: skipped"},
  };
}

TEST(NoteJson, EveryKindOfNoteComesBack) {
  for (const Note& note : every_kind()) {
    const std::string text = compact(json_of(note));
    const auto back = note_from_json(text);
    ASSERT_TRUE(back) << text;
    EXPECT_EQ(back->index(), note.index());
    EXPECT_EQ(compact(json_of(*back)), text);
  }
}

TEST(NoteJson, TheFormIsTheDocumentedOne) {
  EXPECT_EQ(compact(json_of(every_kind()[0])),
            R"({"note":"state","t":-1,"host":"server","connection":"10.9.0.1.40000 > 10.9.0.2.9998",)"
            R"("from":"ESTABLISHED","to":"CLOSE_WAIT","why":"fin_received"})");
  EXPECT_EQ(
      compact(json_of(every_kind()[3])),
      R"({"note":"call","t":545500000000,"began":3,"host":"client","program":"line-client","pid":4000000000,)"
      R"j("call":"read","args":"3, \"\\377\", 6","result":-1,"errno":"ETIMEDOUT","detail":"(in [3])"})j");
}

TEST(NoteJson, EveryCauseHasANameThatLeadsBack) {
  for (std::size_t i = 0; i < kCauses; ++i) {
    const auto cause = static_cast<Cause>(i);
    EXPECT_EQ(cause_from(name_of(cause)), cause);
  }
  EXPECT_EQ(name_of(Cause::retransmit_timeout), "retransmit_timeout");
  EXPECT_EQ(name_of(Cause::challenge_ack), "challenge_ack");
  EXPECT_EQ(name_of(Cause::host_gone), "host_gone");
  EXPECT_FALSE(cause_from("because"));
}

TEST(NoteJson, TheRunComesBack) {
  RunInfo run = test::story_run();
  run.seed = 0xffff'ffff'ffff'ffff;
  run.tap = HostId::server;
  const auto back = run_from_json(compact(json_of(run, 77)));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->epoch, 77);
  EXPECT_EQ(compact(json_of(back->run, 77)), compact(json_of(run, 77)));
}

TEST(NoteJson, AGuestsClockComesBackAndIsNotWrittenOfOthers) {
  RunInfo run = test::story_run();
  EXPECT_EQ(compact(json_of(run, 0)).find("virtual_time"), std::string::npos);
  EXPECT_FALSE(run_from_json(compact(json_of(run, 0)))->run.virtual_time);
  run.virtual_time = true;
  EXPECT_TRUE(run_from_json(compact(json_of(run, 0)))->run.virtual_time);
}

TEST(NoteJson, APacketsFactsComeBack) {
  BlockPool pool;
  Packet packet = test::tcp_packet(pool, {});
  packet.why = {.cause = Cause::retransmit_timeout,
                .before = State::fin_wait_1,
                .after = State::closing,
                .next_timer = Timer::persist,
                .retransmission = 255,
                .next_deadline = at_nanos(1)};
  const PacketNote note{
      .at = kTimeZero, .from = HostId::server, .fate = PacketFate::queue_full, .packet = &packet};
  const auto facts = packet_facts_from_json(compact(json_of(note)));
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->from, HostId::server);
  EXPECT_EQ(facts->fate, PacketFate::queue_full);
  EXPECT_EQ(facts->why.cause, Cause::retransmit_timeout);
  EXPECT_EQ(facts->why.before, State::fin_wait_1);
  EXPECT_EQ(facts->why.after, State::closing);
  EXPECT_EQ(facts->why.next_timer, Timer::persist);
  EXPECT_EQ(facts->why.retransmission, 255);
  EXPECT_EQ(facts->why.next_deadline, at_nanos(1));
}

TEST(NoteJson, BytesThatAreNoTextAreReplaced) {
  ProcessNote note;
  note.what = ProcessNote::What::output;
  note.text = "\xff\xfe";
  const auto back = note_from_json(compact(json_of(note)));
  ASSERT_TRUE(back);
  EXPECT_EQ(std::get<ProcessNote>(*back).text, "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(NoteJson, ControlCharactersDoNotReachATerminal) {
  const auto back = note_from_json(R"({"note":"remark","t":1,"text":"a\u001b[2Jb\nc"})");
  ASSERT_TRUE(back);
  EXPECT_EQ(std::get<RemarkNote>(*back).text, "a?[2Jb?c");
}

TEST(NoteJson, WhatIsNotOfTheFormIsNoNote) {
  for (
      const auto* text :
      {"",
       "{",
       "[]",
       "null",
       "7",
       "{}",
       R"({"note":7})",
       R"({"note":"other","t":1})",
       R"({"note":"remark"})",
       R"({"note":"remark","t":"1","text":""})",
       R"({"note":"remark","t":1.5,"text":""})",
       R"({"note":"remark","t":9223372036854775807,"text":""})",
       R"({"note":"remark","t":18446744073709551615,"text":""})",
       R"({"note":"remark","t":1,"text":7})",
       R"({"note":"timeline","t":1})",
       R"({"note":"state","t":1,"host":"moon","connection":"10.9.0.1.1 > 10.9.0.2.2","from":"CLOSED","to":"CLOSED","why":"close"})",
       R"({"note":"state","t":1,"host":"client","connection":"10.9.0.1.1 10.9.0.2.2","from":"CLOSED","to":"CLOSED","why":"close"})",
       R"({"note":"state","t":1,"host":"client","connection":"10.9.0.1.70000 > 10.9.0.2.2","from":"CLOSED","to":"CLOSED","why":"close"})",
       R"({"note":"process","t":1,"host":"client","program":"x","pid":-1,"what":"exited"})",
       R"({"note":"process","t":1,"host":"client","program":"x","pid":1,"what":"flew"})"}) {
    EXPECT_FALSE(note_from_json(text)) << text;
  }
  EXPECT_FALSE(note_from_json(std::string(1'000'000, '['))) << "however deep";
  EXPECT_FALSE(run_from_json(R"({"note":"run"})"));
  EXPECT_FALSE(run_from_json(
      R"({"note":"run","epoch":1,"version":"","scenario":"","tap":"client","seed":-1,"hosts":{}})"));
  EXPECT_FALSE(packet_facts_from_json(R"({"from":"client","fate":"eaten"})"));
}

}  // namespace
}  // namespace halfopen

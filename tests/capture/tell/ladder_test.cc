// The one notation, held against examples that are written out.
#include "capture/tell/ladder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "capture/note/note_text.h"
#include "capture/note/text.h"
#include "capture/tell/rung.h"
#include "sim/tcp/profile.h"
#include "tests/capture/story.h"

namespace halfopen {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string told(LadderOptions options, Names names = test::story_run().names(), bool v6 = false) {
  std::ostringstream out;
  Ladder ladder{out, std::move(names), options};
  test::Story{ladder, v6}.tell();
  return "\n" + out.str();
}

TEST(Ladder, TellsAStory) {
  EXPECT_EQ(told({}), R"(
   0.000000  client > server  S    0:0(0)                  win 64240 <mss 1460,sackOK,TS val 5 ecr 0,nop,wscale 7>
   0.020000  server > client  S.   0:0(0)        ack 1     win 65160 <mss 1460,sackOK,TS val 5 ecr 0,nop,wscale 7>
   0.020000  client > server  .    1:1(0)        ack 1     win 64256 <nop,nop,TS val 7 ecr 5>
   0.020000  client  ESTABLISHED <- SYN_SENT ()" +
                          std::string{describe(Cause::handshake_complete)} + R"()
   1.000000  client > server  P.   1:7(6)        ack 1     win 64256 <nop,nop,TS val 7 ecr 5>
   1.020000  server > client  P.   1:7(6)        ack 7     win 65152 <nop,nop,TS val 7 ecr 5>
   1.020000  client > server  .    7:7(0)        ack 7     win 64256 <nop,nop,TS val 7 ecr 5>
   2.000000  -- server host crashes --
   3.000000  client  line-client[100] write(3, "anybody there?\n", 15) = 15
   3.000000  client > server  P.   7:22(15)      ack 7     win 64256 <nop,nop,TS val 7 ecr 5>  (lost: path is cut)
   3.240000  client > server  P.   7:22(15)      ack 7     win 64256 <nop,nop,TS val 7 ecr 5>  (lost)
   3.250000  router > client  icmp: 10.9.0.2 host unreachable [client > server 7:22(15)]
   4.000000  client  line-client[100] read(3, 0x7ffd, 4096) = -1 EHOSTUNREACH (No route to host) <1 s>
   4.000000  client  line-client[100] prints "read: No route to host\n"
   5.000000  server > client  R    7:7(0)                  win 0
   5.000000  client  line-client[100] killed by SIGKILL
)");
}

// Eighty columns hold everything of a story but the options, and of a lost packet the window.
TEST(Ladder, FitsTheRoomThatThereIs) {
  EXPECT_EQ(told({.width = 80}), R"(
   0.000000  client > server  S    0:0(0)                  win 64240
   0.020000  server > client  S.   0:0(0)        ack 1     win 65160
   0.020000  client > server  .    1:1(0)        ack 1     win 64256
   0.020000  client  ESTABLISHED <- SYN_SENT (our SYN was acknowledged: the
               connection stands)
   1.000000  client > server  P.   1:7(6)        ack 1     win 64256
   1.020000  server > client  P.   1:7(6)        ack 7     win 65152
   1.020000  client > server  .    7:7(0)        ack 7     win 64256
   2.000000  -- server host crashes --
   3.000000  client  line-client[100] write(3, "anybody there?\n", 15) = 15
   3.000000  client > server  P.   7:22(15)      ack 7  (lost: path is cut)
   3.240000  client > server  P.   7:22(15)      ack 7     win 64256  (lost)
   3.250000  router > client  icmp: 10.9.0.2 host unreachable [client > server
               7:22(15)]
   4.000000  client  line-client[100] read(3, 0x7ffd, 4096) = -1 EHOSTUNREACH
               (No route to host) <1 s>
   4.000000  client  line-client[100] prints "read: No route to host\n"
   5.000000  server > client  R    7:7(0)                  win 0
   5.000000  client  line-client[100] killed by SIGKILL
)");
  EXPECT_EQ(told({.width = 400}), told({}));
}

TEST(Ladder, SaysWhatHadNoRoom) {
  const auto left_out = [](std::size_t width) {
    LadderText text{test::story_run().names(), {.width = width}};
    struct Listener final : Observer {
      explicit Listener(LadderText& ladder) : text{ladder} {}
      void on_packet(const PacketNote& note) override { lines.push_back(text.format_rung(note)); }
      void on_note(const Note& note) override { lines.push_back(text.format_note(note)); }
      LadderText& text;
      std::vector<std::string> lines;
    };
    Listener listener{text};
    test::Story{listener}.tell();
    return std::string{text.left_out()};
  };
  EXPECT_EQ(left_out(0), "");
  EXPECT_EQ(left_out(120), "");
  EXPECT_EQ(left_out(100), "TCP options");
  EXPECT_EQ(left_out(80), "TCP options and windows");
}

// With reasons and rules, and with colours, which take no room.
TEST(Ladder, NoLineIsLongerThanTheTerminal) {
  for (const bool color : {false, true}) {
    std::istringstream lines{told({.color = color, .explain = true, .width = 72})};
    for (std::string line; std::getline(lines, line);) {
      if (const auto begin = line.find("\x1b["); begin != std::string::npos) {
        line.erase(begin, line.find('m', begin) + 1 - begin);
      }
      if (line.ends_with("\x1b[0m")) line.resize(line.size() - 4);
      EXPECT_LE(line.size(), 72u) << line;
    }
  }
}

TEST(Ladder, Ipv6IsToldInTheSameWords) {
  const std::string text = told({}, test::story_run(true).names(), true);
  EXPECT_THAT(text,
              HasSubstr("router > client  icmp6: fd00:9::2 host unreachable [client > server 7:22(15)]"));
  EXPECT_THAT(text, HasSubstr("client > server  P.   7:22(15)      ack 7     win 64256"));
}

TEST(Ladder, EndsWithoutNamesAreAddressAndPort) {
  const std::string text = told({}, Names{});
  EXPECT_THAT(text, HasSubstr("10.9.0.1.40000 > 10.9.0.2.9998  S  "));
  EXPECT_THAT(text, HasSubstr("10.9.0.254 > 10.9.0.1           icmp: 10.9.0.2 host unreachable "
                              "[10.9.0.1.40000 > 10.9.0.2.9998 7:22(15)]"));
}

TEST(Ladder, WhatIsNotAskedForIsLeftOut) {
  const std::string text = told({.calls = false, .processes = false, .states = false, .timeline = false});
  EXPECT_THAT(text, Not(HasSubstr("line-client")));
  EXPECT_THAT(text, Not(HasSubstr("<-")));
  EXPECT_THAT(text, Not(HasSubstr("--")));
  EXPECT_THAT(text, HasSubstr("client > server"));
}

TEST(Ladder, ExplainAddsTheReasonAndTheRuleUnderEachRung) {
  const std::string text =
      told({.explain = true, .family = {OsFamily::linux_os, OsFamily::linux_os, OsFamily::rfc}});
  Why why{.cause = Cause::retransmit_timeout, .before = State::established, .after = State::established};
  why.retransmission = 1;
  why.next_timer = Timer::retransmit;
  why.next_deadline = kTimeZero + 4740ms;
  EXPECT_THAT(text, HasSubstr("(lost)\n               " + explain(why, kTimeZero + 3240ms) + "  [" +
                              rule_behind(Cause::retransmit_timeout, OsFamily::linux_os) + "]\n"));
}

TEST(Ladder, ColoursAreOnlyAddedAroundTheSameText) {
  std::string text = told({.color = true});
  EXPECT_THAT(text, HasSubstr("\x1b["));
  std::string bare;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '\x1b') {
      i = text.find('m', i) + 1;
    } else {
      bare += text[i++];
    }
  }
  EXPECT_EQ(bare, told({}));
}

TEST(Ladder, ASecondConnectionIsToldApartByItsPort) {
  BlockPool pool;
  LadderText text{test::story_run().names(), {}};
  const auto rung = [&](std::uint16_t port) {
    const Packet packet = test::tcp_packet(pool, {.flags = tcp_flag::syn, .client_port = port});
    return text.format_rung({.at = kTimeZero, .from = HostId::client, .packet = &packet});
  };
  EXPECT_THAT(rung(40000), HasSubstr("client > server  S"));
  EXPECT_THAT(rung(40001), HasSubstr("client.40001 > server  S"));
  EXPECT_THAT(rung(40000), HasSubstr("client > server        S"));
  const FourTuple second{{test::kClientIp, 40001}, {test::kServerIp, 9998}};
  const StateNote note{.at = kTimeZero,
                       .host = HostId::client,
                       .connection = second,
                       .from = State::closed,
                       .to = State::syn_sent,
                       .why = Cause::active_open};
  EXPECT_THAT(text.format_note(note), HasSubstr("client.40001  SYN_SENT <- CLOSED"));
  // A server has one port for all: its states say whose connection they are of.
  const auto at_server = [&](std::uint16_t port) {
    return text.format_note(StateNote{.at = kTimeZero,
                                      .host = HostId::server,
                                      .connection = {{test::kServerIp, 9998}, {test::kClientIp, port}},
                                      .from = State::listen,
                                      .to = State::syn_received,
                                      .why = Cause::passive_open});
  };
  EXPECT_THAT(at_server(40000), HasSubstr("server  SYN_RECEIVED <- LISTEN"));
  EXPECT_THAT(at_server(40001), HasSubstr("server (client.40001)  SYN_RECEIVED <- LISTEN"));
}

TEST(Ladder, KernelsDoNotSayWhy) {
  BlockPool pool;
  LadderText text{test::story_run().names(), {.explain = true}};
  const Packet packet = test::tcp_packet(pool, {.flags = tcp_flag::syn});
  EXPECT_THAT(text.format_rung({.at = kTimeZero, .from = HostId::client, .packet = &packet}),
              Not(HasSubstr("\n")));
}

TEST(Ladder, AMalformedPacketIsALine) {
  LadderText text{{}, {}};
  EXPECT_EQ(text.format_malformed(kTimeZero + 7s, 7, "TCP data offset 3, expected 5 to 15"),
            "   7.000000  packet 7: TCP data offset 3, expected 5 to 15");
}

TEST(Ladder, FlagsHaveTcpdumpsLettersInTcpdumpsOrder) {
  EXPECT_EQ(flags_text(tcp_flag::syn), "S");
  EXPECT_EQ(flags_text(tcp_flag::syn | tcp_flag::ack), "S.");
  EXPECT_EQ(flags_text(tcp_flag::fin | tcp_flag::psh | tcp_flag::ack), "FP.");
  EXPECT_EQ(flags_text(tcp_flag::rst | tcp_flag::ack), "R.");
  EXPECT_EQ(flags_text(tcp_flag::syn | tcp_flag::ece | tcp_flag::cwr), "SEW");
  EXPECT_EQ(flags_text(0), "none");
}

TEST(Ladder, OptionsAreInTcpdumpsForm) {
  FlowFacts view;
  view.peer_base = Seq{1000};
  TcpOptions options;
  const SeqSpan blocks[] = {{Seq{2449}, 1448}, {Seq{5345}, 10}};
  options.add_sack(blocks);
  options.add_nop();
  options.add_nop();
  EXPECT_EQ(options_text(options, view), "<sack 2 {1449:2897}{4345:4355},nop,nop>");
  const std::vector<std::uint8_t> odd{254, 4, 0xf9, 0x88, 30, 2, 0, 7};
  EXPECT_EQ(options_text(*TcpOptions::parse(odd), view), "<unknown-254 0xf988,unknown-30,eol>");
  const std::vector<std::uint8_t> fast_open{34, 2, 34, 6, 1, 2, 3, 4};
  EXPECT_EQ(options_text(*TcpOptions::parse({fast_open.begin(), fast_open.begin() + 2}), view),
            "<tfo cookiereq>");
  EXPECT_EQ(options_text(*TcpOptions::parse({fast_open.begin() + 2, fast_open.end()}), view),
            "<tfo cookie 01020304>");
  const std::vector<std::uint8_t> experimental{254, 8, 0xf9, 0x89, 1, 2, 3, 4};
  EXPECT_EQ(options_text(*TcpOptions::parse(experimental), view), "<exp-tfo cookie 01020304>");
  EXPECT_EQ(options_text(TcpOptions{}, view), "");
}

TEST(Ladder, CallsAreInStracesNotation) {
  CallNote note{.at = kTimeZero + 542s,
                .began = kTimeZero + 2s + 500ms,
                .host = HostId::client,
                .program = "line-client",
                .pid = 100,
                .call = "read",
                .args = "3, 0x7ffd, 4096",
                .result = -1,
                .error = static_cast<int>(Errno::timedout),
                .detail = {}};
  EXPECT_EQ(call_text(note),
            "line-client[100] read(3, 0x7ffd, 4096) = -1 ETIMEDOUT (Connection timed out) <539.5 s>");
  note.began = note.at - 999us;
  note.error = 0;
  note.result = 1;
  note.call = "select";
  note.args = "4, [0 3], NULL, NULL, NULL";
  note.detail = "(in [3])";
  EXPECT_EQ(call_text(note), "line-client[100] select(4, [0 3], NULL, NULL, NULL) = 1 (in [3])");
  note.began = note.at - 20ms;
  EXPECT_THAT(call_text(note), HasSubstr("(in [3]) <20 ms>"));
}

TEST(Ladder, EveryProcessNoteHasAWord) {
  Names names;
  for (int what = 0; what <= static_cast<int>(ProcessNote::What::reaped); ++what) {
    ProcessNote note;
    note.program = "echo-server";
    note.pid = 7;
    note.what = static_cast<ProcessNote::What>(what);
    EXPECT_THAT(note_text(note, names), HasSubstr("client  echo-server[7] "));
  }
}

TEST(Ladder, TimersAreToldOnRequest) {
  std::ostringstream out;
  Ladder ladder{out, test::story_run().names(), {.timers = true}};
  EXPECT_TRUE(ladder.wants(NoteKind::timer));
  TimerNote note;
  note.at = kTimeZero + 1s;
  note.connection = {{test::kClientIp, 40000}, {test::kServerIp, 9998}};
  note.deadline = kTimeZero + 1204ms;
  ladder.on_note(note);
  note.what = TimerNote::What::fired;
  ladder.on_note(note);
  EXPECT_EQ(out.str(),
            "   1.000000  client  retransmission timer set, due in 204 ms\n"
            "   1.000000  client  retransmission timer ran out\n");
}

TEST(Ladder, OtherProtocolsAreNamed) {
  EXPECT_EQ(other_text({.protocol = 17, .bytes = std::vector<std::uint8_t>(12)}), "udp, 12 bytes");
  EXPECT_EQ(other_text({.protocol = 89, .bytes = {}}), "ip protocol 89, 0 bytes");
  Names names;
  const FlowTable none;
  Packet packet;
  packet.body = IcmpMessage{.type = 8, .code = 0, .rest = 0x0001'0002, .body = {}};
  EXPECT_EQ(icmp_text(packet, none, names), "icmp: echo request, id 1, seq 2");
  packet.body = IcmpMessage{.type = 13, .code = 0, .rest = 0, .body = {}};
  EXPECT_EQ(icmp_text(packet, none, names), "icmp: type 13 code 0");
  packet.body = IcmpMessage{.type = 3, .code = 4, .rest = 1400, .body = {}};
  EXPECT_EQ(icmp_text(packet, none, names), "icmp: fragmentation needed (mtu 1400)");
}

}  // namespace
}  // namespace halfopen

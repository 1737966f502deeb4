// Bad scripts: one line each, with line and column, what was expected and what was found.
#include "tests/sim/script/snippets.h"

namespace halfopen::script {
namespace {

struct Bad {
  const char* text;
  const char* line;
};
class Refusals : public ::testing::TestWithParam<Bad> {};
TEST_P(Refusals, NamePlaceExpectationAndFinding) { EXPECT_EQ(refusal_of(GetParam().text), GetParam().line); }

INSTANTIATE_TEST_SUITE_P(
    Events, Refusals,
    ::testing::Values(
        Bad{"", "x.pkt:1:1: expected an event, which begins with its time, found the end of the script"},
        Bad{"--mtu=1500\n`ls`\n",
            "x.pkt:3:1: expected an event, which begins with its time, found the end of the script"},
        Bad{"s 0 f() = 0", "x.pkt:1:1: expected an event, which begins with its time, found \"s\""},
        Bad{"0 f() = 0\n0\n  ; g() = 0",
            "x.pkt:3:3: expected a packet (< or >), a system call, a `command` or %{ code }%, found \";\""},
        Bad{"-1 f() = 0", "x.pkt:1:1: expected a time from 0 s to a hundred years, found \"-1\""},
        Bad{"+-.5 f() = 0", "x.pkt:1:2: expected a time from 0 s to a hundred years, found \"-.5\""},
        Bad{"0x1 f() = 0", "x.pkt:1:1: expected a time from 0 s to a hundred years, found \"0x1\""},
        Bad{"3162240001 f() = 0",
            "x.pkt:1:1: expected a time from 0 s to a hundred years, found \"3162240001\""},
        Bad{"99999999999999999999 f() = 0",
            "x.pkt:1:1: expected a time from 0 s to a hundred years, found \"99999999999999999999\""},
        Bad{"+ f() = 0", "x.pkt:1:3: expected a time in seconds, found \"f\""},
        Bad{"0.2~0.1 > S 0:0(0)", "x.pkt:1:5: this range of times ends before it begins"},
        Bad{"+1~2 > S 0:0(0)", "x.pkt:1:4: expected \"+\", found \"2\""},
        Bad{"* f() = 0", "x.pkt:1:1: * and ranges of times are for packets that are expected (>)"},
        Bad{"* < S 0:0(0) win 1", "x.pkt:1:1: * and ranges of times are for packets that are expected (>)"},
        Bad{"0~1 `ls`", "x.pkt:1:1: * and ranges of times are for packets that are expected (>)"},
        Bad{"0 f() = 0\n`ls`\n0 f() = 0",
            "x.pkt:3:1: expected the end of the script after its last command, found \"0\""},
        Bad{"0 f() = 0\n--mtu=5",
            "x.pkt:2:1: expected an event, which begins with its time, found \"--mtu\""}));

INSTANTIATE_TEST_SUITE_P(
    Packets, Refusals,
    ::testing::Values(
        Bad{"0 <", "x.pkt:1:4: expected TCP flags, found the end of the script"},
        Bad{"0 > X 0:0(0)",
            "x.pkt:1:5: expected TCP flags of F S R P . U E W A and one digit 0 to 7, found \"X\""},
        Bad{"0 > E.5 0:0(0)",
            "x.pkt:1:6: expected TCP flags of F S R P . U E W A and one digit 0 to 7, found \".5\""},
        Bad{"0 > .8 0:0(0)",
            "x.pkt:1:5: expected TCP flags of F S R P . U E W A and one digit 0 to 7, found \".8\""},
        Bad{"0 > S 0", "x.pkt:1:8: expected \":\", found the end of the script"},
        Bad{"0 > S 4294967296:0(0)",
            "x.pkt:1:7: expected a sequence number from 0 to 4294967295, found \"4294967296\""},
        Bad{"0 > P. 1:1001(999) ack 1",
            "x.pkt:1:8: expected the end 1000 after 999 bytes from 1, found 1001"},
        Bad{"0 > P. 1:1(65536)", "x.pkt:1:12: expected a payload's length from 0 to 65535, found \"65536\""},
        Bad{"0 > . 1:1(0) ack -1",
            "x.pkt:1:18: expected an acknowledgement number from 0 to 4294967295, found \"-1\""},
        Bad{"0 < . 1:1(0) ack 1 win 65536", "x.pkt:1:24: expected a window from 0 to 65535, found \"65536\""},
        Bad{"0 < . 1:1(0) ack 1\n",
            "x.pkt:2:1: expected the window (win) of a packet to inject, found the end "
            "of the script"},
        Bad{"0 < 70000 > 1 S 0:0(0) win 1", "x.pkt:1:5: expected a port from 0 to 65535, found \"70000\""},
        Bad{"0 < [ect01] . 1:1(0) win 1", "x.pkt:1:3: ect01 is for packets that are expected ('>')"},
        Bad{"0 < S 0:0(0) win 1 <...>", "x.pkt:1:21: <...> is for packets that are expected ('>')"},
        Bad{"0 > [ttl 256] . 1:1(0)", "x.pkt:1:10: expected a TTL from 0 to 255, found \"256\""},
        Bad{"0 > [tos 0x100] . 1:1(0)", "x.pkt:1:10: expected a TOS from 0 to 255, found \"0x100\""},
        Bad{"0 > [ect0,tos 0x10] . 1:1(0)", "x.pkt:1:11: ECN is said twice"},
        Bad{"0 > [flowlabel 0x100000] . 1:1(0)",
            "x.pkt:1:16: expected a flow label from 0 to 1048575, found \"0x100000\""},
        Bad{"0 > [bogus] . 1:1(0)",
            "x.pkt:1:6: expected tos, ttl, flowlabel, class, hlim, dscp, ecn, noecn, "
            "ect0, ect1, ect01 or ce, found \"bogus\""},
        Bad{"0 > ipv4 ::1 > ::2: . 1:1(0)", "x.pkt:1:10: expected an IPv4 address, found \"::1\""},
        Bad{"0 > ipv4 1.2.3.400 > 1.2.3.4: . 1:1(0)",
            "x.pkt:1:10: expected an IPv4 address, found \"1.2.3.400\""},
        Bad{"0 > P. 1:9(8) ack 1 [code 1, pen 1]",
            "x.pkt:1:21: a diagnosis is the payload of a reset with 8 bytes"},
        Bad{"0 < icmp 5", "x.pkt:1:10: expected an ICMP type, found \"5\""},
        Bad{"0 < icmp unreachable [1:1(0)", "x.pkt:1:29: expected \"]\", found the end of the script"}));

INSTANTIATE_TEST_SUITE_P(
    Options, Refusals,
    ::testing::Values(
        Bad{"0 > S 0:0(0) <mss 1460,>",
            "x.pkt:1:24: expected a TCP option (mss, wscale, sackOK, sack, TS, nop, "
            "eol, FO, md5, ...), found \">\""},
        Bad{"0 > S 0:0(0) <mss 65536>", "x.pkt:1:19: expected an MSS from 0 to 65535, found \"65536\""},
        Bad{"0 > S 0:0(0) <wscale 7>",
            "x.pkt:1:14: expected options of at most 40 bytes and a multiple of four "
            "(nop and eol are one byte), found 3 bytes"},
        Bad{"0 > S 0:0(0) <TS val 1 ecr 4294967296>",
            "x.pkt:1:28: expected a timestamp from 0 to 4294967295, found \"4294967296\""},
        Bad{"0 > S 0:0(0) <FO abc>",
            "x.pkt:1:18: expected a cookie of at most 38 bytes, two hexadecimal digits "
            "each, found \"abc\""},
        Bad{"0 > S 0:0(0) <FO xyzz>",
            "x.pkt:1:18: expected a cookie of at most 38 bytes, two hexadecimal "
            "digits each, found \"xyzz\""},
        Bad{"0 > S 0:0(0) <md5 000102030405060708090a0b0c0d0e0f10>",
            "x.pkt:1:19: expected a digest of at most 16 bytes, two hexadecimal digits each, found "
            "\"000102030405060708090a0b0c0d0e0f10\""},
        Bad{"0 > S 0:0(0) <ECN 5>", "x.pkt:1:19: expected e0b or e1b, found \"5\""},
        Bad{"0 > S 0:0(0) <ECN e0b 16777216>",
            "x.pkt:1:23: expected a counter from 0 to 16777215, found \"16777216\""},
        Bad{"0 > S 0:0(0) <gen-256>",
            "x.pkt:1:15: expected an option's kind from gen-0 to gen-255, found \"gen-256\""},
        Bad{"0 > S 0:0(0) <exp-10000>",
            "x.pkt:1:15: expected an experiment's number from exp-0 to exp-ffff, found \"exp-10000\""}));

INSTANTIATE_TEST_SUITE_P(
    Calls, Refusals,
    ::testing::Values(Bad{"0 f", "x.pkt:1:4: expected \"(\", found the end of the script"},
                      Bad{"0 f(1,) = 0", "x.pkt:1:7: expected a value, found \")\""},
                      Bad{"0 f(1.5) = 0", "x.pkt:1:5: expected a value, found \"1.5\""},
                      Bad{"0 f([1, 2) = 0", "x.pkt:1:10: expected \"]\", found \")\""},
                      Bad{"0 f() 0", "x.pkt:1:7: expected \"=\", found \"0\""},
                      Bad{"0 f() = 0 ()", "x.pkt:1:12: expected a word, found \")\""},
                      Bad{"0 f(9223372036854775808) = 0",
                          "x.pkt:1:5: expected a number of at most 64 bits, found \"9223372036854775808\""},
                      Bad{"0 f(0x10000000000000000) = 0",
                          "x.pkt:1:5: expected a number of at most 64 bits, found \"0x10000000000000000\""},
                      Bad{"0...x f() = 0", "x.pkt:1:5: expected a time in seconds, found \"x\""}));

INSTANTIATE_TEST_SUITE_P(
    Words, Refusals,
    ::testing::Values(Bad{"0 f(\"abc) = 0\n", "x.pkt:1:5: this string has no end: expected \""},
                      Bad{"0 `ls\n", "x.pkt:1:3: this command has no end: expected `"},
                      Bad{"0 %{ a }\n", "x.pkt:1:3: this code has no end: expected }%"},
                      Bad{"0 /* a\n", "x.pkt:1:3: this comment has no end: expected */"},
                      Bad{"#ifdef A\n0 f() = 0", "x.pkt:1:1: this #ifdef has no end: expected #endif"},
                      Bad{"\n#endif", "x.pkt:2:1: this #endif has no #ifdef"},
                      Bad{"#ifdef 5\n#endif", "x.pkt:1:8: expected a name after #ifdef"},
                      Bad{"0 f(\x1b[31m) = 0", "x.pkt:1:5: expected a value, found \"?\""},
                      Bad{"--define",
                          "x.pkt:1:9: expected =NAME=value after --define, found the end of the script"},
                      Bad{"--define=A=5.5\n0 f() = 0",
                          "x.pkt:1:12: expected a word, a number, a string or a command, found \"5.5\""},
                      Bad{"--mtu=`ls`",
                          "x.pkt:1:7: expected a number, a word, a string or an address, found a command in "
                          "backticks"}));

INSTANTIATE_TEST_SUITE_P(Sctp, Refusals,
                         ::testing::Values(Bad{"0 < sctp: INIT[]", "x.pkt:1:5: SCTP is not supported"},
                                           Bad{"0 > 1 > 2 sctp: DATA[]", "x.pkt:1:11: SCTP is not supported"},
                                           Bad{"0 socket(..., SOCK_STREAM, IPPROTO_SCTP) = 3",
                                               "x.pkt:1:28: SCTP is not supported"},
                                           Bad{"0 sctp_bindx(3) = 0", "x.pkt:1:3: SCTP is not supported"},
                                           Bad{"0 < icmp unreachable [sctp(5)]",
                                               "x.pkt:1:23: SCTP is not supported"}));

TEST(Refusals, AnIfdefThatAppliesHoldsNoOther) {
  const ParseSettings settings{.dialect = {}, .definitions = {{"A", ""}}};
  EXPECT_EQ(refusal_of("#ifdef A\n#ifdef A\n", settings), "x.pkt:2:1: an #ifdef within the #ifdef of line 1");
  EXPECT_EQ(refusal_of("#ifdef A\n0 f() = 0", settings),
            "x.pkt:1:1: this #ifdef has no end: expected #endif");
}

TEST(Refusals, ADefinitionIsOneWord) {
  EXPECT_EQ(refusal_of("0 f(A) = 0", {.dialect = {}, .definitions = {{"A", "b c"}}}),
            "x.pkt:1:5: expected a word, a number, \"a string\" or `a command` as what A stands for, found "
            "\"b c\"");
}

TEST(Refusals, ADialectThatIsGivenIsHeld) {
  const ParseSettings google{.dialect = Dialect::google, .definitions = {}};
  const ParseSettings nplab{.dialect = Dialect::nplab, .definitions = {}};
  EXPECT_EQ(refusal_of("0 > (hlim 5) . 1:1(0)", google),
            "x.pkt:1:6: hlim is of the nplab dialect, and this script is read as google's");
  EXPECT_EQ(refusal_of("0 > (hlim 5) . 1:1(0)", nplab), "accepted");
  EXPECT_EQ(refusal_of("0 > S 0:0(0) <FOEXP>", nplab),
            "x.pkt:1:15: FOEXP is of the google dialect, and this script is read as nplab's");
}

}  // namespace
}  // namespace halfopen::script

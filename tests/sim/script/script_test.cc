// Whole scripts: options, commands, times, code, comments, definitions. By the rules script, option,
// event_time and the lexer.l of google/packetdrill and nplab/packetdrill.
#include "tests/sim/script/snippets.h"

namespace halfopen::script {
namespace {

constexpr std::string_view kWhole = R"(// What all scripts have.
--ip_version=ipv4
--tolerance_usecs=10000
--local_ip=192.0.2.1
--remote_ip=fd3d:fa7b:d17d::1
--define=CC="reno"
--strict_segments
`sysctl -q net.ipv4.tcp_timestamps=0
 echo "\`"`
0.000 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+.1 setsockopt(3, SOL_TCP, TCP_CONGESTION, CC, 4) = 0 /* a
   comment */
+0...0.200 accept(3, ..., ...) = 4
0.2 < [ect0] S 0:0(0) win 32792 <mss 1000,sackOK,nop,nop,nop,wscale 7> // after it
0.25~0.5 > S. 0:0(0) ack 1 <...>
+.1~+0.2 > R 1:1(0)
* > icmp echo_reply
+0 `ip route`
+1 %{
assert tcpi_snd_cwnd == 10, tcpi_snd_cwnd
}%
`rm -f x`
)";

TEST(Scripts, HaveOptionsCommandsAndEvents) {
  const Script script = script_of(kWhole);
  EXPECT_EQ(script.options,
            (std::vector<Option>{{.name = "ip_version", .value = "ipv4", .place = {}},
                                 {.name = "tolerance_usecs", .value = "10000", .place = {}},
                                 {.name = "local_ip", .value = "192.0.2.1", .place = {}},
                                 {.name = "remote_ip", .value = "fd3d:fa7b:d17d::1", .place = {}},
                                 {.name = "strict_segments", .value = {}, .place = {}}}));
  EXPECT_EQ(script.init, CommandSpec{"sysctl -q net.ipv4.tcp_timestamps=0\n echo \"\\`\""});
  EXPECT_EQ(script.cleanup, CommandSpec{"rm -f x"});
  ASSERT_EQ(script.events.size(), 9U);
  EXPECT_EQ(std::get<CommandSpec>(script.events[7].action).line, "ip route");
  EXPECT_EQ(std::get<CodeSpec>(script.events[8].action).text,
            "\nassert tcpi_snd_cwnd == 10, tcpi_snd_cwnd\n");
  EXPECT_EQ(script.events[3].place.line, 14U);
  EXPECT_EQ(script.events[3].place.column, 1U);
}

TEST(Scripts, TimesAreOfFiveKinds) {
  using enum EventTime::Kind;
  const Script script = script_of(kWhole);
  EXPECT_EQ(script.events[0].time, (EventTime{.kind = absolute, .from = 0ns, .to = 0ns}));
  EXPECT_EQ(script.events[1].time, (EventTime{.kind = relative, .from = 100ms, .to = 0ns}));
  EXPECT_EQ(script.events[2].time, (EventTime{.kind = relative, .from = 0ns, .to = 0ns}));
  EXPECT_EQ(std::get<CallSpec>(script.events[2].action).end, 200ms);
  EXPECT_EQ(script.events[4].time, (EventTime{.kind = absolute_range, .from = 250ms, .to = 500ms}));
  EXPECT_EQ(script.events[5].time, (EventTime{.kind = relative_range, .from = 100ms, .to = 200ms}));
  EXPECT_EQ(script.events[6].time.kind, any);
}

TEST(Scripts, TimesAreExactToTheNanosecond) {
  EXPECT_EQ(event_of("0.29 f() = 0").time.from, 290ms);  // as a double: 289.999999...
  EXPECT_EQ(event_of("1.0000000019 f() = 0").time.from, 1s + 1ns);
  EXPECT_EQ(event_of("3155760000 f() = 0").time.from, std::chrono::seconds{3155760000});
}

TEST(Scripts, DefinitionsStandForTheirWords) {  // word() in lexer.l
  const ParseSettings settings{
      .dialect = {},
      .definitions = {{"N", "1460"}, {"H", "0x10"}, {"W", "SOL_TCP"}, {"CC", "\"cubic\""}, {"C", "`ls`"}}};
  EXPECT_EQ(text_of(std::get<CallSpec>(event_of("0 f(N, H, W, CC) = N", settings).action)),
            "f(1460, 0x10, SOL_TCP, \"cubic\") = 1460");
  EXPECT_EQ(text_of(event_of("0 > S 0:0(0) <mss N>", settings), Dialect::google), "0 > S 0:0(0) <mss 1460>");
  EXPECT_EQ(std::get<CommandSpec>(event_of("0 C", settings).action).line, "ls");
}

TEST(Scripts, DefineStandsAtTheTop) {  // option_value: WORD '=' WORD and others
  EXPECT_EQ(text_of(event_of("--define=A=B\n0 f(A) = 0"), Dialect::google), "0 f(B) = 0");
  EXPECT_EQ(text_of(event_of("--define=A=B\n--define=A=0x5\n0 f(A) = 0"), Dialect::google), "0 f(0x5) = 0");
  EXPECT_TRUE(script_of("--define=A=B\n0 f(A) = 0").options.empty());
  EXPECT_EQ(script_of("--define=CMD=`ls`\nCMD\n0 f() = 0").init, CommandSpec{"ls"});
}

TEST(Scripts, WhatIsGivenComesBeforeDefine) {  // parse_and_finalize_config() in config.c
  const ParseSettings settings{.dialect = {}, .definitions = {{"A", "1"}}};
  EXPECT_EQ(text_of(event_of("--define=A=B\n0 f(A) = 0", settings), Dialect::google), "0 f(1) = 0");
}

TEST(Scripts, IfdefLeavesWhatApplies) {  // IFDEF_VARIABLE, IFDEF_COMMENT in nplab's lexer.l
  constexpr std::string_view kBoth =
      "#ifdef FreeBSD\n0 f(1) = 0\n#endif\n#ifdef Linux\n0 f(2 = 0\n#endif\n0 f(3) = 0";
  const Script script = script_of(kBoth, {.dialect = {}, .definitions = {{"FreeBSD", ""}}});
  ASSERT_EQ(script.events.size(), 2U);
  EXPECT_EQ(script.events[1].place.line, 7U);
  EXPECT_EQ(script.dialect, Dialect::nplab);
}

TEST(Scripts, ShowTheirDialect) {
  EXPECT_EQ(script_of("0 f() = 0").dialect, Dialect::google);
  EXPECT_EQ(script_of("0 > (hlim 5) R 0:0(0)").dialect, Dialect::nplab);
  EXPECT_EQ(script_of("0 > S 0:0(0) <FOEXP>").dialect, Dialect::google);
  EXPECT_EQ(script_of("0 f() = 0", {.dialect = Dialect::nplab, .definitions = {}}).dialect, Dialect::nplab);
}

TEST(Scripts, OptionsCanBeReadAlone) {
  EXPECT_EQ(parse_options("--mss=1000\n--non-fatal=syscall\n0 this is (no script", "x.pkt"),
            (std::vector<Option>{{.name = "mss", .value = "1000", .place = {}},
                                 {.name = "non-fatal", .value = "syscall", .place = {}}}));
}

TEST(Scripts, ReadBackAsTheyAreWritten) {
  const Script script = script_of(kWhole);
  const std::string text = text_of(script);
  EXPECT_EQ(script_of(text), script) << text;
  EXPECT_EQ(text_of(script_of(text)), text);
}

TEST(Scripts, CutAnywhereAreReadOrRefused) {
  for (std::size_t size = 0; size < kWhole.size(); ++size) {
    const std::string cut{kWhole.substr(0, size)};
    const std::string line = refusal_of(cut);
    EXPECT_TRUE(line == "accepted" || line.starts_with("x.pkt:")) << line;
    if (line != "accepted") continue;
    EXPECT_EQ(script_of(text_of(script_of(cut))), script_of(cut)) << cut;
  }
}

// Nothing of this length can take more than a pass over it.
TEST(Scripts, MayBeSixteenMegabytesLong) {
  std::string text = "0 f() = 0\n";
  text.append(kLongestScript - text.size(), ' ');
  EXPECT_EQ(refusal_of(text), "accepted");
  text += ' ';
  EXPECT_EQ(refusal_of(text), "x.pkt: expected a script of at most 16777216 bytes, found 16777217");
  for (const std::string_view begin : {"0 f(\"", "0 %{", "/*", "`", "0 f(", "0 > sack", "#ifdef A "}) {
    std::string open{begin};
    open.append(std::size_t{1} << 20, 'a');
    EXPECT_TRUE(refusal_of(open).starts_with("x.pkt:1:")) << begin;
  }
}

TEST(Scripts, AreNestedSixtyFourLevelsDeepAtMost) {
  for (const auto& [open, close] : {std::pair{"[", "]"}, {"{", "}"}, {"a(", ")"}, {"a=", ""}}) {
    const auto nested = [&, open = std::string{open}, close = std::string{close}](int levels) {
      std::string text = "0 f(";
      for (int i = 0; i < levels; ++i) text += open;
      text += "1";
      for (int i = 0; i < levels; ++i) text += close;
      return text + ") = 0";
    };
    EXPECT_EQ(refusal_of(nested(63)), "accepted") << open;
    EXPECT_TRUE(refusal_of(nested(64)).ends_with(": nested more than 64 levels deep"))
        << refusal_of(nested(64));
    EXPECT_TRUE(refusal_of(nested(1'000'000)).ends_with(": nested more than 64 levels deep"));
  }
}

TEST(Scripts, MayHaveAnyNumberOfAlternatives) {
  std::string text = "0 f(a";
  for (int i = 0; i < 100'000; ++i) text += "|a";
  EXPECT_EQ(refusal_of(text + ") = 0"), "accepted");
}

}  // namespace
}  // namespace halfopen::script

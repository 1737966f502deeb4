// halfopen show from the outside: which connections, which view, and the pager of a terminal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/cli/process.h"
#include "tests/support/scratch.h"
#include "tests/support/tools.h"

namespace halfopen {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

class Show : public ::testing::Test {
 protected:
  // A capture of so many connections from three addresses, each of them one line and its echo.
  std::string capture(int connections, const std::string& extension) {
    write_bytes(scratch_.file("crowd.toml"),
                "title = 'A crowd'\n[client]\nprogram = 'line-client'\naddresses = '10.9.1.1-10.9.1.3'\n"
                "connections = " +
                    std::to_string(connections) +
                    "\nconnection_interval = '1ms'\n[server]\nprogram = 'echo-server'\n"
                    "[[timeline]]\nat = '0s'\ndo = 'client types'\ntext = 'hello'\n"
                    "[[timeline]]\nat = '0s'\ndo = 'client closes input'\n");
    const std::string file = scratch_.file("crowd" + extension);
    const Outcome run = halfopen_run({"sim", scratch_.file("crowd.toml"), "-q", "-w", file});
    EXPECT_EQ(run.status, 0) << run.err;
    return file;
  }
  std::string capture_of(const std::string& scenario, const std::string& extension) {
    const std::string file = scratch_.file(scenario + extension);
    const Outcome run = halfopen_run({"sim", scenario, "-q", "-w", file});
    EXPECT_EQ(run.status, 0) << run.err;
    return file;
  }
  // The lines that begin with a time, without it.
  static std::vector<std::string> timed_lines(const std::string& text) {
    std::vector<std::string> lines;
    for (const std::string& line : lines_of(text)) {
      if (line.size() > 13 && line[11] == ' ' && line[10] >= '0' && line[10] <= '9')
        lines.push_back(line.substr(13));
    }
    return lines;
  }
  // On a terminal of script(1)'s.
  static Outcome on_terminal(const std::string& environment, const std::string& file) {
    return shell("export " + environment + "; script -qec '\"$HALFOPEN\" show " + file +
                 "' /dev/null </dev/null");
  }

  test::Scratch scratch_;
};

TEST_F(Show, OneConnectionOfMany) {
  const std::string file = capture(9, ".pcap");
  const Outcome all = halfopen_run({"show", file});
  EXPECT_THAT(timed_lines(all.out), SizeIs(90));
  EXPECT_THAT(all.out, EndsWith("\n90 packets\n"));
  const Outcome some = halfopen_run({"show", "--connection", "src host 10.9.1.2", file});
  EXPECT_EQ(some.status, 0) << some.err;
  EXPECT_THAT(timed_lines(some.out), SizeIs(30));
  EXPECT_THAT(some.out,
              AllOf(HasSubstr("10.9.1.2."), Not(HasSubstr("10.9.1.1.")), Not(HasSubstr("10.9.1.3."))));
  EXPECT_THAT(some.out, EndsWith("\n30 of 90 packets, 3 of 9 connections\n"));
}

TEST_F(Show, WhatTheRouterSaysBelongsToTheConnection) {
  const std::string file = capture_of("host-crash-host-unreachable", ".pcapng");
  const Outcome shown = halfopen_run({"show", "--connection", "tcp port 9998", file});
  EXPECT_THAT(shown.out, HasSubstr("router > client"));
  EXPECT_THAT(shown.out, HasSubstr("-- "));
  EXPECT_THAT(shown.out, Not(HasSubstr("line-client[")));
  EXPECT_THAT(halfopen_run({"show", "--connection", "icmp", file}).out, Not(HasSubstr("router > client")));
}

TEST_F(Show, AFilterThatIsNoneIsRefusedBeforeAnythingIsPrinted) {
  const Outcome shown = halfopen_run({"show", "--connection", "prot 80", capture(1, ".pcap")});
  EXPECT_EQ(shown.status, 2);
  EXPECT_EQ(shown.out, "");
  EXPECT_THAT(shown.err, StartsWith("halfopen: --connection: expected a filter as tcpdump takes it, found "));
}

TEST_F(Show, StatesAsRecorded) {
  const Outcome shown = halfopen_run({"show", "--states", capture_of("normal-close", ".pcapng")});
  EXPECT_EQ(shown.status, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("states as the hosts recorded them\n"));
  EXPECT_THAT(
      shown.out,
      HasSubstr("       Time  Host    Proto  Local Address            Foreign Address          State\n"));
  std::vector<std::string> client;
  for (const std::string& line : timed_lines(shown.out)) {
    if (line.starts_with("client  tcp    10.9.0.1:")) client.push_back(line.substr(line.rfind(' ') + 1));
  }
  EXPECT_THAT(client,
              ElementsAre("SYN_SENT", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "(gone)"));
}

// The view without a capture is the view of the capture, whatever is told beside it.
TEST_F(Show, StatesOfARunAreThoseOfItsCapture) {
  for (const std::string name : {"process-killed", "host-crash-keepalive"}) {
    for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--explain"}}) {
      std::vector<std::string> run{"sim", name, "--states"};
      run.insert(run.end(), more.begin(), more.end());
      std::vector<std::string> show{"show", "--states", capture_of(name, ".pcapng")};
      show.insert(show.end(), more.begin(), more.end());
      const Outcome told = halfopen_run(run);
      EXPECT_EQ(told.status, 0) << told.err;
      EXPECT_THAT(told.out, AllOf(HasSubstr("states as the hosts recorded them\n"),
                                  HasSubstr("Foreign Address"), HasSubstr("What each program saw:")));
      EXPECT_THAT(timed_lines(told.out), SizeIs(::testing::Gt(6u)));
      EXPECT_EQ(timed_lines(told.out), timed_lines(halfopen_run(show).out)) << name;
    }
  }
  const Outcome client = halfopen_run({"sim", "normal-close", "--states", "--hide", "server"});
  EXPECT_THAT(client.out, AllOf(HasSubstr("  client  tcp"), Not(HasSubstr("  server  tcp"))));
}

TEST_F(Show, StatesInferred) {
  const Outcome shown = halfopen_run({"show", "--states", capture_of("normal-close", ".pcap")});
  EXPECT_EQ(shown.status, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("states inferred from the packets"));
  std::vector<std::string> server;
  for (const std::string& line : timed_lines(shown.out)) {
    if (line.starts_with("server  tcp    10.9.0.2:9998 ")) server.push_back(line.substr(line.rfind(' ') + 1));
  }
  EXPECT_THAT(server, ElementsAre("SYN_RECV", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "(gone)"));
}

TEST_F(Show, StatesOfOneConnection) {
  const std::string file = capture(9, ".pcapng");
  const Outcome shown =
      halfopen_run({"show", "--states", "--explain", "--connection", "src host 10.9.1.2", file});
  // Both ends of three connections: the client from SYN_SENT to the end of TIME_WAIT, the server to its last
  // ACK.
  EXPECT_THAT(timed_lines(shown.out), SizeIs(3 * (6 + 5) + 2)) << shown.out;
  EXPECT_THAT(shown.out,
              AllOf(HasSubstr("10.9.1.2:"), Not(HasSubstr("10.9.1.1:")), HasSubstr("(gone)       (")));
}

TEST_F(Show, OnATerminalItGoesThroughThePager) {
  if (!test::has_tool("script")) GTEST_SKIP() << "no script(1) to make a terminal";
  const std::string file = capture(1, ".pcap");
  const std::string pager = "PAGER='sed s/^/paged:/'";
  EXPECT_THAT(on_terminal(pager, file).out, StartsWith("paged:"));
  EXPECT_THAT(on_terminal("PAGER=", file).out, Not(HasSubstr("paged:")));
  EXPECT_THAT(on_terminal("PAGER=cat", file).out, HasSubstr("10 packets"));
  EXPECT_THAT(shell("export " + pager + "; \"$HALFOPEN\" show " + file).out, Not(HasSubstr("paged:")));
}

// On a terminal of so many columns; what is told, without the terminal's carriage returns.
std::vector<std::string> lines_in_columns(int columns, const std::string& environment,
                                          const std::string& arguments) {
  const Outcome outcome =
      shell("export PAGER=cat " + environment + "; script -qec 'stty cols " + std::to_string(columns) +
            "; \"$HALFOPEN\" " + arguments + "' /dev/null </dev/null | tr -d '\\r'");
  return lines_of(outcome.out);
}

TEST_F(Show, OnATerminalLinesFitAndWhatIsLeftOutIsSaid) {
  if (!test::has_tool("script")) GTEST_SKIP() << "no script(1) to make a terminal";
  const std::string file = capture_of("host-crash", ".pcapng");
  for (const std::string& command : std::vector<std::string>{"sim host-crash", "sim host-crash --explain",
                                                             "show " + file, "show --explain " + file}) {
    const auto lines = lines_in_columns(80, "NO_COLOR=1", command);
    EXPECT_THAT(lines,
                Contains(AllOf(StartsWith("(TCP options"), HasSubstr(" left out to fit 80 columns; "))))
        << command;
    EXPECT_THAT(lines, Not(Contains(HasSubstr("<mss "))));
    for (const std::string& line : lines) EXPECT_LE(line.size(), 80u) << line;
    EXPECT_THAT(lines_in_columns(80, "NO_COLOR=1 COLUMNS=200", command),
                AllOf(Contains(HasSubstr("<mss ")), Not(Contains(HasSubstr("left out")))));
    const Outcome piped = shell("COLUMNS=80 \"$HALFOPEN\" " + command);
    EXPECT_THAT(piped.out, AllOf(HasSubstr("<mss "), Not(HasSubstr("left out"))));
  }
}

TEST_F(Show, OnATerminalASummaryFitsToo) {
  if (!test::has_tool("script")) GTEST_SKIP() << "no script(1) to make a terminal";
  const std::string file = capture_of("host-crash", ".pcapng");
  const auto lines = lines_in_columns(80, "NO_COLOR=1", "show --summary " + file);
  for (const std::string& line : lines) {
    EXPECT_LE(line.size(), 80u) << line;
  }
  EXPECT_THAT(lines,
              AllOf(Contains(HasSubstr("client > server ")),
                    Contains(HasSubstr("reset by client, server silent since ")),
                    Contains(StartsWith(
                        "(duration, bytes, retransmissions, out of order left out to fit 80 columns;"))));
  EXPECT_EQ(lines_in_columns(200, "NO_COLOR=1", "show --summary " + file),
            lines_of(halfopen_run({"show", "--summary", file}).out));
}

// A line with one space where it has several.
std::string words_of(const std::string& line) {
  std::string words;
  for (const char c : line) {
    if (c != ' ' || !words.ends_with(' ')) words += c;
  }
  return words;
}

// A headline is broken to fit.
std::vector<std::string> below_the_headline(std::vector<std::string> lines) {
  lines.erase(lines.begin(), std::ranges::find(lines, ""));
  return lines;
}

// netstat's columns without the protocol; addresses and states are whole, and in columns.
TEST_F(Show, OnATerminalStatesFitToo) {
  if (!test::has_tool("script")) GTEST_SKIP() << "no script(1) to make a terminal";
  const std::string file = capture_of("normal-close", ".pcapng");
  const std::string left_out = "(protocols left out to fit 80 columns; COLUMNS=200 or a pipe has them)";
  for (const std::string& command :
       std::vector<std::string>{"sim normal-close --states", "show --states " + file}) {
    const auto lines = below_the_headline(lines_in_columns(80, "NO_COLOR=1", command));
    const auto wide = below_the_headline(lines_of(shell("\"$HALFOPEN\" " + command).out));
    EXPECT_THAT(lines,
                AllOf(Contains(left_out),
                      Contains(AllOf(StartsWith("       Time  Host    Local Address"), EndsWith("  State")))))
        << command;
    std::vector<std::string> narrow;
    for (const std::string& line : lines) {
      EXPECT_LE(line.size(), 80u) << line;
      if (line != left_out) narrow.push_back(words_of(line));
    }
    std::vector<std::string> expected;
    for (const std::string& line : wide) {
      std::string words = words_of(line);
      for (const std::string_view protocol : {" tcp ", " Proto "}) {
        if (const std::size_t at = words.find(protocol); at != std::string::npos)
          words.erase(at, protocol.size() - 1);
      }
      expected.push_back(std::move(words));
    }
    EXPECT_EQ(narrow, expected) << command;
    EXPECT_EQ(below_the_headline(lines_in_columns(89, "NO_COLOR=1", command)), wide);
  }
  // Why a state changed stands under it, where there is no room beside it.
  const auto explained = lines_in_columns(80, "NO_COLOR=1", "show --states --explain " + file);
  EXPECT_THAT(explained, Contains(StartsWith("             (")));
  for (const std::string& line : explained) EXPECT_TRUE(line.size() <= 80 || !line.starts_with(" ")) << line;
}

TEST_F(Show, ColoursSurviveThePager) {
  if (!test::has_tool("script")) GTEST_SKIP() << "no script(1) to make a terminal";
  const std::string file = capture(1, ".pcap");
  EXPECT_THAT(on_terminal("TERM=xterm PAGER='cat -v'; unset NO_COLOR", file).out, HasSubstr("^[["));
  EXPECT_THAT(on_terminal("NO_COLOR=1 TERM=xterm PAGER='cat -v'", file).out, Not(HasSubstr("^[[")));
}

TEST_F(Show, APagerThatIsLeftEarlyIsNoTrouble) {
  if (!test::has_tool("script")) GTEST_SKIP() << "no script(1) to make a terminal";
  const Outcome outcome = on_terminal("PAGER='head -n 1'", capture(300, ".pcap"));  // more than a pipe holds
  EXPECT_EQ(outcome.status, 0) << outcome.out;
  EXPECT_THAT(lines_of(outcome.out), SizeIs(1));
}

TEST_F(Show, APagerThatIsNotThereIsNamedWithItsCure) {
  if (!test::has_tool("script")) GTEST_SKIP() << "no script(1) to make a terminal";
  const Outcome outcome = on_terminal("PAGER=/no/such/pager", capture(1, ".pcap"));
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.out, HasSubstr("halfopen: cannot run the pager '/no/such/pager': set PAGER"));
}

TEST_F(Show, ASummaryIsOfTheConnectionsThatAreChosen) {
  const std::string file = capture(3, ".pcap");
  const Outcome all = halfopen_run({"show", "--summary", file});
  EXPECT_THAT(all.out, EndsWith("\n3 connections, 30 packets\n"));
  const Outcome one = halfopen_run({"show", "--summary", "--connection", "src host 10.9.1.2", file});
  EXPECT_EQ(one.status, 0) << one.err;
  EXPECT_THAT(one.out, AllOf(HasSubstr("10.9.1.2."), Not(HasSubstr("10.9.1.1."))));
  EXPECT_THAT(one.out, EndsWith("\n10 of 30 packets, 1 of 3 connections\n"));
  const Outcome wrong = halfopen_run({"show", "--summary", "--connection", "no such filter", file});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("a filter as tcpdump takes it"));
}

TEST_F(Show, WhatASummaryCannotShowIsRefused) {
  const std::string file = capture(1, ".pcap");
  for (const std::string other : {"--states", "--explain"}) {
    const Outcome outcome = halfopen_run({"show", "--summary", other, file});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_THAT(outcome.err, HasSubstr("--summary excludes " + other)) << outcome.err;
    EXPECT_THAT(outcome.out, ::testing::IsEmpty());
  }
}

TEST_F(Show, ASummaryAsJsonIsALineForEachConnectionWithPlainValues) {
  const Outcome outcome = halfopen_run({"show", "--summary", "--json", capture(2, ".pcap")});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const auto lines = lines_of(outcome.out);
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[0], AllOf(StartsWith("{\"connection\":1,\"began\":0,"), HasSubstr("\"by\":\"client\""),
                              HasSubstr("\"ending\":\"closed\""), HasSubstr("\"reset_after_close_by\":null"),
                              HasSubstr("\"retransmissions\":0")));
}

// One kind of capture a line: tests/captures/README.md says why.
TEST_F(Show, EveryKindOfCaptureIsTold) {
  const auto summary_of = [](const std::string& name) {
    return halfopen_run({"show", "--summary", HALFOPEN_SOURCE_DIR "/tests/captures/" + name}).out;
  };
  EXPECT_THAT(summary_of("one-sided-client.pcap"),
              HasSubstr("half-closed by client, the server's direction is missing"));
  EXPECT_THAT(summary_of("one-sided-server.pcap"), HasSubstr("open, the client's direction is missing"));
  EXPECT_THAT(summary_of("rst-for-the-old.pcap"),
              HasSubstr("closed, client first, one reset that does not count"));
  EXPECT_THAT(summary_of("refused-then-open.pcap"), HasSubstr("open, refused 2 times before"));
  EXPECT_THAT(summary_of("rst-after-close.pcap"),
              HasSubstr("closed, client first, a reset by server after it"));
  EXPECT_THAT(summary_of("duplicates.pcap"), HasSubstr("4 seen twice and counted once"));
  EXPECT_THAT(summary_of("names.pcapng"), HasSubstr("laptop.1000 > web.example.80"));
  EXPECT_THAT(summary_of("two-interfaces.pcapng"), HasSubstr("5 packets"));
  EXPECT_THAT(summary_of("fragments.pcap"), HasSubstr("3000 / 0"));
  EXPECT_THAT(summary_of("beacon.pcap"), AllOf(HasSubstr("1 not IP"), Not(HasSubstr("malformed"))));
}

}  // namespace
}  // namespace halfopen

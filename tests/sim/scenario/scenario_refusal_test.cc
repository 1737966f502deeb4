// Bad scenarios: each gets one line with place, expectation and finding, in bounded time, and never a crash.
#include <gtest/gtest.h>

#include <ctime>
#include <string>

#include "sim/base/rng.h"
#include "sim/scenario/scenario.h"

namespace halfopen {
namespace {

std::string refusal(std::string_view toml, const ScenarioOptions& options = {}) {
  try {
    static_cast<void>(parse_scenario(toml, "x.toml", options));
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

struct BadScenario {
  const char* toml;
  const char* message;
};

class ScenarioRefusal : public ::testing::TestWithParam<BadScenario> {};

TEST_P(ScenarioRefusal, NamesPlaceExpectationAndFinding) {
  EXPECT_EQ(refusal(GetParam().toml), GetParam().message);
}

#define EVENT "title = 'x'\n[[timeline]]\n"
#define EXPECTATION "title = 'x'\n[[expect]]\n"

INSTANTIATE_TEST_SUITE_P(
    Files, ScenarioRefusal,
    ::testing::Values(
        BadScenario{"", "x.toml: expected a scenario (title, client, server, timeline ...), found nothing"},
        BadScenario{"seed = 1", "x.toml:1:1: expected a \"title\" in a scenario, found none"},
        BadScenario{"title = 3", "x.toml:1:9: expected a text for title, found 3"},
        BadScenario{"titel = 'x'", "x.toml:1:1: expected a key of a scenario (\"title\"?), found \"titel\""},
        BadScenario{"title = 'x'\nip_version = 5", "x.toml:2:14: expected 4 or 6 for ip_version, found 5"},
        BadScenario{"title = 'x'\nuntil = 5",
                    "x.toml:2:9: expected a time such as \"10ms\", \"1.5s\" or \"9min\" for until, found 5"},
        BadScenario{"title = 'x'\nseed = -1",
                    "x.toml:2:8: expected a whole number from 0 to 9223372036854775807 for seed, found -1"},
        BadScenario{"title = 'x'\npath = 'fast'",
                    "x.toml:2:8: expected a section [path] for path, found \"fast\""},
        BadScenario{"title = 'x'\ntimeline = 3",
                    "x.toml:2:12: expected sections [[timeline]] for timeline, found 3"},
        BadScenario{"title = 'x'\ntimeline = [3]", "x.toml:2:13: expected a section [[timeline]], found 3"}));

#define CLIENT "title = 'x'\n[client]\nprogram = 'line-client'\n"

INSTANTIATE_TEST_SUITE_P(
    Connections, ScenarioRefusal,
    ::testing::Values(
        BadScenario{CLIENT "connections = 0",
                    "x.toml:4:15: expected a whole number from 1 to 1000000 for connections, found 0"},
        BadScenario{"title = 'x'\n[client]\nconnections = 2",
                    "x.toml:3:15: expected a `program` to run that often for connections, found 2"},
        BadScenario{CLIENT "profile = '4.4bsd'\nconnections = 3977", "accepted"},
        BadScenario{
            CLIENT "profile = '4.4bsd'\nconnections = 3978",
            "x.toml:5:15: expected at most 3977, as one address has 3977 ports (more `addresses` have "
            "more) for connections, found 3978"},
        BadScenario{CLIENT "profile = '4.4bsd'\nconnections = 3978\naddresses = '10.9.1.1-10.9.1.2'",
                    "accepted"},
        BadScenario{
            CLIENT "local_port = 4000\nconnections = 3\naddresses = '10.9.1.1-10.9.1.2'",
            "x.toml:5:15: expected at most 2, as each of 2 addresses has one local_port (more `addresses` "
            "have more) for connections, found 3"},
        BadScenario{CLIENT "connection_interval = 5",
                    "x.toml:4:23: expected a time such as \"10ms\", \"1.5s\" or \"9min\" for "
                    "connection_interval, found 5"},
        BadScenario{
            CLIENT "addresses = '10.9.1.1'",
            "x.toml:4:13: expected two IPv4 addresses, \"FIRST-LAST\" for addresses, found \"10.9.1.1\""},
        BadScenario{CLIENT "addresses = '10.9.1.1-fd00::1'",
                    "x.toml:4:13: expected two IPv4 addresses, \"FIRST-LAST\" for addresses, found "
                    "\"10.9.1.1-fd00::1\""},
        BadScenario{CLIENT "addresses = '10.9.1.2-10.9.1.1'",
                    "x.toml:4:13: expected the lower address before the \"-\" for addresses, found "
                    "\"10.9.1.2-10.9.1.1\""},
        BadScenario{
            CLIENT "addresses = '10.9.0.1-10.9.0.9'",
            "x.toml:4:13: expected addresses without the server's 10.9.0.2 (they are all the client's) for "
            "addresses, found \"10.9.0.1-10.9.0.9\""},
        BadScenario{
            CLIENT "addresses = '10.9.0.250-10.9.1.9'",
            "x.toml:4:13: expected addresses without the router's 10.9.0.254 (they are all the client's) "
            "for addresses, found \"10.9.0.250-10.9.1.9\""},
        BadScenario{CLIENT "addresses = '10.10.0.0-10.10.255.255'", "accepted"},
        BadScenario{CLIENT "addresses = '10.10.0.0-10.11.0.0'",
                    "x.toml:4:13: expected at most 65536 addresses for addresses, found "
                    "\"10.10.0.0-10.11.0.0\""}));

#undef CLIENT

INSTANTIATE_TEST_SUITE_P(
    Path, ScenarioRefusal,
    ::testing::Values(
        BadScenario{"title = 'x'\n[path]\ndealy = '1ms'",
                    "x.toml:3:1: expected a key of [path] (\"delay\"?), found \"dealy\""},
        BadScenario{
            "title = 'x'\n[path]\ndelay = '-1ms'",
            "x.toml:3:9: expected a time such as \"10ms\", \"1.5s\" or \"9min\" for delay, found \"-1ms\""},
        BadScenario{"title = 'x'\n[path]\ndelay = 10",
                    "x.toml:3:9: expected a time such as \"10ms\", \"1.5s\" or \"9min\" for delay, found 10"},
        BadScenario{"title = 'x'\n[path]\nloss = 1.5",
                    "x.toml:3:8: expected a probability from 0 to 1 or such as \"5%\" for loss, found 1.5"},
        BadScenario{"title = 'x'\n[path]\nloss = nan",
                    "x.toml:3:8: expected a probability from 0 to 1 or such as \"5%\" for loss, found nan"},
        BadScenario{"title = 'x'\n[path]\nrate = '1 Gbit'",
                    "x.toml:3:8: expected a rate such as \"100Mbit/s\" for rate, found \"1 Gbit\""},
        BadScenario{
            "title = 'x'\n[path]\nqueue = '0 packets'",
            "x.toml:3:9: expected a size or \"1\" to \"1000000 packets\" for queue, found \"0 packets\""},
        BadScenario{"title = 'x'\n[path]\nto_server.mtu = 20",
                    "x.toml:3:17: expected a whole number from 68 to 65535 for mtu, found 20"},
        BadScenario{"title = 'x'\n[router]\naddress = 'fd00:9::fe'",
                    "x.toml:3:11: expected an IPv4 address for address, found \"fd00:9::fe\""}));

INSTANTIATE_TEST_SUITE_P(
    Hosts, ScenarioRefusal,
    ::testing::Values(
        BadScenario{"title = 'x'\n[clinet]\nprogram = 'x'",
                    "x.toml:2:2: expected a key of a scenario (\"client\"?), found \"clinet\""},
        BadScenario{
            "title = 'x'\n[client]\nprogram = 'echo-server'",
            "x.toml:3:11: expected \"line-client\" or \"bulk-client\" for program, found \"echo-server\""},
        BadScenario{"title = 'x'\n[client]\nprofile = 'solaris'",
                    "x.toml:3:11: expected \"4.4bsd\", \"linux-5.10\", \"linux-6.1\", \"linux-6.12\", "
                    "\"linux-6.18\", \"linux-7.2\", \"freebsd-14\", \"windows-11\", \"macos-15\", "
                    "\"openbsd-7\" or \"rfc\" for profile, "
                    "found \"solaris\""},
        BadScenario{
            "title = 'x'\n[client]\nsysctl.tcp_retires2 = 8",
            "x.toml:3:23: expected a sysctl of a known system (\"tcp_retries2\"?), found \"tcp_retires2\""},
        BadScenario{"title = 'x'\n[client]\nsysctl.tcp_retries2 = [8]",
                    "x.toml:3:23: expected a number or a text for tcp_retries2, found a list"},
        BadScenario{
            "title = 'x'\n[client]\nsockopt.TCP_USERTIMEOUT = 5",
            "x.toml:3:9: expected a key of sockopt (\"TCP_USER_TIMEOUT\"?), found \"TCP_USERTIMEOUT\""},
        BadScenario{"title = 'x'\n[client]\nwatch = 'yes'",
                    "x.toml:3:9: expected true or false for watch, found \"yes\""},
        BadScenario{"title = 'x'\n[client]\naddress = '10.9.0.2'",
                    "x.toml:1:1: expected two addresses, found 10.9.0.2 for both hosts"},
        BadScenario{"title = 'x'\n[server]\nport = 0",
                    "x.toml:3:8: expected a whole number from 1 to 65535 for port, found 0"},
        BadScenario{
            "title = 'x'\n[server]\non_sigterm = 'faints'",
            "x.toml:3:14: expected \"dies\", \"ignores\" or \"closes\" for on_sigterm, found \"faints\""},
        BadScenario{"title = 'x'\n[server]\nwatch = true",
                    "x.toml:3:1: expected a key of [server] (\"profile\", \"address\", \"hz\", "
                    "\"timer_phase\", \"wakeup_preemption\", \"truesize\", "
                    "\"mtu\", \"sysctl\", \"program\", \"sockopt\", \"on_sigterm\", \"backlog\", \"port\", "
                    "\"reply\" or "
                    "\"reply_when\"), found \"watch\""}));

INSTANTIATE_TEST_SUITE_P(
    Timeline, ScenarioRefusal,
    ::testing::Values(
        BadScenario{EVENT "at = '1s'", "x.toml:2:1: expected a \"do\" in [[timeline]], found none"},
        BadScenario{EVENT "do = 'server host crashes'",
                    "x.toml:2:1: expected either \"at\" or \"after\" in [[timeline]], found neither"},
        BadScenario{EVENT "at = '1s'\nafter = 'connected'\ndo = 'server host crashes'",
                    "x.toml:2:1: expected either \"at\" or \"after\" in [[timeline]], found both"},
        BadScenario{EVENT "at = '-1s'\ndo = 'server host crashes'",
                    "x.toml:3:6: expected a time such as \"10ms\", \"1.5s\" or \"9min\", or \"start\" for "
                    "at, found \"-1s\""},
        BadScenario{
            EVENT "at = '25h'\ndo = 'server host crashes'",
            "x.toml:3:6: expected a time before the run ends (until = \"24h\") for at, found \"25h\""},
        BadScenario{
            EVENT "at = '1s'\ndo = 'server host crahses'",
            "x.toml:4:6: expected an event (\"server host crashes\"?) for do, found \"server host crahses\""},
        BadScenario{
            EVENT "at = '1s'\ndo = 'proxy host crashes'",
            "x.toml:4:6: expected an event (\"server host crashes\"?) for do, found \"proxy host crashes\""},
        BadScenario{EVENT "at = '1s'\ndo = 'client types'\ntext = 'a'\ntimes = 0",
                    "x.toml:6:9: expected a whole number from 1 to 8388608 for times, found 0"},
        BadScenario{EVENT "at = '1s'\ndo = 'client types'",
                    "x.toml:2:1: expected a \"text\" in \"client types\", found none"},
        BadScenario{EVENT "at = '1s'\ndo = 'path is cut'\nsignal = 'SIGKILL'",
                    "x.toml:5:1: expected a key of \"path is cut\" (\"at\", \"after\", \"delay\", \"do\" or "
                    "\"direction\"), "
                    "found \"signal\""},
        BadScenario{
            EVENT "at = '1s'\ndo = 'server process is killed'\nsignal = 'KILL'",
            "x.toml:5:10: expected a signal such as \"SIGKILL\" or \"SIGTERM\" for signal, found \"KILL\""},
        BadScenario{EVENT "at = '1s'\ndo = 'router answers'\nicmp = 'host unreachabel'",
                    "x.toml:5:8: expected an ICMP error of IPv4 (\"host unreachable\"?) for icmp, found "
                    "\"host unreachabel\""},
        BadScenario{EVENT "at = '1s'\ndo = 'router answers'\nicmp = 'fragmentation needed'",
                    "x.toml:2:1: expected an mtu with \"fragmentation needed\", found none"},
        BadScenario{EVENT "after = 'conected'\ndo = 'path is cut'",
                    "x.toml:3:9: expected \"connected\", \"accepted\", \"line N answered\", \"HOST CALL N\" "
                    "(\"client write 2\"), "
                    "\"HOST enters STATE\" or \"HOST exits\" for after, found \"conected\""},
        BadScenario{EVENT "at = '1s'\ndelay = '1s'\ndo = 'path is cut'",
                    "x.toml:4:9: expected no delay without \"after\" for delay, found \"1s\""},
        BadScenario{EVENT "at = '1s'\ndo = 'path drops'\nmatch.flags = 'X'",
                    "x.toml:5:15: expected tcpdump's flag letters (F S P R . U E W) for flags, found \"X\""},
        BadScenario{
            EVENT "at = 'strat'\ndo = 'path is cut'",
            "x.toml:3:6: expected a time such as \"10ms\", \"1.5s\" or \"9min\", or \"start\" for at, "
            "found \"strat\""},
        BadScenario{
            EVENT "at = 7\ndo = 'path is cut'",
            "x.toml:3:6: expected a time such as \"10ms\", \"1.5s\" or \"9min\", or \"start\" for at, "
            "found 7"},
        BadScenario{
            EVENT "at = 'start'\ndo = 'client process is killed'",
            "x.toml:3:6: expected a time, as the client has not started yet at the start, for at, found "
            "\"start\""}));

INSTANTIATE_TEST_SUITE_P(
    Expectations, ScenarioRefusal,
    ::testing::Values(
        BadScenario{
            EXPECTATION "at = '1s'",
            "x.toml:2:1: expected one thing in [[expect]]: HOST.state, HOST.call, HOST.retransmissions, "
            "HOST.packets, HOST.signal, HOST.exit_status, HOST.output, HOST.process or ladder, found none"},
        BadScenario{EXPECTATION "client.call = 'read'\nserver.call = 'read'",
                    "x.toml:4:15: expected one thing in each [[expect]], found a second, call"},
        BadScenario{EXPECTATION "client.state = 'FIN_WAIT_3'",
                    "x.toml:3:16: expected \"CLOSED\", \"LISTEN\", \"SYN_SENT\", \"SYN_RECEIVED\", "
                    "\"ESTABLISHED\", \"FIN_WAIT_1\", "
                    "\"FIN_WAIT_2\", \"CLOSE_WAIT\", \"CLOSING\", \"LAST_ACK\" or \"TIME_WAIT\" for state, "
                    "found \"FIN_WAIT_3\""},
        BadScenario{EXPECTATION "client.call = 'read'\nerrno = 'ETIMEOUT'",
                    "x.toml:4:9: expected an error such as \"ETIMEDOUT\" for errno, found \"ETIMEOUT\""},
        BadScenario{EXPECTATION "client.state = 'CLOSED'\nerrno = 'ETIMEDOUT'",
                    "x.toml:4:9: expected no errno without HOST.call for errno, found \"ETIMEDOUT\""},
        BadScenario{EXPECTATION "client.call = 'read'\nwithin = ['5s', '2s']",
                    "x.toml:4:10: expected two times in order, such as [\"540s\", \"546s\"] for within, "
                    "found a list"},
        BadScenario{EXPECTATION "client.call = 'read'\nresult = '=>1'",
                    "x.toml:4:10: expected a number, a range such as [1, 10], or a text such as \">0\" for "
                    "result, found \"=>1\""},
        BadScenario{EXPECTATION "client.call = 'read'\nwhen = \"client.os == 'lixun'\"",
                    "x.toml:4:8: expected '4.4bsd', 'linux', 'freebsd', 'windows', 'macos', 'openbsd' or "
                    "'rfc' in `when` (column 14), found "
                    "\"'lixun'\""},
        BadScenario{EXPECTATION "client.call = 'read'\nwhen = \"client.os = 'linux'\"",
                    "x.toml:4:8: expected \"==\" or \"!=\" in `when` (column 11), found \"=\""},
        BadScenario{EXPECTATION "client.call = 'read'\nwhen = \"(quick\"",
                    "x.toml:4:8: expected \")\" in `when` (column 7), found its end"},
        BadScenario{EXPECTATION "ladder = 'client > client S'",
                    "x.toml:3:10: expected the other host in a ladder line, found \"client\""},
        BadScenario{
            EXPECTATION "ladder = 'client > server Q'",
            "x.toml:3:10: expected tcpdump's flag letters, \"*\" or icmp in a ladder line, found \"Q\""},
        BadScenario{EXPECTATION "ladder = 'client > server S ack'",
                    "x.toml:3:10: expected a number in a ladder line, found its end"},
        BadScenario{EXPECTATION "client.packets = -1",
                    "x.toml:3:18: expected a count such as 12 or [11, 13] for packets, found -1"}));

struct BadOverride {
  const char* assignment;
  const char* message;
};

class OverrideRefusal : public ::testing::TestWithParam<BadOverride> {};

TEST_P(OverrideRefusal, NamesTheKeyThatWasGiven) {
  const char* const toml = "title = 'x'\n[path]\ndelay = '1ms'\n[[timeline]]\nat = '1s'\ndo = 'path is cut'";
  EXPECT_EQ(refusal(toml, {.overrides = {GetParam().assignment}}), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    All, OverrideRefusal,
    ::testing::Values(
        BadOverride{"path.delay", "--set: expected KEY=VALUE, found \"path.delay\""},
        BadOverride{"=1", "--set: expected a key such as path.delay, found something else"},
        BadOverride{"path..delay=1",
                    "--set path..delay: expected a key such as path.delay, found something else"},
        BadOverride{"path.dealy=1ms",
                    "--set path.dealy: expected a key of [path] (\"delay\"?), found \"dealy\""},
        BadOverride{"pahts.delay=1ms",
                    "--set pahts.delay: expected a key of a scenario (\"path\"?), found \"pahts\""},
        BadOverride{"path.delay=fast",
                    "--set path.delay: expected a time such as \"10ms\", \"1.5s\" or \"9min\" for delay, "
                    "found \"fast\""},
        BadOverride{"path.delay.x=1", "--set path.delay.x: expected a section, found \"1ms\""},
        BadOverride{"timeline.2.at=1s", "--set timeline.2.at: expected an item from 1 to 1, found \"2\""},
        BadOverride{"timeline.x.at=1s", "--set timeline.x.at: expected an item from 1 to 1, found \"x\""},
        BadOverride{"timeline.1=x",
                    "--set timeline.1: expected a key of the list's item, found the item as a whole"},
        BadOverride{"timeline.1.do=server crashes",
                    "--set timeline.1.do: expected an event (\"server host crashes\"?) for do, found "
                    "\"server crashes\""},
        BadOverride{"client.sysctl.tcp_nonsense=1",
                    "--set client.sysctl.tcp_nonsense: expected a sysctl of a known system, found "
                    "\"tcp_nonsense\""}));

TEST(ScenarioRefusalBounds, TruncatedFilesAreRefusedOrCompleteWhereverTheyEnd) {
  const std::string whole =
      "title = \"x\"\n[path]\ndelay = \"10ms\"\nto_server = { loss = 0.5 }\n[[timeline]]\nat = \"1s\"\ndo = "
      "\"client "
      "types\"\ntext = \"\"\"\nhello\"\"\"\n[[expect]]\nwhen = \"client.os == 'linux'\"\nclient.state = "
      "\"CLOSED\"\n";
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    const std::string message = refusal(std::string_view{whole}.substr(0, length));
    EXPECT_TRUE(message == "accepted" || message.starts_with("x.toml:")) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

TEST(ScenarioRefusalBounds, NoiseIsRefusedInOneLine) {
  Rng rng{1};
  for (int round = 0; round < 300; ++round) {
    std::string noise;
    const std::uint64_t length = rng.below(2000);
    for (std::uint64_t i = 0; i < length; ++i)
      noise += static_cast<char>(rng.below(round % 2 == 0 ? 256 : 128));
    const std::string message = refusal(noise);
    EXPECT_TRUE(message.starts_with("x.toml")) << message;
    EXPECT_EQ(message.find_first_of("\n\r\x1b"), std::string::npos) << message;
    EXPECT_LT(message.size(), 600u) << message;
  }
}

TEST(ScenarioRefusalBounds, MutatedFilesNeverDoWorseThanARefusal) {
  const std::string whole =
      "title = \"x\"\n[client]\nprogram = \"line-client\"\nsockopt.TCP_NODELAY = 1\nsysctl.tcp_retries2 = "
      "8\n[path]\ndelay = "
      "\"10ms\"\n[[timeline]]\nat = \"1s\"\ndo = \"path drops\"\nmatch = { flags = \"R.\" "
      "}\n[[expect]]\nladder = \"client > "
      "server P. 1:6(5) ack 1\"\nwhen = \"client.os == 'linux'\"\n";
  Rng rng{2};
  for (int round = 0; round < 3000; ++round) {
    std::string text = whole;
    for (std::uint64_t n = rng.below(4) + 1; n > 0; --n) {
      const std::size_t at = rng.below(text.size());
      switch (rng.below(3)) {
        case 0: text[at] = static_cast<char>(rng.below(128)); break;
        case 1: text.erase(at, rng.below(10)); break;
        default: text.insert(at, text.substr(rng.below(text.size()), rng.below(20))); break;
      }
    }
    const std::string message = refusal(text);
    EXPECT_TRUE(message == "accepted" || message.starts_with("x.toml")) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

TEST(ScenarioRefusalBounds, WhatWasFoundOnTwoLinesIsToldOnOne) {
  const std::string message = refusal(
      "title = 't'\n[client]\nprogram = 'line-client'\n[server]\nprogram = 'echo-server'\n"
      "[[expect]]\nladder = \"server > client . wi\\nn 0\"\n");
  EXPECT_TRUE(message.ends_with("found \"wi?n\"")) << message;
}

TEST(ScenarioRefusalBounds, AHundredMegabytesAreRefusedAtOnce) {
  const std::string huge(100'000'000, '[');
  const std::clock_t before = std::clock();  // processor time: a busy machine takes no more of it
  EXPECT_EQ(refusal(huge), "x.toml: expected a scenario of at most 1048576 bytes, found 100000000");
  EXPECT_LT(std::clock() - before, 5 * CLOCKS_PER_SEC);
}

TEST(ScenarioRefusalBounds, DeepNestingDoesNotReachTheStack) {
  const std::size_t half = kMaxScenarioBytes / 2;
  std::string dots = "a";
  for (std::size_t i = 0; i < half / 2; ++i) dots += ".a";
  std::string headers = "[a";
  for (std::size_t i = 0; i < half / 2; ++i) headers += ".\"b\"";
  std::string spread;
  for (std::size_t i = 0; i < half / 12; ++i) spread += "x = {a.b.c=[\n";
  for (const std::string& text :
       {std::string(half, '['), "x = " + std::string(half, '['), dots + " = 1", headers.substr(0, half),
        spread, "x = '''\n''' \n" + dots + " = 1", "x = " + std::string(half, '{')}) {
    const std::string message = refusal(text);
    EXPECT_NE(message.find("expected at most 32 levels of brackets and dots, found more"), std::string::npos)
        << message;
  }
}

TEST(ScenarioRefusalBounds, BracketsAndDotsInTextsAndCommentsDoNotCount) {
  const std::string brackets(1000, '[');
  const std::string dots(1000, '.');
  EXPECT_EQ(refusal("# " + brackets + dots + "\ntitle = '" + brackets + dots + "'\nstory = \"\"\"\n" +
                    brackets + "\n" + dots + "\\\"\"\" \"\"\"\n"),
            "accepted");
}

}  // namespace
}  // namespace halfopen

#include "sim/scenario/scenario.h"

#include <gtest/gtest.h>

#include <string>

namespace halfopen {
namespace {

constexpr std::string_view kWhole = R"(
title = "Server host crashes"
story = "what happens"
until = "1h"
seed = 7
sooner = false

[path]
delay = "10ms"
loss = "1%"
rate = "100Mbit/s"
queue = "64KiB"
to_client.delay = "30ms"

[router]
address = "10.9.0.99"

[client]
profile = "4.4bsd"
program = "line-client"
timer_phase = "100ms"
read_timeout = "5s"
sigpipe = "ignore"
sockopt.TCP_USER_TIMEOUT = 5000
sockopt.SO_KEEPALIVE = true

[client.sysctl]
"net.ipv4.tcp_retries2" = 8

[server]
program = "echo-server"
port = 7
on_sigterm = "closes"

[[timeline]]
at = "1s"
do = "client types"
text = "hello"

[[timeline]]
after = "line 1 answered"
delay = "500ms"
do = "server host reboots"
down_for = "3s"

[[timeline]]
at = "2s"
do = "path drops"
match = { from = "server", flags = "R" }
count = 2

[[timeline]]
at = "2s"
do = "router answers"
icmp = "host unreachable"

[[expect]]
at = "2.5s"
client.state = "CLOSE_WAIT"
server.state = "FIN_WAIT_2"

[[expect]]
when = "client.os == '4.4bsd'"
client.call = "read"
errno = "ETIMEDOUT"
waited = ["540s", "546s"]

[[expect]]
client.retransmissions = 12

[quick]
path.delay = "1ms"
timeline.1.at = "10ms"
)";

Scenario parse(std::string_view toml, ScenarioOptions options = {}) {
  return parse_scenario(toml, "x.toml", options);
}

// The message with which `toml` is refused.
std::string refusal(std::string_view toml, ScenarioOptions options = {}) {
  try {
    static_cast<void>(parse(toml, options));
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Scenario, EveryPartOfAFileIsUnderstood) {
  const Scenario s = parse(kWhole);
  EXPECT_EQ(s.title, "Server host crashes");
  EXPECT_EQ(s.until, kTimeZero + 1h);
  EXPECT_EQ(s.seed, 7u);
  EXPECT_FALSE(s.sooner);
  EXPECT_EQ(s.path.to_server.delay, Duration{10ms});
  EXPECT_EQ(s.path.to_client.delay, Duration{30ms});
  EXPECT_DOUBLE_EQ(s.path.to_client.loss, 0.01);
  EXPECT_EQ(s.path.to_server.rate, 100'000'000u);
  EXPECT_EQ(s.path.to_server.queue_bytes, 65536u);
  EXPECT_EQ(s.path.router, IpAddress::v4({10, 9, 0, 99}));
  EXPECT_EQ(s.client.profile_name, "4.4bsd");
  EXPECT_EQ(s.client.timer_phase, Duration{100ms});
  EXPECT_EQ(s.client.program.name, "line-client");
  EXPECT_EQ(s.client.program.read_timeout, Duration{5s});
  EXPECT_TRUE(s.client.program.ignore_sigpipe);
  using Option = std::pair<std::string, std::int64_t>;
  EXPECT_EQ(s.client.program.sockopts,
            (std::vector<Option>{{"TCP_USER_TIMEOUT", 5000}, {"SO_KEEPALIVE", 1}}));
  EXPECT_EQ(s.server.program.server, (SocketAddress{IpAddress::v4({10, 9, 0, 2}), 7}));
  EXPECT_EQ(s.client.program.server, s.server.program.server);
  EXPECT_EQ(s.server.program.on_sigterm, OnSigterm::closes);
  ASSERT_EQ(s.remarks.size(), 1u);
  EXPECT_NE(s.remarks[0].find("net.ipv4.tcp_retries2 is skipped"), std::string::npos) << s.remarks[0];
}

TEST(Scenario, TheTimelineIsUnderstood) {
  const Scenario s = parse(kWhole);
  ASSERT_EQ(s.timeline.size(), 4u);
  EXPECT_EQ(s.timeline[0].verb, Verb::types);
  EXPECT_EQ(s.timeline[0].text, "hello\n");
  EXPECT_EQ(s.timeline[0].at, kTimeZero + 1s);
  EXPECT_EQ(s.timeline[1].verb, Verb::host_reboots);
  EXPECT_EQ(s.timeline[1].host, HostId::server);
  ASSERT_TRUE(s.timeline[1].after);
  EXPECT_EQ(s.timeline[1].after->what, Trigger::What::line_answered);
  EXPECT_EQ(s.timeline[1].delay, Duration{500ms});
  EXPECT_EQ(s.timeline[1].reboot_after, Duration{3s});
  EXPECT_EQ(s.timeline[2].rule.match.flags, tcp_flag::rst);
  EXPECT_EQ(s.timeline[2].rule.match.from, HostId::server);
  EXPECT_EQ(s.timeline[2].rule.count, 2u);
  ASSERT_TRUE(s.timeline[3].answer);
  EXPECT_EQ(s.timeline[3].answer->kind, IcmpKind::host_unreachable);
}

TEST(Scenario, ExpectationsAreUnderstoodAndDescribed) {
  const Scenario s = parse(kWhole);
  ASSERT_EQ(s.expect.size(), 3u);
  EXPECT_EQ(s.expect[0].client_state, State::close_wait);
  EXPECT_EQ(s.expect[0].from, s.expect[0].to);
  EXPECT_EQ(s.expect[0].text, "client in CLOSE_WAIT and server in FIN_WAIT_2 at 2.5s");
  EXPECT_EQ(s.expect[1].error, Errno::timedout);
  EXPECT_EQ(s.expect[1].text, "client read() = -1 ETIMEDOUT after waiting 9min to 546s");
  EXPECT_TRUE(holds(s.expect[1].when, s.facts()));
  EXPECT_EQ(s.expect[2].text, "12 retransmissions of the client");
  EXPECT_TRUE(s.expect[2].place.starts_with("x.toml:")) << s.expect[2].place;
}

TEST(Scenario, BothHostsRunLinuxUnlessTheyAreToldOtherwise) {
  const Scenario s = parse("title = 'x'");
  EXPECT_EQ(s.client.profile_name, "linux-6.18");
  EXPECT_EQ(s.server.profile_name, "linux-6.18");
  EXPECT_EQ(s.facts().client_os, "linux");
  EXPECT_EQ(s.client.program.server, (SocketAddress{IpAddress::v4({10, 9, 0, 2}), 9998}));
}

TEST(Scenario, Ipv6ChangesEveryAddress) {
  const Scenario s = parse("title = 'x'\nip_version = 6");
  EXPECT_EQ(s.client.address.to_string(), "fd00:9::1");
  EXPECT_EQ(s.server.program.server.ip.to_string(), "fd00:9::2");
  EXPECT_EQ(s.path.router.to_string(), "fd00:9::fe");
}

TEST(Scenario, EveryValueCanBeOverridden) {
  const Scenario s = parse(
      kWhole, {.overrides = {"path.delay=100ms", "client.profile=linux", "client.sysctl.tcp_retries2=9",
                             "client.sockopt.TCP_USER_TIMEOUT=7000", "timeline.1.at=0.5s",
                             "timeline.1.text=a = b # c", "title=42", "server.sysctl.net.inet.tcp.keepidle=1",
                             "path.loss=0", "expect.3.client.retransmissions=[1, 20]", "seed=9"}});
  EXPECT_EQ(s.path.to_server.delay, Duration{100ms});
  EXPECT_EQ(s.path.to_client.delay, Duration{30ms});
  EXPECT_EQ(s.client.profile_name, "linux-6.18");
  EXPECT_EQ(s.client.profile.retransmit.retries.value, 9u);
  EXPECT_EQ(s.client.program.sockopts.size(), 2u);
  EXPECT_EQ(s.client.program.sockopts.back().second, 7000);
  EXPECT_EQ(s.timeline[0].at, kTimeZero + 500ms);
  EXPECT_EQ(s.timeline[0].text, "a = b # c\n");
  EXPECT_EQ(s.title, "42");
  EXPECT_EQ(s.path.to_server.loss, 0);
  EXPECT_EQ(s.expect[2].count->high, 20);
  EXPECT_EQ(s.seed, 9u);
  ASSERT_EQ(s.remarks.size(), 1u);
  EXPECT_NE(s.remarks[0].find("net.inet.tcp.keepidle"), std::string::npos);
}

TEST(Scenario, TheLastOverrideOfAKeyWins) {
  EXPECT_EQ(parse(kWhole, {.overrides = {"path.delay=1ms", "path.delay=2ms"}}).path.to_server.delay,
            Duration{2ms});
}

TEST(Scenario, QuickIsAppliedOnDemandAndCheckedAlways) {
  const Scenario slow = parse(kWhole);
  EXPECT_TRUE(slow.has_quick);
  EXPECT_FALSE(slow.quick);
  EXPECT_EQ(slow.path.to_server.delay, Duration{10ms});
  const Scenario quick = parse(kWhole, {.overrides = {}, .quick = true});
  EXPECT_TRUE(quick.quick);
  EXPECT_EQ(quick.path.to_server.delay, Duration{1ms});
  EXPECT_EQ(quick.path.to_client.delay, Duration{30ms});
  EXPECT_EQ(quick.timeline[0].at, kTimeZero + 10ms);
  EXPECT_EQ(refusal("title = 'x'\n[quick]\npath.dealy = '1ms'"),
            "x.toml:3:6: expected a key of [path] (\"delay\"?), found \"dealy\"");
}

TEST(Scenario, ARebootMayBeWrittenWithAfterAsTheTimeItStaysDown) {
  const Scenario s = parse("title = 'x'\n[[timeline]]\nat = '2s'\ndo = 'server host reboots'\nafter = '3s'");
  EXPECT_FALSE(s.timeline[0].after);
  EXPECT_EQ(s.timeline[0].reboot_after, Duration{3s});
}

TEST(Scenario, AnEventMayStandAtTheStartByAnOverrideToo) {
  const std::string text = "title = 'x'\n[[timeline]]\nat = '2s'\ndo = 'path is cut'\n";
  EXPECT_EQ(parse(text).timeline[0].at, kTimeZero + 2s);
  EXPECT_EQ(parse(text, {.overrides = {"timeline.1.at=start"}, .quick = false}).timeline[0].at, kAtStart);
  EXPECT_EQ(parse(text + "[quick]\ntimeline.1.at = 'start'", {.overrides = {}, .quick = true}).timeline[0].at,
            kAtStart);
}

TEST(Scenario, ShutdownMayLeaveTheNetworkUp) {
  const Scenario s = parse(
      "title = 'x'\n[[timeline]]\nat = '2s'\ndo = 'server host shuts down'\ngrace = '7s'\ndark = 'never'");
  EXPECT_EQ(s.timeline[0].grace, Duration{7s});
  EXPECT_EQ(s.timeline[0].dark, Duration::max());
}

TEST(Scenario, ResultsMayBeComparisons) {
  const Scenario s = parse(
      "title = 'x'\n[[expect]]\nclient.call = 'recvfrom'\nresult = '>0'\n[[expect]]\nclient.call = "
      "'write'\nresult = -1");
  EXPECT_EQ(s.expect[0].call, "read");
  EXPECT_FALSE(s.expect[0].result->contains(0));
  EXPECT_TRUE(s.expect[0].result->contains(1));
  EXPECT_TRUE(s.expect[1].result->contains(-1));
}

TEST(Scenario, ACallThatNobodyMakesIsRefused) {
  const auto refusal = [](const char* text) {
    try {
      parse(std::string{"title = 'x'\n"} + text);
    } catch (const InputError& error) {
      return std::string{error.what()};
    }
    return std::string{};
  };
  const std::string wrong = refusal("[[expect]]\nclient.call = 'raed'");
  EXPECT_NE(wrong.find("found \"raed\""), std::string::npos) << wrong;
  EXPECT_NE(wrong.find(":3:"), std::string::npos) << wrong;
  EXPECT_NE(refusal("[[timeline]]\nafter = 'client wriet 2'\ndo = 'server host crashes'"), "");
  for (const char* call : {"read", "recvfrom", "epoll_wait", "fork", "setsockopt", "close"}) {
    EXPECT_EQ(refusal(("[[expect]]\nclient.call = '" + std::string{call} + "'").c_str()), "") << call;
  }
}

TEST(Scenario, ConditionsKnowPrecedenceParenthesesAndNot) {
  RunFacts facts{.client_os = "linux",
                 .server_os = "4.4bsd",
                 .client_profile = "linux-6.18",
                 .server_profile = "4.4bsd"};
  const auto is = [&facts](std::string_view text) { return holds(condition_from(text, "x"), facts); };
  EXPECT_TRUE(is("client.os == 'linux'"));
  EXPECT_TRUE(is("client.os == \"linux\" && server.os != 'linux'"));
  EXPECT_TRUE(is("client.os == 'linux' || client.os == 'rfc' && server.os == 'rfc'"));
  EXPECT_FALSE(is("(client.os == 'linux' || client.os == 'rfc') && server.os == 'rfc'"));
  EXPECT_FALSE(is("!client.os=='linux'"));
  EXPECT_TRUE(is("!(client.os=='freebsd')&&!quick"));
  EXPECT_TRUE(is("client.profile == 'linux'"));  // an alias
  EXPECT_TRUE(is("server.profile == 'berkeley'"));
  EXPECT_FALSE(is("client.profile == 'linux-6.12.9'"));  // some kernel
  EXPECT_TRUE(is("client.kind == 'model'"));
  EXPECT_TRUE(holds(Condition{}, facts));
}

TEST(Scenario, RungsOfALadderMayHaveHoles) {
  const RungPattern data = rung_from("client > server P. 1:6(5) ack 1 win 502", "x");
  EXPECT_EQ(data.flags, tcp_flag::psh | tcp_flag::ack);
  EXPECT_EQ(data.seq, 1u);
  EXPECT_EQ(data.end, 6u);
  EXPECT_EQ(data.len, 5u);
  EXPECT_EQ(data.ack, 1u);
  EXPECT_EQ(data.win, 502u);
  EXPECT_EQ(rung_from("server > client R", "x").flags, tcp_flag::rst);
  EXPECT_FALSE(rung_from("server > client *", "x").flags);
  EXPECT_EQ(rung_from("server > client * (0)", "x").len, 0u);
  EXPECT_EQ(rung_from("router > client icmp host unreachable", "x").icmp, IcmpKind::host_unreachable);
  EXPECT_TRUE(rung_from("router > client icmp", "x").is_icmp);
}

}  // namespace
}  // namespace halfopen

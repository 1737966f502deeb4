#include <gtest/gtest.h>

#include "sim/drill/model_commands.h"
#include "tests/sim/drill/play.h"

namespace halfopen::drill {
namespace {

using Words = std::vector<std::string>;
using Runs = ShellCommand::Runs;

std::vector<Words> words_of(std::string_view text) {
  std::vector<Words> all;
  for (const ShellCommand& command : shell_commands(text).value_or(std::vector<ShellCommand>{}))
    all.push_back(command.words);
  return all;
}

TEST(ShellCommands, AreWordsWithoutQuotesCommentsAndRedirections) {
  EXPECT_EQ(words_of("# one\nsysctl -q a=\"1 2 $((3*4))\" # two\nip tcp_metrics flush all > /dev/null 2>&1"),
            (std::vector<Words>{{"sysctl", "-q", "a=1 2 12"}, {"ip", "tcp_metrics", "flush", "all"}}));
  EXPECT_EQ(words_of("a 'b c'; d && e | f"), (std::vector<Words>{{"a", "b c"}, {"d"}, {"e", "|", "f"}}));
  EXPECT_EQ(words_of("a \\\n b"), (std::vector<Words>{{"a", "b"}}));
  EXPECT_EQ(words_of("a &> /dev/null"), (std::vector<Words>{{"a"}}));
}

TEST(ShellCommands, FollowOneAnotherAlwaysOrByHowTheOneBeforeEnded) {
  const auto commands = shell_commands("a && b ||\n c ; d\ne || f");
  ASSERT_TRUE(commands);
  std::vector<Runs> runs;
  for (const ShellCommand& command : *commands) runs.push_back(command.runs);
  EXPECT_EQ(runs, (std::vector{Runs::always, Runs::after_success, Runs::after_failure, Runs::always,
                               Runs::always, Runs::after_failure}));
}

TEST(ShellCommands, AreNotMoreThanThat) {
  for (const char* text :
       {"a &", "a $(b)", "a ${HOME}", "a > file", "a 2> /tmp/file", "a < file", "\"a", "a `b`"})
    EXPECT_FALSE(shell_commands(text)) << text;
}

TEST(ShellArithmetic, IsOfIntegers) {
  EXPECT_EQ(shell_arithmetic("15*1024*1024"), 15728640);
  EXPECT_EQ(shell_arithmetic(" 2 + 3 * ( 4 - 1 ) / 2 "), 6);
  for (const char* text : {"", "1+", "1/0", "a", "(1", "1)", "9223372036854775807*2"})
    EXPECT_FALSE(shell_arithmetic(text)) << text;
}

// The SYN's scale is that of the largest receive buffer.
constexpr std::string_view kConnects = R"(
+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0 connect(3, ..., ...) = -1 EINPROGRESS
)";

TEST(Commands, SetParameters) {
  const std::string script = "0 `sysctl -q -w net.ipv4.tcp_timestamps=0 net.ipv4.tcp_sack=0`" +
                             std::string{kConnects} + "+0 > S 0:0(0) <mss 1460,nop,wscale 10>";
  const PlayResult result = play_text(script);
  EXPECT_EQ(result.verdict, Verdict::passed) << result.message << result.actual;
}

TEST(Commands, ReadScriptsThatTheyName) {
  const ReadFile files = [](const std::string& path) -> std::optional<std::string> {
    if (path == "../common/defaults.sh")
      return "#!/bin/bash\nsysctl -q net.ipv4.tcp_timestamps=0\n./more.sh\n";
    if (path == "./more.sh") return "sysctl -q net.ipv4.tcp_sack=0\n";
    return std::nullopt;
  };
  const std::string rest = std::string{kConnects} + "+0 > S 0:0(0) <mss 1460,nop,wscale 10>";
  EXPECT_EQ(play_text("0 `../common/defaults.sh`" + rest, "linux-6.18", files).verdict, Verdict::passed);
  const PlayResult missing = play_text("0 `../common/other.sh`" + rest, "linux-6.18", files);
  EXPECT_EQ(missing.verdict, Verdict::skipped);
  EXPECT_EQ(missing.message, "the script ../common/other.sh cannot be read");
}

TEST(Commands, RestoreWhatWasSetThroughProc) {
  const std::string script =
      "0 `../common/set_sysctls.py /proc/sys/net/ipv4/tcp_timestamps=0`\n+0 "
      "`/tmp/sysctl_restore_${PPID}.sh`" +
      std::string{kConnects} + "+0 > S 0:0(0) <mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 10>";
  const PlayResult result = play_text(script);
  EXPECT_EQ(result.verdict, Verdict::passed) << result.message << result.actual;
}

TEST(Commands, SkipWhatMeansNothingToAModel) {
  const std::pair<const char*, const char*> cases[]{
      {"nstat | grep X", "the model does not count X"},
      {"true\necho 1 > /sys/module/tcp_cubic/parameters/hystart_detect",
       "the model makes nothing of `echo 1 > /sys/module/tcp_cubic/parameters/hystart_detect`"},
      {"ip route change default rto_min 5ms",
       "the model makes nothing of `ip route change default rto_min 5ms`"},
      {"tc qdisc replace dev tun0 root pfifo limit 3",
       "the model makes nothing of `tc qdisc replace dev tun0 root pfifo limit 3`"},
      {"tc qdisc add dev tun0 root netem loss 10%",
       "the model makes nothing of `tc qdisc add dev tun0 root netem loss 10%`"},
      {"sysctl -w net.ipv4.tcp_no_such=1", "the model has no parameter net.ipv4.tcp_no_such"},
      {"sysctl -w net.inet.tcp.msl=1", "the model has no parameter net.inet.tcp.msl"},
      {"sysctl -w net.ipv4.tcp_timestamps=x",
       "the model takes for net.ipv4.tcp_timestamps a whole number from 0 to 2, not x"}};
  for (const auto& [line, message] : cases) {
    const PlayResult result = play_text("0 `" + std::string{line} + "`");
    EXPECT_EQ(result.verdict, Verdict::skipped) << line;
    EXPECT_EQ(result.message, message);
  }
}

// A parameter that no host of the model has: where the script provides for that, it goes on.
TEST(Commands, MayFailWhereTheScriptSaysWhatThen) {
  const std::string rest = std::string{kConnects} + "+0 > S 0:0(0) <mss 1460,nop,wscale 10>";
  const std::string alternative = "sysctl -q net.ipv4.tcp_timestamps=0 net.ipv4.tcp_sack=0";
  EXPECT_EQ(play_text("0 `sysctl net.ipv4.tcp_no_such=1 || " + alternative + "`" + rest).verdict,
            Verdict::passed);
  EXPECT_EQ(play_text("0 `false || false`" + rest).message,
            "error executing `false || false` command: non-zero status 1");
}

TEST(Commands, RouteThatLeadsElsewhereIsNone) {
  const auto offered = [](const std::string& destination) {
    const std::vector<std::string> words{destination, "via", "192.168.0.2", "advmss", "600"};
    bool concerns = false;
    const auto route = route_metrics(words, *IpAddress::parse("192.0.2.1"), concerns);
    return route && concerns ? route->adv_mss : 0;
  };
  for (const char* to : {"default", "192.0.2.1", "192.0.2.0/24", "0.0.0.0/0"})
    EXPECT_EQ(offered(to), 600) << to;
  for (const char* to : {"192.0.2.2", "192.0.3.0/24", "2001:db8::/32", "nowhere", "192.0.2.0/33"})
    EXPECT_EQ(offered(to), 0) << to;
}

TEST(Commands, AskSockstatOfFreebsd) {
  const auto asked = [](const std::string& pipe) {
    return play_accepted("+0.1 `sockstat -4 -P tcp -s -p 8080 " + pipe + "`", "freebsd-14").verdict;
  };
  EXPECT_EQ(asked("| grep -c ESTABLISHED | grep 1"), Verdict::passed);
  EXPECT_EQ(asked("| grep packetdril | grep -c ESTABLISHED | grep 1"), Verdict::passed);
  EXPECT_EQ(asked("| grep -c ESTABLISHED | grep 2"), Verdict::failed);
  EXPECT_EQ(asked("| grep -c TIME_WAIT | grep 0"), Verdict::passed);
  EXPECT_EQ(asked("| wc -l"), Verdict::skipped);
}

}  // namespace
}  // namespace halfopen::drill

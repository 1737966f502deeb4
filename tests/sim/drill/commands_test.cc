#include <gtest/gtest.h>

#include "sim/drill/model_commands.h"
#include "tests/sim/drill/play.h"

namespace halfopen::drill {
namespace {

using Commands = std::vector<std::vector<std::string>>;

TEST(ShellCommands, AreWordsWithoutQuotesCommentsAndRedirections) {
  EXPECT_EQ(
      shell_commands("# one\nsysctl -q a=\"1 2 $((3*4))\" # two\nip tcp_metrics flush all > /dev/null 2>&1"),
      (Commands{{"sysctl", "-q", "a=1 2 12"}, {"ip", "tcp_metrics", "flush", "all"}}));
  EXPECT_EQ(shell_commands("a 'b c'; d && e | f"), (Commands{{"a", "b c"}, {"d"}, {"e", "|", "f"}}));
  EXPECT_EQ(shell_commands("a \\\n b"), (Commands{{"a", "b"}}));
}

TEST(ShellCommands, AreNotMoreThanThat) {
  for (const char* text : {"a || b", "a &", "a $(b)", "a ${HOME}", "a > file", "a < file", "\"a", "a `b`"})
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
      {"nstat | grep X", "the model makes nothing of `nstat | grep X`"},
      {"tc qdisc replace dev tun0 root pfifo limit 0",
       "the model makes nothing of `tc qdisc replace dev tun0 root pfifo limit 0`"},
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

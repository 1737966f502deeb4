// From a scenario's program to a command line, and back through what reads it.
#include "replay/run/program_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string_view>

#include "replay/programs/options.h"
#include "sim/apps/registry.h"
#include "sim/base/input_error.h"
#include "sim/os/socket_option.h"
#include "tests/support/tools.h"

namespace halfopen::test {
namespace {

using programs::CommandLine;
using programs::parse_command_line;
using programs::UsageError;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const SocketAddress kServer{IpAddress::v4({10, 9, 0, 2}), 9998};

ProgramConfig program(std::string_view name) {
  ProgramConfig config;
  config.name = name;
  config.server = kServer;
  return config;
}

ProgramConfig parsed(std::string_view name, const std::vector<std::string>& arguments) {
  const std::vector<std::string_view> views{arguments.begin(), arguments.end()};
  return parse_command_line(name, views).config;
}

ProgramConfig there_and_back(const ProgramConfig& config) {
  return parsed(config.name, program_arguments(config));
}

// Why a command line is refused; empty where it is not.
std::string refusal(std::string_view name, const std::vector<std::string>& arguments) {
  try {
    static_cast<void>(parsed(name, arguments));
    return {};
  } catch (const UsageError& error) {
    return error.what();
  }
}

void expect_same(const ProgramConfig& got, const ProgramConfig& wanted) {
  EXPECT_EQ(got.name, wanted.name);
  EXPECT_EQ(got.server, wanted.server);
  EXPECT_EQ(got.local_port, wanted.local_port);
  EXPECT_EQ(got.watch, wanted.watch);
  EXPECT_EQ(got.keep_going, wanted.keep_going);
  EXPECT_EQ(got.never_reads, wanted.never_reads);
  EXPECT_EQ(got.read_timeout, wanted.read_timeout);
  EXPECT_EQ(got.read_delay, wanted.read_delay);
  EXPECT_EQ(got.ignore_sigpipe, wanted.ignore_sigpipe);
  EXPECT_EQ(got.sockopts, wanted.sockopts);
  EXPECT_EQ(got.bytes, wanted.bytes);
  EXPECT_EQ(got.on_sigterm, wanted.on_sigterm);
  EXPECT_EQ(got.backlog, wanted.backlog);
  EXPECT_EQ(got.reply, wanted.reply);
  EXPECT_EQ(got.reply_when, wanted.reply_when);
}

TEST(ProgramArguments, AreOnlyAddressAndPortForAProgramThatDoesNothingSpecial) {
  for (const std::string_view name : program_names()) {
    EXPECT_THAT(program_arguments(program(name)), ElementsAre("10.9.0.2", "9998")) << name;
    expect_same(there_and_back(program(name)), program(name));
  }
}

TEST(ProgramArguments, AreReadBackByTheLineClient) {
  ProgramConfig config = program("line-client");
  config.local_port = 40000;
  config.watch = config.keep_going = config.never_reads = config.ignore_sigpipe = true;
  config.read_timeout = 5s;
  config.read_delay = 1500us;
  config.sockopts = {{"SO_LINGER", -1}, {"TCP_USER_TIMEOUT", 5000}, {"SO_LINGER", 0}};
  EXPECT_THAT(
      program_arguments(config),
      ElementsAre("--watch", "--keep-going", "--never-reads", "--read-delay", "1.5", "--local-port", "40000",
                  "--read-timeout", "5000", "--ignore-sigpipe", "--sockopt", "SO_LINGER=-1", "--sockopt",
                  "TCP_USER_TIMEOUT=5000", "--sockopt", "SO_LINGER=0", "10.9.0.2", "9998"));
  expect_same(there_and_back(config), config);
}

TEST(ProgramArguments, AreReadBackByTheBulkClient) {
  ProgramConfig config = program("bulk-client");
  config.bytes = UINT64_MAX;
  config.local_port = 1;
  config.ignore_sigpipe = true;
  expect_same(there_and_back(config), config);
}

TEST(ProgramArguments, AreReadBackByEveryServer) {
  for (const std::string_view name : {"echo-server", "sink", "stalled-server", "reply-server"}) {
    for (const OnSigterm wish : {OnSigterm::dies, OnSigterm::ignores, OnSigterm::closes}) {
      ProgramConfig config = program(name);
      config.on_sigterm = wish;
      config.backlog = 0;
      config.sockopts = {{"SO_RCVBUF", 8192}};
      expect_same(there_and_back(config), config);
    }
  }
}

TEST(ProgramArguments, CarryAReplyAsItStands) {
  for (const ReplyWhen when : {ReplyWhen::at_once, ReplyWhen::per_line, ReplyWhen::per_request}) {
    ProgramConfig config = program("reply-server");
    config.reply = "--sigterm \r\n\"\x80'=\\n\n";
    config.reply_when = when;
    expect_same(there_and_back(config), config);
  }
}

TEST(ProgramArguments, AreRefusedForAReplyThatNoArgumentCanHold) {
  ProgramConfig config = program("reply-server");
  config.reply = std::string{"a\0b", 3};
  EXPECT_THROW(static_cast<void>(program_arguments(config)), InputError);
}

TEST(ProgramArguments, CarryAnIpv6Address) {
  ProgramConfig config = program("line-client");
  config.server = {*IpAddress::parse("fd00:9::2"), 65535};
  EXPECT_THAT(program_arguments(config), ElementsAre("fd00:9::2", "65535"));
  expect_same(there_and_back(config), config);
}

TEST(ProgramArguments, HaveNoOptionThatTheProgramDoesNotKnow) {
  for (const std::string_view name : program_names()) {
    ProgramConfig everything = program(name);
    everything.watch = everything.keep_going = everything.never_reads = everything.ignore_sigpipe = true;
    everything.read_delay = everything.read_timeout = 1s;
    everything.local_port = 7;
    everything.bytes = 1;
    everything.on_sigterm = OnSigterm::closes;
    everything.backlog = 1;
    everything.reply = "x";
    everything.reply_when = ReplyWhen::at_once;
    EXPECT_EQ(refusal(name, program_arguments(everything)), "") << name;
  }
}

TEST(ProgramArguments, KeepADelayToTheNanosecondAndATimeoutToTheMillisecond) {
  ProgramConfig config = program("line-client");
  config.read_delay = 20ns;
  config.read_timeout = 1999us;
  EXPECT_EQ(there_and_back(config).read_delay, 20ns);
  EXPECT_EQ(there_and_back(config).read_timeout, 1ms);
  config.read_delay = config.read_timeout = 100 * 24h * 366;
  expect_same(there_and_back(config), config);
}

TEST(CommandLineOfAProgram, KnowsEverySocketOptionOfAScenario) {
  for (auto i = 0; i < static_cast<int>(SocketOption::so_error); ++i) {
    ProgramConfig config = program("sink");
    config.sockopts = {{std::string{to_string(static_cast<SocketOption>(i))}, INT32_MIN}};
    expect_same(there_and_back(config), config);
  }
}

TEST(CommandLineOfAProgram, TakesAValueBehindAnEqualsSign) {
  const ProgramConfig config = parsed("line-client", {"--sockopt=SO_KEEPALIVE=true", "::1", "--local-port=5",
                                                      "--sockopt", "TCP_NODELAY=false", "--", "80"});
  EXPECT_EQ(config.local_port, 5);
  EXPECT_THAT(config.sockopts, ElementsAre(std::pair{"SO_KEEPALIVE", 1}, std::pair{"TCP_NODELAY", 0}));
  EXPECT_EQ(config.server, (SocketAddress{*IpAddress::parse("::1"), 80}));
}

TEST(CommandLineOfAProgram, TakesTheLastOfTwo) {
  EXPECT_EQ(parsed("sink", {"--backlog", "1", "--backlog", "2", "127.0.0.1", "80"}).backlog, 2U);
}

TEST(CommandLineOfAProgram, AsksForHelpBeforeAnythingIsMissing) {
  const std::vector<std::string_view> arguments{"--watch", "-h"};
  EXPECT_TRUE(parse_command_line("line-client", arguments).wants_help);
}

TEST(CommandLineOfAProgram, SaysWhatWasExpectedAndFound) {
  const auto of = [](std::vector<std::string> options) {
    options.insert(options.end(), {"127.0.0.1", "80"});
    return refusal("line-client", options);
  };
  EXPECT_EQ(of({"--local-port", "65536"}),
            R"(--local-port: expected a number from 0 to 65535, found "65536")");
  EXPECT_EQ(of({"--wach"}), R"(expected an option that 'line-client --help' lists, found "--wach")");
  EXPECT_THAT(of({"--bytes", "1"}), HasSubstr("line-client --help"));
  EXPECT_EQ(of({"--watch=yes"}), R"(--watch: expected no value, found "yes")");
  EXPECT_EQ(of({"more"}), R"(expected nothing after ADDRESS PORT, found "80")");
  EXPECT_THAT(of({"--sockopt", "SO_ERROR=1"}), HasSubstr("NAME=VALUE, where NAME is one of SO_KEEPALIVE, "));
  EXPECT_THAT(of({"--sockopt", "SO_KEEPALIVE"}), HasSubstr("NAME=VALUE"));
  EXPECT_THAT(of({"--sockopt", "SO_RCVBUF=2147483648"}), HasSubstr("for SO_RCVBUF, found"));
  for (const char* bad : {"", ".", "1.", ".5", "-1", "+1", "1s", "0.0000001", "3162240000001", "1.-5"}) {
    EXPECT_THAT(of({"--read-delay", bad}), HasSubstr("--read-delay: expected milliseconds")) << bad;
  }
  EXPECT_EQ(refusal("line-client", {}), "ADDRESS and PORT are missing");
  EXPECT_EQ(refusal("line-client", {"::1"}), "PORT is missing");
  EXPECT_EQ(refusal("line-client", {"::1", "80", "--read-delay"}), "--read-delay: MS is missing");
  EXPECT_EQ(refusal("line-client", {"localhost", "80"}),
            R"(ADDRESS: expected an IPv4 or IPv6 address, found "localhost")");
  EXPECT_THAT(refusal("line-client", {"::1", "0"}), HasSubstr("PORT: expected a number from 1 to 65535"));
  EXPECT_EQ(refusal("sink", {"--sigterm", "waits", "::1", "80"}),
            R"(--sigterm: expected "dies" or "ignores" or "closes", found "waits")");
  EXPECT_EQ(refusal("telnet", {"::1", "80"}), R"(expected a program of halfopen, found "telnet")");
}

TEST(CommandLineOfAProgram, IsRefusedInOneLine) {
  EXPECT_EQ(refusal("sink", {"a\nb\x7f\x1b[31m", "80"}),
            R"(ADDRESS: expected an IPv4 or IPv6 address, found "a?b??[31m")");
}

// What a program prints on standard output and error, and its exit status.
ToolResult run_program(const std::string& command) {
  return run_tool("'" HALFOPEN_PROGRAMS "'/" + command + " </dev/null; echo $?");
}

TEST(RealPrograms, RefuseABadCommandLineInOneLine) {
  for (const std::string_view name : program_names()) {
    for (const char* words : {"", "127.0.0.1", "127.0.0.1 0", "nowhere 80", "::1 80 --wait",
                              "--sockopt SO_NONE=1 ::1 80", "\"$(printf 'a\\nb')\" 80"}) {
      const auto lines = run_program(std::string{name} + ' ' + words + " >/dev/null").lines();
      ASSERT_EQ(lines.size(), 2U) << name << ' ' << words;
      EXPECT_THAT(lines[0], StartsWith(std::string{name} + ": "));
      EXPECT_EQ(lines[1], "2") << lines[0];
    }
  }
}

TEST(RealPrograms, HelpWithAnExample) {
  for (const std::string_view name : program_names()) {
    const auto lines = run_program(std::string{name} + " --help 2>/dev/null").lines();
    ASSERT_GT(lines.size(), 3U);
    EXPECT_THAT(lines[0], StartsWith("Usage: " + std::string{name} + " [OPTIONS] ADDRESS PORT"));
    EXPECT_THAT(lines, Contains("Example:"));
    EXPECT_EQ(lines.back(), "0");
  }
}

TEST(RealPrograms, ReportAnOptionThatTheKernelRefusesAndGoOn) {
  // Port 1 is nobody's.
  const auto lines = run_program(
                         "line-client --sockopt=TCP_KEEPCNT=0 --sockopt=SO_RCVTIMEO=-1000 "
                         "--sockopt=SO_LINGER=-1 127.0.0.1 1")
                         .lines();
  EXPECT_THAT(lines,
              ElementsAre("line-client: setsockopt TCP_KEEPCNT error: Invalid argument",
                          "line-client: setsockopt SO_RCVTIMEO error: Numerical argument out of domain",
                          "line-client: connect error: Connection refused", "1"));
}

TEST(RealPrograms, ReportThatTheirPortIsTaken) {
  const int taken = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  address.sin_family = AF_INET;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  ASSERT_TRUE(::bind(taken, any, size) == 0 && ::listen(taken, 1) == 0 &&
              ::getsockname(taken, any, &size) == 0);
  const std::string port = std::to_string(ntohs(address.sin_port));
  EXPECT_THAT(run_program("sink 127.0.0.1 " + port).lines(),
              ElementsAre("sink: bind error: Address already in use", "1"));
  EXPECT_THAT(run_program("line-client --local-port " + port + " 127.0.0.1 " + port).lines(),
              ElementsAre("line-client: bind error: Address already in use", "1"));
  ::close(taken);
}

}  // namespace
}  // namespace halfopen::test

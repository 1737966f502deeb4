// The user's own program on the real kernel, good and bad, and what is left behind: nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/tell/exit_code.h"
#include "tests/cli/kernel_fixture.h"
#include "tests/cli/process.h"
#include "tests/support/scratch.h"
#include "tests/support/tools.h"

namespace halfopen {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

using KernelUser = test::KernelTest;

// Processes that carry `mark` in their environment.
std::vector<std::string> marked(const std::string& mark) {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator{"/proc"}) {
    const std::string pid = entry.path().filename();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file{entry.path() / "environ", std::ios::binary};
    std::stringstream text;
    text << file.rdbuf();
    if (text.str().find(mark) != std::string::npos) found.push_back(pid);
  }
  return found;
}

// Waits, bounded, until no process with `mark` is left.
std::vector<std::string> left_of(const std::string& mark) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  std::vector<std::string> left = marked(mark);
  while (!left.empty() && std::chrono::steady_clock::now() < limit) {
    ::poll(nullptr, 0, 20);
    left = marked(mark);
  }
  return left;
}

constexpr const char* kHello = R"(
title = "hello"
until = "20s"
[client]
program = "line-client"
[server]
program = "reply-server"
reply = "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n"
reply_when = "per request"
)";

class KernelScenario : public test::KernelTest {
 protected:
  void SetUp() override {
    test::KernelTest::SetUp();
    write_bytes(scratch_.file("hello.toml"), kHello);
  }
  [[nodiscard]] std::string hello() const { return scratch_.file("hello.toml"); }
  test::Scratch scratch_;
};

TEST_F(KernelScenario, CurlTalksToTheModelsServer) {
  if (!test::has_tool("curl")) GTEST_SKIP() << "curl is not installed";
  const Outcome outcome =
      halfopen_run({"replay", hello(), "--", "curl", "-sS", "-m", "10", "http://server:9998/"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("hello\n"), HasSubstr("connect("), HasSubstr("curl[2] exited")));
}

TEST_F(KernelUser, AProgramStartsWhereItsUserIs) {
  const test::Scratch scratch;
  const Outcome outcome =
      halfopen_run({.arguments = {"live", "process-killed", "--set", "until=4s", "--", "pwd"},
                    .environment = {},
                    .directory = scratch.path(),
                    .input = {}});
  EXPECT_THAT(outcome.out, HasSubstr("prints \"" + scratch.path().string() + "\\n\"")) << outcome.err;
}

TEST_F(KernelUser, NetcatSeesTheServersProcessDie) {
  if (!test::has_tool("nc")) GTEST_SKIP() << "nc is not installed";
  for (const char* mode : {"replay", "live"}) {
    const Outcome outcome =
        halfopen_run({mode, "process-killed", "--set", "until=8s", "--", "nc", "server", "9998"});
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("client  nc["), HasSubstr("prints \"hello, server\\n\"")))
        << mode << outcome.err;
  }
}

TEST_F(KernelUser, APythonClientFindsTheServerByName) {
  if (!test::has_tool("python3")) GTEST_SKIP() << "python3 is not installed";
  const std::string code =
      "import os,socket\n"
      "host, port = os.environ['HALFOPEN_SERVER'].rsplit(':', 1)\n"
      "s = socket.create_connection(('server', int(port)))\n"
      "s.sendall(b'hello\\n')\n"
      "print('got', s.recv(100))\n";
  for (const char* mode : {"replay", "live"}) {
    const Outcome outcome =
        halfopen_run({mode, "normal-close", "--set", "until=8s", "--", "python3", "-c", code});
    EXPECT_THAT(outcome.out, HasSubstr("got b'hello\\n'")) << mode << outcome.err;
  }
}

TEST_F(KernelUser, ADiskThatFillsEndsTheRunAndLeavesNoHalfFile) {
  const test::Scratch scratch;
  const Outcome outcome = shell("ulimit -f 1; trap '' XFSZ; \"$HALFOPEN\" replay process-killed -q -w " +
                                scratch.file("run.pcapng"));
  EXPECT_EQ(outcome.status, 2) << outcome.err;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("run.pcapng"), HasSubstr("File too large")));
  EXPECT_THAT(scratch.left(), IsEmpty());
}

// Behind a shell that stays, and forking: the child that is killed is the server's.
TEST_F(KernelUser, TheUsersServerIsKilledLikeOurs) {
  const Outcome outcome =
      halfopen_run({"live", "process-killed", "-q", "--server-command",
                    (std::filesystem::path{HALFOPEN_BINARY}.parent_path() / "echo-server").string() +
                        " 10.9.0.2 9998; true"});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
}

TEST_F(KernelUser, TenConnectionsAtOnceAreAllSeen) {
  if (!test::has_tool("python3")) GTEST_SKIP() << "python3 is not installed";
  const std::string code =
      "import socket\n"
      "all = [socket.create_connection(('server', 9998)) for i in range(10)]\n"
      "for i, s in enumerate(all): s.sendall(b'%d\\n' % i)\n"
      "print('got', b''.join(s.recv(10) for s in all).split())\n";
  for (const char* mode : {"replay", "live"}) {
    const Outcome outcome =
        halfopen_run({mode, "normal-close", "--set", "until=8s", "--", "python3", "-c", code});
    EXPECT_THAT(outcome.out, HasSubstr("got [b'0', b'1', b'2', b'3', b'4', b'5', b'6', b'7', b'8', b'9']"))
        << mode;
  }
}

// The path is IPv4's: another way is told like a missing network.
TEST_F(KernelUser, AnIpv6ConnectionInAnIpv4RunHasNoWay) {
  if (!test::has_tool("nc")) GTEST_SKIP() << "nc is not installed";
  const Outcome outcome =
      halfopen_run({"replay", "process-killed", "--set", "until=4s", "--", "nc", "-6", "fd00:9::2", "9998"});
  EXPECT_THAT(outcome.out, HasSubstr("connect(")) << outcome.err;
  EXPECT_THAT(outcome.out, Not(HasSubstr("client > server"))) << outcome.err;
}

// No route, no resolver: nothing leaves for the machine's own network.
TEST_F(KernelUser, NothingLeavesForTheMachinesNetwork) {
  if (!test::has_tool("python3")) GTEST_SKIP() << "python3 is not installed";
  const std::string code =
      "import socket\n"
      "for host in ('192.0.2.1', '8.8.8.8', 'example.com'):\n"
      "  try:\n"
      "    socket.create_connection((host, 53), timeout=3)\n"
      "    print('REACHED', host)\n"
      "  except OSError as e:\n"
      "    print('no:', e)\n"
      "print('interfaces', sorted(n for _, n in socket.if_nameindex()))\n";
  const Outcome outcome =
      halfopen_run({"live", "normal-close", "--set", "until=12s", "--", "python3", "-c", code});
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("no: [Errno 101]"), Not(HasSubstr("REACHED")),
                                 HasSubstr("interfaces ['lo', 'tun0']")))
      << outcome.err;
}

TEST_F(KernelUser, WhatCannotBeRunIsOneLineAndStatus2) {
  struct Bad {
    std::vector<std::string> arguments;
    std::string says;
  };
  const std::vector<Bad> all{
      {{"replay", "process-killed", "--", "/no/such/program"}, "cannot run /no/such/program: No such file"},
      {{"replay", "process-killed", "--", "/etc/passwd"}, "cannot run /etc/passwd: Permission denied"},
      {{"live", "process-killed", "--server-command", "exit 3"}, "ended before it listened"},
      {{"sim", "process-killed", "--", "nc"}, "needs a client on the kernel"},
      {{"replay", "process-killed", "--set", "client.connections=2"},
       "client.connections needs a client of the model"},
      {{"run", "process-killed", "--client", "model", "--set", "client.addresses=10.9.1.1-10.9.1.2"},
       "client.addresses needs hosts of the model"},
      {{"replay", "process-killed", "--server-command", "x"}, "--server-command"},
      {{"run", "process-killed", "--client", "both"}, "--client: expected kernel or model, found both"},
      {{"replay", "process-killed", "--repeat", "0"}, "--repeat"},
      {{"replay", "process-killed", "--set", "client.sysctl.net.core.rmem_max=1"},
       "for the whole machine only"},
      {{"replay", "process-killed", "--set", "client.sysctl.tcp_congestion_control=cubic2"}, "reno or cubic"},
  };
  for (const Bad& bad : all) {
    const Outcome outcome = halfopen_run(bad.arguments);
    EXPECT_EQ(outcome.status, 2) << bad.says << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(bad.says));
    EXPECT_THAT(lines_of(outcome.err), SizeIs(1)) << outcome.err;
  }
}

// Programs that behave badly end with the run, and the run ends.
TEST_F(KernelUser, MisbehavedProgramsDoNotOutliveTheRun) {
  const std::vector<std::string> programs{
      "exit 0",                                                // at once, without a connection
      "exec sleep 1000",                                       // never connects, and hangs
      "trap '' TERM INT HUP; while :; do sleep 1000; done",    // ignores signals
      "setsid sleep 1000 </dev/null >/dev/null 2>&1 & exit 0"  // daemonises
      ,
      "exec <&-; sleep 1000",                            // closes its input
      "for i in 1 2 3 4 5; do sleep 1000 & done; wait",  // forks
  };
  for (const std::string& program : programs) {
    const std::string mark = "HALFOPEN_TEST_MARK=" + std::to_string(getpid()) + "-misbehaved";
    const std::size_t equals = mark.find('=');
    const Outcome outcome = halfopen_run(
        {.arguments = {"live", "process-killed", "--set", "until=3500ms", "--", "sh", "-c", program},
         .environment = {{mark.substr(0, equals), mark.substr(equals + 1)}},
         .directory = {},
         .input = {}});
    EXPECT_NE(outcome.status, 2) << program << outcome.err;
    EXPECT_THAT(left_of(mark), IsEmpty()) << program;
  }
}

// Starts a long run, waits for its connection, ends halfopen with `signal`, and says what is left.
void expect_nothing_left_after(const std::string& signal, int expected_status) {
  const std::string mark = "HALFOPEN_TEST_MARK=" + std::to_string(getpid()) + signal;
  const test::Scratch scratch;
  const std::string capture = scratch.file("run.pcapng");
  // A shell starts what runs in its background with SIGINT ignored.
  const Outcome outcome = shell(
      "export " + mark + "; env --default-signal=INT \"$HALFOPEN\" live host-crash -w " + capture + " >" +
      scratch.file("out") + " & pid=$!; for i in $(seq 400); do grep -q 'client types' " +
      scratch.file("out") + " && break; sleep 0.05; done; kill -" + signal + " $pid; wait $pid; echo $?");
  EXPECT_EQ(outcome.out, std::to_string(expected_status) + "\n") << outcome.err;
  EXPECT_THAT(left_of(mark), IsEmpty()) << signal;
  const std::string kept = signal == "KILL" ? capture + ".partial" : capture;
  if (signal != "KILL") {
    const Outcome shown = halfopen_run({"show", kept});
    EXPECT_EQ(shown.status, 0) << shown.err;
    EXPECT_THAT(shown.out, HasSubstr("client > server  S "));
  }
}

TEST_F(KernelUser, NothingIsLeftAfterKillDash9) { expect_nothing_left_after("KILL", 137); }
TEST_F(KernelUser, CtrlCKeepsTheCaptureAndLeavesNothing) { expect_nothing_left_after("INT", 130); }

TEST_F(KernelUser, RepeatSumsUp) {
  const Outcome outcome =
      halfopen_run({"replay", "process-killed-watching", "--quick", "--repeat", "2", "-q"});
  EXPECT_THAT(outcome.status, AnyOf(kExitYes, kExitUnresolved)) << outcome.err;  // on a machine that was late
  EXPECT_THAT(outcome.out, HasSubstr("read() = 0: 2 of 2 runs; min "));
}

// As nobody, with a device that everybody may open: in a mount namespace of the test's own.
TEST_F(KernelUser, AnOrdinaryUserNeedsNoPrivileges) {
  if (geteuid() != 0) GTEST_SKIP() << "this is an ordinary user already";
  const test::Scratch scratch;
  fs::permissions(scratch.path(), fs::perms::owner_all | fs::perms::others_read | fs::perms::others_exec |
                                      fs::perms::group_read | fs::perms::group_exec);
  const Outcome copied =
      shell("cp \"$HALFOPEN\" $(dirname \"$HALFOPEN\")/line-client $(dirname \"$HALFOPEN\")/echo-server " +
            scratch.path().string());
  ASSERT_EQ(copied.status, 0) << copied.err;
  const std::string as_nobody = "exec unshare -m sh -c 'mount -t tmpfs none /dev/net && ";
  const std::string drop = "exec setpriv --reuid 65534 --regid 65534 --clear-groups sh -c \"";
  std::string runs;
  for (const std::string mode : {"replay", "live"}) {
    for (const std::string name : {"process-killed", "host-crash", "host-reboot", "host-shutdown"}) {
      // On a machine that was late a run may be unresolved.
      runs += "{ { " + scratch.file("halfopen") + " " + mode + " " + name +
              " --quick -q > /dev/null || test \\$? = 5; } && echo held; } & ";
    }
  }
  const Outcome outcome =
      shell(as_nobody + "mknod -m 666 /dev/net/tun c 10 200 && " + drop + runs + "wait\"'");
  EXPECT_EQ(outcome.out, "held\nheld\nheld\nheld\nheld\nheld\nheld\nheld\n") << outcome.err;
  // And where the device is missing, it is told what to do.
  const Outcome without = shell(as_nobody + drop + scratch.file("halfopen") + " replay process-killed -q\"'");
  EXPECT_EQ(without.status, 4) << without.err;
  EXPECT_THAT(without.err, AllOf(HasSubstr("/dev/net/tun"), HasSubstr("halfopen doctor"))) << without.err;
}

TEST_F(KernelUser, OnATerminalARunShowsHowFarItIs) {
  if (!test::has_tool("script")) GTEST_SKIP() << "no script(1) to make a terminal";
  const Outcome outcome =
      shell("script -qec '\"$HALFOPEN\" replay host-crash --quick -q' /dev/null </dev/null");
  EXPECT_THAT(outcome.status, AnyOf(kExitYes, kExitUnresolved)) << outcome.out;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("s: sent retransmission "), HasSubstr("; model: next in ")));
}

}  // namespace
}  // namespace halfopen

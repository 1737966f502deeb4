// halfopen packetdrill --on kernel: this machine's kernel in a sandbox, where times are left open since a
// machine may be busy, and Debian's in a guest, where they are not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/cli/kernel_fixture.h"
#include "tests/cli/process.h"
#include "tests/cli/vm/guest.h"
#include "tests/support/scratch.h"

namespace halfopen {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kConnected =
    " 0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
    "+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n"
    "+0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)\n"
    "*  > S 0:0(0) <...>\n"
    "+0 < S. 0:0(0) ack 1 win 5792 <mss 1000,nop,nop,sackOK>\n"
    "*  > . 1:1(0) ack 1\n"
    "+0 fcntl(3, F_SETFL, O_RDWR) = 0\n";

class KernelDrill : public test::KernelTest {
 protected:
  Outcome play(const std::string& text, const std::vector<std::string>& options = {}) {
    const std::filesystem::path file = scratch.path() / "script.pkt";
    write_bytes(file, text);
    std::vector<std::string> words{"packetdrill", "--on", "kernel", "--tolerance_usecs=100000000"};
    words.insert(words.end(), options.begin(), options.end());
    words.push_back(file.string());
    return halfopen_run(words);
  }
  test::Scratch scratch;
};

TEST_F(KernelDrill, MakesTheCallsOfAScriptAndComparesThePackets) {
  const std::string script = std::string{kConnected} +
                             "+0 write(3, ..., 2500) = 2500\n"
                             "*  > P. 1:2501(2500) ack 1\n"
                             "+0 < . 1:1(0) ack 2501 win 5792\n"
                             "+0 getsockopt(3, SOL_TCP, TCP_MAXSEG, [1000], [4]) = 0\n"
                             "+0...0.5 read(3, ..., 100) = 5\n"
                             "+.1 < P. 1:6(5) ack 2501 win 5792\n"
                             "*  > . 2501:2501(0) ack 6\n"
                             "+0 close(3) = 0\n"
                             "*  > F. 2501:2501(0) ack 6\n";
  const Outcome ipv4 = play(script);
  EXPECT_EQ(ipv4.status, 0) << ipv4.out << ipv4.err;
  const Outcome ipv6 = play(script, {"--ip_version=ipv6"});
  EXPECT_EQ(ipv6.status, 0) << ipv6.out << ipv6.err;
  const Outcome mapped = play(script, {"--ip_version=ipv4-mapped-ipv6"});
  EXPECT_EQ(mapped.status, 0) << mapped.out << mapped.err;
}

// What calls write through their arguments: poll(2), epoll(7), pipe(2), splice(2), SIOCINQ of tcp(7).
TEST_F(KernelDrill, ComparesWhatCallsWriteThroughTheirArguments) {
  const Outcome run =
      play(std::string{kConnected} +
           "+0 epoll_create(1) = 4\n"
           "+0 epoll_ctl(4, EPOLL_CTL_ADD, 3, {events=EPOLLIN, fd=3}) = 0\n"
           "+0 epoll_wait(4, {events=EPOLLIN, fd=3}, 1, 0) = 0\n"
           "+0 < P. 1:11(10) ack 1 win 5792\n"
           "*  > . 1:1(0) ack 11\n"
           "+0 epoll_wait(4, {events=EPOLLIN, fd=3}, 1, 0) = 1\n"
           "+0 poll([{fd=3, events=POLLIN|POLLOUT, revents=POLLIN|POLLOUT}], 1, 0) = 1\n"
           "+0 ioctl(3, SIOCINQ, [10]) = 0\n"
           "+0 pipe([5, 6]) = 0\n"
           "+0 splice(3, NULL, 6, NULL, 4, 0) = 4\n"
           "+0 ioctl(3, SIOCINQ, [6]) = 0\n"
           "+0 recvmsg(3, {msg_name(...)=..., msg_iov(2)=[{..., 2}, {..., 9}], msg_flags=0}, 0) = 6\n"
           "+0 recvmsg(3, {msg_name(...)=..., msg_iov(1)=[{..., 2}], msg_flags=0, msg_control=[]}, "
           "MSG_DONTWAIT) = -1 EAGAIN (Resource temporarily unavailable)\n");
  EXPECT_EQ(run.status, 0) << run.out << run.err;
  const Outcome wrong = play(std::string{kConnected} + "+0 ioctl(3, SIOCINQ, [1]) = 0\n");
  EXPECT_EQ(wrong.status, 1);
  EXPECT_THAT(wrong.out, HasSubstr(":8: runtime error in ioctl call: SIOCINQ: expected: 1 actual: 0"));
}

TEST_F(KernelDrill, SaysWhatCameInstead) {
  const Outcome run = play(std::string{kConnected} + "+0 close(3) = 0\n* > R. 1:1(0) ack 1\n");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.out, HasSubstr(":9: error handling packet: live packet field flags: expected: R. vs "
                                 "actual: F."));
}

TEST_F(KernelDrill, CommandsReachTheSandboxAlone) {
  const std::string before = read_bytes("/proc/sys/net/ipv4/tcp_syn_retries");
  const Outcome run = play(
      "`echo 77 > /proc/sys/net/ipv4/tcp_syn_retries`\n"
      " 0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
      "+0 getsockopt(3, SOL_TCP, TCP_SYNCNT, [77], [4]) = 0\n"
      "+0 `! { echo 1 > /proc/sys/vm/swappiness; } 2>/dev/null`\n"
      "+0 `echo stays > /tmp/halfopen-drill-$PPID; test -s /tmp/halfopen-drill-$PPID`\n"
      "+0 `echo no such thing; exit 3`\n");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.out,
              HasSubstr(":6: error executing `echo no such thing; exit 3` command: non-zero status 3: "
                        "no such thing"));
  EXPECT_EQ(read_bytes("/proc/sys/net/ipv4/tcp_syn_retries"), before);
  for (const auto& entry : std::filesystem::directory_iterator{"/tmp"})
    EXPECT_THAT(entry.path().filename().string(), Not(StartsWith("halfopen-drill-")));
}

TEST_F(KernelDrill, NamesWhatItDoesNotUnderstand) {
  const Outcome run = play(" 0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 open(5, O_RDWR) = 4\n");
  EXPECT_EQ(run.status, 4);
  EXPECT_THAT(run.out, HasSubstr(":2: open() of 5"));
  const Outcome profile = play(kConnected, {"--profile", "linux"});
  EXPECT_EQ(profile.status, 2);
  EXPECT_THAT(profile.err, AllOf(HasSubstr("--profile"), HasSubstr("--on kernel")));
}

// The same verdicts, to the byte, on every machine; with times as the scripts have them.
TEST(VmDrill, PlaysScriptsInAGuestTheSameEachTime) {
  const test::Scratch scratch;
  const std::string scripts = std::string{HALFOPEN_SOURCE_DIR} + "/tests/packetdrill/";
  std::vector<std::string> words{"--", "packetdrill", "--on", "kernel"};
  for (const char* name : {"fast-retransmit.pkt", "retransmission-timeout.pkt", "unread-data-resets.pkt"})
    words.push_back(scripts + name);
  const Outcome first = test::vm(scratch, words);
  EXPECT_EQ(first.status, 0) << first.out << first.err;
  EXPECT_THAT(lines_of(first.out), ElementsAre(StartsWith("ok "), StartsWith("ok "), StartsWith("ok "),
                                               "3 passed, 0 failed, 0 skipped"));
  EXPECT_EQ(test::vm(scratch, words).out, first.out);
}

}  // namespace
}  // namespace halfopen

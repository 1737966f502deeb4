// halfopen packetdrill --on kernel: this machine's kernel in a sandbox, where times are left open since a
// machine may be busy, and Debian's in a guest, where they are not.
#include "tests/cli/drill_kernel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/cli/process.h"
#include "tests/cli/vm/guest.h"
#include "tests/support/scratch.h"

namespace halfopen {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using test::IsFailure;
using test::kConnected;
using test::KernelDrill;

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
  EXPECT_THAT(wrong.status, IsFailure());
  EXPECT_THAT(wrong.out, HasSubstr(":8: runtime error in ioctl call: SIOCINQ: expected: 1 actual: 0"));
}

TEST_F(KernelDrill, SaysWhatCameInstead) {
  const Outcome run = play(std::string{kConnected} + "+0 close(3) = 0\n* > R. 1:1(0) ack 1\n");
  EXPECT_THAT(run.status, IsFailure());
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
  EXPECT_THAT(run.status, IsFailure());
  EXPECT_THAT(run.out,
              HasSubstr(":6: error executing `echo no such thing; exit 3` command: non-zero status 3: "
                        "no such thing"));
  EXPECT_EQ(read_bytes("/proc/sys/net/ipv4/tcp_syn_retries"), before);
  for (const auto& entry : std::filesystem::directory_iterator{"/tmp"})
    EXPECT_THAT(entry.path().filename().string(), Not(StartsWith("halfopen-drill-")));
}

// Commands that need no shell do what they would do there, and so do scripts that consist of them.
TEST_F(KernelDrill, PlainCommandsNeedNoShell) {
  const auto executable = [&](const std::string& name, const std::string& text) {
    write_bytes(scratch.path() / name, text);
    std::filesystem::permissions(scratch.path() / name, std::filesystem::perms::owner_all);
  };
  executable("inner.sh",
             "#!/bin/sh\n# a value\nsysctl -q net.ipv4.tcp_syn_retries=$((70 + 7)) > /dev/null 2>&1\n");
  executable("outer.sh", "#!/bin/bash\n./inner.sh\ntc qdisc add dev tun0 root pfifo\n");
  executable("set_sysctls.py", "#!/bin/sh\nexit 9\n");  // what it would do is done for it
  const auto retries = [](int number) {
    return "+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 getsockopt(3, SOL_TCP, TCP_SYNCNT, [" +
           std::to_string(number) + "], [4]) = 0\n+0 close(3) = 0\n";
  };
  const Outcome run =
      play("`./outer.sh`\n 0 `sysctl -q net.ipv4.tcp_syn_retries | grep -q 77`\n" + retries(77) +
           "+0 `./set_sysctls.py /proc/sys/net/ipv4/tcp_syn_retries=55`\n" + retries(55) +
           "+0 `test -x /tmp/sysctl_restore_$PPID.sh`\n"
           "+0 `/tmp/sysctl_restore_${PPID}.sh`\n" +
           retries(77) + "+0 `sysctl -q net.ipv4.tcp_syn_retries=55; /tmp/sysctl_restore_$PPID.sh`\n" +
           retries(77) + "+0 `sysctl -q net.ipv4.no_such=1`\n");
  EXPECT_THAT(run.status, IsFailure());
  EXPECT_THAT(run.out,
              HasSubstr(":19: error executing `sysctl -q net.ipv4.no_such=1` command: non-zero status 255: "
                        "sysctl: net.ipv4.no_such: this kernel has no such parameter"))
      << run.out;
  const Outcome twice = play("`./outer.sh; ./outer.sh`\n" + retries(77));
  EXPECT_THAT(twice.out, HasSubstr("tc: give a queue to tun0"));
}

// RFC 768; what is injected before anything was sent is from a port of the script's side.
TEST_F(KernelDrill, DatagramsGoBothWays) {
  const std::string script =
      " 0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n"
      "+0 bind(3, ..., ...) = 0\n"
      "+0 < udp (100)\n"
      "+0 recvfrom(3, ..., 1000, MSG_DONTWAIT, ..., ...) = 100\n"
      "+0 close(3) = 0\n"
      "+0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n"
      "+0 connect(3, ..., ...) = 0\n"
      "+0 write(3, ..., 20) = 20\n"
      "*  > udp (20)\n"
      "+0 < udp (2000)\n"
      "+0 read(3, ..., 3000) = 2000\n"
      "+0 < icmp unreachable port_unreachable [udp (20)]\n"
      "+0 read(3, ..., 3000) = -1 ECONNREFUSED (Connection refused)\n";
  const Outcome ipv4 = play(script);
  EXPECT_EQ(ipv4.status, 0) << ipv4.out << ipv4.err;
  const Outcome ipv6 = play(script, {"--ip_version=ipv6"});
  EXPECT_EQ(ipv6.status, 0) << ipv6.out << ipv6.err;
  // ip(7): one datagram with another TTL.
  const Outcome control = play(
      " 0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n"
      "+0 connect(3, ..., ...) = 0\n"
      "+0 sendmsg(3, {msg_name(...)=..., msg_iov(1)=[{..., 20}], msg_flags=0, "
      "msg_control=[{cmsg_level=SOL_IP, cmsg_type=IP_TTL, cmsg_data=5}]}, 0) = 20\n"
      "*  > [ttl 5] udp (20)\n"
      "+0 write(3, ..., 20) = 20\n"
      "*  > [ttl 64] udp (20)\n");
  EXPECT_EQ(control.status, 0) << control.out << control.err;
}

// As from a card that merges: the kernel then knows the size of the segments (net/ipv4/tcp_input.c,
// tcp_measure_rcv_mss()).
// No Linux opens MPLS in IP: its refusal proves that the packet arrived, and was one of that protocol.
TEST_F(KernelDrill, InjectsPacketsOfTunnels) {
  const Outcome run =
      play(std::string{kConnected} +
           "+0 < ipv4 192.0.2.1 > 192.168.0.1: mpls (label 7, tc 0, [S], ttl 1): . 1:1(0) ack 1 win 100\n"
           "*  > icmp unreachable protocol_unreachable\n"
           "+0 < P. 1:11(10) ack 1 win 5792\n"
           "*  > . 1:1(0) ack 11\n");
  EXPECT_EQ(run.status, 0) << run.out << run.err;
}

TEST_F(KernelDrill, InjectsMergedSegments) {
  const std::string script = std::string{kConnected} +
                             "+0 < P. 1:3001(3000) ack 1 win 5792\n"
                             "*  > . 1:1(0) ack 3001\n"
                             "+0 %{ assert tcpi_rcv_mss == 700, tcpi_rcv_mss }%\n";
  const Outcome merged = play(script, {"--mss=700"});
  EXPECT_EQ(merged.status, 0) << merged.out << merged.err;
  EXPECT_THAT(play(script).status, IsFailure());
}

// In /proc/net/route numbers are in the machine's byte order: 203.0.113.9 is 097100CB.
TEST_F(KernelDrill, AddressesRoutesAndTheDeviceAreAsTheOptionsSay) {
  const Outcome run = play(
      "--local_ip=10.9.0.1\n--netmask_ip=255.255.255.0\n--gateway_ip=10.9.0.2\n--remote_ip=203.0.113.9\n"
      "--mtu=1400\n--speed=777\n"
      "`grep -q '^tun0.0000090A.*.00FFFFFF' /proc/net/route && grep -q '^tun0.097100CB.0200090A' "
      "/proc/net/route`\n"
      " 0 `python3 -c 'import fcntl, socket, struct, ctypes; b = "
      "ctypes.create_string_buffer(struct.pack(\"I40x\", 1)); "
      "fcntl.ioctl(socket.socket(), 0x8946, struct.pack(\"16sP\", b\"tun0\", ctypes.addressof(b))); "
      "assert struct.unpack_from(\"H\", b, 12)[0] == 777'`\n"
      "+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
      "+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n"
      "+0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)\n"
      "*  > S 0:0(0) <...>\n"
      "+0 < S. 0:0(0) ack 1 win 5792 <mss 2000>\n"
      "*  > . 1:1(0) ack 1\n"
      "+0 %{ assert tcpi_advmss == 1360 and tcpi_snd_mss == 1360, (tcpi_advmss, tcpi_snd_mss) }%\n");
  EXPECT_EQ(run.status, 0) << run.out << run.err;
  const Outcome wrong = play(kConnected, {"--netmask_ip=255.0.255.0"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("expected a netmask of IPv4"));
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

// What is known of each kernel by its release; two of the same are told apart.
TEST(VmDrill, MakesATableOfScriptsByKernels) {
  const test::Scratch scratch;
  write_bytes(scratch.file("good.pkt"), kConnected);
  write_bytes(scratch.file("wrong.pkt"), std::string{kConnected} + "+0 write(3, ..., 10) = 11\n");
  const Outcome run =
      test::vm(scratch, {"--kernel", test::debian_kernel(), "--jobs", "2", "--", "packetdrill", "--on",
                         "kernel", "--table", "good.pkt", "wrong.pkt"});
  EXPECT_EQ(run.status, 1) << run.err;
  const std::vector<std::string> lines = lines_of(run.out);
  ASSERT_EQ(lines.size(), 4U) << run.out;
  EXPECT_THAT(lines[0], ContainsRegex("^script +([0-9][^ ]+)  .* \\(2\\)$"));
  EXPECT_THAT(lines[1], ContainsRegex("^good.pkt ipv4 +ok +ok$"));
  EXPECT_THAT(lines[2], ContainsRegex("^wrong.pkt ipv4 +FAILED +FAILED$"));
  EXPECT_THAT(lines[3],
              AllOf(StartsWith("  fails on "), HasSubstr(": line 8: result of write() 10 instead of 11")));
}

// What would wait for ever ends, with the time of the guest: 180 s, as run_all.py has it. Captures come back.
TEST(VmDrill, WhatBlocksEnds) {
  const test::Scratch scratch;
  write_bytes(scratch.file("call.pkt"), std::string{kConnected} + "+0 read(3, ..., 10) = 10\n");
  write_bytes(scratch.file("command.pkt"), "`while :; do sleep 100; done`\n" + std::string{kConnected});
  const Outcome run = test::vm(scratch, {"--with", "sleep", "--", "packetdrill", "--on", "kernel", "-w",
                                         "kept", "call.pkt", "command.pkt"});
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("call.pkt:8: error in read(): it does not return"),
                             HasSubstr("command: it does not end")));
  const Outcome shown = halfopen_run({"show", scratch.file("kept/call.ipv4.kernel.pcapng")});
  EXPECT_THAT(shown.out, AllOf(HasSubstr("client > server  S    0:0(0)"), HasSubstr("it does not return")))
      << shown.err;
}

}  // namespace
}  // namespace halfopen

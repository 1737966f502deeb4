// packetdrill's own options, on the command line and at the top of a script: each does what it does there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/drill_command.h"
#include "tests/support/tools.h"

namespace halfopen {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kSyn = "+0    > S 0:0(0) <...>\n";

class DrillOption : public test::DrillCommand {
 protected:
  // The verdict with the option on the command line, spelt both ways, and at the top of the script: one and
  // the same.
  int status_with(const std::string& option, const std::string& file) {
    const int status = halfopen_run({"packetdrill", option, file}).status;
    std::string dashed = option;
    for (std::size_t i = 2; i < dashed.size() && dashed[i] != '='; ++i)
      if (dashed[i] == '_') dashed[i] = '-';
    EXPECT_EQ(halfopen_run({"packetdrill", dashed, file}).status, status) << dashed;
    const std::string own = file + ".own.pkt";
    write_bytes(own, option + "\n" + read_bytes(file));
    EXPECT_EQ(halfopen_run({"packetdrill", own}).status, status) << option << " in the script";
    return status;
  }
  int status_without(const std::string& file) { return halfopen_run({"packetdrill", file}).status; }
};

TEST_F(DrillOption, TolerancesOfTime) {
  const std::string late = script("late.pkt", "+0.05 > S 0:0(0) <...>\n");
  EXPECT_EQ(status_without(late), 1);
  EXPECT_EQ(status_with("--tolerance_usecs=60000", late), 0);
  const std::string later = script("later.pkt", std::string{kSyn} + "+1.3 > S 0:0(0) <...>\n");
  EXPECT_EQ(status_without(later), 1);
  EXPECT_EQ(status_with("--tolerance_percent=50", later), 0);
}

TEST_F(DrillOption, IpVersions) {
  const std::string begin =
      "`sysctl -q net.ipv4.tcp_sack=0 net.ipv4.tcp_timestamps=0 net.ipv4.tcp_window_scaling=0`\n"
      "0 socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP) = 3\n"
      "+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n"
      "+0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)\n";
  const auto with_mss = [&](const std::string& name, int mss) {
    write_bytes(scratch.file(name), begin + "+0 > S 0:0(0) <mss " + std::to_string(mss) + ">\n");
    return scratch.file(name);
  };
  // Headers take 40 bytes with IPv4, whatever the socket, and 60 with IPv6, which Google's runner plays with
  // an MTU of 1520 in place of 1500.
  EXPECT_EQ(status_with("--ip_version=ipv4-mapped-ipv6", with_mss("mapped.pkt", 1460)), 0);
  for (const char* option : {"--ip_version=ipv6", "--ip-version=ipv6", "-6", "--ipv6"})
    EXPECT_EQ(halfopen_run({"packetdrill", option, with_mss("six.pkt", 1460)}).status, 0) << option;
  EXPECT_EQ(halfopen_run({"packetdrill", "-4", with_mss("four.pkt", 1460)}).status,
            4);  // no IPv6 socket there
  EXPECT_EQ(halfopen_run({"packetdrill", "--ip_version=ipv5", with_mss("five.pkt", 1460)}).err,
            "halfopen: --ip_version: expected ipv4, ipv6 or ipv4-mapped-ipv6, found ipv5\n");
}

TEST_F(DrillOption, MtuGivesTheSegmentSize) {
  const std::string file = script("mtu.pkt", "+0 > S 0:0(0) <mss 560,sackOK,TS val 1 ecr 0,nop,wscale 10>\n");
  EXPECT_EQ(status_without(file), 1);
  EXPECT_EQ(status_with("--mtu=600", file), 0);
}

TEST_F(DrillOption, AddressesAndPorts) {
  const std::string file = script("good.pkt", kSyn);
  ASSERT_EQ(halfopen_run({"packetdrill", "-w", scratch.path().string(), "--local_ip=10.1.0.1",
                          "--remote_ip=10.2.0.1", "--connect_port=99", file})
                .status,
            0);
  std::string found;
  for (const auto& entry : std::filesystem::directory_iterator{scratch.path()})
    if (entry.path().extension() == ".pcapng")
      found = halfopen_run({"show", "--json", "--summary", entry.path().string()}).out;
  EXPECT_THAT(found, AllOf(HasSubstr("10.1.0.1"), HasSubstr("10.2.0.1"), HasSubstr("99")));
  for (const char* option :
       {"--local_ip=10.1.0.1", "--remote_ip=10.2.0.1", "--connect_port=99", "--bind_port=77",
        "--gateway_ip=10.1.0.2", "--netmask_ip=255.0.0.0", "--speed=1000"})
    EXPECT_EQ(status_with(option, file), 0) << option;
}

TEST_F(DrillOption, BindPortIsWhereConnectionsComeIn) {
  const std::string file = scratch.file("bind.pkt");
  write_bytes(file,
              "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, ..., ...) = 0\n+0 listen(3, 1) = 0\n"
              "+0.1 < S 0:0(0) win 32792 <mss 1000>\n+0 > S. 0:0(0) ack 1 <...>\n");
  EXPECT_EQ(status_with("--bind_port=77", file), 0);
  ASSERT_EQ(halfopen_run({"packetdrill", "-w", scratch.file("w"), "--bind_port=77", file}).status, 0);
  for (const auto& entry : std::filesystem::directory_iterator{scratch.path() / "w"})
    EXPECT_THAT(halfopen_run({"show", "--explain", entry.path().string()}).out,
                HasSubstr("bind(3, 192.168.0.1:77)"));
}

TEST_F(DrillOption, MssSaysWhatAnInjectedPacketWasMergedFrom) {
  if (!test::has_tool("python3")) GTEST_SKIP() << "no python3";
  const std::string option = "--mss=800\n";
  std::string text = read_bytes(HALFOPEN_SOURCE_DIR "/tests/packetdrill/segments-merged-by-the-device.pkt");
  ASSERT_NE(text.find(option), std::string::npos);
  text.erase(text.find(option), option.size());
  const std::string file = scratch.file("merged.pkt");
  write_bytes(file, text);
  EXPECT_EQ(status_with("--mss=800", file), 0);
  EXPECT_EQ(status_with("--mss=1000", file), 1);  // which its code sees
}

TEST_F(DrillOption, InitScriptsRunFirst) {
  const std::string file = script("init.pkt", "+0 > S 0:0(0) <mss 1460,nop,wscale 10>\n");
  write_bytes(scratch.path() / "one.sh", "sysctl -q net.ipv4.tcp_timestamps=0\n");
  write_bytes(scratch.path() / "two.sh", "sysctl -q net.ipv4.tcp_sack=0\n");
  EXPECT_EQ(status_without(file), 1);
  EXPECT_EQ(halfopen_run({"packetdrill", "--init_scripts=./one.sh,./two.sh", file}).status, 0);
  write_bytes(file, "--init_scripts=\"./one.sh,./two.sh\"\n" + read_bytes(file));
  EXPECT_EQ(status_without(file), 0);
}

TEST_F(DrillOption, NonFatalTellsAndLetsPass) {
  const std::string packet = script("packet.pkt", "+0 > SE 0:0(0) <...>\n");
  EXPECT_EQ(status_without(packet), 1);
  EXPECT_EQ(status_with("--non_fatal=packet", packet), 0);
  EXPECT_EQ(status_with("--non_fatal=syscall", packet), 1);
  EXPECT_THAT(halfopen_run({"packetdrill", "--non_fatal=packet", packet}).out,
              AllOf(StartsWith("ok      "), HasSubstr("field flags: expected: SE vs actual: S")));
  const std::string call = script("call.pkt", "+0 close(3) = 7\n");
  EXPECT_EQ(status_with("--non_fatal=syscall", call), 0);
  EXPECT_EQ(halfopen_run({"packetdrill", "--non_fatal=packet,syscall", call, packet}).status, 0);
  EXPECT_EQ(halfopen_run({"packetdrill", "--non_fatal=none", call}).err,
            "halfopen: --non_fatal: expected packet, syscall or both with a comma, found none\n");
}

TEST_F(DrillOption, DryRunReadsOnly) {
  const std::string bad = script("bad.pkt", "+0 > F 77:77(0)\n");
  EXPECT_EQ(status_without(bad), 1);
  EXPECT_EQ(status_with("--dry_run", bad), 0);
  EXPECT_EQ(halfopen_run({"packetdrill", "--dry_run", script("broken.pkt", "+0 > F 77:\n")}).status, 2);
}

TEST_F(DrillOption, TimestampTicks) {
  // The host's clock ticks milliseconds: 500 of them are not 600.
  const std::string file = scratch.file("ticks.pkt");
  write_bytes(file,
              "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, ..., ...) = 0\n+0 listen(3, 1) = 0\n"
              "+0.1 < S 0:0(0) win 32792 <mss 1000,sackOK,TS val 1 ecr 0>\n"
              "+0 > S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 100 ecr 1>\n"
              "+0.1 < . 1:1(0) ack 1 win 32792 <nop,nop,TS val 2 ecr 100>\n+0 accept(3, ..., ...) = 4\n"
              "+0.4 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 1 <nop,nop,TS val 700 ecr 2>\n");
  EXPECT_EQ(status_without(file), 0);
  EXPECT_EQ(status_with("--tcp_ts_tick_usecs=1000", file), 1);
}

TEST_F(DrillOption, FlagsAndDefinitions) {
  const std::string file = script("segments.pkt", kSyn);
  for (const char* option : {"--strict_segments", "--send_omit_free", "--tcp_ts_ecr_scaled", "--verbose"})
    EXPECT_EQ(status_with(option, file), 0) << option;
  const std::string word =
      script("word.pkt", std::string{kSyn} + "+0 setsockopt(3, SOL_TCP, WORD, [1], 4) = 0\n");
  EXPECT_EQ(status_with("--define=WORD=TCP_NODELAY", word), 0);
}

TEST_F(DrillOption, DialectsRefuseWhatOnlyTheOtherHas) {
  const auto status = [&](const std::string& dialect, const std::string& option) {
    const std::string file = script("dialect.pkt", "+0 > S 0:0(0) <" + option + " 0102030405060708>\n");
    return halfopen_run({"packetdrill", "--dry_run", dialect, file}).status;
  };
  EXPECT_EQ(status("--dialect=google", "FOEXP"), 0);
  EXPECT_EQ(status("--dialect=nplab", "FOEXP"), 2);
  EXPECT_EQ(status("--dialect=nplab", "exp-FO"), 0);
  EXPECT_EQ(status("--dialect=google", "exp-FO"), 2);
  EXPECT_NE(status("--dialect=bsd", "FOEXP"), 0);
}

TEST_F(DrillOption, WhatIsNoValueIsSaidBeforeAnythingIsPlayed) {
  const std::string file = script("good.pkt", kSyn);
  EXPECT_EQ(halfopen_run({"packetdrill", "--mtu=70000", file}).err,
            "halfopen: --mtu: expected a number from 68 to 65535, found 70000\n");
  EXPECT_EQ(halfopen_run({"packetdrill", "--netmask_ip=wide", file}).err,
            "halfopen: --netmask_ip: expected an address, found wide\n");
  write_bytes(file, "--mtu=x\n" + read_bytes(file));
  const Outcome run = halfopen_run({"packetdrill", file});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.out, "TROUBLE " + file + ":1:1: expected a number from 68 to 65535 for --mtu, found x\n");
}

}  // namespace
}  // namespace halfopen

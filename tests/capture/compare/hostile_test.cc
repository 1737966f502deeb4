// Captures that are broken, cut, empty or in disorder: clear words, and what can be compared is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "sim/base/input_error.h"
#include "tests/capture/compare/traces.h"

namespace halfopen {
namespace {

using namespace test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::size_t kFileHeader = 24;
constexpr std::size_t kRecordHeader = 16;

std::string message_of(const std::string& a, const std::string& b, const CompareOptions& options = {}) {
  try {
    static_cast<void>(compare_captures(a, b, options));
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

void put32(std::vector<std::uint8_t>& bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
}
std::uint32_t get32(const std::vector<std::uint8_t>& bytes, std::size_t at) {
  return bytes[at] | static_cast<std::uint32_t>(bytes[at + 1]) << 8 |
         static_cast<std::uint32_t>(bytes[at + 2]) << 16 | static_cast<std::uint32_t>(bytes[at + 3]) << 24;
}

// The file with every packet cut to `snap` bytes, as a capture with that snap length has it.
std::vector<std::uint8_t> cut_packets(const std::vector<std::uint8_t>& file, std::uint32_t snap) {
  std::vector<std::uint8_t> out{file.begin(), file.begin() + kFileHeader};
  for (std::size_t at = kFileHeader; at < file.size();) {
    const std::uint32_t captured = get32(file, at + 8);
    const std::uint32_t kept = std::min(captured, snap);
    const auto from = file.begin() + static_cast<std::ptrdiff_t>(at);
    out.insert(out.end(), from, from + kRecordHeader);
    put32(out, out.size() - 8, kept);
    out.insert(out.end(), from + kRecordHeader, from + kRecordHeader + kept);
    at += kRecordHeader + captured;
  }
  return out;
}

TEST(HostileCompare, ACutFileCountsUpToTheCutAndTheCutIsReported) {
  const Scratch scratch;
  const std::string a = base_trace().write(scratch, "a.pcap");
  std::vector<std::uint8_t> bytes = read_file(a);
  bytes.erase(bytes.end() - 10, bytes.end());  // in the middle of the last packet
  write_file(scratch.file("b.pcap"), bytes);
  const Compared found = compare_files(a, scratch.file("b.pcap"));
  ASSERT_EQ(found.comparison.faults.size(), 1u) << found.text();
  EXPECT_THAT(found.comparison.faults[0], HasSubstr("B: "));
  EXPECT_THAT(found.comparison.faults[0], HasSubstr("offset"));
  EXPECT_EQ(found.comparison.equal, base::kCount - 1u) << found.text();
  EXPECT_EQ(found.comparison.differences, 1u);  // what the cut took
}

TEST(HostileCompare, PacketsCutByASnapLengthAreComparedAsFarAsTheyGo) {
  const Scratch scratch;
  const std::string a = base_trace().write(scratch, "a.pcap");
  write_file(scratch.file("b.pcap"), cut_packets(read_file(a), 60));
  const Compared same = compare_files(a, scratch.file("b.pcap"));
  EXPECT_TRUE(same.comparison.is_same()) << same.text();
  EXPECT_THAT(same.comparison.remarks, ElementsAre(HasSubstr("cut by the capture's snap length")));
  EXPECT_THAT(same.comparison.faults, IsEmpty());

  TraceOfPackets changed = base_trace();
  changed.packets[base::kLine].segment().payload = changed.payload("hEllo, server?\n");
  write_file(scratch.file("c.pcap"), cut_packets(read_file(changed.write(scratch, "d.pcap")), 60));
  const Compared found = compare_files(a, scratch.file("c.pcap"));  // 20 + 32 of headers: 8 bytes are there
  ASSERT_EQ(found.differing().size(), 1u) << found.text();
  EXPECT_EQ(found.differing()[0].changes[0].field, compare::Field::payload);
}

TEST(HostileCompare, AMissingHandshakeIsSaidAndNumbersBeginAtTheFirstPacket) {
  const Scratch scratch;
  TraceOfPackets joined = base_trace();
  joined.packets.erase(joined.packets.begin(), joined.packets.begin() + base::kLine);
  const std::string b = joined.write(scratch, "b.pcap");
  const Compared same = compare_files(b, b);
  EXPECT_TRUE(same.comparison.is_same()) << same.text();
  EXPECT_THAT(same.comparison.remarks, ::testing::Contains(HasSubstr("handshake is not in the capture")));

  const Compared found = compare_files(base_trace().write(scratch, "a.pcap"), b);
  EXPECT_EQ(found.comparison.differences, 3u) << found.text();  // the handshake
  EXPECT_THAT(found.comparison.faults, IsEmpty());
}

// Neither its ports nor a handshake tell the roles of the first connection. The second tells them, in one
// trace before the first one of the other is read: a packet that cannot be read comes before both.
TEST(HostileCompare, AConnectionWithoutRolesFindsItsPartnerThoughALaterOneTellsThem) {
  const Scratch scratch;
  constexpr std::uint16_t kLowPort = 5000;
  TraceOfPackets trace;
  trace.add({.at = 1s, .flags = tcp_flag::ack, .seq = 1, .ack = 1, .port = kLowPort});
  trace.add({.at = 100s, .flags = tcp_flag::syn, .seq = 100'000, .port = kLowPort});
  std::vector<std::uint8_t> file = read_file(trace.write(scratch, "whole.pcap"));
  const std::vector<std::uint8_t> first{file.begin() + kFileHeader,
                                        file.begin() + kFileHeader + kRecordHeader};
  std::vector<std::uint8_t> unreadable{first};
  put32(unreadable, 8, 1);
  put32(unreadable, 12, 1);
  unreadable.push_back(0);
  file.insert(file.begin() + kFileHeader, unreadable.begin(), unreadable.end());
  write_file(scratch.file("a.pcap"), file);
  const Compared found = compare_files(scratch.file("a.pcap"), scratch.file("a.pcap"));
  EXPECT_TRUE(found.comparison.is_same()) << found.text();
  EXPECT_EQ(found.comparison.connections, 2u);
}

TEST(HostileCompare, ConnectionsThatNothingTellsApartAreListed) {
  const Scratch scratch;
  const auto strangers = [](std::uint16_t first_port) {
    TraceOfPackets t;
    for (std::uint16_t i = 0; i < 2; ++i) {
      t.add({.at = 1s * i, .seq = 1, .ack = 1, .text = "x"});
      TimedPacket& timed = t.packets.back();
      timed.segment().source_port = static_cast<std::uint16_t>(first_port + i);
      timed.segment().destination_port = static_cast<std::uint16_t>(first_port + 100 + i);
    }
    return t;
  };
  const Compared found =
      compare_files(strangers(50000).write(scratch, "a.pcap"), strangers(60000).write(scratch, "b.pcap"));
  ASSERT_EQ(found.comparison.faults.size(), 2u) << found.text();
  EXPECT_THAT(found.comparison.faults[0], HasSubstr("10.9.0.1.50000 and 10.9.0.2.50100, 10.9.0.1.50001"));
  EXPECT_THAT(found.comparison.faults[1], HasSubstr("B: no handshake, port or order"));
  // The same ends in both need neither role nor order.
  const std::string a = strangers(50000).write(scratch, "c.pcap");
  EXPECT_TRUE(compare_files(a, a).comparison.is_same());
  EXPECT_THAT(compare_files(a, a).comparison.faults, IsEmpty());
}

TEST(HostileCompare, ACaptureWithoutTcpIsNoAnswer) {
  const Scratch scratch;
  TraceOfPackets icmp = base_trace();
  TraceOfPackets only_icmp;
  only_icmp.packets.push_back(icmp.packets[base::kIcmp]);
  const Compared found =
      compare_files(only_icmp.write(scratch, "a.pcap"), base_trace().write(scratch, "b.pcap"));
  EXPECT_THAT(found.comparison.faults, ElementsAre("A: expected TCP packets, found none"));
}

TEST(HostileCompare, TimeThatRunsBackIsAFault) {
  const Scratch scratch;
  TraceOfPackets changed = base_trace();
  changed.packets[base::kEcho].at -= 500ms;
  const std::string a = base_trace().write(scratch, "a.pcap");
  const Compared found = compare_files(a, changed.write(scratch, "b.pcap"));
  ASSERT_EQ(found.comparison.faults.size(), 1u) << found.text();
  EXPECT_THAT(found.comparison.faults[0], HasSubstr("found packet 6 earlier than the one before it"));
  changed.packets[base::kEcho].at += 499ms;  // 1 ms, which several processors may cause
  changed.packets[base::kEcho].at = changed.packets[base::kLineAck].at - 500us;
  const Compared little = compare_files(a, changed.write(scratch, "c.pcap"));
  EXPECT_THAT(little.comparison.faults, IsEmpty()) << little.text();
  EXPECT_THAT(little.comparison.remarks, ElementsAre(HasSubstr("time runs back at packet 6")));
}

// A relative bound is one of the gap's length, also where the clock was set back in it.
TEST(HostileCompare, ACaptureWhoseClockWasSetBackIsAsLateAsItself) {
  const Scratch scratch;
  TraceOfPackets set_back = base_trace();
  for (std::size_t i = 0; i < base::kEcho; ++i) set_back.packets[i].at += 10s;
  const std::string a = set_back.write(scratch, "a.pcap");
  const Compared found = compare_files(a, a);
  EXPECT_THAT(found.differing(), IsEmpty()) << found.text();
}

// Linux cooked, as `tcpdump -i any` has it: each packet on two devices.
std::vector<std::uint8_t> on_any(const std::vector<std::uint8_t>& file) {
  std::vector<std::uint8_t> out{file.begin(), file.begin() + kFileHeader};
  put32(out, 20, 113);
  for (std::size_t at = kFileHeader; at < file.size();) {
    const std::uint32_t captured = get32(file, at + 8);
    for (std::uint8_t device = 0; device < 2; ++device) {
      const auto from = file.begin() + static_cast<std::ptrdiff_t>(at);
      const std::size_t header = out.size();
      out.insert(out.end(), from, from + kRecordHeader);
      put32(out, header + 8, captured + 16);
      put32(out, header + 12, captured + 16);
      std::vector<std::uint8_t> cooked(16);
      cooked[1] = device;
      cooked[14] = 0x08;
      out.insert(out.end(), cooked.begin(), cooked.end());
      out.insert(out.end(), from + kRecordHeader, from + kRecordHeader + captured);
      if (device == 1) out[header + kRecordHeader + 16 + 8] -= 1;  // it was routed: TTL
    }
    at += kRecordHeader + captured;
  }
  return out;
}

TEST(HostileCompare, APacketSeenOnTwoDevicesCountsOnce) {
  const Scratch scratch;
  const std::string a = base_trace().write(scratch, "a.pcap");
  write_file(scratch.file("any.pcap"), on_any(read_file(a)));
  const Compared found = compare_files(a, scratch.file("any.pcap"));
  EXPECT_TRUE(found.comparison.is_same()) << found.text();
  EXPECT_THAT(found.comparison.remarks, ElementsAre(HasSubstr("28 packets seen on a second device as well")));
}

TEST(HostileCompare, WhatIsNoCaptureIsSaidWithPlaceExpectedAndFound) {
  const Scratch scratch;
  const std::string a = base_trace().write(scratch, "a.pcap");
  write_file(scratch.file("garbage"), as_bytes("this is no capture at all"));
  write_file(scratch.file("empty"), {});
  EXPECT_THAT(message_of(a, scratch.file("garbage")), HasSubstr("expected a pcap or pcapng file"));
  EXPECT_THAT(message_of(scratch.file("empty"), a), HasSubstr("an empty file"));
  EXPECT_THAT(message_of(a, scratch.file("absent")), HasSubstr("No such file"));
  EXPECT_THAT(message_of(a, scratch.path().string()), HasSubstr("a directory"));
  EXPECT_THAT(message_of("-", "-"), HasSubstr("one capture"));
}

TEST(HostileCompare, OptionsThatMeanNothingAreRejected) {
  const Scratch scratch;
  const std::string a = base_trace().write(scratch, "a.pcap");
  for (const std::string tolerance :
       {"", "5", "-5ms", "5ms+", "5ms+1", "fast", "linux:", "linux:x", "windows"}) {
    if (tolerance.empty()) continue;
    CompareOptions options;
    options.tolerance = tolerance;
    EXPECT_THAT(message_of(a, a, options), HasSubstr("--tolerance: expected exact")) << tolerance;
  }
  CompareOptions options;
  options.ignored = {"windows"};
  EXPECT_THAT(message_of(a, a, options), HasSubstr("--ignore: expected one of config"));
  options = {};
  options.connection = "prot 80";
  EXPECT_THAT(message_of(a, a, options), HasSubstr("--connection"));
}

TEST(HostileCompare, AStreamThatAgreesNowhereLosesItsStepOnceAndGoesOn) {
  const Scratch scratch;
  const auto stream = [](std::uint32_t stride, std::uint32_t count) {
    TraceOfPackets t;
    t.handshake(0ms, 40000);
    for (std::uint32_t i = 0; i < count; ++i) {
      t.add({.at = 1s + 1ms * i, .seq = 1, .ack = 1 + i * stride});
    }
    for (std::uint32_t i = 0; i < 10; ++i) t.add({.at = 100s + 1s * i, .seq = 1, .ack = 0x1000'0000 + i});
    return t;
  };
  const std::string a = stream(7, 1500).write(scratch, "a.pcap");
  const std::string b = stream(11, 1500).write(scratch, "b.pcap");
  CompareOptions options;
  options.ignored = {"time"};
  const Compared found = compare_files(a, b, options);
  const auto lost = std::ranges::count_if(
      found.differing(), [](const compare::Row& row) { return row.what == compare::What::lost_step; });
  EXPECT_EQ(lost, 1) << found.text().substr(0, 4000);
  EXPECT_GE(found.comparison.equal, 3u + 10u);
}

// Whatever the bytes are: an answer or an InputError, never a crash.
TEST(HostileCompare, MutatedCapturesNeverBreakIt) {
  const Scratch scratch;
  const std::string a = base_trace().write(scratch, "a.pcap");
  const std::vector<std::uint8_t> whole = read_file(a);
  std::mt19937 random{7};
  for (int round = 0; round < 400; ++round) {
    std::vector<std::uint8_t> bytes = whole;
    for (int i = 0; i < 1 + round % 20; ++i) {
      bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    }
    if (round % 5 == 0) bytes.resize(random() % bytes.size());
    write_file(scratch.file("b.pcap"), bytes);
    try {
      const Compared found = compare_files(a, scratch.file("b.pcap"));
      EXPECT_TRUE(found.comparison.is_same() || !found.comparison.first.empty()) << round;
    } catch (const InputError&) {
    }
  }
}

}  // namespace
}  // namespace halfopen

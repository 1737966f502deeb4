// What was written is read back; what others wrote is read, too.
#include "capture/file/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pcap/pcap.h>
#include <sys/stat.h>

#include <sstream>
#include <thread>

#include "capture/decode/link_layer.h"
#include "capture/file/capture_file.h"
#include "capture/tell/ladder.h"
#include "tests/capture/story.h"
#include "tests/support/scratch.h"

namespace halfopen {
namespace {

using test::Scratch;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string ladder_of_story(LadderOptions options = {}) {
  std::ostringstream out;
  Ladder ladder{out, test::story_run().names(), options};
  test::Story{ladder}.tell();
  return out.str();
}

// A capture's ladder, as `show` prints it, and everything else that was told.
struct Read {
  std::ostringstream ladder;
  CaptureInfo info;
  CaptureCounts counts;
  std::vector<std::string> comments;
  std::vector<std::uint64_t> numbers;
  std::vector<MalformedPacket> malformed;
  std::vector<HostId> senders;
};

Read read(const std::string& path, LadderOptions options = {}) {
  Read all;
  std::optional<Ladder> ladder;
  CaptureHandlers handlers;
  handlers.info = [&](const CaptureInfo& info) {
    all.info = info;
    ladder.emplace(all.ladder, info.names, options);
  };
  handlers.packet = [&](const CapturedPacket& packet) {
    all.comments.emplace_back(packet.comment);
    all.numbers.push_back(packet.number);
    all.senders.push_back(packet.note.from);
    ladder->on_packet(packet.note);
  };
  handlers.note = [&](const Note& note) { ladder->on_note(note); };
  handlers.malformed = [&](const MalformedPacket& packet) { all.malformed.push_back(packet); };
  all.counts = read_capture(path, handlers);
  return all;
}

std::string write_story(const Scratch& scratch, const std::string& name, CaptureOptions options = {}) {
  const auto sink = open_capture(scratch.file(name), test::story_run(), options);
  test::Story{*sink}.tell();
  sink->finish();
  return scratch.file(name);
}

TEST(Reader, APcapngOfOursGivesTheLadderThatWasWritten) {
  const Scratch scratch;
  const Read all = read(write_story(scratch, "a.pcapng"));
  EXPECT_EQ(all.ladder.str(), ladder_of_story());
  EXPECT_EQ(all.info.format, "pcapng");
  ASSERT_TRUE(all.info.run);
  EXPECT_EQ(all.info.run->scenario, "Server host crashes");
  EXPECT_EQ(all.info.run->seed, 7u);
  EXPECT_EQ(all.info.epoch, kDefaultEpoch);
  EXPECT_EQ(all.counts.packets, 10u);
  EXPECT_EQ(all.counts.notes, 6u);
  EXPECT_THAT(all.comments[6], HasSubstr("(lost: path is cut)"));
}

// A run in real time gives everything to the system at each moment: what follows its last packet still gets
// into that one's comments.
TEST(Reader, AFileThatIsFlushedAllTheTimeHasTheSameBytes) {
  struct Flushing final : Observer {
    explicit Flushing(CaptureSink& out) : sink{out} {}
    void on_packet(const PacketNote& note) override {
      sink.on_packet(note);
      sink.flush();
    }
    void on_note(const Note& note) override {
      sink.on_note(note);
      sink.flush();
    }
    CaptureSink& sink;
  };
  const Scratch scratch;
  const auto sink = open_capture(scratch.file("flushed.pcapng"), test::story_run());
  Flushing flushing{*sink};
  test::Story{flushing}.tell();
  sink->finish();
  const auto bytes = test::read_file(scratch.file("flushed.pcapng"));
  EXPECT_TRUE(bytes == test::read_file(write_story(scratch, "a.pcapng")));
  const std::string text{bytes.begin(), bytes.end()};
  EXPECT_THAT(text, HasSubstr("client: line-client is killed by SIGKILL at 5 s"));
}

TEST(Reader, APcapngOfOursRemembersWhy) {
  const Scratch scratch;
  const LadderOptions options{.explain = true};
  EXPECT_EQ(read(write_story(scratch, "a.pcapng"), options).ladder.str(), ladder_of_story(options));
}

TEST(Reader, APcapHasThePacketsOnly) {
  const Scratch scratch;
  const Read all = read(write_story(scratch, "a.pcap"));
  EXPECT_EQ(all.info.format, "pcap");
  EXPECT_FALSE(all.info.run);
  EXPECT_EQ(all.counts.packets, 10u);
  EXPECT_EQ(all.counts.notes, 0u);
  EXPECT_EQ(all.info.epoch, kDefaultEpoch) << "the first packet's time";
  EXPECT_THAT(all.ladder.str(), HasSubstr("3.240000  10.9.0.1.40000 > 10.9.0.2.9998  P.   7:22(15)"));
  EXPECT_THAT(all.senders,
              ElementsAre(HostId::client, HostId::server, HostId::client, HostId::client, HostId::server,
                          HostId::client, HostId::client, HostId::client, HostId::router, HostId::server));
}

TEST(Reader, HeadersOnlyCapturesHaveTheSameLadder) {
  const Scratch scratch;
  const CaptureOptions options{.snap_length = 80};
  const std::string whole = read(write_story(scratch, "whole.pcap")).ladder.str();
  EXPECT_EQ(read(write_story(scratch, "a.pcap", options)).ladder.str(), whole);
  EXPECT_EQ(read(write_story(scratch, "b.pcapng", options)).ladder.str(), ladder_of_story());
}

TEST(Reader, TheEpochIsTheWritersChoice) {
  const Scratch scratch;
  const std::string file = write_story(scratch, "a.pcapng", {.epoch = 1'000'000'000'000'000'000});
  EXPECT_EQ(read(file).info.epoch, 1'000'000'000'000'000'000);
  EXPECT_EQ(read(file).ladder.str(), ladder_of_story());
}

TEST(Reader, ReadsFromAFifo) {
  const Scratch scratch;
  for (const auto* name : {"a.pcap", "a.pcapng"}) {
    const std::string file = write_story(scratch, name);
    const std::string fifo = scratch.file("fifo");
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    std::thread writer{[&] { test::write_file(fifo, test::read_file(file)); }};
    EXPECT_EQ(read(fifo).counts.packets, 10u);
    writer.join();
    std::filesystem::remove(fifo);
  }
}

// One segment behind each link-layer header that we know, written by libpcap.
struct LinkCase {
  const char* name;
  int link_type;
  std::vector<std::uint8_t> header;
  bool v6 = false;
};

class LinkLayers : public ::testing::TestWithParam<LinkCase> {};

TEST_P(LinkLayers, AreTakenOff) {
  const Scratch scratch;
  BlockPool pool;
  const LinkCase& link = GetParam();
  const auto ip = test::bytes_of(test::tcp_packet(pool, {.v6 = link.v6, .flags = tcp_flag::syn, .seq = 5}));
  std::vector<std::uint8_t> frame = link.header;
  frame.insert(frame.end(), ip.begin(), ip.end());
  for (const int precision : {PCAP_TSTAMP_PRECISION_MICRO, PCAP_TSTAMP_PRECISION_NANO}) {
    pcap_t* handle =
        pcap_open_dead_with_tstamp_precision(link.link_type, 65535, static_cast<u_int>(precision));
    pcap_dumper_t* dumper = pcap_dump_open(handle, scratch.file("a").c_str());
    ASSERT_NE(dumper, nullptr);
    pcap_pkthdr header{};
    header.caplen = header.len = static_cast<bpf_u_int32>(frame.size());
    header.ts.tv_sec = 100;
    header.ts.tv_usec = 7;
    pcap_dump(reinterpret_cast<u_char*>(dumper), &header, frame.data());
    for (bpf_u_int32 size = 0; size < link.header.size() + 20; ++size) {  // and cut anywhere in the headers
      header.caplen = size;
      pcap_dump(reinterpret_cast<u_char*>(dumper), &header, frame.data());
    }
    pcap_dump_close(dumper);
    pcap_close(handle);
    const Read all = read(scratch.file("a"));
    EXPECT_EQ(all.counts.packets, 1u);
    EXPECT_EQ(all.counts.malformed, link.header.size() + 20);
    EXPECT_EQ(all.info.epoch, 100'000'000'000 + (precision == PCAP_TSTAMP_PRECISION_NANO ? 7 : 7000));
    EXPECT_THAT(all.ladder.str(), HasSubstr("  S    0:0(0)"));
  }
}

const std::vector<std::uint8_t> kEthernet{0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 6, 0x08, 0x00};
// A data frame to the access point, with LLC and SNAP.
const std::vector<std::uint8_t> kDot11{0x08, 1, 0, 0, 0, 1, 2, 3, 4,    5,    0, 1, 2, 3, 4,    6,
                                       0,    1, 2, 3, 4, 7, 0, 0, 0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00};
std::vector<std::uint8_t> dot11_qos() {
  std::vector<std::uint8_t> frame = kDot11;
  frame[0] = 0x88;
  frame.insert(frame.begin() + 24, {0, 0});
  frame[frame.size() - 2] = 0x86;
  frame[frame.size() - 1] = 0xdd;
  return frame;
}
std::vector<std::uint8_t> behind(std::vector<std::uint8_t> head, const std::vector<std::uint8_t>& rest) {
  head.insert(head.end(), rest.begin(), rest.end());
  return head;
}
INSTANTIATE_TEST_SUITE_P(
    Known, LinkLayers,
    ::testing::Values(
        LinkCase{"raw", DLT_RAW, {}}, LinkCase{"ipv4", DLT_IPV4, {}}, LinkCase{"ipv6", DLT_IPV6, {}, true},
        LinkCase{"ethernet", DLT_EN10MB, kEthernet},
        LinkCase{"vlan", DLT_EN10MB, {0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 6, 0x81, 0, 0, 7, 0x08, 0x00}},
        LinkCase{"double_vlan",
                 DLT_EN10MB,
                 {0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 6, 0x88, 0xa8, 0, 7, 0x81, 0, 0, 9, 0x86, 0xdd},
                 true},
        LinkCase{"cooked", DLT_LINUX_SLL, {0, 4, 0, 1, 0, 6, 0, 1, 2, 3, 4, 5, 0, 0, 0x08, 0x00}},
        LinkCase{"cooked2", DLT_LINUX_SLL2, {0x08, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 0, 1, 2, 3, 4, 5, 0, 0}},
        LinkCase{"pppoe", DLT_EN10MB, {0, 1,    2,    3,    4, 5, 0, 1, 2,  3, 4,
                                       6, 0x88, 0x64, 0x11, 0, 0, 1, 0, 42, 0, 0x21}},
        LinkCase{"mpls",
                 DLT_EN10MB,
                 {0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 6, 0x88, 0x47, 0, 1, 0, 64, 0, 2, 1, 64},
                 true},
        LinkCase{"llc_snap", DLT_EN10MB, {0, 1, 2,  3,    4,    5, 0, 1, 2, 3,    4,
                                          6, 0, 60, 0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00}},
        LinkCase{"ppp", DLT_PPP, {0xff, 3, 0, 0x21}},
        LinkCase{"ppp_compressed", DLT_PPP_SERIAL, {0x57}, true},
        LinkCase{"wireless", DLT_IEEE802_11, kDot11},
        LinkCase{"wireless_qos_v6", DLT_IEEE802_11, dot11_qos(), true},
        LinkCase{"radiotap", DLT_IEEE802_11_RADIO, behind({0, 0, 9, 0, 2, 0, 0, 0, 0}, kDot11)},
        LinkCase{"ppi", DLT_PPI, behind({0, 0, 8, 0, 105, 0, 0, 0}, kDot11)},
        LinkCase{"null_little_endian", DLT_NULL, {2, 0, 0, 0}},
        LinkCase{"null_big_endian", DLT_NULL, {0, 0, 0, 2}},
        LinkCase{"loop_v6", DLT_LOOP, {0, 0, 0, 30}, true}),
    [](const auto& link) { return std::string{link.param.name}; });

TEST(Reader, WhatIsNotIpIsPassedOver) {
  const Scratch scratch;
  std::vector<std::uint8_t> arp = kEthernet;
  arp[13] = 0x06;
  arp.resize(60);
  pcap_t* handle = pcap_open_dead(DLT_EN10MB, 65535);
  pcap_dumper_t* dumper = pcap_dump_open(handle, scratch.file("a").c_str());
  pcap_pkthdr header{};
  header.caplen = header.len = 60;
  pcap_dump(reinterpret_cast<u_char*>(dumper), &header, arp.data());
  pcap_dump_close(dumper);
  pcap_close(handle);
  const Read all = read(scratch.file("a"));
  EXPECT_EQ(all.counts.other, 1u);
  EXPECT_EQ(all.counts.packets + all.counts.malformed, 0u);
}

TEST(Reader, EncryptedWirelessFramesAreNotIp) {
  const Scratch scratch;
  std::vector<std::uint8_t> frame = kDot11;
  frame[1] |= 0x40;  // protected
  frame.resize(100);
  std::string issue;
  const auto unwrapped = unwrap(DLT_IEEE802_11, frame, issue);
  ASSERT_TRUE(unwrapped) << issue;
  EXPECT_FALSE(unwrapped->is_ip);
}

TEST(Reader, CookedCapturesOfAllInterfacesSayWhich) {
  BlockPool pool;
  std::vector<std::uint8_t> frame{0x08, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 0, 1, 2, 3, 4, 5, 0, 0};
  const auto ip = test::bytes_of(test::tcp_packet(pool, {}));
  frame.insert(frame.end(), ip.begin(), ip.end());
  std::string issue;
  EXPECT_EQ(unwrap(DLT_LINUX_SLL2, frame, issue)->interface, 3u);
}

TEST(CaptureReader, TwoCapturesAreReadInTurn) {
  const Scratch scratch;
  std::vector<std::string> heard;
  const auto handlers_of = [&](const std::string& name) {
    CaptureHandlers handlers;
    handlers.info = [&heard, name](const CaptureInfo&) { heard.push_back(name + " info"); };
    handlers.packet = [&heard, name](const CapturedPacket& packet) {
      heard.push_back(name + std::to_string(packet.number));
    };
    return handlers;
  };
  CaptureReader a{write_story(scratch, "a.pcap"), handlers_of("a")};
  CaptureReader b{write_story(scratch, "b.pcap"), handlers_of("b")};
  EXPECT_TRUE(heard.empty()) << "nothing is told before it is asked for";
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(a.step());
    EXPECT_TRUE(b.step());
  }
  EXPECT_THAT(heard, ElementsAre("a info", "a1", "b info", "b1", "a2", "b2"));
  while (a.step()) {
  }
  EXPECT_FALSE(a.step());
  EXPECT_EQ(a.counts().packets, 10u);
  EXPECT_EQ(b.counts().packets, 2u);
}

TEST(CaptureReader, ABrokenFileIsToldOnceAndThenOver) {
  const Scratch scratch;
  auto bytes = test::read_file(write_story(scratch, "a.pcap"));
  bytes.pop_back();
  test::write_file(scratch.file("a.pcap"), bytes);
  CaptureReader reader{scratch.file("a.pcap"), {}};
  for (int i = 0; i < 9; ++i) EXPECT_TRUE(reader.step());
  EXPECT_THROW(reader.step(), InputError);
  EXPECT_FALSE(reader.step());
  EXPECT_EQ(reader.counts().packets, 9u);
}

TEST(CaptureReader, APacketSaysWhatOfItIsThere) {
  const Scratch scratch;
  for (const char* name : {"a.pcap", "a.pcapng"}) {
    const std::string file = write_story(scratch, name, {.snap_length = 56});
    CaptureHandlers handlers;
    std::size_t seen = 0;
    handlers.view = [&](const CapturedPacket& packet) {
      ++seen;
      EXPECT_EQ(packet.note.packet, nullptr);
      EXPECT_LE(packet.ip.size(), 56u);
      EXPECT_EQ(packet.link_type, 101u);
      EXPECT_EQ(packet.interface, 0u);
      if (packet.number != 7) return;  // 15 bytes behind 52 of headers
      EXPECT_EQ(packet.wire_size, 67u);
      EXPECT_EQ(packet.view->tcp().payload_size(), 15u);
      EXPECT_EQ(packet.payload_captured, 4u);
    };
    handlers.packet = [&](const CapturedPacket& packet) {
      EXPECT_EQ(seen, packet.number) << "the view comes first";
      if (packet.number == 7) {
        EXPECT_EQ(packet.note.packet->segment()->payload.size(), 15u);
      }
    };
    read_capture(file, handlers);
    EXPECT_EQ(seen, 10u);
  }
}

TEST(Reader, ALengthOfZeroIsTheFramesLength) {  // segmentation offload on the sender's side
  const Scratch scratch;
  BlockPool pool;
  auto ip = test::bytes_of(test::tcp_packet(pool, {.seq = 5, .ack = 5, .text = "hello\n"}));
  ip[2] = ip[3] = 0;
  pcap_t* handle = pcap_open_dead(DLT_RAW, 65535);
  pcap_dumper_t* dumper = pcap_dump_open(handle, scratch.file("a").c_str());
  pcap_pkthdr header{};
  header.caplen = header.len = static_cast<bpf_u_int32>(ip.size());
  pcap_dump(reinterpret_cast<u_char*>(dumper), &header, ip.data());
  pcap_dump_close(dumper);
  pcap_close(handle);
  EXPECT_THAT(read(scratch.file("a")).ladder.str(), HasSubstr("1:7(6)"));
}

}  // namespace
}  // namespace halfopen

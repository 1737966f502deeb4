// Link layers beyond those of reader_test.cc: a segment behind each, each cut anywhere and with wrong bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/decode/link_layer.h"
#include "sim/base/rng.h"
#include "tests/capture/wild.h"

namespace halfopen {
namespace {

using test::Bytes;
using test::pcap_of;
using test::read_wild;
using test::read_wild_file;
using test::shipped_capture;
using test::WildCapture;
using test::operator+;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct LinkCase {
  const char* name;
  std::uint32_t link_type;
  Bytes header;
  bool v6 = false;
  std::size_t least = 0;  // bytes of the header of which no less is malformed; 0: all of it
};

Bytes zeros(std::size_t count) { return Bytes(count); }

const Bytes kSnapIpv4{0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00};
// A data frame from the access point, without LLC.
const Bytes kData = Bytes{0x08, 2, 0, 0} + zeros(20);
const Bytes kQos = Bytes{0x88, 2, 0, 0} + zeros(22);
const Bytes kQosAggregate = Bytes{0x88, 2, 0, 0} + zeros(20) + Bytes{0x80, 0};
const Bytes kQosFourAddresses = Bytes{0x88, 3, 0, 0} + zeros(28);
const Bytes kQosHtControl = Bytes{0x88, 0x82, 0, 0} + zeros(26);
// Time, flags (padded), an antenna's signal; a second word of what is present.
const Bytes kRadiotapPadded =
    Bytes{0, 0, 26, 0, 0x03, 0, 0, 0x80, 0x20, 0, 0, 0} + zeros(12) + Bytes{0x20, 0};
const Bytes kRadiotapFlags{0, 0, 9, 0, 2, 0, 0, 0, 0x20};

const std::vector<LinkCase>& cases() {
  static const std::vector<LinkCase> all{
      {"fddi", 10, zeros(13) + kSnapIpv4},
      {"atm", 11, kSnapIpv4},
      {"serial_hdlc", 50, {0x8f, 0, 0x08, 0}},
      {"pppoe", 51, {0x11, 0, 0, 1, 0, 42, 0, 0x57}, true},
      {"hdlc", 104, {0x0f, 0, 0x08, 0}},
      {"hdlc_v6_vlan", 104, {0x0f, 0, 0x81, 0, 0, 1, 0x86, 0xdd}, true},
      {"wireless_from_access_point", 105, kData + kSnapIpv4},
      {"wireless_vlan", 105, kQos + Bytes{0xaa, 0xaa, 3, 0, 0, 0, 0x81, 0, 0, 1, 0x08, 0x00}},
      {"wireless_aggregate", 105, kQosAggregate + zeros(14) + kSnapIpv4},
      {"wireless_four_addresses", 105, kQosFourAddresses + kSnapIpv4},
      {"wireless_ht_control", 105, kQosHtControl + kSnapIpv4},
      {"frame_relay", 107, {0x18, 0x41, 3, 0xcc}},
      {"frame_relay_v6", 107, {0x18, 0x41, 3, 0x8e}, true},
      {"frame_relay_cisco", 107, {0x18, 0x41, 0x08, 0}},
      {"frame_relay_snap", 107, {0x18, 0x41, 3, 0, 0x80, 0, 0, 0, 0x08, 0}},
      {"enc", 109, Bytes{2, 0, 0, 0} + zeros(8)},
      {"enc_v6_big_endian", 109, Bytes{0, 0, 0, 24} + zeros(8), true},
      {"pflog", 117, Bytes{61, 2} + zeros(62)},
      {"prism", 119, zeros(144) + kData + kSnapIpv4},
      {"prism_avs", 119, Bytes{0x80, 0x21, 0x10, 1, 0, 0, 0, 64} + zeros(56) + kData + kSnapIpv4},
      {"fibre_channel", 122, zeros(16) + kSnapIpv4},
      {"radiotap_padded", 127, kRadiotapPadded + kQos + zeros(2) + kSnapIpv4},
      {"radiotap_padded_without_time", 127, kRadiotapFlags + kQos + zeros(2) + kSnapIpv4},
      {"avs", 163, Bytes{0x80, 0x21, 0x10, 1, 0, 0, 0, 64} + zeros(56) + kData + kSnapIpv4},
      {"pppd", 166, {1, 3, 0, 0x21}},
      {"ppi_radiotap", 192, Bytes{0, 0, 8, 0, 127, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0} + kData + kSnapIpv4},
      {"ppi_ethernet", 192, Bytes{0, 0, 12, 0, 1, 0, 0, 0, 1, 2, 0, 0} + zeros(12) + Bytes{0x08, 0x00}},
      {"ppp_with_direction", 204, {1, 0xff, 3, 0, 0x21}},
      {"hdlc_with_direction", 205, {1, 0x0f, 0, 0x08, 0}},
      {"frame_relay_with_direction", 206, {1, 0x18, 0x41, 3, 0xcc}},
      {"mpls", 219, {0, 1, 0, 64, 0, 2, 1, 64}},
      {"ipnet", 226, Bytes{1, 26} + zeros(22), true},
      {"nflog", 239, {2, 0, 0, 0, 50, 0, 9, 0}},
      {"nflog_attributes", 239, {10, 0, 0, 0, 7, 0, 10, 0, 'a', 'b', 0, 0, 70, 0, 9, 0}, true, 4},
      {"nflog_big_endian", 239, {2, 0, 0, 0, 0, 6, 0, 10, 'a', 0, 0, 0, 0, 50, 0, 9}, false, 4},
      {"netanalyzer", 240, zeros(16) + Bytes{0x08, 0x00}},
      {"infiniband", 242, zeros(40) + Bytes{0x08, 0x00, 0, 0}},
      {"pktap", 258, Bytes{108, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0} + zeros(96)},
      {"pktap_ethernet", 258, Bytes{108, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0} + zeros(108) + Bytes{0x08, 0x00}},
  };
  return all;
}

class WildLinkLayers : public ::testing::TestWithParam<LinkCase> {};

TEST_P(WildLinkLayers, AreTakenOffAndMayBeCutAnywhere) {
  BlockPool pool;
  const LinkCase& link = GetParam();
  const Bytes ip = test::bytes_of(test::tcp_packet(pool, {.v6 = link.v6, .flags = tcp_flag::syn, .seq = 5}));
  const Bytes frame = link.header + ip;
  std::string issue;
  const auto unwrapped = unwrap(link.link_type, frame, issue);
  ASSERT_TRUE(unwrapped) << issue;
  EXPECT_EQ(unwrapped->header, link.header.size());
  const WildCapture whole = read_wild(pcap_of(link.link_type, {{frame}}));
  ASSERT_THAT(whole.packets, SizeIs(1)) << (whole.malformed.empty() ? "not IP" : whole.malformed[0]);
  EXPECT_EQ(whole.packets[0].ip, ip);
  std::vector<test::WildFrame> cut;
  const std::size_t least = link.least == 0 ? link.header.size() : link.least;
  for (std::size_t size = 0; size < least; ++size) {
    cut.push_back({Bytes(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size)), 0,
                   static_cast<std::uint32_t>(frame.size())});
  }
  const WildCapture pieces = read_wild(pcap_of(link.link_type, cut));
  EXPECT_THAT(pieces.packets, IsEmpty());
  EXPECT_EQ(pieces.counts.malformed, cut.size());
}

INSTANTIATE_TEST_SUITE_P(Known, WildLinkLayers, ::testing::ValuesIn(cases()),
                         [](const auto& link) { return std::string{link.param.name}; });

TEST(WildLinkLayer, FramesWithoutAPacketAreNotIp) {
  const auto is_passed_over = [](std::uint32_t link_type, const Bytes& frame) {
    const WildCapture capture = read_wild(pcap_of(link_type, {{frame}}));
    return capture.counts.other == 1 && capture.counts.malformed == 0;
  };
  const auto with_kind = [](std::uint8_t kind, std::uint8_t flags, std::size_t size) {
    Bytes frame = kData + kSnapIpv4 + zeros(40);
    frame[0] = kind;
    frame[1] = flags;
    frame.resize(size);
    return frame;
  };
  EXPECT_TRUE(is_passed_over(105, with_kind(0x80, 0, 60))) << "beacon";
  EXPECT_TRUE(is_passed_over(105, with_kind(0xd4, 0, 10))) << "acknowledgement";
  EXPECT_TRUE(is_passed_over(105, with_kind(0x48, 1, 24))) << "null data";
  EXPECT_TRUE(is_passed_over(105, with_kind(0xc8, 1, 26))) << "QoS null data";
  EXPECT_TRUE(is_passed_over(105, with_kind(0x08, 0x41, 60))) << "encrypted";
  EXPECT_TRUE(is_passed_over(105, with_kind(0x09, 0, 60))) << "another version";
  Bytes later = with_kind(0x08, 1, 60);
  later[22] = 1;
  EXPECT_TRUE(is_passed_over(105, later)) << "a later fragment";
  EXPECT_TRUE(is_passed_over(239, {2, 0, 0, 0, 6, 0, 10, 0, 'a', 0, 0, 0})) << "no payload";
  EXPECT_TRUE(is_passed_over(104, {0x8f, 0, 0x80, 0x35, 0, 0, 0, 2})) << "SLARP";
  EXPECT_EQ(read_wild_file(shipped_capture("beacon.pcap")).counts.other, 1u);
}

TEST(WildLinkLayer, SmallCapturesAreRead) {
  EXPECT_THAT(read_wild_file(shipped_capture("nflog.pcap")).packets, SizeIs(3));
  EXPECT_THAT(read_wild_file(shipped_capture("chdlc.pcap")).packets, SizeIs(3));
  EXPECT_THAT(read_wild_file(shipped_capture("two-interfaces.pcapng")).packets, SizeIs(5));
}

TEST(WildLinkLayer, HeadersThatNameAnotherDoNotStandInOneAnother) {
  Bytes nested;
  for (int i = 0; i < 20'000; ++i) nested = nested + Bytes{0, 0, 8, 0, 192, 0, 0, 0};
  std::string issue;
  EXPECT_FALSE(unwrap(192, nested, issue));
  EXPECT_FALSE(issue.empty());
}

// What was given to libtins here crashed it: the frame ends where a reader of 802.11 would go on.
TEST(WildLinkLayer, ARadiotapHeaderMayEndTheFrame) {
  const Bytes frame{0, 0, 12, 0, 0xdd, 0x9b, 0xc9, 0xca, 0xc6, 0x5c, 0x6a, 0x64, 0xff};
  EXPECT_EQ(read_wild(pcap_of(127, {{frame}})).counts.malformed, 1u);
}

// Each in a block of its own size, so that a sanitizer sees a step beyond the edge.
TEST(WildLinkLayer, MutatedFramesNeverHarm) {
  BlockPool pool;
  Rng rng{20261127};
  std::uint64_t found = 0;
  for (int round = 0; round < 60'000; ++round) {
    const LinkCase& link = cases()[rng.below(cases().size())];
    Bytes frame = link.header + test::bytes_of(test::tcp_packet(pool, {.v6 = link.v6, .text = "hello\n"}));
    for (std::uint64_t n = rng.below(4); n > 0; --n) {
      const std::size_t most = rng.below(2) == 0 ? frame.size() : link.header.size();
      frame[rng.below(most)] = static_cast<std::uint8_t>(rng.next());
    }
    const std::size_t size = rng.below(3) == 0 ? rng.below(frame.size() + 1) : frame.size();
    const Bytes exact(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size));
    std::string issue;
    const auto unwrapped = unwrap(link.link_type, exact, issue);
    ASSERT_NE(unwrapped.has_value(), !issue.empty());
    if (!unwrapped) continue;
    ASSERT_LE(unwrapped->header, exact.size());
    ASSERT_EQ(unwrapped->ip.size(), exact.size() - unwrapped->header);
    found += unwrapped->is_ip ? 1u : 0u;
  }
  EXPECT_GT(found, 20'000u) << "the mutations are so wild that nothing is tested";
}

}  // namespace
}  // namespace halfopen

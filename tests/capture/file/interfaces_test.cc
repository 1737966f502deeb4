// A pcapng of several interfaces, of which some cannot be read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/file/pcapng_format.h"
#include "tests/capture/wild.h"

namespace halfopen {
namespace {

using test::Bytes;
using test::read_wild;
using test::WildCapture;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint32_t kRaw = 101;
constexpr std::uint32_t kTokenRing = 6;

class Interfaces : public ::testing::Test {
 protected:
  void add(pcapng::BlockType type, const std::vector<std::uint32_t>& words, const Bytes& rest = {}) {
    builder_.begin(type);
    for (const std::uint32_t word : words) builder_.put32(word);
    builder_.put_bytes(rest);
    builder_.pad();
    const auto block = builder_.finish();
    file_.insert(file_.end(), block.begin(), block.end());
  }
  void begin(const std::vector<std::uint32_t>& link_types) {
    add(pcapng::BlockType::section, {pcapng::kByteOrderMagic, 1, 0xffff'ffff, 0xffff'ffff});
    for (const std::uint32_t type : link_types) add(pcapng::BlockType::interface, {type, 0});
  }
  void packet(std::uint32_t interface) {
    const Bytes bytes = test::bytes_of(test::tcp_packet(pool_, {.text = "hello\n"}));
    const auto size = static_cast<std::uint32_t>(bytes.size());
    add(pcapng::BlockType::enhanced_packet, {interface, 0, 1000, size, size}, bytes);
  }
  BlockPool pool_;
  pcapng::BlockBuilder builder_;
  Bytes file_;
};

TEST_F(Interfaces, ThatCannotBeReadArePassedOverAndToldOf) {
  begin({kTokenRing, kRaw, 9999});
  for (const std::uint32_t interface : {1u, 0u, 1u, 2u, 2u, 1u}) packet(interface);
  const WildCapture capture = read_wild(file_);
  EXPECT_EQ(capture.error, "none");
  ASSERT_THAT(capture.packets, SizeIs(3));
  EXPECT_EQ(capture.packets[1].number, 3u) << "numbers are the file's";
  EXPECT_EQ(capture.counts.unsupported, 3u);
  EXPECT_THAT(capture.remarks,
              ElementsAre("1 packet of interface 0 passed over: link type 6 (IEEE802) is not read",
                          "2 packets of interface 2 passed over: link type 9999 (unknown) is not read"));
}

TEST_F(Interfaces, NoneThatCanBeReadIsAnError) {
  begin({kTokenRing, 9999});
  packet(1);
  packet(0);
  const WildCapture capture = read_wild(file_);
  EXPECT_THAT(capture.error, HasSubstr(": offset 68: expected packets of raw IP"));
  EXPECT_THAT(capture.error, HasSubstr("found link type 9999 (unknown)"));
}

TEST_F(Interfaces, ThatSentNothingNeedNotBeRead) {
  begin({kTokenRing, kRaw});
  packet(1);
  const WildCapture capture = read_wild(file_);
  EXPECT_EQ(capture.error, "none");
  EXPECT_THAT(capture.packets, SizeIs(1));
  EXPECT_THAT(capture.remarks, IsEmpty());
}

TEST_F(Interfaces, ThousandsOfThemAreNotThousandsOfLines) {
  std::vector<std::uint32_t> types(1000, kTokenRing);
  types.push_back(kRaw);
  begin(types);
  for (std::uint32_t i = 0; i < types.size(); ++i) packet(i);
  const WildCapture capture = read_wild(file_);
  ASSERT_THAT(capture.remarks, SizeIs(33));
  EXPECT_EQ(capture.remarks.back(),
            "968 packets of other interfaces passed over: their link types are not read");
}

// In a run of ours "client > server" says all; elsewhere the first port says as much as the second.
TEST(NamedHosts, ShowTheirPorts) {
  WildCapture capture = test::read_wild_file(test::shipped_capture("names.pcapng"));
  ASSERT_THAT(capture.packets, SizeIs(6));
  const IpAddress laptop = IpAddress::v4({10, 0, 0, 1});
  EXPECT_EQ(capture.info.names.of(SocketAddress{laptop, 1000}), "laptop.1000");
  EXPECT_EQ(capture.info.names.of(SocketAddress{laptop, 1001}), "laptop.1001");
  EXPECT_EQ(capture.info.names.of(laptop), "laptop");
}

}  // namespace
}  // namespace halfopen

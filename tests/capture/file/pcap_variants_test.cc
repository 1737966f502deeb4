// The variants of the classic format: byte orders, resolutions, old versions, longer packet headers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "capture/file/reader.h"
#include "tests/support/packets.h"
#include "tests/support/scratch.h"

namespace halfopen {
namespace {

using ::testing::HasSubstr;
using Bytes = std::vector<std::uint8_t>;

struct Variant {
  const char* name;
  std::uint32_t magic = 0xa1b2c3d4;
  bool big_endian = false;
  std::uint16_t major = 2;
  std::uint16_t minor = 4;
  std::uint32_t link_type = 101;
  bool lengths_are_swapped = false;
};

class Writer {
 public:
  explicit Writer(bool big_endian) : big_endian_{big_endian} {}
  void put(std::uint32_t value, int size) {
    for (int i = 0; i < size; ++i) {
      const int shift = 8 * (big_endian_ ? size - 1 - i : i);
      bytes.push_back(static_cast<std::uint8_t>(value >> shift));
    }
  }
  void put_all(std::initializer_list<std::uint32_t> values) {
    for (const std::uint32_t value : values) put(value, 4);
  }
  Bytes bytes;

 private:
  bool big_endian_;
};

// Two packets, of which the second was cut by ten bytes.
Bytes capture_of(const Variant& variant, const Bytes& packet) {
  Writer writer{variant.big_endian};
  writer.put(variant.magic, 4);
  writer.put(variant.major, 2);
  writer.put(variant.minor, 2);
  writer.put_all({0, 0, 65535, variant.link_type});
  for (const std::uint32_t missing : {0u, 10u}) {
    const auto size = static_cast<std::uint32_t>(packet.size());
    writer.put_all({100, 7});
    if (variant.lengths_are_swapped) {
      writer.put_all({size, size - missing});
    } else {
      writer.put_all({size - missing, size});
    }
    if (variant.magic == 0xa1b2cd34) writer.put_all({2, 0x0800'0000});
    writer.bytes.insert(writer.bytes.end(), packet.begin(), packet.end() - missing);
  }
  return writer.bytes;
}

struct Outcome {
  std::vector<std::uint32_t> captured;
  std::int64_t epoch = 0;
  std::string error;
};

Outcome read(const Bytes& bytes) {
  const test::Scratch scratch;
  test::write_file(scratch.file("a"), bytes);
  Outcome outcome;
  CaptureHandlers handlers;
  handlers.info = [&](const CaptureInfo& info) { outcome.epoch = info.epoch; };
  handlers.view = [&](const CapturedPacket& packet) { outcome.captured.push_back(packet.payload_captured); };
  try {
    read_capture(scratch.file("a"), handlers);
  } catch (const InputError& error) {
    outcome.error = error.what();
  }
  return outcome;
}

class PcapVariants : public ::testing::TestWithParam<Variant> {};

TEST_P(PcapVariants, AreRead) {
  BlockPool pool;
  const Bytes packet = test::bytes_of(test::tcp_packet(pool, {.text = "twenty bytes of text"}));
  const Outcome outcome = read(capture_of(GetParam(), packet));
  EXPECT_EQ(outcome.error, "");
  EXPECT_THAT(outcome.captured, ::testing::ElementsAre(20, 10));
  EXPECT_EQ(outcome.epoch, 100'000'000'000 + (GetParam().magic == 0xa1b23c4d ? 7 : 7000));
}

INSTANTIATE_TEST_SUITE_P(
    All, PcapVariants,
    ::testing::Values(Variant{"microseconds"}, Variant{"nanoseconds", 0xa1b23c4d},
                      Variant{"patched", 0xa1b2cd34}, Variant{"big_endian", 0xa1b2c3d4, true},
                      Variant{"big_endian_nanoseconds", 0xa1b23c4d, true},
                      Variant{"big_endian_patched", 0xa1b2cd34, true},
                      Variant{"version_2_2", 0xa1b2c3d4, false, 2, 2, 101, true},
                      Variant{"version_2_3", 0xa1b2c3d4, false, 2, 3, 101, false},
                      Variant{"version_2_3_swapped", 0xa1b2c3d4, false, 2, 3, 101, true},
                      Variant{"dgux", 0xa1b2c3d4, true, 543, 0, 101, true},
                      Variant{"frame_check_sequence", 0xa1b2c3d4, false, 2, 4, 0x1400'0065}),
    [](const auto& variant) { return std::string{variant.param.name}; });

TEST(Pcap, OtherVersionsAreRefused) {
  EXPECT_THAT(read(capture_of({"", 0xa1b2c3d4, false, 3, 0}, Bytes(20))).error,
              HasSubstr("offset 4: expected pcap version 2.0 to 2.4, found 3.0"));
  EXPECT_THAT(read(capture_of({"", 0xa1b2c3d4, true, 2, 5}, Bytes(20))).error, HasSubstr("found 2.5"));
}

TEST(Pcap, TheLongestPacketsAreReadAndNoLongerOnes) {
  constexpr std::uint32_t kLongest = 262'144;
  BlockPool pool;
  Bytes packet = test::bytes_of(test::tcp_packet(pool, {}));
  packet.resize(kLongest);  // padding behind a packet
  Writer writer{false};
  writer.put_all({0xa1b2c3d4, 0x0004'0002, 0, 0, kLongest, 101});
  for (int i = 0; i < 5; ++i) {
    writer.put_all({1, 0, kLongest, kLongest});
    writer.bytes.insert(writer.bytes.end(), packet.begin(), packet.end());
  }
  EXPECT_EQ(read(writer.bytes).captured.size(), 5u);
  writer.put_all({1, 0, kLongest + 1, kLongest + 1});
  packet.push_back(0);
  writer.bytes.insert(writer.bytes.end(), packet.begin(), packet.end());
  const Outcome outcome = read(writer.bytes);
  EXPECT_EQ(outcome.captured.size(), 5u);
  EXPECT_THAT(
      outcome.error,
      HasSubstr(
          "offset 1310824: expected packet 6 of at most 262144 bytes, found a captured length of 262145"));
}

TEST(Pcap, TimeThatRunsBackwardsIsTime) {
  BlockPool pool;
  const Bytes packet = test::bytes_of(test::tcp_packet(pool, {}));
  const test::Scratch scratch;
  Writer writer{false};
  writer.put_all({0xa1b2c3d4, 0x0004'0002, 0, 0, 65535, 101});
  for (const std::uint32_t second : {1'000'000'000u, 0u, 5u}) {
    writer.put_all(
        {second, 0, static_cast<std::uint32_t>(packet.size()), static_cast<std::uint32_t>(packet.size())});
    writer.bytes.insert(writer.bytes.end(), packet.begin(), packet.end());
  }
  test::write_file(scratch.file("a"), writer.bytes);
  std::vector<std::int64_t> seconds;
  CaptureHandlers handlers;
  handlers.view = [&](const CapturedPacket& p) { seconds.push_back(nanos(p.note.at) / 1'000'000'000); };
  read_capture(scratch.file("a"), handlers);
  EXPECT_THAT(seconds, ::testing::ElementsAre(0, -1'000'000'000, -999'999'995));
}

}  // namespace
}  // namespace halfopen

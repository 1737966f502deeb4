// Captures that gzip, zstd or lz4 packed are read as if they were not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lz4frame.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "sim/base/rng.h"
#include "tests/capture/wild.h"

namespace halfopen {
namespace {

using test::Bytes;
using test::pcap_of;
using test::read_wild;
using test::read_wild_file;
using test::WildCapture;
using test::operator+;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::SizeIs;

Bytes gzip(const Bytes& plain) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  Bytes packed(deflateBound(&stream, plain.size()));
  stream.next_in = const_cast<std::uint8_t*>(plain.data());
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

Bytes zstd(const Bytes& plain) {
  Bytes packed(ZSTD_compressBound(plain.size()));
  packed.resize(ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), 3));
  return packed;
}

Bytes lz4(const Bytes& plain) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
  Bytes packed(LZ4F_compressFrameBound(plain.size(), &preferences));
  packed.resize(LZ4F_compressFrame(packed.data(), packed.size(), plain.data(), plain.size(), &preferences));
  return packed;
}

struct Packing {
  const char* name;
  Bytes (*pack)(const Bytes&);
};

// The most memory that this process has had since its peak was last cleared, KiB (VmHWM of proc(5)).
std::uint64_t peak_kib() {
  std::ifstream status{"/proc/self/status"};
  for (std::string word; status >> word;) {
    std::uint64_t kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib;
  }
  ADD_FAILURE() << "no VmHWM in /proc/self/status";
  return 0;
}

class Packed : public ::testing::TestWithParam<Packing> {
 protected:
  // A capture that is longer than any buffer, of numbers that do not pack to nothing.
  Bytes capture(std::uint32_t packets) {
    std::vector<test::WildFrame> frames;
    Rng rng{1};
    for (std::uint32_t i = 0; i < packets; ++i) {
      Bytes bytes = test::bytes_of(test::tcp_packet(pool_, {.seq = i, .text = std::string(1000, 'x')}));
      for (std::size_t at = 60; at < 160; ++at) bytes[at] = static_cast<std::uint8_t>(rng.next());
      frames.push_back({bytes, i});
    }
    return pcap_of(101, frames);
  }
  static Bytes pack(const Bytes& plain) { return GetParam().pack(plain); }
  BlockPool pool_;
};

TEST_P(Packed, ReadsAsItWas) {
  const Bytes plain = capture(2000);
  const WildCapture read = read_wild(pack(plain));
  EXPECT_EQ(read.error, "none");
  ASSERT_THAT(read.packets, SizeIs(2000));
  EXPECT_EQ(read.packets[1999].ip, Bytes(plain.end() - 1040, plain.end()));
}

TEST_P(Packed, ReadsOneAfterAnother) {
  const Bytes plain = capture(300);
  Bytes packed;
  for (std::size_t at = 0; at < plain.size(); at += 50'000) {
    const std::size_t end = std::min(plain.size(), at + 50'000);
    packed = packed + pack({plain.begin() + static_cast<std::ptrdiff_t>(at),
                            plain.begin() + static_cast<std::ptrdiff_t>(end)});
  }
  packed = packed + pack({});
  const WildCapture read = read_wild(packed);
  EXPECT_EQ(read.error, "none");
  EXPECT_THAT(read.packets, SizeIs(300));
}

TEST_P(Packed, ReadsFromAFifo) {
  const test::Scratch scratch;
  const std::string fifo = scratch.file("fifo");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  std::thread writer{[&] { test::write_file(fifo, pack(capture(300))); }};
  EXPECT_THAT(read_wild_file(fifo).packets, SizeIs(300));
  writer.join();
}

TEST_P(Packed, GivesWhatIsThereOfDataThatIsCutAndOneLine) {
  const Bytes whole = pack(capture(2000));
  const Bytes half(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(whole.size() / 2));
  const WildCapture read = read_wild(half);
  EXPECT_GT(read.packets.size(), 500u);
  EXPECT_LT(read.packets.size(), 1500u);
  EXPECT_THAT(read.error, HasSubstr(": unpacked offset "));
  EXPECT_THAT(read.error, EndsWith(std::string{"expected whole "} + GetParam().name +
                                   " data, found the end of the file"));
  const Bytes small = pack(capture(2));
  for (std::size_t size = 4; size < small.size(); ++size) {
    const WildCapture cut = read_wild({small.begin(), small.begin() + static_cast<std::ptrdiff_t>(size)});
    ASSERT_NE(cut.error, "none") << size;
    ASSERT_THAT(cut.error, EndsWith(", found the end of the file")) << size;
  }
}

TEST_P(Packed, WhatIsNoCaptureIsNamedWithItsPlace) {
  EXPECT_EQ(read_wild(pack({'#', '!', '/', 'b', 'i', 'n'})).error,
            ": unpacked offset 0: expected a pcap or pcapng file, found the bytes 23 21 2f 62");
  EXPECT_EQ(read_wild(pack({})).error, ": expected a pcap or pcapng file, found an empty file");
  EXPECT_THAT(read_wild(pack(pack(capture(1)))).error, EndsWith("data: unpack it first"));
  Bytes cut = capture(2);
  cut.pop_back();
  EXPECT_THAT(read_wild(pack(cut)).error,
              HasSubstr("expected the whole of packet 2, found the end of the file"));
}

TEST_P(Packed, MutatedDataNeverHarms) {
  const Bytes whole = pack(capture(20));
  Rng rng{20261127};
  std::uint64_t errors = 0;
  for (int round = 0; round < 300; ++round) {
    Bytes bytes = whole;
    for (std::uint64_t n = 1 + rng.below(4); n > 0; --n)
      bytes[4 + rng.below(bytes.size() - 4)] = static_cast<std::uint8_t>(rng.next());
    const WildCapture read = read_wild(bytes);
    ASSERT_LE(read.packets.size(), 40u);
    ASSERT_THAT(read.error, ::testing::Not(HasSubstr("\n")));
    errors += read.error == "none" ? 0u : 1u;
  }
  EXPECT_GT(errors, 20u);
}

TEST_P(Packed, ABombIsJustALongStream) {
  // Of one good packet, again and again: a packet of which there is something to say takes memory to say it,
  // which AddressSanitizer keeps.
  Bytes bomb = capture(1);
  const Bytes record(bomb.begin() + 24, bomb.end());
  constexpr std::uint64_t kRecords = 120'000;
  bomb.reserve(bomb.size() + kRecords * record.size());
  for (std::uint64_t i = 1; i < kRecords; ++i) bomb.insert(bomb.end(), record.begin(), record.end());
  const Bytes packed = pack(bomb);
  bomb = {};
  const test::Scratch scratch;
  test::write_file(scratch.file("x"), packed);
  std::ofstream{"/proc/self/clear_refs"}
      << 5;  // the peak begins anew: the bomb was in memory whole (proc(5))
  const std::uint64_t before = peak_kib();
  CaptureCounts counts;
  EXPECT_NO_THROW(counts = read_capture(scratch.file("x"), {}));
  EXPECT_EQ(counts.packets, kRecords);
  EXPECT_EQ(counts.malformed, 0u);
  EXPECT_LT(peak_kib() - before, 16 * 1024u) << "KiB";
}

INSTANTIATE_TEST_SUITE_P(By, Packed,
                         ::testing::Values(Packing{"gzip", gzip}, Packing{"zstd", zstd}, Packing{"lz4", lz4}),
                         [](const auto& packing) { return std::string{packing.param.name}; });

TEST(PackedFile, ZerosBehindGzipAreNothing) {
  BlockPool pool;
  const Bytes packed = gzip(pcap_of(101, {{test::bytes_of(test::tcp_packet(pool, {}))}}));
  const WildCapture read = read_wild(packed + Bytes(1000));
  EXPECT_EQ(read.error, "none");
  EXPECT_THAT(read.packets, SizeIs(1));
}

TEST(PackedFile, XzIsNamed) {
  EXPECT_EQ(read_wild({0xfd, '7', 'z', 'X', 'Z', 0}).error,
            ": offset 0: expected a pcap or pcapng file, found xz data: unpack it first");
}

}  // namespace
}  // namespace halfopen

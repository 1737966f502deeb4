// Captures that mean harm: one line that says where and what, after everything that was readable.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>

#include "capture/decode/link_layer.h"
#include "capture/file/capture_file.h"
#include "capture/file/pcapng_format.h"
#include "capture/file/reader.h"
#include "sim/base/rng.h"
#include "tests/capture/story.h"
#include "tests/support/scratch.h"

namespace halfopen {
namespace {

using test::Scratch;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Bytes = std::vector<std::uint8_t>;

struct Outcome {
  std::uint64_t packets = 0;
  std::uint64_t notes = 0;
  std::vector<std::string> malformed;
  std::string error = "none";
};

class Hostile : public ::testing::Test {
 protected:
  Outcome read(const Bytes& bytes) {
    const std::string path = scratch_.file("x");
    test::write_file(path, bytes);
    Outcome outcome;
    CaptureHandlers handlers;
    handlers.packet = [&](const CapturedPacket&) { ++outcome.packets; };
    handlers.note = [&](const Note&) { ++outcome.notes; };
    handlers.malformed = [&](const MalformedPacket& packet) { outcome.malformed.push_back(packet.message); };
    try {
      read_capture(path, handlers);
    } catch (const InputError& error) {
      outcome.error = error.what();
      EXPECT_THAT(outcome.error, AllOf(StartsWith(path), Not(HasSubstr("\n"))));
      outcome.error.erase(0, path.size());
    }
    return outcome;
  }
  Bytes story(const std::string& name) {
    const auto sink = open_capture(scratch_.file(name), test::story_run());
    test::Story{*sink}.tell();
    sink->finish();
    return test::read_file(scratch_.file(name));
  }
  // A pcap of one raw packet with these header fields.
  static Bytes pcap(std::uint32_t captured, std::uint32_t size, const Bytes& packet,
                    std::uint32_t link_type = 101, std::uint32_t snap_length = 65535) {
    Bytes bytes;
    const auto put = [&](std::uint32_t value) {
      for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::uint8_t>(value >> shift));
    };
    for (const std::uint32_t word :
         {0xa1b2c3d4u, 0x00040002u, 0u, 0u, snap_length, link_type, 1u, 2u, captured, size}) {
      put(word);
    }
    bytes.insert(bytes.end(), packet.begin(), packet.end());
    return bytes;
  }
  Scratch scratch_;
  BlockPool pool_;
};

TEST_F(Hostile, WhatIsNoCaptureIsNamed) {
  EXPECT_EQ(read({}).error, ": expected a pcap or pcapng file, found an empty file");
  EXPECT_EQ(read({0xd4, 0xc3}).error, ": offset 0: expected a pcap or pcapng file, found a file of 2 bytes");
  EXPECT_EQ(read({'#', '!', '/', 'b', 'i', 'n'}).error,
            ": offset 0: expected a pcap or pcapng file, found the bytes 23 21 2f 62");
  EXPECT_THAT(read({0x1f, 0x8b, 8, 0, 0}).error, EndsWith("whole gzip data, found the end of the file"));
  EXPECT_THAT(read({0x28, 0xb5, 0x2f, 0xfd}).error, EndsWith("whole zstd data, found the end of the file"));
}

TEST_F(Hostile, AFileThatIsNotThereIsNamed) {
  const auto complaint = [](const std::string& path) {
    try {
      read_capture(path, {});
    } catch (const InputError& error) {
      return std::string{error.what()};
    }
    return std::string{"none"};
  };
  EXPECT_EQ(complaint("/nowhere/a.pcap"),
            "/nowhere/a.pcap: expected a capture file, found No such file or directory");
  EXPECT_EQ(complaint("/"), "/: expected a capture file, found a directory");
}

TEST_F(Hostile, APcapCutAnywhereGivesWhatWasWholeAndOneLine) {
  const Bytes whole = story("a.pcap");
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const Outcome outcome = read({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
    ASSERT_LE(outcome.packets, 10u);
    if (size < 24 || outcome.error != "none") {
      ASSERT_THAT(outcome.error, AllOf(HasSubstr("offset "), HasSubstr("found "))) << size;
    }
  }
  const Outcome short_of_a_byte = read({whole.begin(), whole.end() - 1});
  EXPECT_EQ(short_of_a_byte.packets, 9u);
  EXPECT_THAT(short_of_a_byte.error, EndsWith("expected the whole of packet 10, found the end of the file"));
}

TEST_F(Hostile, APcapngCutAnywhereGivesWhatWasWholeAndOneLine) {
  const Bytes whole = story("a.pcapng");
  for (std::size_t size = 4; size < whole.size(); ++size) {
    const Outcome outcome = read({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
    if (outcome.error != "none") {
      ASSERT_THAT(outcome.error, EndsWith("found the end of the file")) << size;
    }
  }
  const Outcome short_of_a_byte = read({whole.begin(), whole.end() - 1});
  EXPECT_EQ(short_of_a_byte.packets, 10u);
  EXPECT_THAT(short_of_a_byte.error, AllOf(StartsWith(": offset "), HasSubstr("a whole block")));
}

TEST_F(Hostile, LyingLengthsOfAPcapAreFound) {
  const Bytes packet = test::bytes_of(test::tcp_packet(pool_, {.text = "hello\n"}));
  EXPECT_EQ(read(pcap(46, 46, packet)).packets, 1u);
  EXPECT_THAT(read(pcap(0xffff'ffff, 46, packet)).error, HasSubstr("packet 1"));
  EXPECT_THAT(read(pcap(262'144, 46, packet)).error, HasSubstr("packet 1"));
  EXPECT_THAT(read(pcap(0x7fff'ffff, 46, packet, 101, 0x7fff'ffff)).error, HasSubstr("packet 1"));
  EXPECT_EQ(read(pcap(46, 0xffff'ffff, packet)).packets, 1u) << "cut, says the file";
  EXPECT_EQ(read(pcap(46, 0, packet)).packets, 1u) << "captured more than was there: what is there counts";
  EXPECT_EQ(read(pcap(0, 0, {})).malformed.size(), 1u);
}

TEST_F(Hostile, ALinkTypeThatWeDoNotKnowIsNamed) {
  const Outcome outcome = read(pcap(4, 4, {1, 2, 3, 4}, 6));
  EXPECT_EQ(outcome.error,
            ": expected packets of raw IP, Ethernet, Linux cooked, loopback, PPP or 802.11, "
            "found link type 6 (IEEE802)");
  EXPECT_THAT(read(pcap(4, 4, {1, 2, 3, 4}, 9999)).error, HasSubstr("9999"));
}

TEST_F(Hostile, AMalformedPacketIsALineAndNotTheEnd) {
  Bytes packet = test::bytes_of(test::tcp_packet(pool_, {.text = "hello\n"}));
  packet[32] = 0x30;
  Bytes file = pcap(46, 46, packet);
  packet[32] = 0x50;
  const Bytes good = pcap(46, 46, packet);
  file.insert(file.end(), good.begin() + 24, good.end());
  packet[32] = 0x60;  // options: "hell"
  const Bytes options = pcap(46, 46, packet);
  file.insert(file.end(), options.begin() + 24, options.end());
  const Outcome outcome = read(file);
  EXPECT_EQ(outcome.error, "none");
  EXPECT_EQ(outcome.packets, 2u) << "options that are wrong are passed over, as systems do";
  EXPECT_THAT(outcome.malformed, ::testing::ElementsAre("TCP data offset 3, expected 5 to 15"));
}

// A pcapng section and interface, then one block of these words.
Bytes pcapng_with(std::uint32_t type, std::vector<std::uint32_t> words, std::uint32_t link_type = 101) {
  pcapng::BlockBuilder builder;
  Bytes bytes;
  const auto finish = [&] {
    const auto block = builder.finish();
    bytes.insert(bytes.end(), block.begin(), block.end());
  };
  builder.begin(pcapng::BlockType::section);
  for (const std::uint32_t word : {pcapng::kByteOrderMagic, 1u, 0xffff'ffffu, 0xffff'ffffu})
    builder.put32(word);
  finish();
  builder.begin(pcapng::BlockType::interface);
  builder.put32(link_type);
  builder.put32(0);
  finish();
  builder.begin(static_cast<pcapng::BlockType>(type));
  for (const std::uint32_t word : words) builder.put32(word);
  finish();
  return bytes;
}
constexpr std::size_t kThirdBlock = 28 + 20;

TEST_F(Hostile, LyingFieldsOfAPcapngAreFound) {
  const std::uint32_t epb = 6;
  EXPECT_EQ(read(pcapng_with(epb, {7, 0, 0, 0, 0})).error,
            ": offset 48: expected an interface that was described, found interface 7 of 1");
  EXPECT_EQ(read(pcapng_with(epb, {0, 0, 0, 0xffff'ffff, 0})).error,
            ": offset 48: expected packet 1 within its block, found a captured length of 4294967295");
  EXPECT_EQ(read(pcapng_with(epb, {0, 0})).error,
            ": offset 48: expected a block with room for its fields, found 0 bytes where 4 are due");
  EXPECT_EQ(read(pcapng_with(epb, {0, 0, 0, 0, 0, 0xffff'0001})).error,
            ": offset 48: expected option 1 within its block, found a length of 65535");
  EXPECT_EQ(read(pcapng_with(4, {0xffff'0001, 0})).error,
            ": offset 48: expected a name within its block, found a length of 65535");
  EXPECT_THAT(read(pcapng_with(epb, {0, 0, 0, 0, 0}, 6)).error, EndsWith("found link type 6 (IEEE802)"));
  EXPECT_THAT(read(pcapng_with(3, {0xffff'ffff, 0})).malformed, ::testing::SizeIs(1));
  EXPECT_EQ(read(pcapng_with(epb, {0, 0xffff'ffff, 0xffff'ffff, 0, 0})).malformed.size(), 1u)
      << "in 292 000 years";
}

TEST_F(Hostile, BlockLengthsAreHeldAgainstTheFile) {
  const Bytes good = pcapng_with(6, {0, 0, 0, 0, 0});
  const auto with_length = [&](std::uint32_t length) {
    Bytes bytes = good;
    for (std::size_t i = 0; i < 4; ++i)
      bytes[kThirdBlock + 4 + i] = static_cast<std::uint8_t>(length >> 8 * i);
    return read(bytes).error;
  };
  EXPECT_THAT(with_length(0), HasSubstr("a block length that is a multiple of four from 12, found 0"));
  EXPECT_THAT(with_length(8), HasSubstr("found 8"));
  EXPECT_THAT(with_length(33), HasSubstr("found 33"));
  EXPECT_THAT(with_length(28), HasSubstr("the block's length 28 again at its end"));
  EXPECT_THAT(with_length(36), HasSubstr("the end of the file"));
  EXPECT_THAT(with_length(0xffff'fffc), HasSubstr("a block of at most 16777216 bytes"));
  EXPECT_THAT(read(pcapng_with(0x0abc'0000, {1, 2, 3})).error, "none") << "an unknown block is passed over";
  Bytes lying = pcapng_with(0x0abc'0000, {1, 2, 3});
  lying[kThirdBlock + 7] = 0xff;  // 4 GB of a block that nobody knows
  EXPECT_THAT(read(lying).error, EndsWith("found the end of the file"));
  Bytes no_magic = good;
  no_magic[8] = 0;
  EXPECT_THAT(read(no_magic).error, HasSubstr("the byte-order magic 1a2b3c4d, found"));
}

TEST_F(Hostile, ABigEndianPcapngIsRead) {
  Bytes bytes = pcapng_with(6, {0, 0, 0, 0, 0});
  for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4)
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i),
                 bytes.begin() + static_cast<std::ptrdiff_t>(i) + 4);
  std::swap(bytes[12], bytes[14]);  // 16-bit fields: version and link type
  std::swap(bytes[13], bytes[15]);
  std::swap(bytes[36], bytes[38]);
  std::swap(bytes[37], bytes[39]);
  const Outcome outcome = read(bytes);
  EXPECT_EQ(outcome.error, "none");
  EXPECT_EQ(outcome.malformed.size(), 1u);
}

TEST_F(Hostile, SomebodyElsesNotesArePassedOver) {
  EXPECT_EQ(read(pcapng_with(0xbad, {1, 2, 3})).error, "none");
  EXPECT_EQ(read(pcapng_with(0x8000'0bad, {1, 2, 3})).error, "none");
  EXPECT_EQ(read(pcapng_with(0x8000'0bad, {pcapng::kEnterprise, 0x7b7b7b7b})).error, "none");
  EXPECT_THAT(read(pcapng_with(0x8000'0bad, {})).error, HasSubstr("room for its fields"));
}

TEST_F(Hostile, ATerminalIsNotWrittenToByNames) {
  // IPv4 10.9.0.1 is "\x1b[2J"
  Bytes bytes = pcapng_with(4, {0x0009'0001, 0x0100'090a, 0x4a32'5b1b, 0, 0});
  test::write_file(scratch_.file("x"), bytes);
  CaptureHandlers handlers;
  handlers.info = [](const CaptureInfo& info) { EXPECT_TRUE(info.names.empty()); };
  read_capture(scratch_.file("x"), handlers);
}

TEST_F(Hostile, MutatedCapturesNeverHarm) {
  const std::vector<Bytes> seeds{story("a.pcap"), story("a.pcapng")};
  Rng rng{20260731};
  std::uint64_t packets = 0;
  for (int round = 0; round < 6000; ++round) {
    Bytes bytes = seeds[rng.below(seeds.size())];
    for (std::uint64_t n = 1 + rng.below(8); n > 0; --n) {
      const std::size_t at = rng.below(bytes.size());
      switch (rng.below(4)) {
        case 0: bytes[at] = 0xff; break;
        case 1: bytes[at] = static_cast<std::uint8_t>(rng.next()); break;
        case 2: bytes[at & ~std::size_t{3}] ^= static_cast<std::uint8_t>(1u << rng.below(8)); break;
        default: bytes.resize(std::max<std::size_t>(at, 1));
      }
    }
    packets += read(bytes).packets;
  }
  EXPECT_GT(packets, 10'000u) << "the mutations are so wild that nothing is tested";
}

// Every link layer with bytes that mean harm, each in a block of its own size so that a sanitizer sees the
// edge.
TEST_F(Hostile, MutatedFramesNeverHarm) {
  const Bytes packet = test::bytes_of(test::tcp_packet(pool_, {.text = "hello\n"}));
  const std::vector<Bytes> heads{
      {},
      {2, 0, 0, 0},
      {0xff, 3, 0, 0x21},
      {0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 6, 0x81, 0, 0, 7, 0x88, 0x64, 0x11, 0, 0, 1, 0, 42, 0, 0x21},
      {0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 6, 0x88, 0x47, 0, 1, 0, 64, 0, 2, 1, 64},
      {0, 0, 8, 0, 0, 0, 0, 0, 0x08, 2, 0, 0, 0,    1,    2, 3, 4, 5, 0, 1,
       2, 3, 4, 6, 0, 1, 2, 3, 4,    7, 0, 0, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0}};
  const std::vector<std::uint32_t> types{0, 1, 9, 12, 50, 101, 105, 108, 113, 127, 192, 228, 276};
  Rng rng{20261125};
  std::uint64_t found = 0;
  for (int round = 0; round < 20'000; ++round) {
    Bytes frame = heads[rng.below(heads.size())];
    frame.insert(frame.end(), packet.begin(), packet.end());
    for (std::uint64_t n = rng.below(4); n > 0; --n)
      frame[rng.below(frame.size())] = static_cast<std::uint8_t>(rng.next());
    const Bytes exact(frame.begin(),
                      frame.begin() + static_cast<std::ptrdiff_t>(rng.below(frame.size() + 1)));
    std::string issue;
    const auto unwrapped = unwrap(types[rng.below(types.size())], exact, issue);
    ASSERT_NE(unwrapped.has_value(), !issue.empty());
    if (!unwrapped || !unwrapped->is_ip) continue;
    ASSERT_LE(unwrapped->header, exact.size());
    ASSERT_EQ(unwrapped->ip.size(), exact.size() - unwrapped->header);
    ++found;
  }
  EXPECT_GT(found, 2'000u) << "the mutations are so wild that nothing is tested";
}

TEST_F(Hostile, AHundredMegabytesOfNoiseTakeNoTimeAndNoMemory) {
  Rng rng{3};
  Bytes noise(100'000'000);
  for (std::size_t i = 0; i + 8 <= noise.size(); i += 8) {
    const std::uint64_t word = rng.next();
    std::copy_n(reinterpret_cast<const std::uint8_t*>(&word), 8,
                noise.begin() + static_cast<std::ptrdiff_t>(i));
  }
  rusage before{};
  getrusage(RUSAGE_SELF, &before);
  EXPECT_THAT(read(noise).error, HasSubstr("expected a pcap or pcapng file"));
  const Bytes section = pcapng_with(0, {});  // and behind a good beginning
  std::copy(section.begin(), section.end(), noise.begin());
  EXPECT_NE(read(noise).error, "none");
  const Bytes header = pcap(0, 0, {});
  std::copy(header.begin(), header.end(), noise.begin());
  EXPECT_NE(read(noise).error, "none");
  rusage after{};
  getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 64 * 1024) << "KiB more than the noise itself";
}

}  // namespace
}  // namespace halfopen

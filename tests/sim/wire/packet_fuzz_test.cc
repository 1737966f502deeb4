// Bytes that mean harm: whatever comes in, parse() answers, and what it accepts it can also send.
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/base/rng.h"
#include "sim/wire/packet.h"
#include "tests/support/packets.h"

namespace halfopen {
namespace {

std::vector<std::vector<std::uint8_t>> seeds(BlockPool& pool) {
  std::vector<std::vector<std::uint8_t>> all;
  for (const bool v6 : {false, true}) {
    Packet packet = test::tcp_packet(pool, {.v6 = v6, .text = "anybody there?\n"});
    packet.segment()->options.add_nop();
    packet.segment()->options.add_nop();
    packet.segment()->options.add_timestamps({TsVal{1}, TsVal{2}});
    const SeqSpan block{Seq{1}, 5};
    packet.segment()->options.add_nop();
    packet.segment()->options.add_nop();
    packet.segment()->options.add_sack({&block, 1});
    all.push_back(test::bytes_of(packet));
    const auto error = make_icmp_error(IcmpKind::fragmentation_needed, packet,
                                       v6 ? test::v6_host(0xfe) : test::kRouterIp, 1280, 60);
    all.push_back(test::bytes_of(*error));
  }
  auto extended = all[2];  // an IPv6 packet behind two extension headers
  const std::vector<std::uint8_t> extensions{60, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0};
  extended.insert(extended.begin() + 40, extensions.begin(), extensions.end());
  extended[6] = 0;
  extended[5] = static_cast<std::uint8_t>(extended.size() - 40);
  all.push_back(extended);
  return all;
}

// Flips, overwrites, cuts or lengthens: one to six of them.
void mutate(Rng& rng, std::vector<std::uint8_t>& wire) {
  for (std::uint64_t n = 1 + rng.below(6); n > 0; --n) {
    switch (rng.below(6)) {
      case 0: wire.resize(rng.below(wire.size() + 1)); break;
      case 1: wire.resize(wire.size() + rng.below(20)); break;
      case 2:
      case 3:
        if (!wire.empty()) wire[rng.below(wire.size())] = static_cast<std::uint8_t>(rng.next());
        break;
      case 4:  // the headers are where it hurts
        if (!wire.empty()) wire[rng.below(std::min<std::size_t>(wire.size(), 64))] ^= 0xff;
        break;
      default:
        if (!wire.empty()) wire[rng.below(wire.size())] = rng.chance(0.5) ? 0x00 : 0xff;
    }
  }
}

TEST(PacketFuzz, MutatedBytesNeverHarmAndWhatIsAcceptedIsStable) {
  BlockPool pool;
  const auto start = seeds(pool);
  Rng rng{20260731};
  std::size_t accepted = 0;
  for (int round = 0; round < 100'000; ++round) {
    std::vector<std::uint8_t> wire = start[rng.below(start.size())];
    mutate(rng, wire);
    wire.shrink_to_fit();  // so that a sanitizer sees a read past the end
    ParseIssue issue;
    const ParseOptions options{.truncated = rng.chance(0.3), .verify_checksums = rng.chance(0.1)};
    const auto packet = parse(wire, pool, issue, options);
    if (!packet) {
      ASSERT_FALSE(issue.message.empty());
      ASSERT_LE(issue.offset, wire.size());
      continue;
    }
    ++accepted;
    if (packet->icmp() != nullptr) (void)quoted_segment(*packet->icmp(), packet->ip.source.is_v6());
    // A later fragment of TCP or ICMP cannot be sent as one: IpHeader has no fragment offset.
    if (std::holds_alternative<OtherBody>(packet->body)) continue;
    const auto sent = test::bytes_of(*packet);
    if (sent.size() > 65535) continue;
    const auto back = parse(sent, pool, issue);
    ASSERT_TRUE(back) << issue.message;
    ASSERT_EQ(test::bytes_of(*back), sent);
  }
  EXPECT_GT(accepted, 10'000u) << "the mutations are so wild that nothing is tested";
}

TEST(PacketFuzz, NoiseIsAnswered) {
  BlockPool pool;
  Rng rng{7};
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::uint8_t> wire(rng.below(200));
    for (auto& byte : wire) byte = static_cast<std::uint8_t>(rng.next());
    if (!wire.empty()) wire[0] = rng.chance(0.5) ? 0x45 : 0x60;
    ParseIssue issue;
    (void)parse(wire, pool, issue, {.truncated = true, .verify_checksums = false});
  }
}

}  // namespace
}  // namespace halfopen

#include "capture/flow/flow_index.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "sim/base/rng.h"

namespace halfopen {
namespace {

TEST(FlowIndex, FindsWhatWasAddedAndNotWhatWasRemoved) {
  FlowIndex index;
  std::map<std::uint32_t, std::uint32_t> kept;  // slot, hash
  Rng rng{5};
  for (int round = 0; round < 20'000; ++round) {
    const auto slot = static_cast<std::uint32_t>(rng.below(300));
    if (const auto found = kept.find(slot); found != kept.end()) {
      index.remove(found->second, slot);
      kept.erase(found);
    } else {
      // Few hashes, and some at the end of the table: long runs that wrap round.
      const auto hash =
          static_cast<std::uint32_t>(rng.below(3) == 0 ? 0xffff'ffffu - rng.below(4) : rng.below(64));
      index.add(hash, slot);
      kept[slot] = hash;
    }
    ASSERT_EQ(index.size(), kept.size());
    for (std::uint32_t probe = 0; probe < 300; probe += 7) {
      const auto entry = kept.find(probe);
      const std::uint32_t hash =
          entry == kept.end() ? static_cast<std::uint32_t>(rng.below(64)) : entry->second;
      const std::uint32_t found =
          index.find(hash, [&](std::uint32_t slot_found) { return slot_found == probe; });
      ASSERT_EQ(found, entry == kept.end() ? FlowIndex::kNone : probe);
    }
  }
}

TEST(FlowIndex, NeighboursHaveDifferentHashes) {
  const FlowIndex index;
  std::set<std::uint32_t> hashes;
  for (std::uint16_t port = 0; port < 1000; ++port) {
    for (std::uint8_t host = 0; host < 10; ++host) {
      hashes.insert(index.hash({IpAddress::v4({10, 0, 0, host}), 80}, {IpAddress::v4({10, 0, 1, 1}), port}));
      std::array<std::uint8_t, 16> bytes{0xfd};
      bytes[15] = host;
      hashes.insert(index.hash({IpAddress::v6(bytes), port}, {IpAddress::v6({0xfd, 1}), 80}));
    }
  }
  EXPECT_GT(hashes.size(), 19'990u);
}

}  // namespace
}  // namespace halfopen

#include "capture/flow/flow_index.h"

#include <cstring>
#include <random>

namespace halfopen {
namespace {

constexpr std::size_t kFirstSize = 64;

// Both halves of the 128-bit product: every bit of the result depends on every bit of both factors.
std::uint64_t folded_product(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{a} * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// An IPv4 address leaves the second word zero.
std::uint64_t hash_of(const IpAddress& address, std::uint64_t key) {
  std::uint64_t words[2];
  std::memcpy(words, address.data(), sizeof words);
  return folded_product(words[0] ^ key,
                        words[1] ^ 0x9e37'79b9'7f4a'7c15u);  // 2^64 divided by the golden ratio
}

std::uint64_t random_word() {
  std::random_device random;
  return std::uint64_t{random()} << 32 | random();
}

}  // namespace

FlowIndex::FlowIndex() : entries_(kFirstSize), secret_{random_word()} {}

std::uint32_t FlowIndex::hash(const FourTuple& key) const {
  const std::uint64_t ports = std::uint64_t{key.local.port} << 16 | key.remote.port;
  const std::uint64_t ips =
      hash_of(key.local.ip, secret_) ^ folded_product(hash_of(key.remote.ip, ~secret_), secret_ | 1);
  const std::uint64_t all = folded_product(ips ^ ports, secret_ | 1);
  return static_cast<std::uint32_t>(all ^ all >> 32);
}

void FlowIndex::put(Entry entry) {
  std::size_t at = home(entry.hash);
  while (entries_[at].slot != kNone) at = next(at);
  entries_[at] = entry;
}

void FlowIndex::add(std::uint32_t hash, std::uint32_t slot) {
  if (2 * (size_ + 1) > entries_.size()) {
    std::vector<Entry> old(2 * entries_.size());
    old.swap(entries_);
    for (const Entry& entry : old) {
      if (entry.slot != kNone) put(entry);
    }
  }
  put({hash, slot});
  ++size_;
}

// A lookup ends at the first gap, so whatever stands behind the new one, and began its search at or before
// it, moves up.
void FlowIndex::remove(std::uint32_t hash, std::uint32_t slot) {
  std::size_t gap = home(hash);
  while (entries_[gap].slot != slot) gap = next(gap);
  const std::size_t mask = entries_.size() - 1;
  for (std::size_t at = next(gap); entries_[at].slot != kNone; at = next(at)) {
    const std::size_t from_home = (at - home(entries_[at].hash)) & mask;
    if (from_home < ((at - gap) & mask)) continue;
    entries_[gap] = entries_[at];
    gap = at;
  }
  entries_[gap] = {};
  --size_;
}

}  // namespace halfopen

#include "capture/flow/flow_index.h"

#include <bit>
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

// An IPv4 address leaves the second word zero: the keys must not.
std::uint64_t hash_of(const IpAddress& address, std::uint64_t key) {
  std::uint64_t words[2];
  std::memcpy(words, address.data(), sizeof words);
  return folded_product(words[0] ^ key, words[1] ^ std::rotl(key, 32));
}

std::uint64_t random_word() {
  std::random_device random;
  return std::uint64_t{random()} << 32 | random();
}

}  // namespace

FlowIndex::FlowIndex()
    : entries_(kFirstSize), secrets_{random_word() | 1, random_word() | 1, random_word() | 1} {}

// Both addresses at once, each with a key of its own, so that to exchange them gives another.
std::uint32_t FlowIndex::hash(const SocketAddress& local, const SocketAddress& remote) const {
  const std::uint64_t ports = std::uint64_t{local.port} << 16 | remote.port;
  const std::uint64_t ips = hash_of(local.ip, secrets_[0]) ^ hash_of(remote.ip, secrets_[1]);
  const std::uint64_t all = folded_product(ips ^ ports, secrets_[2]);
  return static_cast<std::uint32_t>(all ^ all >> 32);
}

void FlowIndex::put(Entry entry) {
  std::size_t at = home(entry.hash);
  while (entries_[at].slot != kNone) at = next(at);
  entries_[at] = entry;
}

void FlowIndex::add(std::uint32_t hash, std::uint32_t slot) {
  if (4 * (size_ + 1) > 3 * entries_.size()) {
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

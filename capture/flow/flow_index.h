// Where the connection with these addresses is kept: a hash table for a lookup with every packet. Open
// addressing, linear probing, removal by moving up what follows; eight bytes an entry, so that thousands of
// connections fit into the processor's cache, and no allocation but when it grows. The keys stay with their
// owner, who compares them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/wire/address.h"

namespace halfopen {

class FlowIndex {
 public:
  static constexpr std::uint32_t kNone = 0xffff'ffff;

  FlowIndex();

  // Keyed anew in every process, because the addresses of a capture may be chosen to collide.
  [[nodiscard]] std::uint32_t hash(const SocketAddress& local, const SocketAddress& remote) const;
  // The slot with this hash for which `matches(slot)`; kNone if there is none.
  template <class Matches>
  [[nodiscard]] std::uint32_t find(std::uint32_t hash, Matches matches) const {
    for (std::size_t at = home(hash);; at = next(at)) {
      const Entry& entry = entries_[at];
      if (entry.slot == kNone || (entry.hash == hash && matches(entry.slot))) return entry.slot;
    }
  }
  void add(std::uint32_t hash, std::uint32_t slot);
  // It must be there.
  void remove(std::uint32_t hash, std::uint32_t slot);
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Entry {
    std::uint32_t hash = 0;
    std::uint32_t slot = kNone;
  };
  // The number of entries is a power of two.
  [[nodiscard]] std::size_t home(std::uint32_t hash) const { return hash & (entries_.size() - 1); }
  [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & (entries_.size() - 1); }
  void put(Entry entry);

  std::vector<Entry> entries_;  // at most three quarters of them used
  std::size_t size_ = 0;
  std::array<std::uint64_t, 3> secrets_;
};

}  // namespace halfopen

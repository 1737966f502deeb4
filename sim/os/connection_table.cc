#include "sim/os/connection_table.h"

#include <cassert>

#include "sim/base/rng.h"
#include "sim/os/connection.h"

namespace halfopen {
namespace {

std::uint32_t hash_of(const FourTuple& tuple) {
  return static_cast<std::uint32_t>(Rng::mix(FourTupleHash{}(tuple)));
}

}  // namespace

Connection* ConnectionTable::find(const FourTuple& tuple) const {
  if (slots_.empty()) return nullptr;
  const std::uint32_t hash = hash_of(tuple);
  for (std::size_t at = hash & (slots_.size() - 1); slots_[at] != nullptr; at = next(at)) {
    if (hashes_[at] == hash && slots_[at]->endpoint().addresses() == tuple) return slots_[at];
  }
  return nullptr;
}

void ConnectionTable::insert(Connection& connection) {
  if ((size_ + 1) * 8 > slots_.size() * 7) grow();
  put(hash_of(connection.endpoint().addresses()), &connection);
  ++size_;
}

void ConnectionTable::erase(const Connection& connection) {
  std::size_t hole = hash_of(connection.endpoint().addresses()) & (slots_.size() - 1);
  while (slots_[hole] != &connection) hole = next(hole);
  // Moves back whoever would no longer be found behind the hole.
  for (std::size_t at = next(hole); slots_[at] != nullptr; at = next(at)) {
    const std::size_t mask = slots_.size() - 1;
    const std::size_t home = hashes_[at] & mask;
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    slots_[hole] = slots_[at];
    hashes_[hole] = hashes_[at];
    hole = at;
  }
  slots_[hole] = nullptr;
  --size_;
}

void ConnectionTable::grow() {
  const std::size_t wider = slots_.empty() ? 16 : slots_.size() * 2;
  std::vector<Connection*> slots(wider, nullptr);
  std::vector<std::uint32_t> hashes(wider, 0);
  slots.swap(slots_);
  hashes.swap(hashes_);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (slots[i] != nullptr) put(hashes[i], slots[i]);
  }
}

void ConnectionTable::put(std::uint32_t hash, Connection* connection) {
  std::size_t at = hash & (slots_.size() - 1);
  while (slots_[at] != nullptr) at = next(at);
  slots_[at] = connection;
  hashes_[at] = hash;
}

}  // namespace halfopen

// Which connection a segment belongs to: four-tuples to connections, by open addressing. A slot costs 12
// bytes; nothing is allocated but when the table grows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/wire/address.h"

namespace halfopen {

struct Connection;

class ConnectionTable {
 public:
  [[nodiscard]] std::size_t size() const { return size_; }
  // nullptr when there is none.
  [[nodiscard]] Connection* find(const FourTuple& tuple) const;
  // Its four-tuple must not be in the table.
  void insert(Connection& connection);
  // It must be in the table.
  void erase(const Connection& connection);

 private:
  [[nodiscard]] std::size_t next(std::size_t slot) const { return (slot + 1) & (slots_.size() - 1); }
  void grow();
  void put(std::uint32_t hash, Connection* connection);

  std::vector<Connection*> slots_;     // a power of two of them, or none; null is free
  std::vector<std::uint32_t> hashes_;  // beside them: a look at another's slot costs no other cache line
  std::size_t size_ = 0;
};

}  // namespace halfopen

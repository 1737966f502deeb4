// The send buffer: bytes that are written and not yet acknowledged, in blocks that segments share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "sim/base/ring.h"
#include "sim/wire/payload.h"

namespace halfopen {

class SendQueue {
 public:
  // Copies `bytes` to the end. The limit is the caller's.
  void append(BlockPool& pool, std::span<const std::uint8_t> bytes);
  // Lets go of the first `count` bytes (acknowledged).
  void drop_front(std::uint32_t count);
  // Bytes [offset, offset + length) without a copy, unless they lie in more than two blocks.
  [[nodiscard]] Payload slice(BlockPool& pool, std::uint32_t offset, std::uint32_t length);
  [[nodiscard]] std::uint32_t size() const { return size_; }
  void clear();

 private:
  void seek(std::uint32_t offset);

  Ring<Payload::Slice> slices_;
  std::uint32_t size_ = 0;
  // Where the last slice() ended: the next new segment starts there.
  std::uint32_t cursor_ = 0;         // index into slices_
  std::uint32_t cursor_offset_ = 0;  // offset of that slice's first byte
};

}  // namespace halfopen

#include "sim/wire/payload.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

namespace halfopen {
namespace {

std::size_t size_class(std::uint32_t capacity) {
  return static_cast<std::size_t>(std::bit_width(capacity - 1)) - 8;  // 256 -> 0 .. 1 MiB -> 12
}

}  // namespace

void BlockRef::release() { block_->pool->put_back(block_); }

BlockPool::~BlockPool() {
  for (auto& list : free_) {
    for (Block* block : list) ::operator delete(block);
  }
}

BlockRef BlockPool::allocate(std::uint32_t wanted) {
  const std::uint32_t capacity = std::bit_ceil(std::clamp(wanted, kMinBlock, kMaxJumbo));
  auto& list = free_[size_class(capacity)];
  Block* block = nullptr;
  if (!list.empty()) {
    block = list.back();
    list.pop_back();
  } else {
    block = static_cast<Block*>(::operator new(sizeof(Block) + capacity));
  }
  *block = Block{.pool = this, .refs = 1, .capacity = capacity, .used = 0};
  return BlockRef{block};
}

void BlockPool::put_back(Block* block) { free_[size_class(block->capacity)].push_back(block); }

Payload::Payload(BlockPool& pool, std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) return;
  const auto length = static_cast<std::uint32_t>(std::min<std::size_t>(bytes.size(), BlockPool::kMaxJumbo));
  BlockRef block = pool.allocate(length);
  std::memcpy(block->data(), bytes.data(), length);
  block->used = length;
  slices_[0] = Slice{std::move(block), 0, length};
}

bool Payload::append(const Slice& slice) {
  if (slice.length == 0) return true;
  for (Slice& last : slices_) {
    if (last.length == 0) {
      last = slice;
      return true;
    }
    const bool adjacent = last.block.get() == slice.block.get() && last.offset + last.length == slice.offset;
    const bool is_last = &last == &slices_[1] || slices_[1].length == 0;
    if (adjacent && is_last) {
      last.length += slice.length;
      return true;
    }
  }
  return false;
}

void Payload::trim(std::uint32_t from, std::uint32_t length) {
  Payload kept;
  std::uint32_t skipped = from;
  for (const Slice& slice : slices_) {
    const std::uint32_t skip = std::min(skipped, slice.length);
    skipped -= skip;
    const std::uint32_t take = std::min(slice.length - skip, length);
    length -= take;
    if (take > 0) kept.append(Slice{slice.block, slice.offset + skip, take});
  }
  *this = std::move(kept);
}

std::size_t Payload::copy_to(std::uint32_t from, std::span<std::uint8_t> out) const {
  std::size_t copied = 0;
  for (const Slice& slice : slices_) {
    const std::uint32_t skip = std::min(from, slice.length);
    from -= skip;
    const std::size_t take = std::min<std::size_t>(slice.length - skip, out.size() - copied);
    if (take == 0) continue;
    std::memcpy(out.data() + copied, slice.block->data() + slice.offset + skip, take);
    copied += take;
  }
  return copied;
}

}  // namespace halfopen

// Payload bytes without copies. Data lives in reference-counted blocks: a send buffer, segments in flight and
// a receive queue all hold slices of the block into which the writer's bytes were copied once.
// Single-threaded by design: the counts are plain integers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace halfopen {

class BlockPool;

// A header followed by `capacity` bytes. Made by a BlockPool only; bytes beyond `used` are not yet written.
struct Block {
  BlockPool* pool;
  std::uint32_t refs;
  std::uint32_t capacity;
  std::uint32_t used;
  [[nodiscard]] std::uint8_t* data() { return reinterpret_cast<std::uint8_t*>(this + 1); }
  [[nodiscard]] const std::uint8_t* data() const { return reinterpret_cast<const std::uint8_t*>(this + 1); }
};

// Shared ownership of a block.
class BlockRef {
 public:
  BlockRef() = default;
  explicit BlockRef(Block* adopted) : block_{adopted} {}  // takes over one reference
  BlockRef(const BlockRef& o) : block_{o.block_} {
    if (block_ != nullptr) ++block_->refs;
  }
  BlockRef(BlockRef&& o) noexcept : block_{std::exchange(o.block_, nullptr)} {}
  BlockRef& operator=(BlockRef o) noexcept {
    std::swap(block_, o.block_);
    return *this;
  }
  ~BlockRef() {
    if (block_ != nullptr && --block_->refs == 0) release();
  }
  [[nodiscard]] Block* get() const { return block_; }
  Block* operator->() const { return block_; }
  explicit operator bool() const { return block_ != nullptr; }

 private:
  void release();
  Block* block_ = nullptr;
};

// Gives blocks of 256 B to 1 MiB and takes them back for reuse. Must outlive every Payload made from it.
class BlockPool {
 public:
  static constexpr std::uint32_t kMinBlock = 256;
  static constexpr std::uint32_t kMaxBlock = 65536;     // of what is written and sent
  static constexpr std::uint32_t kMaxJumbo = 1u << 20;  // of one packet that was captured
  BlockPool() = default;
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;
  ~BlockPool();
  // A block of at least min(wanted, kMaxJumbo) bytes, one reference held, used = 0.
  [[nodiscard]] BlockRef allocate(std::uint32_t wanted);

 private:
  friend class BlockRef;
  void put_back(Block* block);
  static constexpr std::size_t kClasses = 13;  // 256 << 0 .. 256 << 12
  std::array<std::vector<Block*>, kClasses> free_;
};

// Up to two slices of blocks, in order: what one segment carries.
class Payload {
 public:
  struct Slice {
    BlockRef block;
    std::uint32_t offset = 0;
    std::uint32_t length = 0;
    [[nodiscard]] std::span<const std::uint8_t> bytes() const {
      if (length == 0) return {};
      return {block->data() + offset, length};
    }
  };

  Payload() = default;
  explicit Payload(Slice only) { slices_[0] = std::move(only); }
  // Copies `bytes` (at most 1 MiB) into a new block.
  Payload(BlockPool& pool, std::span<const std::uint8_t> bytes);

  [[nodiscard]] std::uint32_t size() const { return slices_[0].length + slices_[1].length; }
  [[nodiscard]] bool empty() const { return slices_[0].length == 0; }
  [[nodiscard]] const std::array<Slice, 2>& slices() const { return slices_; }

  // Adds at the end. False, and nothing is done, when a third slice would be needed.
  bool append(const Slice& slice);
  // Keeps [from, from + length) of the present content.
  void trim(std::uint32_t from, std::uint32_t length);
  // Copies min(size() - from, out.size()) bytes from offset `from`; returns how many.
  std::size_t copy_to(std::uint32_t from, std::span<std::uint8_t> out) const;

 private:
  std::array<Slice, 2> slices_{};  // an empty first slice means an empty payload
};

}  // namespace halfopen

#include "sim/tcp/send_queue.h"

#include <algorithm>
#include <cstring>

namespace halfopen {

void SendQueue::append(BlockPool& pool, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    std::uint32_t room = 0;
    if (!slices_.empty()) {
      Payload::Slice& last = slices_.back();
      // Only the writer at the block's end may extend it.
      if (last.offset + last.length == last.block->used) room = last.block->capacity - last.block->used;
    }
    if (room == 0) {
      // Small writes get small blocks; a queue that grows gets ever larger ones.
      const std::uint32_t grown = slices_.empty() ? 0 : slices_.back().block->capacity * 2;
      const auto wanted =
          static_cast<std::uint32_t>(std::min<std::size_t>(bytes.size(), BlockPool::kMaxBlock));
      BlockRef block = pool.allocate(std::max(grown, wanted));
      room = block->capacity;
      slices_.push_back(Payload::Slice{std::move(block), 0, 0});
    }
    Payload::Slice& last = slices_.back();
    const auto take = static_cast<std::uint32_t>(std::min<std::size_t>(room, bytes.size()));
    std::memcpy(last.block->data() + last.block->used, bytes.data(), take);
    last.block->used += take;
    last.length += take;
    size_ += take;
    bytes = bytes.subspan(take);
  }
}

void SendQueue::drop_front(std::uint32_t count) {
  size_ -= count;
  while (count > 0) {
    Payload::Slice& first = slices_.front();
    const std::uint32_t take = std::min(count, first.length);
    first.offset += take;
    first.length -= take;
    count -= take;
    cursor_offset_ = cursor_offset_ > take ? cursor_offset_ - take : 0;
    if (first.length > 0) break;
    slices_.pop_front();
    if (cursor_ > 0) --cursor_;
  }
  if (cursor_ == 0) cursor_offset_ = 0;
}

void SendQueue::seek(std::uint32_t offset) {
  if (offset < cursor_offset_) cursor_ = cursor_offset_ = 0;
  while (cursor_ + 1 < slices_.size() && offset >= cursor_offset_ + slices_[cursor_].length) {
    cursor_offset_ += slices_[cursor_].length;
    ++cursor_;
  }
}

Payload SendQueue::slice(BlockPool& pool, std::uint32_t offset, std::uint32_t length) {
  Payload out;
  seek(offset);
  std::uint32_t start = cursor_offset_;
  for (std::uint32_t i = cursor_; length > 0; ++i) {
    const Payload::Slice& from = slices_[i];
    const std::uint32_t skip = offset - start;
    const std::uint32_t take = std::min(from.length - skip, length);
    if (!out.append(Payload::Slice{from.block, from.offset + skip, take})) {
      // Three small blocks in one segment: rare (many tiny writes), so gather them into one.
      BlockRef whole = pool.allocate(out.size() + length);
      whole->used = static_cast<std::uint32_t>(out.copy_to(0, {whole->data(), out.size()}));
      for (; length > 0; ++i) {
        const Payload::Slice& more = slices_[i];
        const std::uint32_t at = offset - start;
        const std::uint32_t piece = std::min(more.length - at, length);
        std::memcpy(whole->data() + whole->used, more.block->data() + more.offset + at, piece);
        whole->used += piece;
        offset += piece;
        length -= piece;
        start += more.length;
      }
      const std::uint32_t all = whole->used;
      return Payload{Payload::Slice{std::move(whole), 0, all}};
    }
    offset += take;
    length -= take;
    start += from.length;
  }
  return out;
}

void SendQueue::clear() {
  slices_.reset();
  size_ = cursor_ = cursor_offset_ = 0;
}

}  // namespace halfopen

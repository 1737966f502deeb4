#include "bench/allocations.h"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace halfopen::bench {
namespace {

Allocations g_allocations;

void* counted(void* block) {
  if (block == nullptr) throw std::bad_alloc{};
  ++g_allocations.count;
  g_allocations.live_bytes += static_cast<std::int64_t>(malloc_usable_size(block));
  g_allocations.peak_bytes = std::max(g_allocations.peak_bytes, g_allocations.live_bytes);
  return block;
}

void release(void* block) {
  if (block == nullptr) return;
  g_allocations.live_bytes -= static_cast<std::int64_t>(malloc_usable_size(block));
  std::free(block);
}

}  // namespace

const Allocations& allocations() { return g_allocations; }

void reset_allocations() {
  g_allocations.count = 0;
  g_allocations.peak_bytes = g_allocations.live_bytes;
}

}  // namespace halfopen::bench

void* operator new(std::size_t size) { return halfopen::bench::counted(std::malloc(size)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto step = static_cast<std::size_t>(alignment);
  return halfopen::bench::counted(std::aligned_alloc(step, (size + step - 1) / step * step));
}
void operator delete(void* block) noexcept { halfopen::bench::release(block); }
void operator delete(void* block, std::size_t) noexcept { halfopen::bench::release(block); }
void operator delete(void* block, std::align_val_t) noexcept { halfopen::bench::release(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { halfopen::bench::release(block); }

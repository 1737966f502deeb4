// Reading the memory of a process that is traced and stopped.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

namespace halfopen {

// Fills `into` with the bytes at `address`. False if they are not all there.
[[nodiscard]] bool read_memory(pid_t pid, std::uint64_t address, void* into, std::size_t size);

// The bytes at `address`; nullopt if they are not all there.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> read_bytes(pid_t pid, std::uint64_t address,
                                                                  std::size_t size);

// A structure of the kernel's interface; nullopt if it is not there.
template <class T>
[[nodiscard]] std::optional<T> read_value(pid_t pid, std::uint64_t address) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value{};
  if (!read_memory(pid, address, &value, sizeof value)) return std::nullopt;
  return value;
}

// `count` structures one behind the other; empty if they are not all there.
template <class T>
[[nodiscard]] std::vector<T> read_values(pid_t pid, std::uint64_t address, std::size_t count) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::vector<T> values(count);
  if (!read_memory(pid, address, values.data(), count * sizeof(T))) values.clear();
  return values;
}

}  // namespace halfopen

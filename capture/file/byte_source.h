// Where the bytes of a capture come from: a file, or what unpacks one.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace halfopen {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Puts at least one byte into `room`, which is not empty, and returns how many; 0 at the end. Throws
  // SourceError where there should be more and is not.
  virtual std::size_t read(std::span<std::uint8_t> room) = 0;
};

// What was expected of a source and what was found, for an InputError that says where.
struct SourceError {
  std::string_view expected;
  std::string found;
};

// Whether these are the first bytes (at least four of them) of what gzip, zstd or lz4 made.
[[nodiscard]] bool is_packed(std::span<const std::uint8_t> head);

// The unpacked bytes of `packed`, of which is_packed() is true: all members or frames of it, one after
// another, as they are asked for. Memory does not depend on how much comes out.
[[nodiscard]] std::unique_ptr<ByteSource> unpack(std::span<const std::uint8_t> head,
                                                 std::unique_ptr<ByteSource> packed);

}  // namespace halfopen

// A capture file, FIFO or standard input, read once from front to end in large pieces, and handed out without
// a copy. Not mapped: page faults cost more than read(), and a pipe cannot be. What is packed (byte_source.h)
// comes unpacked, and its offsets are those of the unpacked bytes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "capture/file/byte_source.h"

namespace halfopen {

class InputFile {
 public:
  // "-" is standard input. Throws InputError if it cannot be opened, read or unpacked, or is a directory.
  explicit InputFile(const std::string& path);

  // The next `count` bytes in one piece, fewer at the end of the file; valid until the next call. They are
  // not read past, and no more is waited for. Throws InputError if the system cannot read, or what is packed
  // is broken.
  std::span<const std::uint8_t> peek(std::size_t count) {
    if (end_ - begin_ < count) fill(count);
    return {buffer_.data() + begin_, std::min(count, end_ - begin_)};
  }
  // Reads past `count` bytes, which peek() has shown.
  void consume(std::size_t count) {
    begin_ += count;
    offset_ += count;
    __builtin_prefetch(buffer_.data() + begin_);  // what comes next is fetched while this is looked at
  }
  // Reads past `count` bytes that may be any number; returns how many there were.
  std::uint64_t skip(std::uint64_t count);

  [[nodiscard]] std::uint64_t offset() const { return offset_; }  // of the next byte
  [[nodiscard]] const std::string& name() const { return name_; }
  // "crash.pcap: offset 24", for messages; "crash.pcap.gz: unpacked offset 24" of what was packed.
  [[nodiscard]] std::string place(std::uint64_t at) const {
    return name_ + (is_packed_ ? ": unpacked offset " : ": offset ") + std::to_string(at);
  }

 private:
  void fill(std::size_t count);
  void unpack_if_packed();
  std::string name_;
  std::unique_ptr<ByteSource> source_;
  bool is_packed_ = false;
  std::vector<std::uint8_t> buffer_;
  std::size_t begin_ = 0;  // of what is in the buffer
  std::size_t end_ = 0;
  std::uint64_t offset_ = 0;
};

}  // namespace halfopen

// A capture file, FIFO or standard input, read once from front to end in large pieces, and handed out without
// a copy. Not mapped: page faults cost more than read(), and a pipe cannot be.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace halfopen {

class InputFile {
 public:
  // "-" is standard input. Throws InputError if it cannot be opened or is a directory.
  explicit InputFile(const std::string& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  // The next `count` bytes in one piece, fewer at the end of the file; valid until the next call. They are
  // not read past, and no more is waited for. Throws InputError if the system cannot read.
  std::span<const std::uint8_t> peek(std::size_t count) {
    if (end_ - begin_ < count) fill(count);
    return {buffer_.data() + begin_, std::min(count, end_ - begin_)};
  }
  // Reads past `count` bytes, which peek() has shown.
  void consume(std::size_t count) {
    begin_ += count;
    offset_ += count;
  }
  // Reads past `count` bytes that may be any number; returns how many there were.
  std::uint64_t skip(std::uint64_t count);

  [[nodiscard]] std::uint64_t offset() const { return offset_; }  // of the next byte
  [[nodiscard]] const std::string& name() const { return name_; }
  // "crash.pcap: offset 24", for messages.
  [[nodiscard]] std::string place(std::uint64_t at) const { return name_ + ": offset " + std::to_string(at); }

 private:
  void fill(std::size_t count);
  std::string name_;
  int fd_ = -1;
  std::vector<std::uint8_t> buffer_;
  std::size_t begin_ = 0;  // of what is in the buffer
  std::size_t end_ = 0;
  std::uint64_t offset_ = 0;
};

}  // namespace halfopen

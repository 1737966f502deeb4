// A capture file, FIFO or standard input, read once from front to end.
#pragma once

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

  // Fills `out` as far as the file reaches; returns how much. Throws InputError if the system cannot read.
  std::size_t read(std::span<std::uint8_t> out);
  // Fills some of `out` and does not wait for more; 0 at the end of the file.
  std::size_t read_some(std::span<std::uint8_t> out);
  // The next bytes, at most 64, without reading them; fewer at the end of the file.
  std::span<const std::uint8_t> peek(std::size_t count);
  // Reads past `count` bytes; returns how many there were.
  std::uint64_t skip(std::uint64_t count);

  [[nodiscard]] std::uint64_t offset() const { return offset_; }  // of the next byte
  [[nodiscard]] const std::string& name() const { return name_; }
  // "crash.pcap: offset 24", for messages.
  [[nodiscard]] std::string place(std::uint64_t at) const { return name_ + ": offset " + std::to_string(at); }

 private:
  bool fill();
  std::string name_;
  int fd_ = -1;
  std::vector<std::uint8_t> buffer_;
  std::size_t begin_ = 0;  // of what is in the buffer
  std::size_t end_ = 0;
  std::uint64_t offset_ = 0;
};

}  // namespace halfopen

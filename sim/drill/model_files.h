// Files and pipes of the process that makes a script's calls. Files hold zeros, as scripts make them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace halfopen::drill {

class ModelFiles {
 public:
  // --- By path
  void create(const std::string& path, std::size_t size) {
    sizes_[path] = size;
  }  // in place of what was there
  void remove(const std::string& path) { sizes_.erase(path); }
  [[nodiscard]] std::optional<std::size_t> size_of(const std::string& path) const;

  // --- By the script's descriptors. An open file keeps its size.
  // For reading; false: there is no such file.
  bool open(std::int64_t descriptor, const std::string& path);
  void make_pipe(std::int64_t reader, std::int64_t writer);
  void close(std::int64_t descriptor) { open_.erase(descriptor); }

  enum class Kind : std::uint8_t { none, file, pipe_reader, pipe_writer };
  [[nodiscard]] Kind kind_of(std::int64_t descriptor) const;
  // The bytes that a read of up to `most` would give; of a file also from another place than its own.
  [[nodiscard]] std::vector<std::uint8_t> next(std::int64_t descriptor, std::size_t most,
                                               std::optional<std::size_t> from = std::nullopt) const;
  // They were read.
  void skip(std::int64_t descriptor, std::size_t count);
  // Bytes that a pipe takes without waiting, and into it no more than that.
  [[nodiscard]] std::size_t room(std::int64_t descriptor) const;
  void put(std::int64_t descriptor, std::span<const std::uint8_t> bytes);

 private:
  struct File {
    std::size_t size = 0;
    std::size_t at = 0;
  };
  using Pipe = std::shared_ptr<std::vector<std::uint8_t>>;
  struct Reader {
    Pipe pipe;
  };
  struct Writer {
    Pipe pipe;
  };
  [[nodiscard]] const std::vector<std::uint8_t>* bytes_of(std::int64_t descriptor) const;

  std::map<std::string, std::size_t> sizes_;
  std::map<std::int64_t, std::variant<File, Reader, Writer>> open_;
};

}  // namespace halfopen::drill

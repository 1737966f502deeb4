#include "capture/file/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sim/base/input_error.h"

namespace halfopen {
namespace {

constexpr std::size_t kBuffer = std::size_t{64}
                                << 10;  // larger ones are not faster, and drive flows out of the cache

class Descriptor : public ByteSource {
 public:
  explicit Descriptor(int fd) : fd_{fd} {}
  ~Descriptor() override {
    if (fd_ > STDIN_FILENO) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  std::size_t read(std::span<std::uint8_t> room) override {
    while (true) {
      const ssize_t got = ::read(fd_, room.data(), room.size());
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) throw SourceError{"bytes that can be read", std::strerror(errno)};
    }
  }

 private:
  int fd_;
};

// Bytes that were read before it was known what they are, and then the rest.
class Rejoined : public ByteSource {
 public:
  Rejoined(std::span<const std::uint8_t> head, std::unique_ptr<ByteSource> rest)
      : head_{head.begin(), head.end()}, rest_{std::move(rest)} {}

  std::size_t read(std::span<std::uint8_t> room) override {
    if (done_ == head_.size()) return rest_->read(room);
    const std::size_t some = std::min(room.size(), head_.size() - done_);
    std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(done_), some, room.begin());
    done_ += some;
    return some;
  }

 private:
  std::vector<std::uint8_t> head_;
  std::size_t done_ = 0;
  std::unique_ptr<ByteSource> rest_;
};

}  // namespace

InputFile::InputFile(const std::string& path) : name_{path == "-" ? "standard input" : path} {
  const int fd = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw InputError{name_, "a capture file", std::strerror(errno)};
  source_ = std::make_unique<Descriptor>(fd);
  struct stat status {};
  if (::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
    throw InputError{name_, "a capture file", "a directory"};
  }
  buffer_.resize(kBuffer);
  unpack_if_packed();
}

void InputFile::unpack_if_packed() {
  constexpr std::size_t kMagic = 4;
  const auto head = peek(kMagic);
  if (head.size() < kMagic || !is_packed(head)) return;
  const std::vector<std::uint8_t> magic(head.begin(), head.end());
  source_ = unpack(magic, std::make_unique<Rejoined>(std::span{buffer_}.subspan(begin_, end_ - begin_),
                                                     std::move(source_)));
  is_packed_ = true;
  end_ = begin_;
}

// Moves what is left to the front, where it is a part of one packet at most, and reads behind it until there
// are `count` bytes or the file ends.
void InputFile::fill(std::size_t count) {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  while (end_ < count) {
    if (end_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
    std::size_t got = 0;
    try {
      got = source_->read(std::span{buffer_}.subspan(end_));
    } catch (const SourceError& error) {
      throw InputError{place(offset_ + end_), std::string{error.expected}, error.found};
    }
    if (got == 0) return;
    end_ += got;
  }
}

std::uint64_t InputFile::skip(std::uint64_t count) {
  std::uint64_t done = 0;
  while (done < count) {
    const std::size_t some =
        peek(static_cast<std::size_t>(std::min<std::uint64_t>(count - done, kBuffer))).size();
    if (some == 0) break;
    consume(some);
    done += some;
  }
  return done;
}

}  // namespace halfopen

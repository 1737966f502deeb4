#include "capture/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sim/input_error.h"

namespace halfopen {
namespace {

constexpr std::size_t kBuffer = std::size_t{1} << 18;
constexpr std::size_t kMaxPeek = 64;

}  // namespace

InputFile::InputFile(const std::string& path) : name_{path == "-" ? "standard input" : path} {
  fd_ = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) throw InputError{name_, "a capture file", std::strerror(errno)};
  struct stat status {};
  if (::fstat(fd_, &status) == 0 && S_ISDIR(status.st_mode)) {
    if (fd_ != STDIN_FILENO) ::close(fd_);
    throw InputError{name_, "a capture file", "a directory"};
  }
  buffer_.resize(kBuffer);
}

InputFile::~InputFile() {
  if (fd_ > STDIN_FILENO) ::close(fd_);
}

// Moves what is left to the front and reads more behind it. False at the end of the file.
bool InputFile::fill() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  while (true) {
    const ssize_t got = ::read(fd_, buffer_.data() + end_, buffer_.size() - end_);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      throw InputError{place(offset_ + end_ - begin_), "bytes that can be read", std::strerror(errno)};
    end_ += static_cast<std::size_t>(got);
    return got > 0;
  }
}

std::size_t InputFile::read_some(std::span<std::uint8_t> out) {
  if (out.empty() || (begin_ == end_ && !fill())) return 0;
  const std::size_t count = std::min(out.size(), end_ - begin_);
  std::memcpy(out.data(), buffer_.data() + begin_, count);
  begin_ += count;
  offset_ += count;
  return count;
}

std::size_t InputFile::read(std::span<std::uint8_t> out) {
  std::size_t done = 0;
  while (const std::size_t some = read_some(out.subspan(done))) done += some;
  return done;
}

std::span<const std::uint8_t> InputFile::peek(std::size_t count) {
  count = std::min(count, kMaxPeek);
  while (end_ - begin_ < count && fill()) {
  }
  return std::span{buffer_}.subspan(begin_, std::min(count, end_ - begin_));
}

std::uint64_t InputFile::skip(std::uint64_t count) {
  std::uint64_t done = 0;
  while (done < count && (begin_ < end_ || fill())) {
    const auto some = static_cast<std::size_t>(std::min<std::uint64_t>(count - done, end_ - begin_));
    begin_ += some;
    done += some;
  }
  offset_ += done;
  return done;
}

}  // namespace halfopen

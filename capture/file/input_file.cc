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

constexpr std::size_t kBuffer = std::size_t{1}
                                << 18;  // larger ones are not faster, and fall out of the cache

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

// Moves what is left to the front, where it is a part of one packet at most, and reads behind it until there
// are `count` bytes or the file ends.
void InputFile::fill(std::size_t count) {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  while (end_ < count) {
    if (end_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
    const ssize_t got = ::read(fd_, buffer_.data() + end_, buffer_.size() - end_);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw InputError{place(offset_ + end_), "bytes that can be read", std::strerror(errno)};
    if (got == 0) return;
    end_ += static_cast<std::size_t>(got);
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

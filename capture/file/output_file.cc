#include "capture/file/output_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace halfopen {
namespace {

// Signal handlers find the open files here; a slot is taken and left with one store.
constexpr std::size_t kSlots = 64;
std::array<std::atomic<OutputFile*>, kSlots> g_open_files{};

constexpr int kMostTries = 100;  // to make NAME.partial; each time another run came between

// While the buffer and its place in the file change together, a handler must not look at them.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

// A second descriptor of a locked file, which keeps the lock until it is closed; -1 is none.
class UniqueLock {
 public:
  explicit UniqueLock(int fd) : fd_{fd} {}
  ~UniqueLock() {
    if (fd_ >= 0) ::close(fd_);
  }
  UniqueLock(const UniqueLock&) = delete;
  UniqueLock& operator=(const UniqueLock&) = delete;

 private:
  int fd_;
};

// Whether `path` names the file that is open, itself and not by a link.
bool is_at(int fd, const std::string& path) {
  struct stat open {};
  struct stat named {};
  return ::fstat(fd, &open) == 0 && ::lstat(path.c_str(), &named) == 0 && open.st_dev == named.st_dev &&
         open.st_ino == named.st_ino;
}

std::string message_for(std::string_view what, int error) {
  std::string text{what};
  if (error != 0) text.append(": ").append(std::strerror(error));
  return text;
}

}  // namespace

CaptureError::CaptureError(const std::string& file, std::string_view what, int error_number)
    : std::runtime_error{file + ": " + message_for(what, error_number)}, error{error_number} {}

OutputFile::OutputFile(const std::string& name, OnSignal on_signal)
    : name_{name == "-" ? "standard output" : name}, path_{name}, on_signal_{on_signal} {
  buffer_.resize(kBuffer);
  if (name == "-") {
    fd_ = STDOUT_FILENO;
  } else {
    open();
  }
  enlist();
}

void OutputFile::open() {
  struct stat status {};
  const bool exists = ::stat(path_.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) throw CaptureError{name_, "cannot be written", EISDIR};
  if (exists && (!S_ISREG(status.st_mode) || path_.starts_with("/proc/self/fd/"))) {
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd_ < 0) throw CaptureError{name_, "cannot be written", errno};
    return;
  }
  if (exists) {  // a link is followed, so that it stays a link
    std::error_code ignored;
    const auto resolved = std::filesystem::canonical(path_, ignored);
    if (!ignored) path_ = resolved.string();
  }
  partial_ = path_ + ".partial";
  remove_stale_partial();  // what is in the way is said at the start
  if (!make_unnamed()) make_partial();
}

// False where the file system has no files without a name, or nothing could give it one later.
bool OutputFile::make_unnamed() {
  const std::string directory = std::filesystem::path{partial_}.parent_path().string();
  fd_ = ::open(directory.empty() ? "." : directory.c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC, 0666);
  if (fd_ < 0 && errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT) {
    throw CaptureError{name_, "cannot be written", errno};
  }
  if (fd_ < 0) return false;
  unnamed_ = "/proc/self/fd/" + std::to_string(fd_);
  const bool has_locks = ::flock(fd_, LOCK_EX | LOCK_NB) == 0;
  if (has_locks && ::access(unnamed_.c_str(), F_OK) == 0) return true;
  unnamed_.clear();
  ::close(fd_);
  return false;
}

// The same rules as in make_partial(); it is locked already.
void OutputFile::name_partial() {
  for (int i = 0; !unnamed_.empty() && i < kMostTries; ++i) {
    if (::linkat(AT_FDCWD, unnamed_.c_str(), AT_FDCWD, partial_.c_str(), AT_SYMLINK_FOLLOW) == 0) {
      unnamed_.clear();
    } else if (errno == EEXIST) {
      remove_stale_partial();
    } else {
      throw CaptureError{name_, "cannot be written", errno};
    }
  }
  if (!unnamed_.empty()) throw CaptureError{name_, "is being written by another run", 0};
}

// Made by us and nobody else: a link that waits under this name, hard or not, would send what we write to
// another file, and a FIFO would make us wait. Two runs that write one file would make one wreck of two
// captures: the second one is refused, which a lock tells from what a run left that was killed.
void OutputFile::make_partial() {
  for (int i = 0; i < kMostTries; ++i) {
    fd_ = ::open(partial_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd_ < 0 && errno == EEXIST) {
      remove_stale_partial();
      continue;
    }
    if (fd_ < 0) throw CaptureError{name_, "cannot be written", errno};
    // File systems without locks do without this.
    const bool is_locked = ::flock(fd_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
    if (is_locked && is_at(fd_, partial_)) return;
    ::close(fd_);  // another run took it for stale before it was locked
    break;
  }
  throw CaptureError{name_, "is being written by another run", 0};
}

// Removes NAME.partial if it is a regular file that no run is writing. Only the name: another link to that
// file keeps what is in it.
void OutputFile::remove_stale_partial() const {
  struct stat status {};
  if (::lstat(partial_.c_str(), &status) != 0) {
    if (errno == ENAMETOOLONG) throw CaptureError{name_, "cannot be written", errno};
    return;  // nothing there
  }
  if (!S_ISREG(status.st_mode))
    throw CaptureError{name_, partial_ + " is in the way and no regular file: remove it", 0};
  const int fd = ::open(partial_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 && errno == ENOENT) return;
  if (fd < 0) throw CaptureError{name_, partial_ + " is in the way and cannot be opened", errno};
  const bool is_free = ::flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
  const bool is_gone = !is_free || !is_at(fd, partial_) || ::unlink(partial_.c_str()) == 0 || errno == ENOENT;
  const int error = errno;
  ::close(fd);
  if (!is_free) throw CaptureError{name_, "is being written by another run", 0};
  if (!is_gone) throw CaptureError{name_, partial_ + " is in the way and cannot be removed", error};
}

void OutputFile::enlist() {
  for (auto& slot : g_open_files) {
    OutputFile* free = nullptr;
    if (slot.compare_exchange_strong(free, this)) return;
  }
  // More files than slots: the rest is not finished by signals.
}

void OutputFile::delist() {
  for (auto& slot : g_open_files) {
    OutputFile* mine = this;
    slot.compare_exchange_strong(mine, nullptr);
  }
}

OutputFile::~OutputFile() {
  delist();
  const bool is_unfinished = !is_done_ && !partial_.empty();
  if (fd_ >= 0 && fd_ != STDOUT_FILENO) ::close(fd_);
  if (is_unfinished && !keep_partial_ && unnamed_.empty()) ::unlink(partial_.c_str());
}

void OutputFile::write(std::string_view text) {
  write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

void OutputFile::write(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    if (size_ == buffer_.size()) {
      flush();
      // A record that alone fills the buffer goes out in parts.
      if (size_ == buffer_.size()) write_out(size_);
    }
    const std::size_t count = std::min(bytes.size(), buffer_.size() - size_);
    std::memcpy(buffer_.data() + size_, bytes.data(), count);
    size_ += count;
    bytes = bytes.subspan(count);
  }
}

void OutputFile::flush() { write_out(committed_.load(std::memory_order_relaxed)); }

void OutputFile::appear() {
  if (!partial_.empty()) flush();
}

// Regular files are written at a place: a handler that interrupts may write the same bytes there again.
std::size_t OutputFile::write_some(std::size_t from, std::size_t count) {
  const std::uint8_t* data = buffer_.data() + from;
  const ssize_t written = partial_.empty() ? ::write(fd_, data, count)
                                           : ::pwrite(fd_, data, count, static_cast<off_t>(offset_ + from));
  if (written >= 0) return static_cast<std::size_t>(written);
  if (errno == EINTR) return 0;
  throw CaptureError{name_, "cannot be written", errno};
}

// Writes the first `count` bytes of the buffer. To a pipe signals stay open: its reader may be asleep.
void OutputFile::write_out(std::size_t count) {
  if (is_done_ || count == 0) {
    if (is_done_) size_ = 0;
    return;
  }
  std::size_t written = 0;
  while (written < count) written += write_some(written, count - written);
  const SignalsBlocked blocked;
  name_partial();
  std::memmove(buffer_.data(), buffer_.data() + count, size_ - count);
  offset_ += count;
  size_ -= count;
  committed_ -= std::min(count, committed_.load());
}

bool OutputFile::replace(std::size_t at, std::size_t count, std::span<const std::uint8_t> bytes) {
  if (is_done_ || !take_back(at)) return false;
  const SignalsBlocked blocked;
  const auto begin = buffer_.begin() + static_cast<std::ptrdiff_t>(at - offset_);
  const auto gap = buffer_.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
  buffer_.insert(gap, bytes.begin(), bytes.end());
  size_ += bytes.size() - count;
  commit();
  return true;
}

// Has in the buffer what was written from `at` on. In the file it stays until the buffer goes out again.
bool OutputFile::take_back(std::size_t at) {
  if (at >= offset_) return true;
  std::size_t missing = offset_ - at;
  if (partial_.empty() || missing > kMostTakenBack) return false;
  std::vector<std::uint8_t> bytes(missing);
  while (missing > 0) {
    const std::size_t have = bytes.size() - missing;
    const ssize_t some = ::pread(fd_, bytes.data() + have, missing, static_cast<off_t>(at + have));
    if (some < 0 && errno == EINTR) continue;
    if (some <= 0) return false;
    missing -= static_cast<std::size_t>(some);
  }
  const SignalsBlocked blocked;
  buffer_.insert(buffer_.begin(), bytes.begin(), bytes.end());
  offset_ = at;
  size_ += bytes.size();
  commit();
  return true;
}

void OutputFile::finish() {
  if (is_done_) return;
  commit();
  flush();
  if (!partial_.empty()) {  // without a byte, too
    const SignalsBlocked blocked;
    name_partial();
  }
  // Closing tells of late errors, and must not let go of the lock: unlocked, NAME.partial looks stale.
  const UniqueLock lock{partial_.empty() ? -1 : ::fcntl(fd_, F_DUPFD_CLOEXEC, 3)};
  if (fd_ != STDOUT_FILENO) {
    const int fd = fd_;
    fd_ = -1;
    if (::close(fd) != 0) throw CaptureError{name_, "cannot be written", errno};
  }
  if (!partial_.empty() && ::rename(partial_.c_str(), path_.c_str()) != 0) {
    throw CaptureError{name_, "cannot be renamed from " + partial_, errno};
  }
  is_done_ = true;
  delist();
}

void OutputFile::finish_from_signal() {
  if (partial_.empty() || is_done_.exchange(true)) return;
  if (on_signal_ == OnSignal::discard) {
    if (unnamed_.empty()) ::unlink(partial_.c_str());
    return;
  }
  const std::size_t count = committed_.load(std::memory_order_acquire);
  std::size_t written = 0;
  while (fd_ >= 0 && written < count) {
    const ssize_t some =
        ::pwrite(fd_, buffer_.data() + written, count - written, static_cast<off_t>(offset_ + written));
    if (some <= 0) break;  // a full disk: what is there is still valid up to its last whole record
    written += static_cast<std::size_t>(some);
  }
  const bool is_named = unnamed_.empty() || ::linkat(AT_FDCWD, unnamed_.c_str(), AT_FDCWD, partial_.c_str(),
                                                     AT_SYMLINK_FOLLOW) == 0;
  if (is_named) ::rename(partial_.c_str(), path_.c_str());
}

void finish_all_captures_from_signal() {
  const int saved = errno;
  for (auto& slot : g_open_files) {
    if (OutputFile* file = slot.load()) file->finish_from_signal();
  }
  errno = saved;
}

}  // namespace halfopen

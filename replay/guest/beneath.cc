#include "replay/guest/beneath.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "replay/base/unique_fd.h"

namespace halfopen::guest {
namespace {

namespace fs = std::filesystem;

UniqueFd open_beneath(int directory, const std::string& name, std::uint64_t flags, std::uint64_t mode = 0) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return UniqueFd{static_cast<int>(syscall(SYS_openat2, directory, name.c_str(), &how, sizeof how))};
}

class Writer {
 public:
  Writer(const std::string& directory, const std::string& name)
      : full_{(fs::path{directory} / name).string()} {
    directory_ = UniqueFd{open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!directory_) fail(errno);
    const fs::path path{name};
    for (const fs::path& part : path.parent_path()) enter(part.string());
    leaf_ = path.filename().string();
  }

  void write(std::string_view bytes) {
    struct stat status {};
    const bool is_there = fstatat(directory_.get(), leaf_.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
    if (is_there && S_ISLNK(status.st_mode)) fail(ELOOP);
    if (is_there && !S_ISREG(status.st_mode)) fail(S_ISDIR(status.st_mode) ? EISDIR : EEXIST);
    const std::string unfinished = make_unfinished();
    try {
      fill(bytes);
      if (renameat(directory_.get(), unfinished.c_str(), directory_.get(), leaf_.c_str()) != 0) fail(errno);
    } catch (...) {
      unlinkat(directory_.get(), unfinished.c_str(), 0);
      throw;
    }
  }

 private:
  [[noreturn]] void fail(int error) const {
    const std::string why =
        error == ELOOP ? "a link is in its way, and what a guest names follows none" : std::strerror(error);
    throw std::runtime_error{fmt::format("{}: cannot be written: {}", full_, why)};
  }

  // One step down, into a directory that is made where there is none.
  void enter(const std::string& part) {
    if (mkdirat(directory_.get(), part.c_str(), 0777) != 0 && errno != EEXIST) fail(errno);
    UniqueFd next = open_beneath(directory_.get(), part, O_PATH | O_DIRECTORY);
    if (!next) fail(errno);
    directory_ = std::move(next);
  }

  // Under a name that nobody else has: a guest may have sent any other.
  std::string make_unfinished() {
    for (unsigned i = 0;; ++i) {
      const std::string name = fmt::format(".halfopen-{}-{}", getpid(), i);
      file_ = open_beneath(directory_.get(), name, O_WRONLY | O_CREAT | O_EXCL, 0666);
      if (file_) return name;
      if (errno != EEXIST) fail(errno);
    }
  }

  void fill(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t put = ::write(file_.get(), bytes.data(), bytes.size());
      if (put < 0 && errno != EINTR) fail(errno);
      if (put > 0) bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    if (close(file_.release()) != 0) fail(errno);
  }

  std::string full_;  // for messages
  UniqueFd directory_;
  std::string leaf_;
  UniqueFd file_;
};

}  // namespace

void write_beneath(const std::string& directory, const std::string& name, std::string_view bytes) {
  Writer{directory, name}.write(bytes);
}

}  // namespace halfopen::guest

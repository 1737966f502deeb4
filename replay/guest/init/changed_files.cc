#include "replay/guest/init/changed_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "replay/base/unique_fd.h"
#include "replay/guest/init/frames.h"

namespace halfopen::guest {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};

bool before(const timespec& a, const timespec& b) {
  return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

std::string view_of(std::uint64_t number) {
  const std::array<char, 8> bytes = bytes_of(number);
  return {bytes.data(), bytes.size()};
}

}  // namespace

ChangedFiles::ChangedFiles(std::vector<std::string> watched) : watched_{std::move(watched)} {
  clock_gettime(CLOCK_REALTIME_COARSE, &since_);  // the clock of inodes
}

void ChangedFiles::send_growth() {
  for (const std::string& path : watched_) visit(path, 0, false);
}

void ChangedFiles::send_all() {
  send_frame(FrameType::listing);
  for (const std::string& path : watched_) visit(path, 0, true);
}

void ChangedFiles::visit(const std::string& path, dev_t device, bool final) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return;
  if (S_ISREG(status.st_mode) && !before(status.st_ctim, since_)) tell(path, status, final);
  if (!S_ISDIR(status.st_mode) || (device != 0 && status.st_dev != device)) return;
  const std::unique_ptr<DIR, CloseDirectory> directory{opendir(path.c_str())};
  if (!directory) return;
  std::vector<std::string> names;
  while (const dirent* entry = readdir(directory.get())) names.emplace_back(entry->d_name);
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    if (name != "." && name != "..") visit(path + "/" + name, status.st_dev, final);
  }
}

void ChangedFiles::tell(const std::string& path, const struct stat& status, bool final) {
  Sent& sent = sent_[status.st_ino];
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const bool shrank = size < sent.size;
  const bool same = size == sent.size && !before(sent.modified, status.st_mtim);
  if (!final && (shrank || (same && sent.name == path))) return;
  send_frame(FrameType::file, view_of(status.st_ino) + view_of(size), path);
  // What was sent while the file was being written may have been rewritten since.
  if (!same) send_bytes(path, status.st_ino, final ? 0 : sent.size, size);
  sent = {.size = size, .modified = status.st_mtim, .name = path};
}

void ChangedFiles::send_bytes(const std::string& path, std::uint64_t number, std::uint64_t from,
                              std::uint64_t to) {
  const UniqueFd file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  std::array<char, 1u << 15> block{};
  while (file && from < to) {
    const std::size_t want = std::min<std::uint64_t>(block.size(), to - from);
    const ssize_t got = pread(file.get(), block.data(), want, static_cast<off_t>(from));
    if (got <= 0) return;
    const auto count = static_cast<std::size_t>(got);
    send_frame(FrameType::data, view_of(number) + view_of(from), {block.data(), count});
    from += count;
  }
}

}  // namespace halfopen::guest

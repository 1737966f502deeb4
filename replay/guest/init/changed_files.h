// The files that a command makes or changes, sent to the host while it runs and when it is over.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace halfopen::guest {

// Regular files below the watched files and directories, on their own file system, whose inode changed since
// the object was made. A file is known by its inode, so that one that is renamed stays the same.
class ChangedFiles {
 public:
  explicit ChangedFiles(std::vector<std::string> watched);

  // Sends what has been appended since the last time: should the kernel die, so much is safe.
  void send_growth();
  // Sends the names of all changed files, and what was not sent or has changed since it was.
  void send_all();

 private:
  struct Sent {
    std::uint64_t size = 0;
    timespec modified{};
    std::string name;
  };

  void visit(const std::string& path, dev_t device, bool final);
  void tell(const std::string& path, const struct stat& status, bool final);
  void send_bytes(const std::string& path, std::uint64_t number, std::uint64_t from, std::uint64_t to);

  std::vector<std::string> watched_;
  timespec since_{};
  std::map<ino_t, Sent> sent_;
};

}  // namespace halfopen::guest

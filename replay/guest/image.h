// What a guest finds in its file system: files of this machine at their own places, and files that we make.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "replay/base/unique_fd.h"
#include "replay/guest/libraries.h"

namespace halfopen::guest {

// Every path is absolute. What is added twice is there once.
class GuestImage {
 public:
  GuestImage();

  void add_file(const std::string& path, std::string bytes, bool executable = false);
  void add_directory(const std::string& path);
  // A file or directory of this machine, with the links on the way to it; a directory without what is in it.
  // Throws std::runtime_error for what cannot be read, as all of these do.
  void mirror(const std::string& path);
  // The same, and what it needs to run: the loader and the shared libraries of an ELF file, the interpreter
  // of a script. A library that is nowhere is left out: the loader in the guest will name it.
  void mirror_program(const std::string& path);
  // A directory with all that is in it, the programs with what they need. Throws std::runtime_error when the
  // image gets larger than `most` bytes.
  void mirror_tree(const std::string& path, std::uint64_t most);

  // Directories with libraries that the loader in the guest would not look into by itself.
  [[nodiscard]] std::vector<std::string> library_directories() const;
  [[nodiscard]] std::uint64_t size() const { return size_; }  // of all files, in bytes
  [[nodiscard]] std::uint64_t unpacked() const {
    return unpacked_;
  }  // bytes of memory that they take in there
  // The initramfs as a file without a name, at its start.
  [[nodiscard]] UniqueFd write() const;

 private:
  struct Entry {
    std::uint32_t mode = 0;
    std::string content;  // of a file that we made, or a link's target
    std::string source;   // of a file of this machine: its path
  };
  // Puts the links and directories of a path into the image, and gives the place that they lead to.
  std::string place(const std::string& path, int links = 0);
  void count(std::uint64_t bytes);

  std::map<std::string, Entry> entries_;  // by place: a directory comes before what is in it
  std::set<std::string> programs_;        // done by mirror_program()
  std::set<std::string> library_directories_;
  LibraryFinder libraries_;
  std::uint64_t size_ = 0;
  std::uint64_t unpacked_ = 0;
};

// What a shell would run for `name`: a path as it is, a name from PATH; empty where there is nothing.
[[nodiscard]] std::string find_program(const std::string& name);

}  // namespace halfopen::guest

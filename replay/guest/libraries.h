// Where the dynamic loader would find a program's shared libraries (ld.so(8)), without running it.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace halfopen::guest {

class LibraryFinder {
 public:
  // The directories of ld.so.conf, with what it includes, and the loader's own. `root` is put before each
  // path.
  explicit LibraryFinder(const std::string& root = "");

  // The path of a library that `user` (a path, for $ORIGIN) needs and that fits its machine; empty where
  // there is none. A name with a '/' is a path. `search_path` is the user's own: RUNPATH or RPATH.
  [[nodiscard]] std::string find(const std::string& name, const std::string& user,
                                 const std::vector<std::string>& search_path) const;
  // The loader in the guest looks into these by itself: they are built into it.
  [[nodiscard]] bool is_default(const std::string& directory) const;

 private:
  void read_configuration(const std::string& pattern, int depth);

  std::string root_;
  std::vector<std::string> configured_;
};

}  // namespace halfopen::guest

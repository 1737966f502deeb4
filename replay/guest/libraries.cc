#include "replay/guest/libraries.h"

#include <elf.h>
#include <glob.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>

#include "replay/guest/elf_file.h"
#include "replay/guest/file_bytes.h"

namespace halfopen::guest {
namespace {

namespace fs = std::filesystem;

// Of glibc on x86-64: Debian's, then everybody's.
constexpr std::array<std::string_view, 6> kDefaults{
    "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib"};
constexpr int kDeepestInclude = 8;

bool fits(const std::string& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return false;
  const std::optional<ElfFile> elf = parse_elf(read_start(path, sizeof(Elf64_Ehdr)));
  return elf && elf->machine == EM_X86_64 && elf->is_64_bit;
}

std::string expand(std::string directory, const std::string& user) {
  for (const std::string_view name : {"${ORIGIN}", "$ORIGIN"}) {
    const std::size_t at = directory.find(name);
    if (at != std::string::npos) directory.replace(at, name.size(), fs::path{user}.parent_path().string());
  }
  return directory;
}

}  // namespace

LibraryFinder::LibraryFinder(const std::string& root) : root_{root} {
  read_configuration(root_ + "/etc/ld.so.conf", 0);
}

void LibraryFinder::read_configuration(const std::string& pattern, int depth) {
  if (depth > kDeepestInclude) return;
  glob_t found{};
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) {
      std::ifstream file{found.gl_pathv[i]};
      for (std::string line; std::getline(file, line);) {
        std::istringstream words{line.substr(0, line.find('#'))};
        std::string word;
        if (!(words >> word)) continue;
        if (word != "include") {
          configured_.push_back(word);
          continue;
        }
        const fs::path here = fs::path{found.gl_pathv[i]}.parent_path();
        while (words >> word) {
          read_configuration(word.starts_with('/') ? root_ + word : (here / word).string(), depth + 1);
        }
      }
    }
  }
  globfree(&found);
}

std::string LibraryFinder::find(const std::string& name, const std::string& user,
                                const std::vector<std::string>& search_path) const {
  if (name.find('/') != std::string::npos) return fits(root_ + name) ? name : std::string{};
  std::vector<std::string> directories;
  for (const std::string& directory : search_path) directories.push_back(expand(directory, user));
  directories.insert(directories.end(), configured_.begin(), configured_.end());
  directories.insert(directories.end(), kDefaults.begin(), kDefaults.end());
  for (const std::string& directory : directories) {
    const std::string path = directory + "/" + name;
    if (fits(root_ + path)) return path;
  }
  return {};
}

bool LibraryFinder::is_default(const std::string& directory) const {
  return std::ranges::find(kDefaults, directory) != kDefaults.end();
}

}  // namespace halfopen::guest

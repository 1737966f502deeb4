// The modules that a kernel needs for a run, found without depmod's index, which a kernel that is unpacked
// and not installed does not have: each module says itself what it depends on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace halfopen::guest {

struct KernelModule {
  std::string name;   // "tun"
  std::string bytes;  // of the .ko, decompressed
};

class KernelModules {
 public:
  // `directory` is lib/modules/RELEASE, and may not exist. `release` may be empty: then nothing is compared
  // with it.
  KernelModules(std::string directory, std::string release);

  // The module and all that it depends on, in the order in which they are loaded; nothing for one that is
  // built in, or that is not there. Throws Cannot for a module of another kernel, and for one whose
  // compression is not known.
  [[nodiscard]] std::vector<KernelModule> with_dependencies(const std::string& name) const;
  // modules.builtin lists it.
  [[nodiscard]] bool is_built_in(std::string_view name) const;
  [[nodiscard]] bool is_there(std::string_view name) const { return !path_of(name).empty(); }
  // Congestion controls that are modules, without "tcp_": "bbr", "dctcp" ..., sorted.
  [[nodiscard]] std::vector<std::string> congestion_controls() const;

 private:
  struct File {
    std::string name;  // with '_' for '-'
    std::string path;
  };
  [[nodiscard]] std::string path_of(std::string_view name) const;
  void collect(const std::string& name, std::vector<KernelModule>& loaded) const;

  std::string release_;
  std::vector<File> files_;  // sorted by name
  std::vector<std::string> built_in_;
};

// Where the modules of a kernel are: around the image itself, lib/modules/RELEASE beside its
// boot/, or the machine's.
[[nodiscard]] std::string modules_directory_for(const std::string& kernel, const std::string& release);

}  // namespace halfopen::guest

#include "replay/guest/kernel_modules.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <sstream>
#include <stdexcept>

#include "replay/base/errors.h"
#include "replay/guest/decompress.h"
#include "replay/guest/elf_file.h"
#include "replay/guest/file_bytes.h"

namespace halfopen::guest {
namespace {

namespace fs = std::filesystem;

// "nf-tables.ko.xz": "nf_tables"; nullopt for what is no module.
std::optional<std::string> module_name(const std::string& file) {
  constexpr std::array<std::string_view, 4> kEndings{".ko", ".ko.xz", ".ko.zst", ".ko.gz"};
  for (const std::string_view ending : kEndings) {
    if (!file.ends_with(ending)) continue;
    std::string name = file.substr(0, file.size() - ending.size());
    std::ranges::replace(name, '-', '_');
    return name;
  }
  return std::nullopt;
}

// Of .modinfo's "key=value" records.
std::string value_of(std::string_view modinfo, std::string_view key) {
  while (!modinfo.empty()) {
    const std::string_view record = modinfo.substr(0, modinfo.find('\0'));
    if (record.starts_with(key) && record.substr(key.size()).starts_with('=')) {
      return std::string{record.substr(key.size() + 1)};
    }
    modinfo.remove_prefix(std::min(modinfo.size(), record.size() + 1));
  }
  return {};
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in{text};
  for (std::string part; std::getline(in, part, separator);) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

}  // namespace

KernelModules::KernelModules(std::string directory, std::string release) : release_{std::move(release)} {
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator{directory, error}) {
    const auto name = module_name(entry.path().filename().string());
    if (name) files_.push_back({*name, entry.path().string()});
  }
  std::ranges::sort(files_, {}, &File::name);
  const std::string list = directory + "/modules.builtin";
  if (!fs::exists(list)) return;
  for (const std::string& line : split(read_bytes(list), '\n')) {
    if (const auto name = module_name(fs::path{line}.filename().string())) built_in_.push_back(*name);
  }
  std::ranges::sort(built_in_);
}

bool KernelModules::is_built_in(std::string_view name) const {
  return std::ranges::binary_search(built_in_, name, std::ranges::less{},
                                    [](const std::string& text) { return std::string_view{text}; });
}

std::string KernelModules::path_of(std::string_view name) const {
  const auto found = std::ranges::find(files_, name, &File::name);
  return found == files_.end() ? std::string{} : found->path;
}

void KernelModules::collect(const std::string& name, std::vector<KernelModule>& loaded) const {
  const std::string path = path_of(name);
  if (path.empty() || is_built_in(name)) return;
  if (std::ranges::find(loaded, name, &KernelModule::name) != loaded.end()) return;
  const auto cannot = [&](const std::string& why) {
    return Cannot{"the module " + path + " cannot be used: " + why};
  };
  std::string bytes;
  try {
    bytes = decompress(read_bytes(path));
  } catch (const std::runtime_error& error) {
    throw cannot(error.what());
  }
  const std::optional<ElfFile> elf = parse_elf(bytes);
  if (!elf || elf->modinfo.empty()) throw cannot("it is no kernel module");
  const std::string magic = value_of(elf->modinfo, "vermagic");
  const std::string built_for = magic.substr(0, magic.find(' '));
  if (!release_.empty() && built_for != release_) {
    throw cannot("it was built for " + built_for + ", and the kernel is " + release_ +
                 " (--modules names the directory of that kernel's modules)");
  }
  for (std::string& dependency : split(value_of(elf->modinfo, "depends"), ',')) {
    std::ranges::replace(dependency, '-', '_');
    collect(dependency, loaded);
  }
  loaded.push_back({name, std::move(bytes)});
}

std::vector<KernelModule> KernelModules::with_dependencies(const std::string& name) const {
  std::vector<KernelModule> loaded;
  collect(name, loaded);
  return loaded;
}

std::vector<std::string> KernelModules::congestion_controls() const {
  std::vector<std::string> names;
  for (const File& file : files_) {
    constexpr std::string_view kPrefix = "tcp_";
    if (!file.name.starts_with(kPrefix) || file.name == "tcp_diag") continue;
    names.push_back(file.name.substr(kPrefix.size()));
  }
  return names;
}

std::string modules_directory_for(const std::string& kernel, const std::string& release) {
  if (release.empty()) return {};
  const fs::path boot = fs::absolute(kernel).parent_path();
  // Fedora, Arch, and Debian since 7.2 keep the image among its modules.
  if (boot.filename() == release && boot.parent_path().filename() == "modules") return boot.string();
  for (const fs::path& top : {boot.parent_path(), boot, fs::path{"/"}}) {
    for (const char* lib : {"lib/modules", "usr/lib/modules"}) {
      const fs::path directory = top / lib / release;
      std::error_code error;
      if (fs::is_directory(directory, error)) return directory.string();
    }
  }
  return {};
}

}  // namespace halfopen::guest

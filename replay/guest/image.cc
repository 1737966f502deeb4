#include "replay/guest/image.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "replay/base/errors.h"
#include "replay/guest/cpio.h"
#include "replay/guest/elf_file.h"
#include "replay/guest/file_bytes.h"

namespace halfopen::guest {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kDirectory = S_IFDIR | 0755;
constexpr std::uint32_t kPlainFile = S_IFREG | 0644;
constexpr std::uint32_t kExecutable = S_IFREG | 0755;
constexpr int kMostLinks = 40;  // as the kernel's MAXSYMLINKS

// The words after "#!" of a script; nothing for what is no script.
std::vector<std::string> interpreter_of(std::string_view start) {
  if (!start.starts_with("#!")) return {};
  std::istringstream line{std::string{start.substr(2, start.find('\n') - 2)}};
  std::vector<std::string> words;
  for (std::string word; line >> word;) words.push_back(word);
  return words;
}

}  // namespace

GuestImage::GuestImage() {
  for (const char* path : {"/proc", "/sys", "/dev", "/run", "/etc", "/root", "/tmp"}) add_directory(path);
  entries_["/tmp"].mode = S_IFDIR | 01777;
}

void GuestImage::add_directory(const std::string& path) {
  std::string so_far;
  for (const fs::path& part : fs::path{path}.relative_path()) {
    if (part.empty()) continue;
    so_far += "/" + part.string();
    entries_.try_emplace(so_far, Entry{.mode = kDirectory, .content = {}, .source = {}});
  }
}

void GuestImage::add_file(const std::string& path, std::string bytes, bool executable) {
  add_directory(fs::path{path}.parent_path().string());
  count(bytes.size());
  entries_[path] = {.mode = executable ? kExecutable : kPlainFile, .content = std::move(bytes), .source = {}};
}

// A file in memory is whole pages, an inode and a name.
void GuestImage::count(std::uint64_t bytes) {
  constexpr std::uint64_t kPage = 4096;
  constexpr std::uint64_t kInode = 1024;
  size_ += bytes;
  unpacked_ += (bytes + kPage - 1) / kPage * kPage + kInode;
}

std::string GuestImage::place(const std::string& path, int links) {
  if (links > kMostLinks) throw std::runtime_error{"cannot read " + path + ": too many links"};
  std::string so_far;
  const fs::path all = fs::path{path}.relative_path();
  for (auto part = all.begin(); part != all.end(); ++part) {
    if (part->empty() || *part == ".") continue;
    if (*part == "..") {
      so_far.resize(std::min(so_far.size(), so_far.rfind('/')));
      continue;
    }
    const std::string here = so_far + "/" + part->string();
    std::error_code error;
    if (fs::is_symlink(fs::symlink_status(here, error))) {
      const fs::path target = fs::read_symlink(here);
      entries_.try_emplace(here, Entry{.mode = S_IFLNK | 0777, .content = target.string(), .source = {}});
      fs::path rest = target.is_absolute() ? target : fs::path{so_far + "/"} / target;
      for (++part; part != all.end(); ++part) rest /= *part;
      return place(rest.string(), links + 1);
    }
    so_far = here;
    if (fs::is_directory(here, error))
      entries_.try_emplace(here, Entry{.mode = kDirectory, .content = {}, .source = {}});
  }
  return so_far;
}

void GuestImage::mirror(const std::string& path) {
  const std::string found = place(path);
  if (found.empty() || entries_.contains(found)) return;
  struct stat status {};
  if (stat(found.c_str(), &status) != 0) throw_system("read " + path);
  if (!S_ISREG(status.st_mode)) return;
  if (access(found.c_str(), R_OK) != 0)
    throw std::runtime_error{"cannot read " + path + ": " + std::strerror(errno)};
  count(static_cast<std::uint64_t>(status.st_size));
  // Permissions but for the owner's right to execute differ from machine to machine.
  entries_[found] = {
      .mode = (status.st_mode & S_IXUSR) != 0 ? kExecutable : kPlainFile, .content = {}, .source = found};
}

void GuestImage::mirror_program(const std::string& path) {
  mirror(path);
  if (!programs_.insert(path).second) return;
  constexpr std::size_t kLongestLine = 256;  // of a script's interpreter: BINPRM_BUF_SIZE
  const std::string start = read_start(path, kLongestLine);
  if (const std::vector<std::string> words = interpreter_of(start); !words.empty()) {
    std::error_code error;
    if (fs::exists(words.front(), error)) mirror_program(words.front());
    const bool by_env = words.front().ends_with("/env") && words.size() > 1;
    if (const std::string program = by_env ? find_program(words.back()) : ""; !program.empty())
      mirror_program(program);
    return;
  }
  if (!is_elf(start)) return;
  const std::optional<ElfFile> elf = parse_elf(read_bytes(path));
  std::error_code error;
  if (!elf->interpreter.empty() && fs::exists(elf->interpreter, error)) mirror(elf->interpreter);
  for (const std::string& name : elf->needed) {
    const std::string library = libraries_.find(name, path, elf->search_path);
    if (library.empty()) continue;
    const std::string directory = fs::path{library}.parent_path().string();
    if (!libraries_.is_default(directory)) library_directories_.insert(directory);
    mirror_program(library);
  }
}

void GuestImage::mirror_tree(const std::string& path, std::uint64_t most) {
  mirror(path);
  std::vector<fs::path> found;
  for (const auto& entry :
       fs::recursive_directory_iterator{path, fs::directory_options::skip_permission_denied}) {
    found.push_back(entry.path());
  }
  std::ranges::sort(found);
  for (const fs::path& file : found) {
    std::error_code error;
    if (!fs::exists(file, error)) continue;  // a link into nowhere
    if (fs::is_regular_file(file, error)) {
      mirror_program(file.string());
    } else {
      mirror(file.string());
    }
    if (size_ > most) {
      throw std::runtime_error{path + " is too much to take along: more than " + std::to_string(most >> 20) +
                               " MB"};
    }
  }
}

std::vector<std::string> GuestImage::library_directories() const {
  return {library_directories_.begin(), library_directories_.end()};
}

UniqueFd GuestImage::write() const {
  UniqueFd file{memfd_create("initramfs", MFD_CLOEXEC)};
  if (!file) throw_system("make a file in memory");
  std::string buffer;
  const auto flush = [&] {
    for (std::size_t done = 0; done < buffer.size();) {
      const ssize_t put = ::write(file.get(), buffer.data() + done, buffer.size() - done);
      if (put < 0) throw_system("write the initramfs");
      done += static_cast<std::size_t>(put);
    }
    buffer.clear();
  };
  CpioWriter archive{[&](std::string_view bytes) {
    buffer += bytes;
    if (buffer.size() > (1u << 20)) flush();
  }};
  for (const auto& [path, entry] : entries_) {
    archive.add(path.substr(1), entry.mode, entry.source.empty() ? entry.content : read_bytes(entry.source));
    // The kernel opens it for its first process before there is a devtmpfs.
    if (path == "/dev") archive.add_device("dev/console", 0600, 5, 1);
  }
  archive.finish();
  flush();
  return file;
}

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos)
    return access(name.c_str(), X_OK) == 0 ? fs::absolute(name).string() : "";
  const char* path = std::getenv("PATH");
  std::istringstream directories{path == nullptr ? "/usr/bin:/bin" : path};
  for (std::string directory; std::getline(directories, directory, ':');) {
    const std::string candidate = directory + "/" + name;
    std::error_code error;
    if (fs::is_regular_file(candidate, error) && access(candidate.c_str(), X_OK) == 0) {
      return fs::absolute(candidate).string();
    }
  }
  return {};
}

}  // namespace halfopen::guest

#include "replay/sandbox/file_system.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "replay/base/errors.h"
#include "replay/base/unique_fd.h"

namespace halfopen {
namespace {

namespace fs = std::filesystem;

constexpr unsigned long kPlain = MS_NOSUID | MS_NODEV;

constexpr std::array<std::string_view, 2> kPlaces{"/run", "/tmp"};

bool lies_beneath(const std::string& path, std::string_view place) {
  return path.starts_with(place) && (path.size() == place.size() || path[place.size()] == '/');
}

// "/tmp/x", "--file=/tmp/x", "python3 /tmp/x", and "/var/run/x", which is /run's.
bool names(std::string_view word, std::string_view place) {
  const std::string part = std::string{place} + "/";
  for (std::size_t at = word.find(part); at != std::string_view::npos; at = word.find(part, at + 1)) {
    const std::string_view before = word.substr(0, at);
    const bool goes_on = !before.empty() && std::isalnum(static_cast<unsigned char>(before.back())) != 0;
    if (!goes_on || before.ends_with("/var")) return true;
  }
  return false;
}

// The file that a shell would run, links resolved; empty if there is none.
std::string file_of(const std::string& program) {
  std::error_code ignored;
  if (program.find('/') != std::string::npos) return fs::canonical(program, ignored);
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "";
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    const fs::path candidate = fs::path{rest.substr(0, colon)} / program;
    if (access(candidate.c_str(), X_OK) == 0) return fs::canonical(candidate, ignored);
    rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
  }
  return {};
}

void mount_or_cannot(const char* source, const char* target, const char* type, unsigned long flags,
                     const char* options = nullptr) {
  if (mount(source, target, type, flags, options) == 0) return;
  throw Cannot{std::string{"cannot mount "} + target + " in a mount namespace: " + std::strerror(errno) +
               " ('halfopen doctor' knows the cure)"};
}

// A file of our own, made in `workshop`, in place of one that may be there.
void cover_file(const std::string& workshop, const char* path, const std::string& text) {
  if (access(path, F_OK) != 0) return;
  const std::string own = workshop + "/file";
  const UniqueFd file{open(own.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)};
  if (!file || ::write(file.get(), text.data(), text.size()) < 0) throw_system("write " + own);
  mount_or_cannot(own.c_str(), path, nullptr, MS_BIND);
  unlink(own.c_str());  // the mount keeps it
}

std::string hosts_file(const std::vector<std::pair<std::string, IpAddress>>& names) {
  std::string text = "127.0.0.1 localhost\n::1 localhost\n";
  for (const auto& [name, address] : names) text += address.to_string() + " " + name + "\n";
  return text;
}

// What vanishes meanwhile is passed over, and so is where we are not let in.
void find_sockets(const fs::path& directory, int depth, std::vector<std::string>& sockets) {
  std::error_code error;
  fs::directory_iterator entry{directory, error};
  for (; !error && entry != fs::directory_iterator{}; entry.increment(error)) {
    std::error_code ignored;
    const fs::file_type type = entry->symlink_status(ignored).type();
    if (type == fs::file_type::socket) sockets.push_back(entry->path());
    if (type == fs::file_type::directory && depth > 1) find_sockets(entry->path(), depth - 1, sockets);
  }
}

void cover_sockets(const char* place) {
  constexpr int kDepth = 3;  // as services have them: /run/user/1000/bus
  std::vector<std::string> sockets;
  find_sockets(place, kDepth, sockets);
  for (const std::string& path : sockets) {
    if (mount("/dev/null", path.c_str(), nullptr, MS_BIND, nullptr) == 0 || errno == ENOENT) continue;
    throw Cannot{"cannot cover " + path + ": " + std::strerror(errno)};
  }
}

// The kernel shows a network namespace's devices to those who mount it in there. Where a container's engine
// has covered parts of it, nobody may.
void furnish_sys(Channel& channel) {
  constexpr const char* kDevices = "/sys/class/net";
  if (access(kDevices, F_OK) != 0) return;
  if (mount("sysfs", "/sys", "sysfs", kPlain | MS_NOEXEC | MS_RDONLY, nullptr) == 0) return;
  const std::string why = std::strerror(errno);
  if (mount("tmpfs", kDevices, "tmpfs", kPlain | MS_RDONLY, nullptr) == 0) {
    channel.send("remark /sys cannot be mounted anew: " + why + "; /sys/class/net is empty");
  } else {
    channel.send("remark /sys cannot be mounted anew: " + why + "; it shows this machine's network devices");
  }
}

// What is there stays to be read; what is written goes into memory (Documentation/filesystems/overlayfs.rst).
// Its two directories lie in a file system that is mounted over /run for as long as it takes.
void overlay(Channel& channel, const std::string& place) {
  mount_or_cannot("tmpfs", "/run", "tmpfs", kPlain, "mode=0755");
  mkdir("/run/upper", 01777);
  mkdir("/run/work", 0755);
  chmod("/run/upper", 01777);
  const std::string options = "lowerdir=" + place + ",upperdir=/run/upper,workdir=/run/work";
  if (mount("overlay", place.c_str(), "overlay", kPlain, (options + ",userxattr").c_str()) != 0 &&
      mount("overlay", place.c_str(), "overlay", kPlain, options.c_str()) != 0) {
    channel.send("remark " + place +
                 " is this machine's: no overlay can be mounted: " + std::strerror(errno));
  }
  if (umount2("/run", MNT_DETACH) != 0) throw_system("uncover /run");
}

}  // namespace

std::vector<std::string> places_in_use(const std::vector<std::string>& command) {
  std::error_code ignored;
  const std::string directory = fs::current_path(ignored);
  const std::string program = command.empty() ? "" : file_of(command.front());
  std::vector<std::string> in_use;
  for (const std::string_view place : kPlaces) {
    const bool is_named =
        std::ranges::any_of(command, [place](const std::string& word) { return names(word, place); });
    if (is_named || lies_beneath(directory, place) || lies_beneath(program, place)) {
      in_use.emplace_back(place);
    }
  }
  return in_use;
}

void furnish_files(Channel& channel, const std::vector<std::pair<std::string, IpAddress>>& names,
                   const std::vector<std::string>& in_use) {
  const auto stays = [&in_use](const char* place) {
    return std::ranges::find(in_use, place) != in_use.end();
  };
  mount_or_cannot(nullptr, "/", nullptr, MS_REC | MS_PRIVATE);
  mount_or_cannot("proc", "/proc", "proc", kPlain | MS_NOEXEC);
  furnish_sys(channel);
  if (stays("/run")) {
    cover_sockets("/run");
  } else if (access("/run", F_OK) == 0) {
    mount_or_cannot("tmpfs", "/run", "tmpfs", kPlain, "mode=0755");
  }
  if (stays("/tmp")) cover_sockets("/tmp");
  // It is also where files are made that are mounted elsewhere.
  const std::string workshop = "/tmp";
  mount_or_cannot("tmpfs", workshop.c_str(), "tmpfs", kPlain, "mode=1777");
  // Names come from our files alone: no resolver, no service that answers over a socket outside.
  cover_file(workshop, "/etc/hosts", hosts_file(names));
  cover_file(workshop, "/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
  cover_file(workshop, "/etc/nsswitch.conf",
             "passwd: files\ngroup: files\nshadow: files\nhosts: files\nnetworks: files\nservices: files\n");
  if (stays("/tmp") && umount2(workshop.c_str(), MNT_DETACH) != 0) throw_system("uncover " + workshop);
}

void confine_root(Channel& channel, const std::vector<std::string>& in_use) {
  constexpr const char* kAll = "/proc/sys";
  constexpr const char* kNetwork = "/proc/sys/net";
  constexpr unsigned long kOfProc = kPlain | MS_NOEXEC;
  mount_or_cannot(kAll, kAll, nullptr, MS_BIND);
  mount_or_cannot(kNetwork, kNetwork, nullptr, MS_BIND);
  mount_or_cannot(nullptr, kAll, nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | kOfProc);
  if (std::ranges::find(in_use, "/tmp") != in_use.end() && access("/run", F_OK) == 0)
    overlay(channel, "/tmp");
}

}  // namespace halfopen

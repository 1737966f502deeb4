#include "replay/sandbox/program_user.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/securebits.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <string_view>

#include "replay/base/errors.h"
#include "replay/base/unique_fd.h"

namespace halfopen {
namespace {

constexpr unsigned kNobody = 65534;  // the kernel's own (DEFAULT_OVERFLOWUID), whatever /etc/passwd has

// A number that somebody put into the environment; nullopt for what is none.
std::optional<unsigned> id_from_environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  const std::string_view text{value};
  unsigned id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  const bool is_number = error == std::errc{} && end == text.data() + text.size();
  // The last number means "no change" to setresuid().
  if (!is_number || id == std::numeric_limits<unsigned>::max()) return std::nullopt;
  return id;
}

void write_map(pid_t pid, const char* name, const std::string& text) {
  const std::string path = "/proc/" + std::to_string(pid) + "/" + name;
  const UniqueFd file{open(path.c_str(), O_WRONLY | O_CLOEXEC)};
  if (!file || ::write(file.get(), text.data(), text.size()) < 0) throw_system(std::string{"write "} + name);
}

// Those of a namespace have the numbers that they have outside (user_namespaces(7)), but for who is root.
std::string map_of(unsigned own, std::optional<unsigned> other, bool as_root) {
  const auto line = [](unsigned inside, unsigned outside) {
    return std::to_string(inside) + " " + std::to_string(outside) + " 1\n";
  };
  const std::string first = line(as_root ? 0 : own, own);
  return other && *other != own ? first + line(*other, *other) : first;
}

bool drop_bounding_set() {
  int capability = 0;
  for (; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return false;
  }
  return errno == EINVAL;  // past the last
}

}  // namespace

std::optional<ProgramUser> program_user() {
  if (geteuid() != 0) return std::nullopt;
  const auto user = id_from_environment("SUDO_UID");
  const auto group = id_from_environment("SUDO_GID");
  ProgramUser found{.user = kNobody, .group = kNobody, .name = "nobody", .home = "/"};
  if (user && group && *user != 0) {
    found.user = *user;
    found.group = *group;
    found.name = std::to_string(*user);
  }
  if (const passwd* entry = getpwuid(found.user)) {
    found.name = entry->pw_name;
    found.home = entry->pw_dir;
  }
  return found;
}

void map_users(pid_t pid, const std::optional<ProgramUser>& user, bool as_root) {
  // Who may map nobody but itself must give up setgroups() first.
  if (!user) write_map(pid, "setgroups", "deny");
  write_map(pid, "uid_map", map_of(geteuid(), user ? std::optional{user->user} : std::nullopt, as_root));
  write_map(pid, "gid_map", map_of(getegid(), user ? std::optional{user->group} : std::nullopt, as_root));
}

bool drop_privileges(const std::optional<ProgramUser>& user) {
  // Root keeps its name, not its power, where it is to run the program. The user is changed when no power is
  // needed any more.
  if (prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, 0, 0) != 0) return false;
  if (!drop_bounding_set()) return false;
  if (user) {
    if (setgroups(0, nullptr) != 0) return false;
    if (setresgid(user->group, user->group, user->group) != 0) return false;
    if (setresuid(user->user, user->user, user->user) != 0) return false;
  }
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

}  // namespace halfopen

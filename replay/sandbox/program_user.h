// As whom the programs of a run run. An ordinary user's run as that user. Root's do not run as root: halfopen
// has its power to make namespaces, and somebody's program has no use for it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace halfopen {

// Another user than the one of this process.
struct ProgramUser {
  uid_t user = 0;
  gid_t group = 0;
  std::string name;  // of the user, for people and for the program's environment
  std::string home;
};

// For a process of root's: the user that called sudo, or else nobody. nullopt for one that is not root, whose
// programs are as it is.
[[nodiscard]] std::optional<ProgramUser> program_user();

// Lets the user namespace in which `pid`, a child of ours, has just been started know our own user and
// group, and `user` as well if there is one; everybody else is a stranger in there. Our own user is root in
// there if `as_root`. Throws std::system_error.
void map_users(pid_t pid, const std::optional<ProgramUser>& user, bool as_root = false);

// The calling process, which has every power in its user namespace alone, gives it up: no capability is left
// after the next exec(), none can be gained, and it is `user`, in no other group than that one's, if there is
// one. False, with errno, where a step is refused. Calls nothing but the kernel.
[[nodiscard]] bool drop_privileges(const std::optional<ProgramUser>& user);

}  // namespace halfopen

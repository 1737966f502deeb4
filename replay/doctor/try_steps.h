// The steps that the doctor's tries are made of. Each throws TryFailure when it is refused, with the need
// that it was taken for. They change the calling process and its namespaces.
#pragma once

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <string>

#include "replay/base/unique_fd.h"
#include "replay/doctor/doctor_tries.h"

namespace halfopen {

// What a system call returned, if that is no error.
int demand(int result, Need need, const char* step);

// As fork(). The child dies with us: whoever ends a try that hangs knows the first process only.
[[nodiscard]] pid_t fork_to_die_with_us(Need need);
// Waits for a child's end or stop. Gives waitpid()'s status.
int wait_for(pid_t child);

void write_file(const char* path, const std::string& text, Need need, const char* step);
// The first 256 bytes.
[[nodiscard]] std::string read_file(const char* path, Need need, const char* step);

// The user is nobody but itself in there (user_namespaces(7)). One namespace after the other, so that it is
// known which one is refused.
void enter_user_namespace();
// One of mounts in a user namespace; nothing that is mounted from here on is seen outside.
void enter_mount_namespace();
// /proc anew, in a PID namespace. From here on we are a child of what called us, which only waits.
void mount_proc();
// With its loopback device up.
void enter_network_namespace();

[[nodiscard]] UniqueFd udp_socket(Need need);
[[nodiscard]] ifreq request_for(const char* interface);
void bring_up(const char* interface, Need need);
[[nodiscard]] sockaddr as_sockaddr(const sockaddr_in& address);

}  // namespace halfopen

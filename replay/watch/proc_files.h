// What /proc says about a process: facts that neither waitpid() nor ptrace() tells.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace halfopen {

struct ProcStatus {
  pid_t tgid = 0;            // the process that a thread belongs to; itself if it is the first
  pid_t parent = 0;          // 0 if that lies outside of our PID namespace
  pid_t tracer = 0;          // the thread that traces it and has not waited for its end; 0 for none
  std::uint32_t ns_pid = 0;  // the process's pid as it sees it itself, in its PID namespace
  char state = '?';          // of the thread, by its letter (proc_pid_status(5)): 'T' is stopped
  std::uint64_t caught = 0;  // signals that have a handler: bit 0 is signal 1
};

// Of a process or a thread; nullopt if there is none (any more).
[[nodiscard]] std::optional<ProcStatus> read_status(pid_t tid);
// The kernel's name of a process: the file that it last executed, cut after 15 bytes. Empty if there is none.
[[nodiscard]] std::string read_comm(pid_t pid);

// Whether descriptor `fd` of a process is a socket of the internet protocols (IPv4 or IPv6; TCP, UDP, ...):
// not a file, a pipe, or a Unix or netlink socket.
[[nodiscard]] bool is_inet_socket(pid_t tid, int fd);
// The descriptors that an epoll descriptor watches; empty if it is none.
[[nodiscard]] std::vector<int> watched_by_epoll(pid_t tid, int epoll_fd);

// The child of `parent` that was born last and still lives, by a walk over /proc; nullopt if it has none.
[[nodiscard]] std::optional<pid_t> find_newest_child(pid_t parent);

}  // namespace halfopen

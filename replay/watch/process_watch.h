// Watches real processes from outside: what network calls they make, who is born, stopped, signalled, and how
// they end.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "replay/watch/traced_process.h"
#include "sim/base/time.h"
#include "sim/trace/observe.h"

namespace halfopen {

// Reaps and, where asked, traces the processes of kernel hosts, and waits for nobody else's children. ptrace
// belongs to the thread that adopts: all calls must come from that one.
//
// Notes are those of sim/trace/observe.h, in the model's words. Being traced changes one thing for a process:
// it wakes for signals that it ignores, and a call that the kernel never restarts (epoll_wait, a read with
// SO_RCVTIMEO) then fails with EINTR where it would have waited on.
class ProcessWatch {
 public:
  // Without `trace_calls`, births, signals and ends of traced processes are told but none of their calls.
  explicit ProcessWatch(bool trace_calls);
  ProcessWatch(const ProcessWatch&) = delete;
  ProcessWatch& operator=(const ProcessWatch&) = delete;

  // A child of ours that waits before its exec, and must not run on until this returns: from now on its calls
  // and its fate go to poll()'s observer as notes of `host`, and so do those of its descendants if it is
  // traced. `program` is the name for notes. It may call install_call_filter() if this said true for
  // `traced`. False, with errno, if ptrace is not allowed: then it is watched untraced.
  //
  // A traced process dies with ours. Of an untraced one only its end is told, and nothing of its children.
  bool adopt(HostId host, pid_t pid, const std::string& program, bool traced);

  // A child of ours that is no program of a host's (the first process of its sandbox): its end is waited for,
  // and not told.
  void also_reap(pid_t child) { silent_.insert(child); }

  // Handles what the kernel has to say of those processes and their descendants, stamping notes with `now`.
  // Returns true if anything happened: then there may be more, as one call stops after some hundred events so
  // that `now` stays true. SIGCHLD tells when to call it again.
  bool poll(TimePoint now, Observer& observer);
  // The same with a clock, which is asked for each event when it has happened and before it is told: there
  // the owner takes what was sent before, so that packets and calls keep their order. The clock may call
  // poll().
  using Clock = std::function<TimePoint()>;
  bool poll(const Clock& clock, Observer& observer);

  // The host is gone (crashed): nothing of it is told any more, and a host adopted under its name later is
  // another one. Its processes go on until somebody kills them and are still reaped.
  void forget(HostId host);

  // A process of the host still lives, as far as we see. Those of a forgotten host do not count.
  [[nodiscard]] bool any_left(HostId host) const;
  // The threads of the host's living processes, by number: of an untraced one its first.
  [[nodiscard]] std::vector<pid_t> threads_of(HostId host) const;
  // Processes of forgotten hosts that have not ended.
  [[nodiscard]] std::size_t forgotten() const;
  // The newest process that was forked (by fork, vfork, clone without CLONE_THREAD) by `parent` and still
  // lives. Of a parent that is not traced: what /proc says.
  [[nodiscard]] std::optional<pid_t> newest_child(pid_t parent) const;
  // The pid that a process has in its own PID namespace, as notes show it. Known of an adopted process, even
  // after its end; otherwise of one that lives. Of any other: `pid`.
  [[nodiscard]] std::uint32_t pid_inside(pid_t pid) const;
  // The program that an adopted process has executed last, also after its end; empty for any other.
  [[nodiscard]] std::string program_of(pid_t pid) const;
  // Of processes that are to be reaped, hosts' or not, some have not ended.
  [[nodiscard]] bool awaits_any() const;
  // Sends a signal to a process that was adopted, to one that descends from it and is traced, or to a child
  // of one that is not. Never to another one that has got its number since. False if it is over.
  bool signal(pid_t pid, int signal) const;
  // The first living process of the host that has returned from listen() on an internet socket: the server,
  // where a shell started it. None without traced calls.
  [[nodiscard]] std::optional<pid_t> listener(HostId host) const;

 private:
  struct Telling {  // where notes go while poll() runs
    TimePoint now;
    Observer& observer;
  };

  [[nodiscard]] std::optional<pid_t> next_event() const;
  [[nodiscard]] bool is_ours(pid_t tid) const;
  void on_end(const Telling& to, pid_t pid, int status);
  void on_stop(const Telling& to, pid_t tid, int status);
  void on_birth(const Telling& to, TracedThread& parent);
  void on_exec(pid_t pid);
  void on_event_stop(const Telling& to, TracedThread& thread, int signal);
  void on_signal(const Telling& to, TracedThread& thread, int signal);
  void on_call_entered(const Telling& to, TracedThread& thread);
  void on_call_stop(const Telling& to, TracedThread& thread);

  // Whose birth we see by its first stop, before its parent reports it; or whose parent died over reporting.
  TracedThread& meet(const Telling& to, pid_t tid);
  // A thread of `process`, or a child that it forked.
  void add_child(const Telling& to, pid_t tid, WatchedProcess& process);
  void begin_call(const Telling& to, TracedThread& thread, const CallEntry& entry);
  void end_call(const Telling& to, TracedThread& thread, std::int64_t result);
  void end_handler(const Telling& to, TracedThread& thread, std::int64_t result);
  void leave_jumped(const Telling& to, TracedThread& thread, std::uint64_t stack);

  void tell_call(const Telling& to, const TracedThread& thread, UnreturnedCall call, std::int64_t result);
  void tell_eintr(const Telling& to, const TracedThread& thread, std::optional<UnreturnedCall>& call);
  void tell_reaped(const Telling& to, const WatchedProcess& parent, std::uint32_t child) const;
  void tell_process(const Telling& to, const WatchedProcess& process, ProcessNote::What what, int signal,
                    int exit_status) const;
  [[nodiscard]] WatchedProcess* process_of(const TracedThread& thread);
  void resume(const TracedThread& thread, int signal) const;

  bool trace_calls_;
  std::uint64_t births_ = 0;
  std::map<pid_t, WatchedProcess> processes_;
  std::map<pid_t, TracedThread> threads_;  // of traced processes, each with its first
  std::set<pid_t> silent_;                 // also_reap()'s
  struct Adopted {
    std::uint32_t ns_pid = 0;  // as it sees itself
    std::string program;       // that it executed last
  };
  std::map<pid_t, Adopted> adopted_;  // all that were, also when they are over
};

}  // namespace halfopen

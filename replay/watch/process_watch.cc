// Births, stops and ends.
#include "replay/watch/process_watch.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "replay/base/pidfd.h"
#include "replay/watch/proc_files.h"
#include "replay/watch/ptrace_request.h"

namespace halfopen {
namespace {

constexpr int kMostEventsPerPoll = 256;

constexpr std::uintptr_t kOptions = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
                                    PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
                                    PTRACE_O_EXITKILL;

bool is_stop_signal(int signal) {
  return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

// The C library's threads talk to each other with these two (SIGCANCEL, SIGSETXID); programs cannot use them.
bool is_librarys_own(int signal) { return signal == 32 || signal == 33; }

// Whether anything of a process, or of all (P_ALL), waits to be heard: whose it is. Leaves it there.
std::optional<pid_t> heard_of(idtype_t kind, pid_t pid) {
  siginfo_t next{};
  const int found =
      waitid(kind, static_cast<id_t>(pid), &next, WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL);
  return found == 0 && next.si_pid != 0 ? std::optional{next.si_pid} : std::nullopt;
}

// Traced by this thread, which has not waited for its end. Its parent may have.
bool is_our_tracee(const ProcStatus& status) { return status.tracer == gettid(); }

bool has_handler(pid_t tid, int signal) {
  const auto status = read_status(tid);
  return status && signal >= 1 && signal <= 64 && (status->caught >> (signal - 1) & 1) != 0;
}

}  // namespace

ProcessWatch::ProcessWatch(bool trace_calls) : trace_calls_(trace_calls) {}

bool ProcessWatch::adopt(HostId host, pid_t pid, const std::string& program, bool traced) {
  const auto status = read_status(pid);
  WatchedProcess process{.pid = pid,
                         .parent = 0,
                         .birth = ++births_,
                         .host = host,
                         .program = program,
                         .ns_pid = status ? status->ns_pid : static_cast<std::uint32_t>(pid),
                         .traced = false,
                         .first = true,
                         .before_exec = true,
                         .frozen = false,
                         .listens = false,
                         .networked = false};
  process.traced = traced && ptrace_request(PTRACE_SEIZE, pid, 0, kOptions);
  const int error = errno;
  const bool as_asked = process.traced == traced;
  if (process.traced) {
    TracedThread& thread = threads_[pid];
    thread = {};
    thread.tid = pid;
    thread.process = pid;
    thread.fresh = false;  // it was running already
  }
  adopted_[pid] = {process.ns_pid, program};
  processes_[pid] = std::move(process);
  if (!as_asked) errno = error;
  return as_asked;
}

bool ProcessWatch::poll(TimePoint now, Observer& observer) {
  return poll([now] { return now; }, observer);
}

bool ProcessWatch::poll(const Clock& clock, Observer& observer) {
  int events = 0;
  for (; events < kMostEventsPerPoll; ++events) {
    const std::optional<pid_t> next = next_event();
    if (!next) break;
    const Telling to{clock(), observer};
    int status = 0;
    const pid_t pid = waitpid(*next, &status, WNOHANG | __WALL);
    if (pid <= 0) continue;  // the clock's own poll() has had it
    if (WIFSTOPPED(status)) {
      on_stop(to, pid, status);
    } else {
      on_end(to, pid, status);
    }
  }
  return events > 0;
}

// Of whom there is something to hear. A child that somebody else of this process has to wait for is left to
// them; while it stands first among all, ours are asked for one by one.
std::optional<pid_t> ProcessWatch::next_event() const {
  const std::optional<pid_t> first = heard_of(P_ALL, 0);
  if (!first || is_ours(*first)) return first;
  for (const auto& [tid, thread] : threads_) {
    if (heard_of(P_PID, tid)) return tid;
  }
  for (const auto& [pid, process] : processes_) {
    if (!process.traced && heard_of(P_PID, pid)) return pid;
  }
  for (const pid_t pid : silent_) {
    if (heard_of(P_PID, pid)) return pid;
  }
  return std::nullopt;
}

// Known, or born to one that is known, which has not reported it yet.
bool ProcessWatch::is_ours(pid_t tid) const {
  if (threads_.contains(tid) || processes_.contains(tid) || silent_.contains(tid)) return true;
  const auto status = read_status(tid);
  return status && is_our_tracee(*status);
}

bool ProcessWatch::awaits_any() const { return !processes_.empty() || !silent_.empty(); }

bool ProcessWatch::signal(pid_t pid, int signal) const {
  const UniqueFd handle = open_pidfd(pid);
  if (!handle) return false;
  // Looked for after it was opened: what we have not waited for keeps its number.
  bool is_meant = processes_.contains(pid);
  if (!is_meant) {
    const auto status = read_status(pid);
    is_meant = status && processes_.contains(status->parent);
  }
  return is_meant && send_signal(handle, signal);
}

void ProcessWatch::forget(HostId host) {
  for (auto& [pid, process] : processes_) {
    if (process.host == host) process.host.reset();
  }
}

bool ProcessWatch::any_left(HostId host) const {
  return std::ranges::any_of(processes_, [host](const auto& entry) { return entry.second.host == host; });
}

std::vector<pid_t> ProcessWatch::threads_of(HostId host) const {
  std::vector<pid_t> all;
  for (const auto& [pid, process] : processes_) {
    if (process.host == host && !process.traced) all.push_back(pid);
  }
  for (const auto& [tid, thread] : threads_) {
    const auto process = processes_.find(thread.process);
    if (process != processes_.end() && process->second.host == host) all.push_back(tid);
  }
  std::ranges::sort(all);
  return all;
}

std::size_t ProcessWatch::forgotten() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(processes_, [](const auto& entry) { return !entry.second.host; }));
}

std::optional<pid_t> ProcessWatch::newest_child(pid_t parent) const {
  const auto known = processes_.find(parent);
  if (known == processes_.end() || !known->second.traced) return find_newest_child(parent);
  const WatchedProcess* newest = nullptr;
  for (const auto& [pid, process] : processes_) {
    if (process.parent == parent && (newest == nullptr || process.birth > newest->birth)) newest = &process;
  }
  return newest != nullptr ? std::optional{newest->pid} : std::nullopt;
}

std::uint32_t ProcessWatch::pid_inside(pid_t pid) const {
  if (const auto known = processes_.find(pid); known != processes_.end()) return known->second.ns_pid;
  if (const auto adopted = adopted_.find(pid); adopted != adopted_.end()) return adopted->second.ns_pid;
  const auto status = read_status(pid);
  return status ? status->ns_pid : static_cast<std::uint32_t>(pid);
}

std::string ProcessWatch::program_of(pid_t pid) const {
  const auto adopted = adopted_.find(pid);
  return adopted != adopted_.end() ? adopted->second.program : std::string{};
}

std::optional<pid_t> ProcessWatch::listener(HostId host) const {
  const WatchedProcess* first = nullptr;
  for (const auto& [pid, process] : processes_) {
    if (process.host != host || !process.listens) continue;
    if (first == nullptr || process.birth < first->birth) first = &process;
  }
  return first != nullptr ? std::optional{first->pid} : std::nullopt;
}

void ProcessWatch::on_end(const Telling& to, pid_t pid, int status) {
  threads_.erase(pid);
  silent_.erase(pid);
  const auto found = processes_.find(pid);
  if (found == processes_.end()) return;  // a thread, one that nobody reported, or also_reap()'s
  if (WIFSIGNALED(status)) {
    tell_process(to, found->second, ProcessNote::What::killed, WTERMSIG(status), 0);
  } else {
    tell_process(to, found->second, ProcessNote::What::exited, 0, WEXITSTATUS(status));
  }
  processes_.erase(found);
  std::erase_if(threads_, [pid](const auto& entry) { return entry.second.process == pid; });
}

void ProcessWatch::on_stop(const Telling& to, pid_t tid, int status) {
  const auto found = threads_.find(tid);
  TracedThread& thread = found != threads_.end() ? found->second : meet(to, tid);
  const int signal = WSTOPSIG(status);
  switch (status >> 16) {
    case PTRACE_EVENT_SECCOMP: return on_call_entered(to, thread);
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
    case PTRACE_EVENT_CLONE: return on_birth(to, thread);
    case PTRACE_EVENT_EXEC: return on_exec(tid);
    case PTRACE_EVENT_STOP: return on_event_stop(to, thread, signal);
    case 0: break;
    default: return resume(thread, 0);
  }
  if (signal == (SIGTRAP | 0x80)) return on_call_stop(to, thread);
  on_signal(to, thread, signal);
}

TracedThread& ProcessWatch::meet(const Telling& to, pid_t tid) {
  const auto status = read_status(tid);
  const pid_t relative = !status ? 0 : status->tgid != tid ? status->tgid : status->parent;
  const auto found = processes_.find(relative);
  if (found != processes_.end() && found->second.traced) {
    add_child(to, tid, found->second);
  } else {
    // It would stay stopped for ever if nobody spoke for it. Should its parent still do, it is told from
    // then.
    processes_[tid] = {.pid = tid,
                       .parent = 0,
                       .birth = ++births_,
                       .host = std::nullopt,
                       .program = {},
                       .ns_pid = status ? status->ns_pid : 0,
                       .traced = true,
                       .first = false,
                       .before_exec = false,
                       .frozen = false,
                       .listens = false,
                       .networked = false};
  }
  TracedThread& thread = threads_[tid];
  thread.tid = tid;
  if (thread.process == 0) thread.process = tid;
  return thread;
}

void ProcessWatch::add_child(const Telling& to, pid_t tid, WatchedProcess& process) {
  const auto status = read_status(tid);
  // The kernel promises no order among a birth that a parent reports and the child's own stops and end. Whose
  // end was handled is no tracee any more, though it stays in /proc until its parent has waited for it.
  if (!status || !is_our_tracee(*status)) return;
  TracedThread& thread = threads_[tid];
  thread.tid = tid;
  thread.process = status->tgid;
  if (status->tgid != tid) return;
  WatchedProcess& child = processes_[tid];
  child = {.pid = tid,
           .parent = process.pid,
           .birth = ++births_,
           .host = process.host,
           .program = process.program,
           .ns_pid = status->ns_pid,
           .traced = true,
           .first = false,
           .before_exec = false,
           .frozen = false,
           .listens = false,
           .networked = process.networked};
  tell_process(to, child, ProcessNote::What::forked, 0, 0);
}

void ProcessWatch::on_birth(const Telling& to, TracedThread& parent) {
  unsigned long message = 0;
  WatchedProcess* process = process_of(parent);
  if (process != nullptr && get_event_message(parent.tid, message)) {
    const auto tid = static_cast<pid_t>(message);
    const auto child = processes_.find(tid);
    const bool stranger = child != processes_.end() && child->second.parent == 0 && !child->second.first;
    if (!threads_.contains(tid) || stranger) add_child(to, tid, *process);
  }
  resume(parent, 0);
}

// Whichever thread executed, it goes on under the process's number and alone.
void ProcessWatch::on_exec(pid_t pid) {
  std::erase_if(threads_, [pid](const auto& entry) { return entry.second.process == pid; });
  TracedThread& thread = threads_[pid];
  thread.tid = pid;
  thread.process = pid;
  thread.fresh = false;
  WatchedProcess* process = process_of(thread);
  // The kernel's name is cut; what was adopted came with a better one for its first program.
  if (process != nullptr && !std::exchange(process->before_exec, false)) {
    std::string name = read_comm(pid);
    if (!name.empty()) process->program = std::move(name);
    if (process->first) adopted_[pid].program = process->program;
  }
  resume(thread, 0);
}

void ProcessWatch::on_event_stop(const Telling& to, TracedThread& thread, int signal) {
  WatchedProcess* process = process_of(thread);
  const bool fresh = std::exchange(thread.fresh, false);
  if (is_stop_signal(signal)) {
    // All threads report this; the process stops once.
    if (process != nullptr && !std::exchange(process->frozen, true)) {
      tell_process(to, *process, ProcessNote::What::frozen, signal, 0);
    }
    // Stays stopped, and reports when SIGCONT comes.
    (void)ptrace_request(PTRACE_LISTEN, thread.tid, 0, 0);
    return;
  }
  if (!fresh && process != nullptr && std::exchange(process->frozen, false)) {
    tell_process(to, *process, ProcessNote::What::thawed, SIGCONT, 0);
  }
  resume(thread, 0);
}

void ProcessWatch::on_signal(const Telling& to, TracedThread& thread, int signal) {
  WatchedProcess* process = process_of(thread);
  // Signals that end or stop the process are told as what they do; those that it ignores, not at all. The
  // model does the same.
  if (process != nullptr && process->host && has_handler(thread.tid, signal)) {
    if (!is_librarys_own(signal)) tell_process(to, *process, ProcessNote::What::signalled, signal, 0);
    if (thread.interrupted || !thread.handlers.empty()) {
      HandlerRun handler;
      handler.interrupted = std::exchange(thread.interrupted, std::nullopt);
      CallStop stop;
      if (get_call_stop(thread.tid, stop)) handler.stack = stop.stack_pointer;
      thread.handlers.push_back(std::move(handler));
    }
  }
  resume(thread, signal);
}

void ProcessWatch::tell_process(const Telling& to, const WatchedProcess& process, ProcessNote::What what,
                                int signal, int exit_status) const {
  if (!process.host || !to.observer.wants(NoteKind::process)) return;
  to.observer.on_note(ProcessNote{.at = to.now,
                                  .host = *process.host,
                                  .program = process.program,
                                  .pid = process.ns_pid,
                                  .what = what,
                                  .signal = signal,
                                  .status = exit_status,
                                  .text = {}});
}

WatchedProcess* ProcessWatch::process_of(const TracedThread& thread) {
  const auto found = processes_.find(thread.process);
  return found == processes_.end() ? nullptr : &found->second;
}

void ProcessWatch::resume(const TracedThread& thread, int signal) const {
  // A handler's return is a system call that the filter does not stop at.
  const bool to_next_call_stop = thread.running || !thread.handlers.empty();
  // Fails only if the thread has been killed, which waitpid() will say.
  (void)ptrace_request(to_next_call_stop ? PTRACE_SYSCALL : PTRACE_CONT, thread.tid, 0,
                       static_cast<std::uintptr_t>(signal));
}

}  // namespace halfopen

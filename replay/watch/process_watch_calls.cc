// System calls: made, interrupted, returned.
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include <cerrno>
#include <utility>

#include "replay/watch/process_watch.h"
#include "replay/watch/ptrace_request.h"
#include "sim/base/errno.h"

namespace halfopen {
namespace {

// The kernel's own results of a call that a signal interrupted; a program never sees them. Unless a handler
// runs, the call is made again, in the last case by restart_syscall, which remembers how long it has waited.
constexpr int kRestartSys = 512;
constexpr int kRestartNoIntr = 513;
constexpr int kRestartNoHand = 514;
constexpr int kRestartBlock = 516;

bool is_interrupted(std::int64_t result) {
  return result == -kRestartSys || result == -kRestartNoIntr || result == -kRestartNoHand ||
         result == -kRestartBlock;
}

// A handler runs below the registers that the kernel saved for it, which take more room than this. So a
// thread whose stack pointer is higher has left the handler by a jump. (A handler on a stack of its own may
// look as if it had: its interrupted call is then told early.)
constexpr std::uint64_t kLeastHandlerFrame = 512;

// Errno has Linux's numbers, the same on all architectures that call_filter.cc knows.
static_assert(EAGAIN == static_cast<int>(Errno::again) && EPIPE == static_cast<int>(Errno::pipe) &&
              ECONNRESET == static_cast<int>(Errno::connreset) && ENONET == static_cast<int>(Errno::nonet) &&
              ETIMEDOUT == static_cast<int>(Errno::timedout) &&
              EHOSTUNREACH == static_cast<int>(Errno::hostunreach));

}  // namespace

void ProcessWatch::on_call_entered(const Telling& to, TracedThread& thread) {
  CallStop stop;
  if (!get_call_stop(thread.tid, stop) || stop.kind != CallStop::Kind::filtered) return resume(thread, 0);
  leave_jumped(to, thread, stop.stack_pointer);
  CallEntry entry{.row = traced_call(stop.number), .args = stop.args};
  if (thread.interrupted) {
    const UnreturnedCall& before = *thread.interrupted;
    const bool goes_on = before.goes_on_by_name
                             ? stop.number == __NR_restart_syscall
                             : entry.row == before.entry.row && entry.args == before.entry.args;
    if (goes_on) {
      thread.running = std::exchange(thread.interrupted, std::nullopt);
      return resume(thread, 0);
    }
    tell_eintr(to, thread, thread.interrupted);
  }
  if (entry.row != nullptr) begin_call(to, thread, entry);
  resume(thread, 0);
}

void ProcessWatch::begin_call(const Telling& to, TracedThread& thread, const CallEntry& entry) {
  WatchedProcess* process = process_of(thread);
  if (!trace_calls_ || process == nullptr || !process->host) return;
  // What listens is asked of us, too.
  const bool wanted = to.observer.wants(NoteKind::call);
  if (!wanted && entry.row->call != TracedCall::listen) return;
  if (entry.row->call == TracedCall::wait4) {
    if (!process->networked) return;  // a shell's business with its commands
  } else if (!is_network_call(thread.tid, entry)) {
    return;
  } else {
    process->networked = true;
  }
  thread.running = UnreturnedCall{
      .entry = entry, .began = to.now, .args = text_at_entry(thread.tid, entry), .goes_on_by_name = false};
}

void ProcessWatch::on_call_stop(const Telling& to, TracedThread& thread) {
  CallStop stop;
  if (!get_call_stop(thread.tid, stop)) return resume(thread, 0);
  if (stop.kind == CallStop::Kind::enters) {
    leave_jumped(to, thread, stop.stack_pointer);
    thread.in_sigreturn = stop.number == __NR_rt_sigreturn;
  } else if (stop.kind == CallStop::Kind::returns) {
    if (std::exchange(thread.in_sigreturn, false)) {
      end_handler(to, thread, stop.result);
    } else if (thread.running) {
      end_call(to, thread, stop.result);
    }
  }
  resume(thread, 0);
}

void ProcessWatch::end_call(const Telling& to, TracedThread& thread, std::int64_t result) {
  UnreturnedCall call = std::move(*thread.running);
  thread.running.reset();
  if (is_interrupted(result)) {
    call.goes_on_by_name = result == -kRestartBlock;
    thread.interrupted = std::move(call);
    return;
  }
  tell_call(to, thread, std::move(call), result);
}

// The registers are those of the interrupted call again, and so the "result" of the handler's return is what
// that call returns, or part of making it again.
void ProcessWatch::end_handler(const Telling& to, TracedThread& thread, std::int64_t result) {
  if (thread.handlers.empty()) return;
  std::optional<UnreturnedCall> call = std::move(thread.handlers.back().interrupted);
  thread.handlers.pop_back();
  if (result == -EINTR) {
    tell_eintr(to, thread, call);
  } else {
    thread.interrupted = std::move(call);
  }
}

void ProcessWatch::leave_jumped(const Telling& to, TracedThread& thread, std::uint64_t stack) {
  while (!thread.handlers.empty() && stack + kLeastHandlerFrame > thread.handlers.back().stack) {
    tell_eintr(to, thread, thread.handlers.back().interrupted);
    thread.handlers.pop_back();
  }
}

void ProcessWatch::tell_eintr(const Telling& to, const TracedThread& thread,
                              std::optional<UnreturnedCall>& call) {
  if (call) tell_call(to, thread, std::move(*call), -EINTR);
  call.reset();
}

void ProcessWatch::tell_call(const Telling& to, const TracedThread& thread, UnreturnedCall call,
                             std::int64_t result) {
  WatchedProcess* process = process_of(thread);
  if (process == nullptr || !process->host) return;
  if (call.entry.row->call == TracedCall::listen && result == 0) process->listens = true;
  if (call.entry.row->call == TracedCall::wait4 && result > 0) {
    tell_reaped(to, *process, static_cast<std::uint32_t>(result));
  }
  if (!to.observer.wants(NoteKind::call)) return;
  CallText text = text_at_exit(thread.tid, call.entry, std::move(call.args), result);
  to.observer.on_note(CallNote{.at = to.now,
                               .began = call.began,
                               .host = *process->host,
                               .program = process->program,
                               .pid = process->ns_pid,
                               .call = std::move(text.call),
                               .args = std::move(text.args),
                               .result = text.result,
                               .error = result < 0 ? static_cast<int>(-result) : 0,
                               .detail = std::move(text.detail)});
}

// The child was told as ended, and is of no host any more; its parent knows its number only.
void ProcessWatch::tell_reaped(const Telling& to, const WatchedProcess& parent, std::uint32_t child) const {
  if (!to.observer.wants(NoteKind::process)) return;
  to.observer.on_note(ProcessNote{.at = to.now,
                                  .host = *parent.host,
                                  .program = parent.program,
                                  .pid = child,
                                  .what = ProcessNote::What::reaped,
                                  .signal = 0,
                                  .status = 0,
                                  .text = {}});
}

}  // namespace halfopen

#include "sim/os/kernel.h"

#include <algorithm>

namespace halfopen {

Kernel::Kernel(const HostFacts& facts, const Identity& identity)
    : facts_{facts},
      stack_{facts_, identity, ready_},
      sockets_{facts_, stack_},
      processes_{facts_, sockets_, ready_},
      syscalls_{facts_, sockets_, processes_, terminal_, *this} {}

Process& Kernel::start(TimePoint now, const std::string& name, const ProgramMain& main) {
  Process& process = processes_.create(now, name);
  process.main = main(Sys{*this, process});
  process.main.push_onto(process.cpu);
  ready_.push(process);
  return process;
}

std::uint32_t Kernel::fork(TimePoint now, Process& parent, const ProgramMain& child) {
  Process& process = processes_.fork(now, parent);
  process.main = child(Sys{*this, process});
  process.main.push_onto(process.cpu);
  ready_.push(process);
  return process.pid;
}

void Kernel::fire_timers(TimePoint now) {
  stack_.fire_timers(now);
  while (Process* process = processes_.timeouts().pop_due(now)) {
    process->pending.timed_out = true;
    if (!process->frozen) ready_.push(*process);
  }
}

TimePoint Kernel::next_deadline() { return std::min(stack_.next_deadline(), processes_.timeouts().next()); }

bool Kernel::run_programs(TimePoint now) {
  bool ran = false;
  running_at_ = now;
  while (Runnable* next = ready_.pop()) {
    ran |= step(now, static_cast<Process&>(*next));
    if (stack_.has_output()) return true;
  }
  return ran;
}

bool Kernel::run_woken(TimePoint now) {
  const WakeupPreemption who = facts_.profile.socket.wakeup_preemption.value;
  if (who == WakeupPreemption::none) return false;
  const auto may = [who](const Runnable& ready) {
    const auto& process = static_cast<const Process&>(ready);
    const bool writes = process.blocked && process.pending.call.kind == CallKind::write;
    return writes || who == WakeupPreemption::all;
  };
  bool ran = false;
  running_at_ = now;
  while (Runnable* next = ready_.pop_if(may)) {
    ran |= step(now, static_cast<Process&>(*next));
    if (stack_.has_output()) return true;
  }
  return ran;
}

// Lets one process run until it blocks, ends, or has something to send. True if it did anything.
bool Kernel::step(TimePoint now, Process& process) {
  if (process.frozen || process.ended) return false;
  process.running = true;  // its end, if it comes, waits until no frame is on the machine's stack
  const bool ran = go_on(now, process);
  process.running = false;
  if (process.ended) processes_.bury(now, process);
  return ran;
}

bool Kernel::go_on(TimePoint now, Process& process) {
  const bool was_blocked = process.blocked;
  if (was_blocked && !syscalls_.retry(now, process) && process.signals.none()) return false;
  if (process.is_driver) {
    run_handlers(now, process);
    return was_blocked;
  }
  while (!process.ended) {
    run_handlers(now, process);
    if (process.blocked) return true;
    if (stack_.has_output()) {
      ready_.push(process);  // it goes on when that has left
      return true;
    }
    if (process.cpu == nullptr) {
      processes_.end(now, process, process.main.result(), 0);
      return true;
    }
    process.cpu.resume();
    std::erase_if(process.handlers, [](const Task<void>& handler) { return handler.done(); });
  }
  return true;
}

// Puts the handlers of signals that have arrived before whatever the process would do next.
void Kernel::run_handlers(TimePoint now, Process& process) {
  int signal = 0;
  while (const SignalHandler* handler = processes_.take_signal(process, signal)) {
    if (process.blocked) syscalls_.interrupt(now, process);
    if (process.is_driver) continue;
    process.handlers.push_back((*handler)(Sys{*this, process}, signal));
    process.handlers.back().push_onto(process.cpu);
  }
}

void Kernel::type(std::string_view text) {
  terminal_.type(text);
  terminal_.readers.wake(ready_);
}

void Kernel::close_input() {
  terminal_.ended = true;
  terminal_.readers.wake(ready_);
}

}  // namespace halfopen

// All that a running host knows: its TCP, sockets and processes, and the scheduler that lets processes run.
// Power on makes one; a crash destroys it.
#pragma once

#include <cstdint>
#include <string>

#include "sim/os/host_facts.h"
#include "sim/os/identity.h"
#include "sim/os/processes.h"
#include "sim/os/sockets.h"
#include "sim/os/sys.h"
#include "sim/os/syscalls.h"
#include "sim/os/tcp_stack.h"
#include "sim/os/terminal.h"

namespace halfopen {

class Kernel {
 public:
  Kernel(const HostFacts& facts, const Identity& identity);
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  // Init starts a program: its main() runs when run_programs() gets to it.
  Process& start(TimePoint now, const std::string& name, const ProgramMain& main);
  // fork(): gives the child's pid.
  std::uint32_t fork(TimePoint now, Process& parent, const ProgramMain& child);

  void fire_timers(TimePoint now);
  // See ModelHost::run_programs().
  bool run_programs(TimePoint now);
  // The same for those who run between two packets of an instant, by the profile.
  bool run_woken(TimePoint now);
  [[nodiscard]] TimePoint next_deadline();
  void type(std::string_view text);
  void close_input();

  [[nodiscard]] TcpStack& stack() { return stack_; }
  [[nodiscard]] const TcpStack& stack() const { return stack_; }
  [[nodiscard]] Sockets& sockets() { return sockets_; }
  [[nodiscard]] Syscalls& syscalls() { return syscalls_; }
  [[nodiscard]] Processes& processes() { return processes_; }
  // When the process that runs now was let run.
  [[nodiscard]] TimePoint running_at() const { return running_at_; }

  // Of its device, for connections that begin from now on.
  void set_mtu(std::uint16_t mtu) { facts_.mtu = mtu; }

 private:
  bool step(TimePoint now, Process& process);
  bool go_on(TimePoint now, Process& process);
  void run_handlers(TimePoint now, Process& process);

  HostFacts facts_;
  ReadyQueue ready_;
  TcpStack stack_;
  Sockets sockets_;
  Terminal terminal_;
  Processes processes_;
  Syscalls syscalls_;
  TimePoint running_at_;
};

}  // namespace halfopen

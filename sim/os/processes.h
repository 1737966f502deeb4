// The processes of a host: birth, signals, death, and who is told of it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/os/host_facts.h"
#include "sim/os/process.h"
#include "sim/os/sockets.h"

namespace halfopen {

class Processes {
 public:
  // All outlive it; who can go on is put into `ready`.
  Processes(const HostFacts& facts, Sockets& sockets, ReadyQueue& ready)
      : facts_{facts}, sockets_{sockets}, ready_{ready} {}

  // A child of init without a program, its input, output and error output open. Pids start at 100.
  Process& create(TimePoint now, const std::string& program);
  // The child has a copy of its parent's descriptors and dispositions, and no program yet.
  Process& fork(TimePoint now, Process& parent);
  // exit() or death by a signal: descriptors are closed, the parent is told, children become init's. Unless a
  // frame of the process runs, it may not exist any more afterwards.
  void end(TimePoint now, Process& process, int status, int killed_by);
  // Completes what end() could not while a frame of the process ran.
  void bury(TimePoint now, Process& process);

  // kill(2). What ends the process may leave nothing of it, see end().
  void signal(TimePoint now, Process& process, int signal);
  // What a handler asks for; an empty one ignores the signal.
  static void handle(Process& process, int signal, SignalHandler handler);
  // The handler for a signal that has arrived, which thereby is acted upon; nullptr when there is none to
  // run.
  [[nodiscard]] static const SignalHandler* take_signal(Process& process, int& signal);

  // The child that ended first, or that with this pid; nullptr when no such child has ended.
  Process* zombie_of(Process& parent, std::uint32_t pid);
  // The parent has its status: nothing is left of it.
  void reap(TimePoint now, Process& parent, Process& zombie);

  // The lowest free descriptor number now names `file`.
  static int open_file(Process& process, const Descriptor& file);
  // nullptr when `fd` names nothing.
  [[nodiscard]] static Descriptor* file_of(Process& process, int fd);
  // `fd` names nothing any more; what it named is not touched.
  static void forget_file(Process& process, int fd);
  // It does not wait any more.
  void stop_waiting(Process& process);

  [[nodiscard]] Process* find(std::uint32_t pid);
  // The newest living one that was forked.
  [[nodiscard]] Process* newest_forked();
  [[nodiscard]] bool any_alive() const { return alive_ > 0; }
  // Pids of the living, lowest first.
  [[nodiscard]] std::vector<std::uint32_t> alive() const;
  // Those of them that init started.
  [[nodiscard]] std::vector<std::uint32_t> alive_programs() const;
  [[nodiscard]] DeadlineHeap<Process>& timeouts() { return timeouts_; }

  // Notes what happened to a process.
  void note(TimePoint now, const Process& process, ProcessNote::What what, int signal = 0, int status = 0,
            std::string_view text = {}) const;

 private:
  Process& add(std::uint32_t parent, const std::string& program);
  void remove(Process& process) { table_.erase(process.pid); }
  void disown_children(Process& process);
  bool go_on(TimePoint now, Process& process);

  const HostFacts& facts_;
  Sockets& sockets_;
  ReadyQueue& ready_;
  DeadlineHeap<Process> timeouts_;  // of blocked calls
  std::map<std::uint32_t, std::unique_ptr<Process>> table_;
  std::uint32_t next_pid_ = 100;
  std::size_t alive_ = 0;
};

}  // namespace halfopen

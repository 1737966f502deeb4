// A process: descriptors, signals, and the frames of its program.
#pragma once

#include <bitset>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/ring.h"
#include "sim/os/call.h"
#include "sim/os/deadline_heap.h"
#include "sim/os/signals.h"
#include "sim/os/task.h"
#include "sim/os/wait_queue.h"

namespace halfopen {

// What a descriptor names. Shared with other processes: a socket counts its descriptors.
struct Descriptor {
  enum class Kind : std::uint8_t { none, terminal, output, error_output, socket, epoll };
  Kind kind = Kind::none;
  std::uint32_t epoll = 0;  // of an epoll instance: which of the kernel's
  Socket* socket = nullptr;
};

// A C signal handler.
using SignalHandler = std::function<Task<void>(Sys, int signal)>;

// What a program has asked a signal to do, in place of its default action.
struct Disposition {
  int signal = 0;
  SignalHandler handler;  // empty: ignored
};

// A call that has not returned yet.
struct PendingCall {
  Call call;
  TimePoint began;
  TimePoint deadline = kNever;   // when it stops waiting
  std::size_t done = 0;          // read, write: bytes taken so far
  Socket* lingering = nullptr;   // close: the socket it waits for
  CallResult* target = nullptr;  // where the result goes; null: Process::completed
  bool timed_out = false;
  bool under_way = false;  // connect: an earlier call began it
  bool opening = false;    // write: the connection that it opened, or met opening, is not there yet
  bool traced = true;      // a note tells of it: not for terminals and outputs
};

inline constexpr std::uint32_t kInitPid = 1;

struct Process : Runnable, HeapPlace {
  std::uint32_t pid = 0;
  std::uint32_t parent = kInitPid;
  bool is_program = false;     // init started it: it was not forked
  std::uint32_t children = 0;  // living and not waited for
  std::string program;
  std::vector<Descriptor> files;  // by number
  std::size_t lowest_free = 0;    // no lower descriptor is free
  std::size_t typed_read = 0;     // how far it has read what was typed
  std::vector<Disposition> dispositions;
  std::bitset<sig::last + 1> signals;  // arrived, not acted upon
  Ring<std::uint32_t> zombies;         // children that ended and are not waited for

  PendingCall pending;
  std::vector<WaitNode> waits;          // on what the pending call waits
  std::optional<CallResult> completed;  // of a driver's blocked call

  std::coroutine_handle<> cpu;  // the frame that runs next; null: main() has returned, or there is none
  Task<int> main;
  std::vector<Task<void>> handlers;  // that run now, innermost last

  int status = 0;          // of exit()
  int killed_by = 0;       // signal that ended it; 0: exit()
  bool is_driver = false;  // has no program: calls come from outside
  bool blocked = false;    // in `pending`
  bool frozen = false;
  bool running = false;  // one of its frames is on the machine's stack
  bool ended = false;    // a zombie

  // waitpid()'s status word.
  [[nodiscard]] int wait_status() const { return killed_by != 0 ? killed_by : (status & 0xff) << 8; }
};

}  // namespace halfopen

// A process in a sandbox that makes system calls for somebody outside, so that a call that blocks blocks
// nobody else. What a call takes and gives by address lies in memory that both share, at the same address in
// both: arguments are put there as the kernel wants them, and the agent needs to know none of them.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>

#include "replay/base/unique_fd.h"
#include "replay/sandbox/sandbox.h"

namespace halfopen::drill {

// By number of the system call and its arguments: numbers, and addresses in shared memory.
struct AgentCall {
  long number = 0;
  std::array<std::uint64_t, 6> arguments{};
};

struct AgentReply {
  std::int64_t value = 0;  // of the call, -1 if it failed; of a command, what waitpid(2) says of its shell
  int error = 0;           // errno
  std::chrono::nanoseconds at{};  // when it returned, by CLOCK_MONOTONIC
};

// Whose orders the agent does one after the other; what is in one lane does not wait for the other.
enum class Lane : std::uint8_t {
  quick,     // commands, and calls that return
  blocking,  // calls that are expected to wait while the script goes on
};

class Agent {
 public:
  // `directory` is where it works, and its commands; it waits for their orders by now. Throws
  // std::runtime_error where it cannot work there.
  Agent(Sandbox& sandbox, const std::string& directory);
  // Kills it, and waits until it is gone.
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // --- Shared memory
  // Room of so many bytes, all zero, as aligned as anything needs. It is not given out again before all else
  // was, so that what a kernel still sends from it stays. Throws NotSupported for more than there is.
  [[nodiscard]] std::span<std::byte> room(std::size_t size);
  // A value's copy in it.
  template <class T>
  [[nodiscard]] T* put(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    return new (room(sizeof(T)).data()) T{value};
  }

  // --- Orders; in each lane one at a time
  void begin(Lane lane, const AgentCall& call);
  // A line for sh, in the quick lane; what it says goes to last_words().
  void begin_command(const std::string& line);
  // The reply to a lane's order, once it is there. Throws std::runtime_error if the agent is gone.
  [[nodiscard]] std::optional<AgentReply> take_reply(Lane lane);
  // To wait for: can be read when a reply is there.
  [[nodiscard]] int fd(Lane lane) const { return orders_[static_cast<std::size_t>(lane)].get(); }
  [[nodiscard]] pid_t pid() const { return pid_; }
  // The order in the blocking lane waits for something that need not happen soon.
  [[nodiscard]] bool is_blocked() const;
  // The last line that the latest command wrote to its output or error output.
  [[nodiscard]] std::string last_words() const;

 private:
  void await_lanes(const std::string& directory);
  void end();

  struct Unmap {
    void operator()(std::byte* memory) const;
  };

  std::unique_ptr<std::byte, Unmap> memory_;
  std::size_t used_ = 0;
  std::array<UniqueFd, 2> orders_;  // by lane
  UniqueFd output_;                 // of commands
  UniqueFd status_;                 // /proc/PID/task/TID/stat of the blocking lane
  pid_t pid_ = -1;
};

}  // namespace halfopen::drill

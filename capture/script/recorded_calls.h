// The system calls that a capture of ours records, as a packetdrill script makes them. Several processes
// become the one that a script is: a descriptor is closed when the last of them has closed it or is gone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/time.h"
#include "sim/script/script.h"
#include "sim/trace/observe.h"

namespace halfopen {

struct RecordedCall {
  TimePoint at;                  // when the script is to make it
  std::optional<TimePoint> end;  // of one that is to block until then; else it returns at once
  // Given: it began before what was seen while it was under way, which is what came after its process's last
  // call had returned, when so much had been seen.
  std::optional<std::size_t> after;
  bool is_of_exit = false;  // close() by a process that went: a real kernel tells of that after the FIN
  script::CallSpec call;
};

class RecordedCalls {
 public:
  // What the script is to do for a note of its host's. `order` counts what was seen so far. None for calls
  // that it need not make (fork(), select(), a read that a signal broke off).
  [[nodiscard]] std::vector<RecordedCall> see(const CallNote& note, std::size_t order);
  // A process is gone: its descriptors are closed.
  [[nodiscard]] std::vector<RecordedCall> see(const ProcessNote& note);

  // Calls that the script should have made and that it cannot: "setsockopt(3, SO_LINGER, ...)".
  [[nodiscard]] const std::vector<std::string>& left_out() const { return left_out_; }

 private:
  using Descriptors = std::map<std::int64_t, std::uint64_t>;  // to the open file
  [[nodiscard]] bool is_last_of(std::uint64_t file) const;
  [[nodiscard]] std::optional<script::CallSpec> call_of(const CallNote& note);

  std::map<std::uint32_t, Descriptors> processes_;
  std::map<std::uint32_t, std::size_t> last_return_;  // of a process
  std::uint64_t files_ = 0;
  std::vector<std::string> left_out_;
};

}  // namespace halfopen

// What became of an expectation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/base/time.h"
#include "sim/trace/observe.h"

namespace halfopen {

struct Verdict {
  enum class What : std::uint8_t {
    passed,
    failed,
    skipped,         // its `when` does not hold here
    not_applicable,  // it names what a program does that does not run here: a user's is in its place
    unresolved,      // failed, but by no more than a busy machine explains: it proves nothing
  };
  What what = What::passed;
  std::string place;  // "host-crash.toml:31:1"
  std::string text;   // what was expected
  std::string found;  // what happened instead, or when it happened; why it was skipped
  // Of one that failed because what was expected came outside its window: when, and how far from it. Not of
  // an unresolved one that lateness does not explain by this.
  TimePoint missed_at = kNever;
  Duration missed_by = Duration::zero();
  // Of one that failed: from when on nothing could change that; kNever: only the run's end told.
  TimePoint decided_at = kNever;
  // It hangs on what a few milliseconds change: how bytes are put into packets or handed to a call, or how
  // long one waited.
  bool is_fragile = false;
  std::optional<HostId> program = std::nullopt;  // whose program it is about, if it is about one

  [[nodiscard]] bool has_size() const { return missed_at != kNever; }
};
// "passed", "failed", "skipped", "not applicable", "unresolved"
[[nodiscard]] std::string_view to_string(Verdict::What what);

// One line for people: "passed  client read() = -1 ETIMEDOUT (at 545.5 s)",
// "FAILED  host-crash.toml:31:1: expected client read() = -1 ETIMEDOUT, found read() = -1 EHOSTUNREACH at 3.2
// s".
[[nodiscard]] std::string line_of(const Verdict& verdict);

}  // namespace halfopen

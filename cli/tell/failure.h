// The moment from which a run is told: the first thing the timeline did that harms the connection.
#pragma once

#include <optional>
#include <string_view>

#include "sim/base/time.h"
#include "sim/trace/observe.h"

namespace halfopen {

// "the crash" for "server host crashes"; empty for what harms nobody: "client types", "path is restored".
[[nodiscard]] std::string_view harm_in(std::string_view verb);

struct Failure {
  TimePoint at;
  std::string_view name;   // "the crash"
  bool of_client = false;  // it befell the client, or its process
};

// The failure of a run, once it has happened; feed it every timeline note.
class FailureWatch {
 public:
  void on_note(const TimelineNote& note);
  [[nodiscard]] const std::optional<Failure>& failure() const { return failure_; }

 private:
  std::optional<Failure> failure_;
};

}  // namespace halfopen

// Two traces in, one answer out: the same, or what differs and why.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "capture/compare/report.h"

namespace halfopen {

struct CompareOptions {
  std::string connection;  // libpcap's filter language, for the first packet of a connection; empty: all
  std::string tolerance;  // compare::tolerance_from(); empty: exact where no real clock ran, else the default
  // Beyond the tolerance, where a busy machine may have been late: so much of every gap, and such a part of
  // it.
  Duration slack{};
  double stretch = 0;
  std::vector<std::string> ignored;  // compare::Field's names, "time", "config", "outcomes"
  std::size_t context = 3;           // equal steps shown around a difference
  std::string name_a = "A";          // for people
  std::string name_b = "B";
};

// Hears what was found, connection by connection, while the traces are read.
class CompareListener {
 public:
  virtual ~CompareListener() = default;
  virtual void on_connection(const compare::ConnectionReport& report) = 0;
};

struct Comparison {
  std::uint64_t connections = 0;  // pairs
  std::uint64_t equal = 0;        // steps
  std::uint64_t differences = 0;  // steps, configuration lines, connections without a partner, outcomes
  std::string tolerance;          // in words
  std::vector<compare::OutcomeDifference> outcomes;
  std::vector<std::string> remarks;  // what a reader should know
  std::vector<std::string> faults;   // what makes the answer doubtful, or impossible
  std::string first;                 // the first difference in one line, with its reason; empty if same

  [[nodiscard]] bool is_same() const { return differences == 0; }
  [[nodiscard]] bool has_trouble() const { return !faults.empty(); }
};

// Throws InputError for options that mean nothing: before a trace is taken that takes its time.
void check_options(const CompareOptions& options);

// `file_a` and `file_b` are captures, "-" (one of them at most) is standard input. Both are read side by
// side; memory is bounded by the connections that are open at once and by the look-ahead. Throws InputError
// for what is no capture, and as check_options() does.
[[nodiscard]] Comparison compare_captures(const std::string& file_a, const std::string& file_b,
                                          const CompareOptions& options, CompareListener* listener = nullptr);

}  // namespace halfopen

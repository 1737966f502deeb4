// --table: scripts by hosts, and where hosts differ, in what.
#pragma once

#include <string>
#include <vector>

#include "cli/drill/drill_run.h"

namespace halfopen {

class HostTable {
 public:
  void add(const DrillCase& one, const DrillResult& result);

  // A row for each script and IP version, a column for each host, in the order in which they came. Below a
  // row with failures who passes and who fails how:
  //   probe.pkt ipv4                  ok          FAILED
  //     passes on linux-6.18; fails on freebsd-14: line 12: win 65535 instead of 64240
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  struct Cell {
    std::string host;
    CaseOutcome outcome = CaseOutcome::passed;
    std::string difference;  // of what failed
  };
  struct Row {
    std::string name;
    std::vector<Cell> cells;
  };
  [[nodiscard]] static std::string story(const Row& row);

  std::vector<Row> rows_;
  std::vector<std::string> hosts_;
};

}  // namespace halfopen

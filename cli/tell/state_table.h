// `--states`: a line for each change of a connection's state, in netstat's columns.
#pragma once

#include <cstddef>
#include <string>

#include "cli/tell/prose.h"
#include "sim/trace/observe.h"

namespace halfopen {

class StateTable {
 public:
  // With `explain`, what made the state change, where that is known.
  StateTable(Prose& out, bool explain) : out_{out}, explain_{explain} {}

  // The heading. `source` says where the states come from.
  void print_head(std::string_view source);
  void on_state(const StateNote& note);

 private:
  Prose& out_;
  bool explain_;
  std::size_t address_width_ = 23;  // as netstat's; never gets narrower
};

// netstat's word: "SYN_RECV", "FIN_WAIT1"; of a connection that is gone, which netstat does not list,
// "(gone)".
[[nodiscard]] std::string_view netstat_word(State state);

}  // namespace halfopen

// `--states`: a line for each change of a connection's state, in netstat's columns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "cli/tell/prose.h"
#include "sim/trace/observe.h"

namespace halfopen {

class StateTable {
 public:
  // With `explain`, what made the state change, where that is known. `width` is the columns that lines have
  // room for, 0 as many as they take: where netstat's do not fit the protocol is left out, which the
  // addresses say, too, and their columns are as wide as there is room.
  StateTable(Prose& out, bool explain, std::size_t width);

  // The heading. `source` says where the states come from.
  void print_head(std::string_view source);
  void on_state(const StateNote& note);
  // "protocols"; empty where nothing was left out for want of room.
  [[nodiscard]] std::string_view left_out() const { return has_protocol_ ? "" : "protocols"; }

 private:
  [[nodiscard]] std::string row(std::string_view time, std::string_view host, std::string_view protocol,
                                std::string_view local, std::string_view remote) const;

  Prose& out_;
  bool explain_;
  std::size_t width_;
  bool has_protocol_;
  std::size_t address_width_;  // never gets narrower
};

// netstat's word: "SYN_RECV", "FIN_WAIT1"; of a connection that is gone, which netstat does not list,
// "(gone)".
[[nodiscard]] std::string_view netstat_word(State state);

}  // namespace halfopen

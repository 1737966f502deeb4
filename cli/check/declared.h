// Differences that a manifest declares, each by step, field, from and to; and a run held against them. What
// is declared must be found, and all else must agree.
#pragma once

#include <string>
#include <vector>

#include "capture/compare/difference.h"
#include "sim/scenario/scenario_toml.h"

namespace halfopen {

// [[capture.differs]]: what differs for one reason.
struct DeclaredDifferences {
  std::string where;   // words; each is a name of the run, or how one begins
  std::string reason;  // for people
  std::vector<compare::Difference> what;
  std::string place = {};  // where it is written: "pcaps/manifest.toml:12:1"
};

// Those of an entry. Throws InputError for what is wrong in them.
[[nodiscard]] std::vector<DeclaredDifferences> read_differs(const scenario_toml::Section& entry);
// As they are written in a manifest; the same declarations give the same text.
[[nodiscard]] std::string text_of(const std::vector<DeclaredDifferences>& declared);
// One of them, as a line of `what`, ready to be pasted: "{ step = 14, field = \"psh\", ... }".
[[nodiscard]] std::string toml_of(const compare::Difference& difference);
// A basic string of TOML.
[[nodiscard]] std::string quoted_toml(std::string_view text);

// True if `where` speaks of a run with these names: its pairing, its hosts' profiles, their kernels.
// "linux-6.1" begins "linux-6.1.90", not "linux-6.18".
[[nodiscard]] bool speaks_of(std::string_view where, const std::vector<std::string>& names);

// Fields that differ from run to run on the same system, and why: a difference in them is told, and no
// failure.
struct Varying {
  std::string reason;               // empty: nothing varies
  std::vector<std::string> fields;  // as Difference has them
};

// `varies` and `varying` of an entry. Throws InputError for what is wrong in them.
[[nodiscard]] Varying read_varying(const scenario_toml::Section& entry);

struct DeclaredVerdict {
  std::vector<compare::Difference> undeclared;  // found, and not declared
  std::vector<std::string> gone;                // declared, and not found, with the place
  std::vector<std::string> reasons;             // of what was found as declared
  std::vector<compare::Difference> varied;      // found, not declared, and of a field that varies
};

// `found` against those declarations that speak of a run with these names, and what varies.
[[nodiscard]] DeclaredVerdict hold(const std::vector<compare::Difference>& found,
                                   const std::vector<DeclaredDifferences>& declared, const Varying& varying,
                                   const std::vector<std::string>& names);

}  // namespace halfopen

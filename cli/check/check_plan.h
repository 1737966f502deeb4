// What `halfopen check` is to run, and what to hold each run against: from the command line and the
// manifests, before anything runs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/check/manifest.h"
#include "cli/line/options.h"

namespace halfopen {

// What a run is compared with.
struct Reference {
  std::string file;  // the capture; empty: a run on the spot, `simulation`
  std::optional<RunSpec> simulation = std::nullopt;
  std::string place;      // of its entry: "pcaps/manifest.toml:12:1"; empty: it has none
  std::string tolerance;  // empty: the default of `compare`
  std::vector<DeclaredDifferences> declared;
  Varying varying;

  [[nodiscard]] std::string name() const { return file.empty() ? "the simulation" : file; }
};

struct CheckCase {
  std::string name;      // as it is told: "host-crash", "mine/host-crash.toml"
  std::string scenario;  // as manifests know it: "host-crash"
  RunSpec spec;
  std::vector<Reference> references;  // to compare with
  std::vector<std::string> blessed;   // or captures to write: paths in `directory`
  std::string directory;              // with the manifest of those
};

struct CheckPlan {
  std::vector<CheckCase> cases;
  std::map<std::string, Manifest> manifests;  // by directory; for --bless
  bool has_references = false;  // there is at least a manifest; else only expectations can be checked
};

// Throws InputError and Trouble: everything that is wrong with the command line, the scenarios and the
// manifests.
[[nodiscard]] CheckPlan plan_check(const CheckOptions& options);

}  // namespace halfopen

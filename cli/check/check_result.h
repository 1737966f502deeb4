// What became of one case of `halfopen check`, and its JSON: between processes and in the user's file.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cli/check/manifest.h"
#include "cli/tell/case_report.h"

namespace halfopen {

struct ReferenceResult {
  enum class What : std::uint8_t {
    same,
    different,
    expected,    // different, just as it is declared
    gone,        // something that is declared is not found
    broken,      // cannot be compared
    unresolved,  // different or gone, but by no more than a busy machine explains
  };
  std::string name;
  What what = What::same;
  std::string text;  // the first difference, the reason of an expected one, or what is broken
  // Of `different`: what differs and is not declared, each as a manifest would declare it (toml_of()).
  std::vector<std::string> undeclared = {};
};

struct CheckResult {
  using What = CaseOutcome;
  std::string name;
  What what = What::passed;
  std::string reason;  // of what was skipped, and of trouble with the run itself
  std::size_t expectations_passed = 0;
  std::size_t expectations_other = 0;   // for other systems
  std::vector<std::string> failed;      // expectations: "host-crash.toml:31:1: expected ..., found ..."
  std::vector<std::string> unresolved;  // expectations, likewise
  // What of the unresolved has no size that could be held against the machine's lateness, without its times,
  // "host-crash.toml:31:1:" or "NAME: only in A ...": that it is the same in run after run tells that it is
  // no accident. Nothing that a machine which is always late always does.
  std::vector<std::string> unsized;
  std::vector<ReferenceResult> references;
  std::vector<std::string> remarks;    // of the comparison
  std::vector<ManifestEntry> blessed;  // references that were written
  std::vector<std::string> unchanged;  // references that would have been the same to the byte
  std::chrono::milliseconds took{};

  // What went wrong, a line each; empty if nothing did.
  [[nodiscard]] std::vector<std::string> complaints() const;
};

[[nodiscard]] std::string_view to_string(ReferenceResult::What what);  // "same", "different", ...

[[nodiscard]] nlohmann::json json_of(const CheckResult& result);
// From json_of(). Throws nlohmann::json::exception for anything else.
[[nodiscard]] CheckResult result_from(const nlohmann::json& json);

}  // namespace halfopen

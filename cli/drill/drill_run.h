// Scripts of packetdrill's language, found, played on models, and their verdicts as lines.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/line/options.h"
#include "sim/drill/player.h"

namespace halfopen {

struct DrillCase {
  std::string path;
  drill::IpVersion ip_version = drill::IpVersion::ipv4;
  std::string profile;
};

// Each script that `options` name, on each profile and each IP version, as Google's run_all.py takes them: a
// script whose name ends in "v4.pkt" or "v6.pkt" is of that version. Throws Trouble for what is no file.
[[nodiscard]] std::vector<DrillCase> find_cases(const DrillOptions& options);

struct DrillResult {
  enum class What : std::uint8_t { passed, failed, unresolved, skipped, trouble };
  What what = What::passed;
  std::uint32_t line = 0;  // of the script; 0: none
  std::string reason;
  std::vector<drill::Difference> differences;
  std::string expected;  // packets
  std::string actual;
};
[[nodiscard]] DrillResult run_case(const DrillCase& one, const DrillOptions& options);

// "ok SCRIPT", "FAILED SCRIPT:12: REASON" with the packets below it, "SKIP SCRIPT:3: REASON".
[[nodiscard]] std::vector<std::string> lines_of(const DrillCase& one, const DrillResult& result,
                                                bool names_host);

}  // namespace halfopen

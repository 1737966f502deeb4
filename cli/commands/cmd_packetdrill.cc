// halfopen packetdrill: scripts of packetdrill's language on model hosts.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "cli/commands/commands.h"
#include "cli/drill/drill_run.h"
#include "cli/tell/exit_code.h"
#include "cli/tell/prose.h"

namespace halfopen {
namespace {

using What = DrillResult::What;

int status_of(What what) {
  switch (what) {
    case What::passed: return kExitYes;
    case What::failed: return kExitNo;
    case What::unresolved: return kExitUnresolved;
    case What::trouble: return kExitTrouble;
    case What::skipped: break;
  }
  return kExitCannot;
}

}  // namespace

int run_packetdrill(const DrillOptions& options) {
  const std::vector<DrillCase> cases = find_cases(options);
  if (cases.empty()) throw Trouble{"no script (*.pkt) there"};
  Prose out{stdout};
  const bool names_host = options.profiles.size() > 1 || options.ip_versions.size() > 1;
  std::size_t passed = 0, failed = 0, unresolved = 0, skipped = 0, troubled = 0;
  int status = kExitYes;
  for (const DrillCase& one : cases) {
    const DrillResult result = run_case(one, options);
    for (const std::string& line : lines_of(one, result, names_host)) out.line(line);
    std::size_t& count = result.what == What::passed       ? passed
                         : result.what == What::failed     ? failed
                         : result.what == What::skipped    ? skipped
                         : result.what == What::unresolved ? unresolved
                                                           : troubled;
    ++count;
    if (result.what != What::skipped) status = worse_of(status, status_of(result.what));
  }
  if (cases.size() > 1)
    out.line(fmt::format("{} passed, {} failed, {} skipped{}{}", passed, failed, skipped,
                         unresolved > 0 ? fmt::format(", {} unresolved", unresolved) : "",
                         troubled > 0 ? fmt::format(", {} could not be read", troubled) : ""));
  out.flush();
  return skipped == cases.size() ? static_cast<int>(kExitCannot) : status;
}

}  // namespace halfopen

// halfopen doctor: what this machine allows, and the cure for what it does not.
#include <fmt/format.h>

#include <cstdio>

#include "cli/commands/commands.h"
#include "cli/tell/exit_code.h"
#include "cli/tell/prose.h"
#include "replay/doctor/doctor.h"

namespace halfopen {

int run_doctor_command() {
  Prose out{stdout};
  const std::vector<Check> checks = run_doctor();
  for (const Check& check : checks) {
    const bool works = check.outcome == Check::Outcome::works;
    const bool optional = check.outcome == Check::Outcome::optional_missing;
    const std::string mark =
        works ? out.paint(Style::good, "works  ")
              : out.paint(optional ? Style::faint : Style::bad, optional ? "absent " : "MISSING");
    out.line(fmt::format("{}  {}{}", mark, check.what, check.found.empty() ? "" : ": " + check.found));
    if (!check.cure.empty()) out.line("         cure: " + check.cure);
  }
  const bool can = can_run_kernels(checks);
  out.line();
  out.line(can ? "replay and live work here."
               : "replay and live do not work here; sim, show and profiles do.");
  out.flush();
  return can ? kExitYes : kExitCannot;
}

}  // namespace halfopen

// halfopen completions: the script for a shell, with every word that the program knows by now.
#include <cstdio>

#include "cli/commands/commands.h"
#include "cli/line/completions.h"
#include "cli/run/shipped.h"
#include "cli/tell/exit_code.h"
#include "cli/tell/prose.h"
#include "sim/base/input_error.h"
#include "sim/scenario/scenario.h"
#include "sim/tcp/profile.h"

namespace halfopen {
namespace {

std::vector<std::string> scenario_names() {
  std::vector<std::string> names;
  for (const ShippedScenario& shipped : shipped_scenarios()) names.emplace_back(shipped.name);
  return names;
}

// What compare takes beside captures.
std::vector<std::string> trace_names() {
  std::vector<std::string> names;
  for (const char* how : {"sim:", "replay:", "live:"}) {
    for (const std::string& name : scenario_names()) names.push_back(how + name);
  }
  return names;
}

std::vector<std::string> profile_names() {
  std::vector<std::string> names;
  for (const OsProfile* profile : all_profiles()) {
    names.emplace_back(profile->name);
    for (const std::string_view alias : profile_aliases(profile->name)) names.emplace_back(alias);
  }
  return names;
}

}  // namespace

int run_completions(const CLI::App& app, const std::string& shell) {
  const CompletionTable table = completion_table(app, {{"scenarios", scenario_names()},
                                                       {"traces", trace_names()},
                                                       {"profiles", profile_names()},
                                                       {"keys", override_keys()}});
  const std::string script = completion_script(table, shell);
  if (script.empty()) throw InputError{"completions", std::string{kCompletionShells}, shell};
  Prose out{stdout};
  out.write(script);
  out.flush();
  return kExitYes;
}

}  // namespace halfopen

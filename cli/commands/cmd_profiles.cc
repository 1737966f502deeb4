#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "cli/commands/commands.h"
#include "cli/tell/exit_code.h"
#include "cli/tell/prose.h"
#include "sim/base/units.h"
#include "sim/tcp/profile_fields.h"

namespace halfopen {
namespace {

// "linux-6.18 (linux)"
std::string full_name(const OsProfile& profile) {
  const auto aliases = profile_aliases(profile.name);
  return aliases.empty() ? std::string{profile.name}
                         : fmt::format("{} ({})", profile.name, fmt::join(aliases, ", "));
}

constexpr std::string_view kNotVerified = "not verified against a kernel";

void print_table(Prose& out) {
  std::size_t width = 0;
  for (const OsProfile* profile : all_profiles()) width = std::max(width, full_name(*profile).size());
  for (const OsProfile* profile : all_profiles()) {
    const std::string padded = fmt::format("{:<{}}", full_name(*profile), width);
    const std::string caution = profile->oracle.empty() ? fmt::format(", {}", kNotVerified) : "";
    out.line(out.paint(Style::title, padded) + fmt::format("  {}{}", profile->title, caution));
  }
}

// Each line repeats its group, so that grep finds whole answers.
void print_profile(Prose& out, const OsProfile& profile) {
  out.line(out.paint(Style::title, full_name(profile)) + ": " + std::string{profile.title});
  out.line(profile.story);
  out.line(profile.oracle.empty() ? std::string{kNotVerified}
                                  : fmt::format("held against: {}", profile.oracle));
  const std::vector<ProfileLine> lines = describe_profile(profile);
  std::size_t group_width = 0;
  std::size_t name_width = 0;
  std::size_t value_width = 0;
  for (const ProfileLine& line : lines) {
    group_width = std::max(group_width, line.group.size());
    name_width = std::max(name_width, line.name.size());
    value_width = std::max(value_width, std::min<std::size_t>(line.value.size(), 24));
  }
  std::string_view group;
  for (const ProfileLine& line : lines) {
    if (line.group != group) out.line();
    group = line.group;
    const std::string start = fmt::format("{:<{}}  {:<{}}  {:<{}}  ", line.group, group_width, line.name,
                                          name_width, line.value, value_width);
    out.line(start + out.paint(Style::faint, line.source));
  }
}

Trouble unknown(const std::string& name) {
  std::vector<std::string_view> names;
  for (const OsProfile* profile : all_profiles()) {
    names.push_back(profile->name);
    for (const std::string_view alias : profile_aliases(profile->name)) names.push_back(alias);
  }
  const std::string_view meant = nearest(name, names);
  const std::string hint = meant.empty() ? "" : fmt::format("did you mean '{}'? ", meant);
  return Trouble{fmt::format("no profile '{}'; {}there are {}", name, hint, fmt::join(names, ", "))};
}

}  // namespace

int run_profiles(const ProfilesOptions& options) {
  Prose out{stdout};
  if (options.name.empty()) {
    print_table(out);
  } else {
    const OsProfile* profile = find_profile(options.name);
    if (profile == nullptr) throw unknown(options.name);
    print_profile(out, *profile);
  }
  out.flush();
  return kExitYes;
}

}  // namespace halfopen

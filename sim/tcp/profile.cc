#include "sim/tcp/profile.h"

#include <algorithm>

#include "sim/tcp/profiles/rows.h"

namespace halfopen {
namespace {

constexpr std::array<const OsProfile*, 11> kProfiles = {&kBsd44,    &kLinux510, &kLinux61,   &kLinux612,
                                                        &kLinux618, &kLinux72,  &kFreebsd14, &kWindows11,
                                                        &kMacos15,  &kOpenbsd7, &kRfc};

struct Aliases {
  std::string_view profile;
  std::array<std::string_view, 1> names;
};
constexpr std::array<Aliases, 3> kAliases = {{
    {"4.4bsd", {"berkeley"}},
    {"linux-6.18", {"linux"}},
    {"freebsd-14", {"freebsd"}},
}};

}  // namespace

std::span<const OsProfile* const> all_profiles() { return kProfiles; }

const OsProfile* find_profile(std::string_view name_or_alias) {
  std::string_view name = name_or_alias;
  for (const Aliases& row : kAliases) {
    if (std::ranges::find(row.names, name_or_alias) != row.names.end()) name = row.profile;
  }
  const auto found = std::ranges::find(kProfiles, name, [](const OsProfile* p) { return p->name; });
  return found == kProfiles.end() ? nullptr : *found;
}

std::span<const std::string_view> profile_aliases(std::string_view name) {
  const auto found = std::ranges::find(kAliases, name, &Aliases::profile);
  if (found == kAliases.end()) return {};
  return found->names;
}

}  // namespace halfopen

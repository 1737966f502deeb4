#include "cli/drill/cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/tell/exit_code.h"
#include "sim/base/input_error.h"
#include "sim/script/parser.h"
#include "sim/tcp/profile.h"

namespace halfopen {
namespace {

namespace fs = std::filesystem;
using drill::IpVersion;

constexpr std::array kVersions{IpVersion::ipv4, IpVersion::ipv4_mapped_ipv6, IpVersion::ipv6};

std::vector<std::string> scripts_below(const std::string& directory) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::recursive_directory_iterator at{directory, error}, end; !error && at != end; at.increment(error))
    if (at->path().extension() == ".pkt" && !at->is_directory()) found.push_back(at->path().string());
  if (error) throw Trouble{directory + ": " + error.message()};
  std::ranges::sort(found);
  return found;
}

// What the script says itself. What is wrong with it is told when it is played.
std::optional<IpVersion> own_version(const std::string& path) {
  std::optional<IpVersion> own;
  const std::optional<std::string> text = text_of_file(path);
  try {
    if (!text) return own;
    for (const script::Option& option : script::parse_options(*text, path))
      if ((option.name == "ip_version" || option.name == "ip-version") && option.value)
        own = version_from(*option.value);
  } catch (const InputError&) {
  }
  return own;
}

bool is_of_version(const std::string& path, IpVersion version) {
  return !path.ends_with(version == IpVersion::ipv6 ? "v4.pkt" : "v6.pkt");
}

}  // namespace

std::string_view name_of(IpVersion version) {
  switch (version) {
    case IpVersion::ipv4: return "ipv4";
    case IpVersion::ipv6: return "ipv6";
    case IpVersion::ipv4_mapped_ipv6: return "ipv4-mapped-ipv6";
  }
  return "";
}

std::optional<IpVersion> version_from(std::string_view name) {
  const auto* const found =
      std::ranges::find_if(kVersions, [&](IpVersion version) { return name_of(version) == name; });
  return found == kVersions.end() ? std::nullopt : std::optional{*found};
}

OsFamily os_of(const DrillCase& one) {
  const OsProfile* profile = find_profile(one.profile);
  return profile == nullptr ? OsFamily::linux_os : profile->family;
}

std::optional<std::string> text_of_file(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return std::nullopt;
  std::ifstream file{path, std::ios::binary};
  if (!file) return std::nullopt;
  std::stringstream text;
  text << file.rdbuf();
  if (file.bad()) return std::nullopt;
  return std::move(text).str();
}

std::vector<DrillCase> find_cases(const DrillOptions& options) {
  std::vector<IpVersion> asked;
  for (const std::string& name : options.ip_versions) {
    const std::optional<IpVersion> version = version_from(name);
    if (!version) throw InputError{"--ip_version", "ipv4, ipv6 or ipv4-mapped-ipv6", name};
    if (std::ranges::find(asked, *version) == asked.end()) asked.push_back(*version);
  }
  std::vector<DrillCase> cases;
  bool is_directory = false;
  const auto add = [&](const std::string& path, IpVersion version, bool says_version) {
    for (const std::string& profile : options.profiles)
      cases.push_back({.path = path,
                       .ip_version = version,
                       .profile = profile,
                       .says_version = says_version,
                       .of_suite = is_directory});
  };
  const auto is_asked = [&](IpVersion version) {
    return asked.empty() || std::ranges::find(asked, version) != asked.end();
  };
  for (const std::string& what : options.what) {
    is_directory = fs::is_directory(what);
    for (const std::string& path : is_directory ? scripts_below(what) : std::vector{what}) {
      if (const std::optional<IpVersion> own = own_version(path)) {
        if (!is_directory || is_asked(*own)) add(path, *own, true);
      } else if (!is_directory && asked.empty()) {
        add(path, IpVersion::ipv4, false);
      } else {
        for (const IpVersion version : kVersions)
          if (is_asked(version) && (!is_directory || is_of_version(path, version))) add(path, version, false);
      }
    }
  }
  return cases;
}

std::string name_of(const DrillCase& one, bool names_host) {
  return names_host ? fmt::format("{} {} {}", one.profile, name_of(one.ip_version), one.path) : one.path;
}

}  // namespace halfopen

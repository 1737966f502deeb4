// Which scripts are played on which hosts with which IP version.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/line/options.h"
#include "sim/drill/config.h"
#include "sim/why/os_family.h"

namespace halfopen {

struct DrillCase {
  std::string path;
  drill::IpVersion ip_version = drill::IpVersion::ipv4;
  std::string profile;
  // The script itself; then what a suite's runner gives with a version is not for it.
  bool says_version = false;
  bool of_suite = false;  // it was found in a directory
};

// "ipv4", "ipv6", "ipv4-mapped-ipv6", as --ip_version has it.
[[nodiscard]] std::string_view name_of(drill::IpVersion version);
// nullopt for a name of none.
[[nodiscard]] std::optional<drill::IpVersion> version_from(std::string_view name);

// Of its host: a profile's, or Linux, as which a kernel host is.
[[nodiscard]] OsFamily os_of(const DrillCase& one);

// Each script that `options` name, on each profile and each IP version. Of a directory all *.pkt below it, as
// Google's run_all.py takes them: a script whose name ends in "v4.pkt" or "v6.pkt" is of that version, and so
// is one that says --ip_version itself. A script alone is played with IPv4 where neither says anything.
// Throws Trouble for a directory that cannot be read.
[[nodiscard]] std::vector<DrillCase> find_cases(const DrillOptions& options);

// The text of a file; nullopt if it cannot be read.
[[nodiscard]] std::optional<std::string> text_of_file(const std::string& path);

// "linux-6.18 ipv4 PATH", or the path alone where `names_host` is false.
[[nodiscard]] std::string name_of(const DrillCase& one, bool names_host);

}  // namespace halfopen

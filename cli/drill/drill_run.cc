#include "cli/drill/drill_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "cli/drill/code_check.h"
#include "cli/tell/exit_code.h"
#include "replay/drill/kernel_script_host.h"
#include "sim/base/input_error.h"
#include "sim/drill/model_script_host.h"
#include "sim/script/parser.h"

namespace halfopen {
namespace {

namespace fs = std::filesystem;
using drill::IpVersion;
using What = DrillResult::What;

std::optional<std::string> text_of_file(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) return std::nullopt;
  std::stringstream text;
  text << file.rdbuf();
  if (file.bad()) return std::nullopt;
  return std::move(text).str();
}

std::vector<std::string> scripts_below(const std::string& directory) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::recursive_directory_iterator at{directory, error}, end; !error && at != end; at.increment(error))
    if (at->path().extension() == ".pkt" && !at->is_directory()) found.push_back(at->path().string());
  if (error) throw Trouble{directory + ": " + error.message()};
  std::ranges::sort(found);
  return found;
}

std::string_view name_of(IpVersion version) {
  switch (version) {
    case IpVersion::ipv4: return "ipv4";
    case IpVersion::ipv6: return "ipv6";
    case IpVersion::ipv4_mapped_ipv6: return "ipv4-mapped-ipv6";
  }
  return "";
}

// The script's own --ip_version, if it has one.
bool is_of_version(const std::string& path, IpVersion version) {
  return !path.ends_with(version == IpVersion::ipv6 ? "v4.pkt" : "v6.pkt");
}

DrillResult result_of(drill::PlayResult&& played) {
  DrillResult result;
  result.line = played.place.line;
  result.reason = std::move(played.message);
  result.differences = std::move(played.differences);
  result.expected = std::move(played.expected);
  result.actual = std::move(played.actual);
  switch (played.verdict) {
    case drill::Verdict::failed: result.what = What::failed; return result;
    case drill::Verdict::skipped: result.what = What::skipped; return result;
    case drill::Verdict::unresolved: result.what = What::unresolved; return result;
    case drill::Verdict::passed: break;
  }
  const CodeVerdict code = check_code(played.code);
  if (code.verdict == drill::Verdict::passed) return DrillResult{};
  result.what = code.verdict == drill::Verdict::failed ? What::failed : What::skipped;
  result.line = code.line;
  result.reason = code.message;
  return result;
}

std::string absolute_of(const fs::path& directory) {
  return fs::absolute(directory.empty() ? "." : directory).lexically_normal().string();  // of a plain name
}

drill::DrillConfig config_of(const DrillOptions& options, IpVersion version) {
  drill::DrillConfig config = drill::suite_config(version);
  std::vector<script::Option> given;
  for (const auto& [name, value] : options.packetdrill)
    given.push_back({.name = name, .value = value, .place = {}});
  drill::apply_options(config, given, "command line");
  config.ip_version = version;
  return config;
}

}  // namespace

std::vector<DrillCase> find_cases(const DrillOptions& options) {
  std::vector<IpVersion> versions;
  for (const std::string& name : options.ip_versions) {
    const auto all = {IpVersion::ipv4, IpVersion::ipv6, IpVersion::ipv4_mapped_ipv6};
    const auto found = std::ranges::find(all, std::string_view{name}, name_of);
    if (found == all.end()) throw InputError{"--ip_version", "ipv4, ipv6 or ipv4-mapped-ipv6", name};
    versions.push_back(*found);
  }
  std::vector<DrillCase> cases;
  for (const std::string& what : options.what) {
    const bool is_directory = fs::is_directory(what);
    for (const std::string& path : is_directory ? scripts_below(what) : std::vector{what}) {
      for (const IpVersion version : versions) {
        if (is_directory && !is_of_version(path, version)) continue;
        for (const std::string& profile : options.profiles)
          cases.push_back({.path = path, .ip_version = version, .profile = profile});
      }
    }
  }
  return cases;
}

DrillResult run_case(const DrillCase& one, const DrillOptions& options) {
  DrillResult result;
  result.what = What::trouble;
  const std::optional<std::string> text = text_of_file(one.path);
  if (!text) {
    result.reason = one.path + ": cannot be read";
    return result;
  }
  try {
    script::ParseSettings settings;
    settings.definitions = drill::suite_definitions(one.ip_version);
    for (const auto& [name, value] : options.definitions) settings.definitions[name] = value;
    const script::Script script = script::parse_script(*text, one.path, settings);
    const fs::path directory = fs::path{one.path}.parent_path();
    if (one.profile == kKernelHost)
      return result_of(drill::play_on_kernel(script, one.path, config_of(options, one.ip_version),
                                             absolute_of(directory)));
    const drill::ReadFile read_file = [&directory](const std::string& path) {
      return text_of_file(directory / path);
    };
    return result_of(drill::play_on_model(script, one.path, *find_profile(one.profile),
                                          config_of(options, one.ip_version), read_file));
  } catch (const InputError& error) {
    result.reason = error.what();
    return result;
  }
}

std::vector<std::string> lines_of(const DrillCase& one, const DrillResult& result, bool names_host) {
  std::string name = one.path;
  if (names_host) name = fmt::format("{} {} {}", one.profile, name_of(one.ip_version), name);
  if (result.line != 0) name += fmt::format(":{}", result.line);
  switch (result.what) {
    case What::passed: return {"ok      " + name};
    case What::skipped: return {fmt::format("SKIP    {}: {}", name, result.reason)};
    case What::trouble: return {"TROUBLE " + result.reason};
    case What::unresolved:
    case What::failed: break;
  }
  const std::string_view verdict = result.what == What::failed ? "FAILED " : "UNSURE ";
  std::vector<std::string> lines{fmt::format("{} {}: {}", verdict, name, result.reason)};
  for (std::size_t i = 1; i < result.differences.size(); ++i) {
    const drill::Difference& also = result.differences[i];
    lines.push_back(
        fmt::format("        also {}: expected: {} vs actual: {}", also.field, also.expected, also.actual));
  }
  if (!result.expected.empty()) lines.push_back("        script packet: " + result.expected);
  if (!result.actual.empty()) lines.push_back("        actual packet: " + result.actual);
  return lines;
}

}  // namespace halfopen

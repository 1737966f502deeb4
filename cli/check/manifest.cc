#include "cli/check/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "capture/compare/tolerance.h"
#include "capture/file/output_file.h"
#include "cli/line/pairing.h"
#include "cli/run/find_scenario.h"
#include "sim/scenario/scenario_toml.h"

namespace halfopen {
namespace {

using scenario_toml::Section;

constexpr std::string_view kHeader =
    "# The captures in this directory, and how each was made. `halfopen check` holds new runs against them;\n"
    "# `halfopen check --bless` writes both anew. The format is described in docs/check.md.\n";

constexpr std::array<std::string_view, 1> kRootKeys{"capture"};
constexpr std::array<std::string_view, 14> kEntryKeys{
    "file",  "scenario", "hosts",   "profiles",  "kernel", "date",    "command",
    "quick", "set",      "sysctls", "tolerance", "varies", "varying", "differs"};
constexpr std::array<std::string_view, 4> kHosts{"sim", "replay", "live", "model-kernel"};

// Text that tools of any system can keep as a file's name in that very directory.
bool is_plain_name(std::string_view file) {
  return !file.empty() && file.find('/') == std::string_view::npos &&
         (file.ends_with(".pcapng") || file.ends_with(".pcap"));
}

bool is_date(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00";
  if (text.size() != kShape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool fits =
        kShape[i] == '-' ? text[i] == '-' : std::isdigit(static_cast<unsigned char>(text[i])) != 0;
    if (!fits) return false;
  }
  return true;
}

std::string read_tolerance(const Section& section) {
  const std::string text = section.text("tolerance").value_or("");
  try {
    if (!text.empty()) static_cast<void>(compare::tolerance_from(text));
  } catch (const InputError&) {
    section.reject("tolerance", "a tolerance such as \"exact\", \"5ms+1%\" or \"linux-6.18\"");
  }
  return text;
}

ManifestEntry read_entry(const toml::table& table) {
  const Section section{table, "[[capture]]", kEntryKeys};
  ManifestEntry entry;
  entry.place = section.place();
  entry.file = section.need_text("file");
  if (!is_plain_name(entry.file))
    section.reject("file", "a name in this directory that ends in .pcapng or .pcap");
  entry.scenario = section.need_text("scenario");
  static_cast<void>(section.need_text("hosts"));
  entry.hosts = *pairing_from(kHosts[section.need_word("hosts", kHosts)]);
  entry.profiles = section.texts("profiles");
  entry.kernel = section.text("kernel").value_or("");
  entry.date = section.need_text("date");
  if (!is_date(entry.date)) section.reject("date", "a text such as \"2026-11-24\"");
  entry.command = section.need_text("command");
  entry.quick = section.boolean("quick").value_or(false);
  entry.sets = section.texts("set");
  entry.sysctls = section.texts("sysctls");
  entry.tolerance = read_tolerance(section);
  entry.varying = read_varying(section);
  entry.declared = read_differs(section);
  return entry;
}

// Comments and empty lines at the top.
std::string header_of(std::string_view text) {
  std::string header;
  while (text.starts_with('#') || text.starts_with('\n')) {
    const std::size_t line = std::min(text.find('\n'), text.size() - 1) + 1;
    header += text.substr(0, line);
    text.remove_prefix(line);
  }
  while (header.ends_with("\n\n")) header.pop_back();
  return header == "\n" ? "" : header;
}

// Short lists on one line, long ones with a line for each.
void put_list(std::string& out, std::string_view key, const std::vector<std::string>& texts) {
  constexpr std::size_t kWidth = 110;
  if (texts.empty()) return;
  std::vector<std::string> quoted;
  for (const std::string& text : texts) quoted.push_back(quoted_toml(text));
  const std::string line = fmt::format("{} = [{}]\n", key, fmt::join(quoted, ", "));
  out += line.size() <= kWidth ? line : fmt::format("{} = [\n  {},\n]\n", key, fmt::join(quoted, ",\n  "));
}

void put_text(std::string& out, std::string_view key, std::string_view text) {
  if (!text.empty()) out += fmt::format("{} = {}\n", key, quoted_toml(text));
}

std::string text_of(const ManifestEntry& entry) {
  std::string out = "\n[[capture]]\n";
  put_text(out, "file", entry.file);
  put_text(out, "scenario", entry.scenario);
  put_text(out, "hosts", to_string(entry.hosts));
  put_list(out, "profiles", entry.profiles);
  put_text(out, "kernel", entry.kernel);
  put_text(out, "date", entry.date);
  put_text(out, "command", entry.command);
  if (entry.quick) out += "quick = true\n";
  put_list(out, "set", entry.sets);
  put_list(out, "sysctls", entry.sysctls);
  put_text(out, "tolerance", entry.tolerance);
  put_text(out, "varies", entry.varying.reason);
  put_list(out, "varying", entry.varying.fields);
  out += text_of(entry.declared);
  return out;
}

}  // namespace

ManifestEntry* Manifest::find(std::string_view file) {
  const auto found = std::ranges::find(entries, file, &ManifestEntry::file);
  return found == entries.end() ? nullptr : &*found;
}

void Manifest::put(ManifestEntry entry) {
  if (ManifestEntry* old = find(entry.file)) {
    *old = std::move(entry);
    return;
  }
  const auto after = std::ranges::upper_bound(entries, entry.file, {}, &ManifestEntry::file);
  entries.insert(after, std::move(entry));
}

std::optional<Manifest> read_manifest(const std::filesystem::path& directory) {
  const Manifest manifest{.directory = directory, .header = {}, .entries = {}};
  std::error_code error;
  if (!std::filesystem::exists(manifest.path(), error)) return std::nullopt;
  return parse_manifest(read_text(manifest.path().string()), directory);
}

Manifest parse_manifest(std::string_view text, const std::filesystem::path& directory) {
  Manifest manifest;
  manifest.directory = directory;
  const toml::table root = scenario_toml::parse_text(text, manifest.path().string());
  manifest.header = header_of(text);
  for (const toml::table* table : Section{root, "a manifest", kRootKeys}.tables("capture")) {
    ManifestEntry entry = read_entry(*table);
    if (manifest.find(entry.file) != nullptr) {
      throw InputError{entry.place, "one entry for each file",
                       fmt::format("a second one for \"{}\"", entry.file)};
    }
    manifest.entries.push_back(std::move(entry));
  }
  std::ranges::sort(manifest.entries, {}, &ManifestEntry::file);
  return manifest;
}

std::string text_of(const Manifest& manifest) {
  std::string text{manifest.header.empty() ? kHeader : std::string_view{manifest.header}};
  for (const ManifestEntry& entry : manifest.entries) text += text_of(entry);
  return text;
}

void write_manifest(const Manifest& manifest) {
  OutputFile file{manifest.path().string(), OutputFile::OnSignal::discard};
  file.write(text_of(manifest));
  file.finish();
}

}  // namespace halfopen

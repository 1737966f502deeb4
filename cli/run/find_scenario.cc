#include "cli/run/find_scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string_view>

#include "cli/run/shipped.h"
#include "cli/tell/exit_code.h"
#include "sim/base/units.h"

namespace halfopen {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

Trouble unknown(const std::string& name) {
  std::vector<std::string_view> names;
  for (const ShippedScenario& shipped : shipped_scenarios()) names.push_back(shipped.name);
  const std::string_view meant = nearest(name, names);
  const std::string hint = meant.empty() ? "" : fmt::format("; did you mean '{}'?", meant);
  return Trouble{
      fmt::format("no scenario '{}'{} ('halfopen list' names them; a file ends in .toml)", name, hint)};
}

}  // namespace

std::string read_text(const std::string& path) {
  const auto cannot = [&](int error) {
    return Trouble{fmt::format("cannot read {}: {}", path, std::strerror(error))};
  };
  const std::unique_ptr<std::FILE, CloseFile> file{std::fopen(path.c_str(), "rb")};
  if (!file) throw cannot(errno);
  std::string text(kMaxScenarioBytes + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) throw cannot(errno);
  return text;
}

NamedScenario find_scenario(const std::string& name_or_file, const std::vector<std::string>& overrides,
                            bool quick) {
  const ScenarioOptions options{.overrides = overrides, .quick = quick};
  if (name_or_file.find('/') != std::string::npos || name_or_file.ends_with(".toml")) {
    const std::string stem = std::filesystem::path{name_or_file}.stem().string();
    return {.name = stem,
            .scenario = parse_scenario(read_text(name_or_file), name_or_file, options),
            .is_shipped = false};
  }
  const auto& all = shipped_scenarios();
  const auto found = std::ranges::find(all, name_or_file, &ShippedScenario::name);
  if (found == all.end()) throw unknown(name_or_file);
  return {.name = name_or_file,
          .scenario = parse_scenario(found->toml, name_or_file + ".toml", options),
          .is_shipped = true};
}

}  // namespace halfopen

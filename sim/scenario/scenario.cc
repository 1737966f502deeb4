#include "sim/scenario/scenario.h"

#include <fmt/format.h>

#include <array>

#include "sim/base/plain_text.h"
#include "sim/base/rng.h"
#include "sim/scenario/scenario_toml.h"

namespace halfopen {
namespace {

constexpr std::array<std::string_view, 13> kRootKeys{
    "title",  "story",  "ip_version", "until",    "seed",   "sooner", "path",
    "router", "client", "server",     "timeline", "expect", "quick",
};

constexpr std::uint16_t kPort = 9998;

IpAddress v6(std::uint8_t last) {
  return IpAddress::v6({0xfd, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last});  // fd00:9::
}

void aim_programs(Scenario& scenario, std::uint16_t port) {
  scenario.client.program.server = {scenario.server.address, port};
  scenario.server.program.server = {scenario.server.address, port};
}

Scenario interpret(const toml::table& tree) {
  const scenario_toml::Section root{tree, "a scenario", kRootKeys};
  Scenario scenario;
  scenario.title = plain_line(root.need_text("title"));
  scenario.salt = Rng{0}.split(scenario.title).next();
  scenario.story = plain_text(root.text("story").value_or(""));
  set_ip_version(scenario, root.integer("ip_version", 4, 6).value_or(4) == 6 ? 6 : 4);
  if (root.has("ip_version") && root.need_integer("ip_version", 4, 6) == 5)
    root.reject("ip_version", "4 or 6");
  if (const auto until = root.duration("until")) scenario.until = kTimeZero + *until;
  scenario.seed = static_cast<std::uint64_t>(root.integer("seed", 0, INT64_MAX).value_or(1));
  scenario.sooner = root.boolean("sooner").value_or(true);
  scenario_toml::read_path(root, scenario);
  scenario_toml::read_hosts(root, scenario);
  scenario.timeline = scenario_toml::read_timeline(root, scenario);
  scenario.expect = scenario_toml::read_expectations(root, scenario);
  return scenario;
}

Scenario parse_unguarded(std::string_view toml, const std::string& name, const ScenarioOptions& options) {
  toml::table tree = scenario_toml::parse_text(toml, name);
  if (tree.empty() && options.overrides.empty()) {
    throw InputError{name, "a scenario (title, client, server, timeline ...)", "nothing"};
  }
  const bool has_quick = scenario_toml::take_quick(tree, options.quick);
  std::uint32_t ordinal = 0;
  for (const std::string& assignment : options.overrides) {
    scenario_toml::apply_override(tree, assignment, ++ordinal);
  }
  Scenario scenario = interpret(tree);
  scenario.has_quick = has_quick;
  scenario.quick = has_quick && options.quick;
  return scenario;
}

}  // namespace

HostScenario::HostScenario() {
  profile = *find_profile("linux");
  profile_name = profile.name;
}

Scenario::Scenario() { set_ip_version(*this, 4); }

void set_ip_version(Scenario& scenario, int version) {
  scenario.ip_version = version;
  scenario.client.address = version == 6 ? v6(1) : IpAddress::v4({10, 9, 0, 1});
  scenario.server.address = version == 6 ? v6(2) : IpAddress::v4({10, 9, 0, 2});
  scenario.path.router = version == 6 ? v6(0xfe) : IpAddress::v4({10, 9, 0, 254});
  aim_programs(scenario, kPort);
}

RunFacts Scenario::facts() const {
  // A row's name up to its version; its family may be another's, by whose names it takes parameters.
  const auto system_of = [](const OsProfile& row) { return row.name.substr(0, row.name.find('-')); };
  RunFacts facts;
  facts.client_os = system_of(client.profile);
  facts.server_os = system_of(server.profile);
  facts.client_profile = client.profile_name;
  facts.server_profile = server.profile_name;
  facts.quick = quick;
  return facts;
}

std::vector<std::string> override_keys() {
  std::vector<std::string> keys;
  for (const std::string_view key : kRootKeys) {
    if (key == "path") break;  // from here on sections and lists
    keys.emplace_back(key);
  }
  scenario_toml::add_section_keys(keys);
  return keys;
}

Scenario parse_scenario(std::string_view toml, const std::string& name, const ScenarioOptions& options) {
  Scenario scenario = parse_unguarded(toml, name, options);
  // A misspelt key in [quick] must not wait for the first quick run to be found.
  if (scenario.has_quick && !scenario.quick)
    static_cast<void>(parse_unguarded(toml, name, {.overrides = {}, .quick = true}));
  return scenario;
}

}  // namespace halfopen

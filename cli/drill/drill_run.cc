#include "cli/drill/drill_run.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "replay/drill/kernel_script_host.h"
#include "sim/base/input_error.h"
#include "sim/drill/model_script_host.h"
#include "sim/script/calls.h"
#include "sim/script/parser.h"

namespace halfopen {
namespace {

DrillResult result_of(drill::PlayResult&& played, Python& python) {
  DrillResult result;
  result.mismatches = std::move(played.passed_over);
  if (played.verdict == drill::Verdict::skipped) {
    result.outcome = CaseOutcome::skipped;
    result.line = played.place.line;
    result.reason = std::move(played.message);
    return result;
  }
  if (played.verdict == drill::Verdict::failed || played.verdict == drill::Verdict::unresolved) {
    result.outcome = played.verdict == drill::Verdict::failed ? CaseOutcome::failed : CaseOutcome::unresolved;
    result.mismatches.push_back(std::move(played));
    result.line = result.mismatches.front().place.line;
    result.reason = result.mismatches.front().message;
    return result;
  }
  const CodeVerdict code = python.judge(played.code);
  result.outcome = code.outcome;
  if (code.outcome == CaseOutcome::passed) return result;
  result.line = code.line;
  result.reason = code.message;
  return result;
}

// Throws InputError for what is no script.
script::Script script_of(const DrillCase& one, const std::string& text, const DrillOptions& options) {
  script::ParseSettings settings;
  settings.definitions = drill::suite_definitions(one.ip_version);
  for (const auto& [name, value] : options.definitions) settings.definitions[name] = value;
  if (options.dialect == "google") settings.dialect = script::Dialect::google;
  if (options.dialect == "nplab") settings.dialect = script::Dialect::nplab;
  script::Script script = script::parse_script(text, one.path, settings);
  script::check_calls(script, one.path);
  return script;
}

drill::PlayResult play(const DrillCase& one, const script::Script& script, const DrillOptions& options,
                       Observer* observer) {
  const std::filesystem::path directory = std::filesystem::path{one.path}.parent_path();
  if (one.profile == kKernelHost) {
    const auto absolute = std::filesystem::absolute(directory.empty() ? "." : directory);  // of a plain name
    return drill::play_on_kernel(script, one.path, config_of(options, one),
                                 absolute.lexically_normal().string());
  }
  const drill::ReadFile read_file = [&directory](const std::string& path) {
    return text_of_file((directory / path).string());
  };
  return drill::play_on_model(script, one.path, *find_profile(one.profile), config_of(options, one),
                              read_file, observer);
}

RunInfo info_of(const DrillCase& one, const script::Script& script, const DrillOptions& options) {
  drill::DrillConfig config = config_of(options, one);
  drill::apply_options_of(config, script, one.path);
  const OsProfile& profile = *find_profile(one.profile);
  RunInfo run;
  run.version = HALFOPEN_VERSION;
  run.scenario = one.path;
  run.tap = drill::side_of(script);
  run.hosts.push_back({.id = run.tap,
                       .address = config.local(),
                       .kind = "model",
                       .os = std::string{to_string(profile.family)},
                       .profile = std::string{profile.name},
                       .program = "packetdrill"});
  HostInfo other;
  other.id = run.tap == HostId::client ? HostId::server : HostId::client;
  other.address = config.remote();
  run.hosts.push_back(std::move(other));
  return run;
}

}  // namespace

drill::DrillConfig config_of(const DrillOptions& options, const DrillCase& one) {
  drill::DrillConfig config;
  if (!one.says_version) config = drill::suite_config(one.ip_version);
  config.ip_version = one.ip_version;  // before the addresses
  if (one.of_suite && !one.says_version) config.overrides = drill::suite_options(one.ip_version);
  for (const auto& [name, value] : options.packetdrill)
    config.overrides.push_back({.name = name, .value = value, .place = {}});
  if (options.goes_on) config.passes_over = {.packets = true, .calls = true, .counts = true};
  return config;
}

DrillResult run_case(const DrillCase& one, const DrillOptions& options, Python& python) {
  const auto began = std::chrono::steady_clock::now();
  DrillResult result;
  result.outcome = CaseOutcome::trouble;
  if (const std::optional<std::string> text = text_of_file(one.path)) {
    try {
      result = result_of(play(one, script_of(one, *text, options), options, nullptr), python);
    } catch (const InputError& error) {
      result.reason = error.what();
    }
  } else {
    result.reason = one.path + ": cannot be read";
  }
  const auto took = std::chrono::steady_clock::now() - began;
  result.took = std::chrono::duration_cast<std::chrono::milliseconds>(took);
  return result;
}

void listen_to_case(const DrillCase& one, const DrillOptions& options, const ListenerFor& listener) {
  if (one.profile == kKernelHost) return;  // it would not be the same again
  const std::optional<std::string> text = text_of_file(one.path);
  if (!text) return;
  try {
    const script::Script script = script_of(one, *text, options);
    (void)play(one, script, options, &listener(info_of(one, script, options)));
  } catch (const InputError&) {           // of a script: it was told when it was to be played
  } catch (const drill::NotSupported&) {  // of its options, likewise
  }
}

}  // namespace halfopen

#include "cli/drill/drill_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "cli/run/run_scenario.h"
#include "replay/drill/kernel_script_host.h"
#include "replay/run/kernel_run.h"
#include "sim/base/input_error.h"
#include "sim/drill/model_script_host.h"
#include "sim/script/calls.h"
#include "sim/script/parser.h"

namespace halfopen {
namespace {

// More than this late, and what a script expects may no longer be what a kernel does: packetdrill's own
// tolerance, and a jiffy of a kernel at 250 Hz.
constexpr Duration kLate = std::chrono::milliseconds{4};

PlayedCase case_of(drill::PlayResult&& played) {
  PlayedCase one{.result = {}, .code = std::move(played.code)};
  DrillResult& result = one.result;
  result.mismatches = std::move(played.passed_over);
  if (played.verdict == drill::Verdict::skipped) {
    result.outcome = CaseOutcome::skipped;
    result.line = played.place.line;
    result.reason = std::move(played.message);
  } else if (played.verdict != drill::Verdict::passed) {
    result.outcome = CaseOutcome::failed;
    result.mismatches.push_back(std::move(played));
    result.line = result.mismatches.front().place.line;
    result.reason = result.mismatches.front().message;
  }
  return one;
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

drill::PlayResult play_on_kernel(const DrillCase& one, const script::Script& script,
                                 const DrillOptions& options, drill::ScriptRecord& record) {
  const std::filesystem::path directory = std::filesystem::path{one.path}.parent_path();
  const auto absolute = std::filesystem::absolute(directory.empty() ? "." : directory);  // of a plain name
  const drill::KernelSetting setting{.directory = absolute.lexically_normal().string(),
                                     .is_real_time = !is_in_guest()};
  return drill::play_on_kernel(script, one.path, config_of(options, one), setting, record);
}

drill::PlayResult play_on_model(const DrillCase& one, const script::Script& script,
                                const DrillOptions& options, Observer* observer) {
  const std::filesystem::path directory = std::filesystem::path{one.path}.parent_path();
  const drill::ReadFile read_file = [&directory](const std::string& path) {
    return text_of_file((directory / path).string());
  };
  return drill::play_on_model(script, one.path, *find_profile(one.profile), config_of(options, one),
                              read_file, observer);
}

RunInfo info_of(const DrillCase& one, const script::Script& script, const DrillOptions& options) {
  drill::DrillConfig config = config_of(options, one);
  drill::apply_options_of(config, script, one.path);
  RunInfo run;
  run.version = HALFOPEN_VERSION;
  run.scenario = one.path;
  run.tap = drill::side_of(script);
  const bool is_kernel = one.profile == kKernelHost;
  run.virtual_time = is_kernel && is_in_guest();
  run.hosts.push_back({.id = run.tap,
                       .address = config.local(),
                       .kind = is_kernel ? "kernel" : "model",
                       .os = std::string{to_string(os_of(one))},
                       .profile = is_kernel ? "linux-" + kernel_release() : one.profile,
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

PlayedCase play_case(const DrillCase& one, const DrillOptions& options) {
  const auto began = std::chrono::steady_clock::now();
  PlayedCase played;
  played.result.outcome = CaseOutcome::trouble;
  if (const std::optional<std::string> text = text_of_file(one.path)) {
    try {
      const script::Script script = script_of(one, *text, options);
      drill::ScriptRecord record;
      played = case_of(one.profile == kKernelHost ? play_on_kernel(one, script, options, record)
                                                  : play_on_model(one, script, options, nullptr));
      played.result.record = std::move(record);
    } catch (const InputError& error) {
      played.result.reason = error.what();
    }
  } else {
    played.result.reason = one.path + ": cannot be read";
  }
  const auto took = std::chrono::steady_clock::now() - began;
  played.result.took = std::chrono::duration_cast<std::chrono::milliseconds>(took);
  return played;
}

DrillResult judge(PlayedCase&& played, Python& python) {
  DrillResult result = std::move(played.result);
  if (result.outcome == CaseOutcome::passed) {
    CodeVerdict code = python.judge(played.code);
    result.outcome = code.outcome;
    if (code.outcome != CaseOutcome::passed) {
      result.line = code.line;
      result.reason = std::move(code.message);
    }
  }
  const Duration late = result.record.lateness;
  if (result.outcome != CaseOutcome::failed || late <= kLate) return result;
  result.outcome = CaseOutcome::unresolved;
  const std::string excuse = fmt::format(" (this machine was late by {:.1f} ms)",
                                         std::chrono::duration<double, std::milli>{late}.count());
  result.reason += excuse;
  if (!result.mismatches.empty()) result.mismatches.back().message += excuse;
  return result;
}

void listen_to_case(const DrillCase& one, const DrillOptions& options, const DrillResult& result,
                    const ListenerFor& listener) {
  const std::optional<std::string> text = text_of_file(one.path);
  if (!text) return;
  try {
    const script::Script script = script_of(one, *text, options);
    const RunInfo run = info_of(one, script, options);
    if (one.profile == kKernelHost) return result.record.tell(listener(run), run.tap);
    (void)play_on_model(one, script, options, &listener(run));
  } catch (const InputError&) {           // of a script: it was told when it was to be played
  } catch (const drill::NotSupported&) {  // of its options, likewise
  }
}

}  // namespace halfopen

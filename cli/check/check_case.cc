#include "cli/check/check_case.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "capture/file/output_file.h"
#include "cli/check/check_reference.h"
#include "cli/run/traced_run.h"
#include "replay/base/errors.h"
#include "replay/run/kernel_run.h"

namespace halfopen {
namespace {

namespace fs = std::filesystem;

std::string read_whole(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

// As a shell takes it for one word.
std::string shell_word(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=.,:/+@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string out{'\''};
  for (const char c : text) {
    if (c == '\'') out += "'\\'";
    out += c;
  }
  return out + '\'';
}

std::string command_for(const RunSpec& spec, const RunInfo& info, const std::string& file) {
  const Pairing& hosts = spec.hosts;
  const bool named = hosts.client_is_kernel || !hosts.server_is_kernel;  // by a command of its own
  std::string command = fmt::format("halfopen {}{} {}", info.virtual_time ? "vm -- " : "",
                                    named ? to_string(hosts) : "run", shell_word(spec.scenario));
  if (!named) command += " --client model --server kernel";
  if (spec.quick) command += " --quick";
  if (!spec.trace && !hosts.is_simulated()) command += " --no-trace";
  for (const std::string& set : spec.sets) command += " --set " + shell_word(set);
  return command + " -q -w " + shell_word(file);
}

// "client.tcp_rmem=..." and "server.tcp_rmem=..." with one value are one line without a host.
std::vector<std::string> merged(const std::vector<std::string>& sysctls, const Pairing& hosts) {
  std::vector<std::string> all;
  for (const std::string& sysctl : sysctls) {
    const std::string bare = sysctl.substr(sysctl.find('.') + 1);
    const bool both = hosts.client_is_kernel && hosts.server_is_kernel;
    const bool common = !both || (std::ranges::find(sysctls, "client." + bare) != sysctls.end() &&
                                  std::ranges::find(sysctls, "server." + bare) != sysctls.end());
    const std::string text = common ? bare : sysctl;
    if (std::ranges::find(all, text) == all.end()) all.push_back(text);
  }
  return all;
}

ManifestEntry entry_for(const CheckCase& one, const TracedRun& traced, const std::string& file) {
  ManifestEntry entry;
  entry.file = file;
  entry.scenario = one.scenario;
  entry.hosts = one.spec.hosts;
  entry.profiles = {traced.run.facts.client_profile, traced.run.facts.server_profile};
  if (!one.spec.hosts.is_simulated()) entry.kernel = full_kernel_release();
  entry.date = fmt::format("{:%F}", fmt::gmtime(std::chrono::system_clock::now()));
  entry.command = command_for(one.spec, traced.run.info, file);
  entry.quick = one.spec.quick;
  entry.sets = one.spec.sets;
  // Another image in the guest moves its timers a little, and what else it does the first packets: by
  // meaning, not to the nanosecond (docs/vm.md).
  if (traced.run.info.virtual_time) entry.tolerance = "linux:25ms+1%";
  entry.sysctls = merged(traced.end.sysctls, one.spec.hosts);
  return entry;
}

void bless(const CheckCase& one, const TracedRun& traced, CheckResult& result) {
  const std::string bytes = read_whole(traced.capture.path());
  for (const std::string& file : one.blessed) {
    const std::string path = (fs::path{one.directory} / file).string();
    if (read_whole(path) == bytes) {
      result.unchanged.push_back(file);
    } else {
      OutputFile out{path, OutputFile::OnSignal::discard};
      out.write(bytes);
      out.finish();
    }
    result.blessed.push_back(entry_for(one, traced, file));
  }
}

std::string sentence_of(const Verdict& verdict) {
  return fmt::format("{}: expected {}, found {}", verdict.place, verdict.text, verdict.found);
}

void count_expectations(const TracedRun& traced, CheckResult& result) {
  for (const Verdict& verdict : traced.verdicts) {
    switch (verdict.what) {
      case Verdict::What::passed: ++result.expectations_passed; break;
      case Verdict::What::skipped:
      case Verdict::What::not_applicable: ++result.expectations_other; break;
      case Verdict::What::failed: result.failed.push_back(sentence_of(verdict)); break;
      case Verdict::What::unresolved:
        result.unresolved.push_back(sentence_of(verdict));
        if (!verdict.has_size()) result.unsized.push_back(verdict.place + ":");
        break;
    }
  }
}

CheckResult::What outcome_of(const CheckResult& result) {
  const auto any = [&](ReferenceResult::What what) {
    return std::ranges::find(result.references, what, &ReferenceResult::what) != result.references.end();
  };
  if (any(ReferenceResult::What::broken)) return CheckResult::What::trouble;
  const bool differs = any(ReferenceResult::What::different) || any(ReferenceResult::What::gone);
  if (!result.failed.empty() || differs) return CheckResult::What::failed;
  const bool is_unresolved = !result.unresolved.empty() || any(ReferenceResult::What::unresolved);
  return is_unresolved ? CheckResult::What::unresolved : CheckResult::What::passed;
}

void run_into(const CheckCase& one, CheckResult& result) {
  const TracedRun traced = run_to_capture(one.spec);
  count_expectations(traced, result);
  for (const Reference& reference : one.references) {
    result.references.push_back(compare_with(reference, traced, result));
  }
  result.what = outcome_of(result);
  if (one.blessed.empty()) return;
  if (result.failed.empty() && result.unresolved.empty()) {
    bless(one, traced, result);
  } else {
    result.remarks.emplace_back("no reference was written: the run is not as the scenario says");
  }
}

}  // namespace

CheckResult run_case(const CheckCase& one) {
  CheckResult result;
  result.name = one.name;
  try {
    run_into(one, result);
  } catch (const Cannot& error) {
    result.what = CheckResult::What::skipped;
    result.reason = error.what();
  } catch (const std::exception& error) {
    result.what = CheckResult::What::trouble;
    result.reason = error.what();
  }
  return result;
}

}  // namespace halfopen

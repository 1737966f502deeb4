#include "cli/check/check_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "cli/run/find_scenario.h"
#include "cli/run/run_scenario.h"
#include "cli/run/shipped.h"
#include "cli/tell/exit_code.h"

namespace halfopen {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNearby = "pcaps";  // where references are looked for, from the current directory

bool is_directory(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool is_file_name(const std::string& name) {
  return name.find('/') != std::string::npos || name.ends_with(".toml");
}

// The scenarios of a directory, by name.
std::vector<std::string> scenarios_in(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator entries{directory, error}, end; !error && entries != end;
       entries.increment(error)) {
    const fs::path& path = entries->path();
    if (path.extension() == ".toml" && path.filename() != "manifest.toml") files.push_back(path.string());
  }
  if (error) throw Trouble{fmt::format("cannot read the directory {}: {}", directory, error.message())};
  if (files.empty()) throw Trouble{fmt::format("no scenarios (*.toml) in the directory {}", directory)};
  std::ranges::sort(files);
  return files;
}

class Planner {
 public:
  explicit Planner(const CheckOptions& options) : options_{options} {}

  CheckPlan make() {
    examine_against();
    for (const std::string& name : names()) add(name);
    if (!capture_.empty() && plan_.cases.size() != 1) {
      throw Trouble{fmt::format("--against {} is one capture: name one scenario", capture_)};
    }
    plan_.has_references |= !plan_.manifests.empty() || against_simulation_ || !capture_.empty();
    return std::move(plan_);
  }

 private:
  void examine_against();
  void examine_capture();
  [[nodiscard]] std::vector<std::string> names() const;
  void add(const std::string& name);
  void add_references(CheckCase& one, bool has_quick, Manifest* manifest);
  void add_blessed(CheckCase& one, bool has_quick, Manifest* manifest);
  void refuse_twice(const CheckCase& one) const;
  Manifest* manifest_in(const fs::path& directory);
  Manifest* manifest_for(const std::string& name);
  [[nodiscard]] Trouble nowhere_to_bless() const;

  const CheckOptions& options_;
  CheckPlan plan_;
  bool against_simulation_ = false;
  std::string directory_;                       // --against names it
  std::string capture_;                         // --against names it
  std::optional<ManifestEntry> capture_entry_;  // where a manifest beside it has one
};

// Did this entry's run set out as `spec` does? `has_quick`: the scenario knows how to be quick.
bool fits(const ManifestEntry& entry, const CheckCase& one, bool has_quick) {
  return entry.scenario == one.scenario && entry.hosts == one.spec.hosts && entry.sets == one.spec.sets &&
         (entry.quick && has_quick) == one.spec.quick;
}

// A kernel host has the profile `linux`, or what an entry says that it was: a model in its place needs it,
// too, unless the command line says which.
void model_kernels(RunSpec& spec, const Pairing& kernels, const std::vector<std::string>& profiles = {}) {
  const auto set = [&](std::string_view host, std::size_t index) {
    const std::string key = fmt::format("{}.profile=", host);
    const auto is_it = [&](const std::string& text) { return text.starts_with(key); };
    if (std::ranges::any_of(spec.sets, is_it)) return;
    const bool is_known = index < profiles.size() && find_profile(profiles[index]) != nullptr;
    spec.sets.push_back(key + (is_known ? profiles[index] : "linux"));
  };
  if (kernels.client_is_kernel && !spec.hosts.client_is_kernel) set("client", 0);
  if (kernels.server_is_kernel && !spec.hosts.server_is_kernel) set("server", 1);
}

void Planner::examine_against() {
  const std::string& against = options_.against;
  if (against == "sim") {
    against_simulation_ = true;
    if (options_.hosts.is_simulated()) {
      throw Trouble{
          "--against sim compares a real kernel with the model: add --client kernel or --server kernel"};
    }
  } else if (is_directory(against) || (options_.bless && !against.ends_with(".pcapng") && !against.empty())) {
    directory_ = against;
    if (manifest_in(directory_) == nullptr && !options_.bless) {
      throw Trouble{fmt::format("no manifest.toml in {}: 'halfopen check --bless' writes one", directory_)};
    }
  } else if (!against.empty()) {
    capture_ = against;
    examine_capture();
  }
  if (options_.bless && (against_simulation_ || !capture_.empty())) {
    throw Trouble{"--bless writes references into a directory: --against may only name that"};
  }
}

void Planner::examine_capture() {
  std::error_code error;
  if (!fs::exists(capture_, error)) {
    throw Trouble{
        fmt::format("--against {}: expected 'sim', a capture or a directory, found nothing there", capture_)};
  }
  const fs::path path{capture_};
  Manifest* manifest = manifest_in(path.has_parent_path() ? path.parent_path() : fs::path{"."});
  const ManifestEntry* entry = manifest == nullptr ? nullptr : manifest->find(path.filename().string());
  if (entry != nullptr) capture_entry_ = *entry;
}

std::vector<std::string> Planner::names() const {
  std::vector<std::string> all;
  for (const std::string& what : options_.what) {
    if (is_directory(what)) {
      for (std::string& file : scenarios_in(what)) all.push_back(std::move(file));
    } else {
      all.push_back(what);
    }
  }
  if (options_.what.empty() && capture_entry_) all.push_back(capture_entry_->scenario);
  if (all.empty() && capture_.empty()) {
    for (const ShippedScenario& shipped : shipped_scenarios()) all.emplace_back(shipped.name);
  }
  std::vector<std::string> once;
  for (std::string& name : all) {
    if (std::ranges::find(once, name) == once.end()) once.push_back(std::move(name));
  }
  return once;
}

void Planner::add(const std::string& name) {
  CheckCase one;
  one.name = name;
  one.spec.scenario = name;
  one.spec.hosts = options_.hosts;
  one.spec.sets = options_.sets;
  one.spec.trace = !options_.no_trace;
  bool quick = options_.quick;
  if (capture_entry_) {  // as the capture was made
    one.spec.sets.insert(one.spec.sets.begin(), capture_entry_->sets.begin(), capture_entry_->sets.end());
    quick |= capture_entry_->quick;
    model_kernels(one.spec, capture_entry_->hosts, capture_entry_->profiles);
  }
  const NamedScenario named = find_scenario(name, one.spec.sets, quick);
  one.scenario = named.name;
  one.spec.quick = quick && named.scenario.has_quick;
  Manifest* manifest = capture_.empty() ? manifest_for(name) : nullptr;
  if (options_.bless) {
    add_blessed(one, named.scenario.has_quick, manifest);
  } else {
    add_references(one, named.scenario.has_quick, manifest);
  }
  plan_.cases.push_back(std::move(one));
}

void Planner::add_references(CheckCase& one, bool has_quick, Manifest* manifest) {
  if (!capture_.empty()) {
    Reference& reference = one.references.emplace_back();
    reference.file = capture_;
    if (!capture_entry_) return;
    reference.place = capture_entry_->place;
    reference.declared = capture_entry_->declared;
    // These are of such runs among each other; the model does not jitter.
    if (capture_entry_->hosts == one.spec.hosts) {
      reference.tolerance = capture_entry_->tolerance;
      reference.varying = capture_entry_->varying;
    }
    return;
  }
  Reference simulation;
  for (const ManifestEntry& entry : manifest == nullptr ? std::vector<ManifestEntry>{} : manifest->entries) {
    if (!fits(entry, one, has_quick)) continue;
    Reference reference{.file = (manifest->directory / entry.file).string(),
                        .place = entry.place,
                        .tolerance = entry.tolerance,
                        .declared = entry.declared,
                        .varying = entry.varying};
    if (against_simulation_)
      simulation = std::move(reference);  // what is known of this run
    else
      one.references.push_back(std::move(reference));
  }
  if (!against_simulation_) return;
  simulation.file.clear();
  simulation.simulation = one.spec;
  simulation.simulation->hosts = {};
  model_kernels(*simulation.simulation, one.spec.hosts);
  one.references.push_back(std::move(simulation));
}

// A place that later checks find by themselves: beside the user's scenarios, of shipped ones nearby.
Trouble Planner::nowhere_to_bless() const {
  std::optional<std::string> beside;
  for (const std::string& what : options_.what) {
    const fs::path path{what};
    std::string place = kNearby;
    if (is_directory(what)) {
      place = path.has_filename() ? what : path.parent_path().string();
    } else if (is_file_name(what)) {
      place = path.has_parent_path() ? path.parent_path().string() : ".";
    }
    beside = !beside || beside == place ? place : kNearby;
  }
  const std::string place = beside.value_or(kNearby);
  return Trouble{
      fmt::format("no references yet ({}/manifest.toml): add '--against {}' to write them there, where check "
                  "will find them",
                  place, place)};
}

// The references that fit are written anew; where there is none, one more.
void Planner::add_blessed(CheckCase& one, bool has_quick, Manifest* manifest) {
  if (manifest == nullptr) throw nowhere_to_bless();
  one.directory = manifest->directory.string();
  for (const ManifestEntry& entry : manifest->entries) {
    if (!fits(entry, one, has_quick)) continue;
    if (!entry.file.ends_with(".pcapng")) {
      throw InputError{entry.place, "a .pcapng for --bless to write", '"' + entry.file + '"'};
    }
    one.blessed.push_back(entry.file);
  }
  if (!one.blessed.empty()) return refuse_twice(one);
  // "host-crash.retries2-12.replay.pcapng": what was set is part of the name, and so is quickness in doubt.
  std::string stem = one.scenario;
  for (std::string set : one.spec.sets) {
    set = set.substr(set.substr(0, set.find('=')).rfind('.') + 1);
    std::ranges::replace_if(
        set, [](char c) { return std::string_view{"=/ \"'"}.find(c) != std::string_view::npos; }, '-');
    stem += '.' + set;
  }
  const std::string end = fmt::format(".{}.pcapng", to_string(one.spec.hosts));
  std::string file = stem + end;
  if (manifest->find(file) != nullptr) file = stem + (one.spec.quick ? ".quick" : ".full") + end;
  for (int i = 2; manifest->find(file) != nullptr; ++i) file = fmt::format("{}.{}{}", stem, i, end);
  one.blessed.push_back(file);
  // So that the next one of that name finds it taken.
  ManifestEntry taken;
  taken.file = file;
  taken.scenario = one.scenario;
  taken.hosts = one.spec.hosts;
  taken.quick = one.spec.quick;
  taken.sets = one.spec.sets;
  manifest->put(std::move(taken));
}

// Two files of one name would be one reference.
void Planner::refuse_twice(const CheckCase& one) const {
  for (const CheckCase& other : plan_.cases) {
    if (other.scenario != one.scenario || other.directory != one.directory) continue;
    throw Trouble{fmt::format("{} and {} would be one reference, as both are '{}'", other.name, one.name,
                              one.scenario)};
  }
}

// Null if there is none; with --bless the directory that --against names gets one.
Manifest* Planner::manifest_in(const fs::path& directory) {
  const std::string key = directory.string();
  const auto known = plan_.manifests.find(key);
  if (known != plan_.manifests.end()) return &known->second;
  std::optional<Manifest> manifest = read_manifest(directory);
  if (!manifest && options_.bless && key == directory_)
    manifest = Manifest{.directory = directory, .header = {}, .entries = {}};
  if (!manifest) return nullptr;
  return &plan_.manifests.emplace(key, std::move(*manifest)).first->second;
}

// Where the references of a scenario are: as told, else beside its file, else nearby.
Manifest* Planner::manifest_for(const std::string& name) {
  if (!directory_.empty()) return manifest_in(directory_);
  if (is_file_name(name)) {
    const fs::path path{name};
    if (Manifest* own = manifest_in(path.has_parent_path() ? path.parent_path() : fs::path{"."})) return own;
  }
  return manifest_in(kNearby);
}

}  // namespace

CheckPlan plan_check(const CheckOptions& options) { return Planner{options}.make(); }

}  // namespace halfopen

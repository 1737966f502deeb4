// Reading TOML with good manners: every value is asked for by kind, and whatever is wrong becomes an
// InputError with the place, what was expected and what was found. For the scenario's sources, and for what
// else is written in TOML.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/input_error.h"
#include "sim/base/time.h"
#include "sim/scenario/expectation.h"
#include "sim/scenario/scenario.h"

namespace halfopen::scenario_toml {

// "FILE:line:column", or "--set KEY" for a value that was given on the command line.
[[nodiscard]] std::string place_of(const toml::source_region& source);
// What was found, for messages: "\"fast\"", "10", "true", "a table".
[[nodiscard]] std::string found_text(const toml::node& node);

// One table whose keys are all known. Getters give nullopt for a key that is not there.
class Section {
 public:
  // Throws for a key that is not among `keys`, with the nearest that is. `name` is for messages: "[path]".
  Section(const toml::table& table, std::string name, std::span<const std::string_view> keys);

  [[nodiscard]] bool has(std::string_view key) const { return table_.contains(key); }
  [[nodiscard]] const toml::node* find(std::string_view key) const { return table_.get(key); }
  [[nodiscard]] std::string place() const { return place_of(table_.source()); }
  [[nodiscard]] std::string place(std::string_view key) const;  // of a key; the section's if it is not there

  [[nodiscard]] std::optional<std::string> text(std::string_view key) const;
  [[nodiscard]] std::optional<bool> boolean(std::string_view key) const;
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key, std::int64_t low,
                                                    std::int64_t high) const;
  [[nodiscard]] std::optional<Duration> duration(std::string_view key) const;
  [[nodiscard]] std::optional<double> probability(std::string_view key) const;
  [[nodiscard]] std::optional<std::uint64_t> rate(std::string_view key) const;
  [[nodiscard]] std::optional<std::uint64_t> size(
      std::string_view key) const;  // text with a unit, or an integer
  [[nodiscard]] std::optional<std::pair<Duration, Duration>> duration_range(std::string_view key) const;
  [[nodiscard]] std::optional<CountRange> count_range(std::string_view key) const;   // 3 or [2, 4]
  [[nodiscard]] const toml::table* table(std::string_view key) const;                // nullptr if not there
  [[nodiscard]] std::vector<const toml::table*> tables(std::string_view key) const;  // [[key]]
  // One of `words`; its index.
  [[nodiscard]] std::optional<std::size_t> word(std::string_view key,
                                                std::span<const std::string_view> words) const;

  // A text or a list of texts; empty for a key that is not there.
  [[nodiscard]] std::vector<std::string> texts(std::string_view key) const;
  // The same of a key that is required, or was found with has(). Whoever needs a value asks here and
  // dereferences nothing: what stands under a key may always be missing or of another kind.
  [[nodiscard]] std::string need_text(std::string_view key) const;
  [[nodiscard]] std::int64_t need_integer(std::string_view key, std::int64_t low, std::int64_t high) const;
  [[nodiscard]] Duration need_duration(std::string_view key) const;
  [[nodiscard]] std::pair<Duration, Duration> need_duration_range(std::string_view key) const;
  [[nodiscard]] CountRange need_count_range(std::string_view key) const;
  [[nodiscard]] std::size_t need_word(std::string_view key, std::span<const std::string_view> words) const;
  [[nodiscard]] const toml::table& need_table(std::string_view key) const;
  // "expected X, found (what stands there)".
  [[noreturn]] void reject(std::string_view key, const std::string& expected) const;

 private:
  // Throws that there is no `key`.
  [[noreturn]] void lacks(std::string_view key) const;
  template <typename T>
  [[nodiscard]] T needed(std::string_view key, std::optional<T> value) const {
    if (!value) lacks(key);
    return *std::move(value);
  }

  const toml::table& table_;
  std::string name_;
};

// Parses `toml` after bounding its size and nesting. Throws InputError.
[[nodiscard]] toml::table parse_text(std::string_view toml, const std::string& name);
// Takes [quick] out of the tree and, if `apply`, lays it over the rest. True if there was one.
bool take_quick(toml::table& root, bool apply);
// Lays "path.delay=100ms" over the tree; `ordinal` is its place among the overrides.
void apply_override(toml::table& root, std::string_view assignment, std::uint32_t ordinal);

// ", the nearest is \"delay\"" or nothing.
[[nodiscard]] std::string nearest_hint(std::string_view word, std::span<const std::string_view> candidates);
// "a, b or c".
[[nodiscard]] std::string one_of(std::span<const std::string_view> words);

// The parts of a scenario.
void read_path(const Section& root, Scenario& scenario);
void read_hosts(const Section& root, Scenario& scenario);
[[nodiscard]] std::vector<TimelineEvent> read_timeline(const Section& root, const Scenario& scenario);
[[nodiscard]] std::vector<Expectation> read_expectations(const Section& root, const Scenario& scenario);
// Appends the keys that [path], [router], [client] and [server] know, dotted from the root.
void add_section_keys(std::vector<std::string>& keys);
[[nodiscard]] PacketMatch read_match(const toml::table& table);

}  // namespace halfopen::scenario_toml

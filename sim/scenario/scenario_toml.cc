#include "sim/scenario/scenario_toml.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/base/units.h"

namespace halfopen::scenario_toml {
namespace {

constexpr std::string_view kOverridePrefix = "--set ";
constexpr std::size_t kMostShown = 60;  // characters of a foreign text in a message

std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kMostShown)) {
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c >= ' ' && c <= '~' ? c : '?';
    }
  }
  return text.size() > kMostShown ? out + "..." : out;
}

bool is_override(const toml::node& node) {
  return node.source().path && node.source().path->starts_with(kOverridePrefix);
}

// Walks TOML's lexical structure only as far as is needed to bound how deep a document nests: a parser that
// recurses, or a tree's destructor, must never meet a document that nests without limit.
class NestingCheck {
 public:
  explicit NestingCheck(std::string_view toml) : rest_{toml} {}

  // The line of the first bracket or dot that nests too deeply; 0 if none does.
  std::size_t offending_line() {
    while (!rest_.empty()) {
      const char c = rest_[0];
      if (c == '#') {
        rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
      } else if (c == '"' || c == '\'') {
        skip_string(c);
      } else {
        if (!take(c)) return line_;
        rest_.remove_prefix(1);
      }
    }
    return 0;
  }

 private:
  static constexpr std::size_t kMostLevels = 32;

  bool take(char c) {
    switch (c) {
      case '\n': ++line_; [[fallthrough]];
      case '=':
      case ',': dots_ = 0; break;
      case '.': return ++dots_ <= kMostLevels;
      case '[':
      case '{': dots_ = 0; return ++depth_ <= kMostLevels;
      case ']':
      case '}': depth_ -= depth_ > 0 ? 1 : 0; break;
      default: break;
    }
    return true;
  }

  void skip_string(char quote) {
    const std::string triple(3, quote);
    const bool multi_line = rest_.starts_with(triple);
    const std::string_view closing =
        multi_line ? std::string_view{triple} : std::string_view{triple}.substr(0, 1);
    rest_.remove_prefix(closing.size());
    while (!rest_.empty() && !rest_.starts_with(closing)) {
      if (rest_[0] == '\n') {
        if (!multi_line) return;  // a broken string: the parser will say so
        ++line_;
      }
      const bool escape = rest_[0] == '\\' && quote == '"' && rest_.size() > 1 && rest_[1] != '\n';
      rest_.remove_prefix(escape ? 2 : 1);
    }
    rest_.remove_prefix(std::min(closing.size(), rest_.size()));
  }

  std::string_view rest_;
  std::size_t line_ = 1;
  std::size_t depth_ = 0;
  std::size_t dots_ = 0;
};

}  // namespace

std::string place_of(const toml::source_region& source) {
  const std::string path = source.path ? *source.path : std::string{"scenario"};
  if (path.starts_with(kOverridePrefix) || source.begin.line == 0) return path;
  return fmt::format("{}:{}:{}", path, source.begin.line, source.begin.column);
}

std::string found_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return '"' + shown(text->get()) + '"';
  if (const auto* number = node.as_integer()) return fmt::format("{}", number->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (node.is_table()) return "a table";
  if (node.is_array()) return "a list";
  return "a date or time";
}

std::string one_of(std::span<const std::string_view> words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += fmt::format("\"{}\"", words[i]);
  }
  return text;
}

std::string nearest_hint(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string_view candidate = nearest(word, candidates);
  return candidate.empty() ? std::string{} : fmt::format("; the nearest is \"{}\"", candidate);
}

Section::Section(const toml::table& table, std::string name, std::span<const std::string_view> keys)
    : table_{table}, name_{std::move(name)} {
  for (const auto& [key, node] : table_) {
    if (std::find(keys.begin(), keys.end(), key.str()) != keys.end()) continue;
    const std::string_view meant = nearest(key.str(), keys);
    const std::string expected = meant.empty() ? fmt::format("a key of {} ({})", name_, one_of(keys))
                                               : fmt::format("a key of {} (\"{}\"?)", name_, meant);
    throw InputError{place_of(key.source()), expected, '"' + shown(key.str()) + '"'};
  }
}

std::string Section::place(std::string_view key) const {
  const toml::node* node = find(key);
  return node != nullptr ? place_of(node->source()) : place();
}

void Section::reject(std::string_view key, const std::string& expected) const {
  const toml::node* node = find(key);
  if (node == nullptr) throw InputError{place(), fmt::format("a {} in {}", expected, name_), "none"};
  throw InputError{place_of(node->source()), fmt::format("{} for {}", expected, key), found_text(*node)};
}

std::optional<std::string> Section::text(std::string_view key) const {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* text = node->as_string()) return text->get();
  // --set client.sysctl.tcp_rmem=4096 means the text, whatever it looks like.
  if (is_override(*node) && (node->is_integer() || node->is_boolean())) return found_text(*node);
  reject(key, "a text");
}

void Section::lacks(std::string_view key) const {
  throw InputError{place(), fmt::format("a \"{}\" in {}", key, name_), "none"};
}

std::string Section::need_text(std::string_view key) const { return needed(key, text(key)); }

std::int64_t Section::need_integer(std::string_view key, std::int64_t low, std::int64_t high) const {
  return needed(key, integer(key, low, high));
}

Duration Section::need_duration(std::string_view key) const { return needed(key, duration(key)); }

std::pair<Duration, Duration> Section::need_duration_range(std::string_view key) const {
  return needed(key, duration_range(key));
}

CountRange Section::need_count_range(std::string_view key) const { return needed(key, count_range(key)); }

std::size_t Section::need_word(std::string_view key, std::span<const std::string_view> words) const {
  return needed(key, word(key, words));
}

const toml::table& Section::need_table(std::string_view key) const {
  const toml::table* found = table(key);
  if (found == nullptr) lacks(key);
  return *found;
}

std::vector<std::string> Section::texts(std::string_view key) const {
  const toml::node* node = find(key);
  if (node == nullptr) return {};
  if (const auto* text = node->as_string()) return {text->get()};
  const auto* list = node->as_array();
  if (list == nullptr) reject(key, "a text or a list of texts");
  std::vector<std::string> out;
  for (const toml::node& item : *list) {
    if (!item.is_string())
      throw InputError{place_of(item.source()), fmt::format("a text in {}", key), found_text(item)};
    out.push_back(item.as_string()->get());
  }
  return out;
}

std::optional<bool> Section::boolean(std::string_view key) const {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* flag = node->as_boolean()) return flag->get();
  reject(key, "true or false");
}

std::optional<std::int64_t> Section::integer(std::string_view key, std::int64_t low,
                                             std::int64_t high) const {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  const auto* number = node->as_integer();
  if (number == nullptr || number->get() < low || number->get() > high) {
    reject(key, fmt::format("a whole number from {} to {}", low, high));
  }
  return number->get();
}

std::optional<Duration> Section::duration(std::string_view key) const {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* text = node->as_string()) {
    if (const auto value = duration_from(text->get())) return value;
  }
  reject(key, "a time such as \"10ms\", \"1.5s\" or \"9min\"");
}

std::optional<double> Section::probability(std::string_view key) const {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* text = node->as_string()) {
    if (const auto value = probability_from(text->get())) return value;
  } else if (const auto value = node->value<double>(); value && *value >= 0 && *value <= 1) {
    return value;
  }
  reject(key, "a probability from 0 to 1 or such as \"5%\"");
}

std::optional<std::uint64_t> Section::rate(std::string_view key) const {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* text = node->as_string()) {
    if (const auto value = rate_from(text->get())) return value;
  }
  reject(key, "a rate such as \"100Mbit/s\"");
}

std::optional<std::uint64_t> Section::size(std::string_view key) const {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* text = node->as_string()) {
    if (const auto value = size_from(text->get())) return value;
  } else if (const auto* number = node->as_integer(); number != nullptr && number->get() >= 0) {
    if (const auto value = size_from(std::to_string(number->get()))) return value;
  }
  reject(key, "a size such as \"64KiB\" or 1500, at most 1 GiB");
}

std::optional<std::pair<Duration, Duration>> Section::duration_range(std::string_view key) const {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  const auto* list = node->as_array();
  if (list != nullptr && list->size() == 2 && (*list)[0].is_string() && (*list)[1].is_string()) {
    const auto low = duration_from((*list)[0].as_string()->get());
    const auto high = duration_from((*list)[1].as_string()->get());
    if (low && high && *low <= *high) return std::pair{*low, *high};
  }
  reject(key, "two times in order, such as [\"540s\", \"546s\"]");
}

std::optional<CountRange> Section::count_range(std::string_view key) const {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* number = node->as_integer(); number != nullptr && number->get() >= 0) {
    return CountRange{number->get(), number->get()};
  }
  const auto* list = node->as_array();
  if (list != nullptr && list->size() == 2 && (*list)[0].is_integer() && (*list)[1].is_integer()) {
    const CountRange range{(*list)[0].as_integer()->get(), (*list)[1].as_integer()->get()};
    if (range.low >= 0 && range.low <= range.high) return range;
  }
  reject(key, "a count such as 12 or [11, 13]");
}

const toml::table* Section::table(std::string_view key) const {
  const toml::node* node = find(key);
  if (node == nullptr) return nullptr;
  if (const auto* table = node->as_table()) return table;
  reject(key, fmt::format("a section [{}]", key));
}

std::vector<const toml::table*> Section::tables(std::string_view key) const {
  std::vector<const toml::table*> out;
  const toml::node* node = find(key);
  if (node == nullptr) return out;
  const auto* list = node->as_array();
  if (list == nullptr) reject(key, fmt::format("sections [[{}]]", key));
  for (const toml::node& item : *list) {
    const auto* table = item.as_table();
    if (table == nullptr) {
      throw InputError{place_of(item.source()), fmt::format("a section [[{}]]", key), found_text(item)};
    }
    out.push_back(table);
  }
  return out;
}

std::optional<std::size_t> Section::word(std::string_view key,
                                         std::span<const std::string_view> words) const {
  const auto value = text(key);
  if (!value) return std::nullopt;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == *value) return i;
  }
  reject(key, one_of(words));
}

toml::table parse_text(std::string_view toml, const std::string& name) {
  if (toml.size() > kMaxScenarioBytes) {
    throw InputError{name, fmt::format("a scenario of at most {} bytes", kMaxScenarioBytes),
                     fmt::format("{}", toml.size())};
  }
  if (const std::size_t line = NestingCheck{toml}.offending_line(); line != 0) {
    throw InputError{fmt::format("{}:{}", name, line), "at most 32 levels of brackets and dots", "more"};
  }
  try {
    return toml::parse(toml, std::string_view{name});
  } catch (const toml::parse_error& error) {
    std::string text{error.description()};
    text = shown(text.substr(0, 4 * kMostShown));
    throw InputError{place_of(error.source()), "not TOML: " + text};
  }
}

}  // namespace halfopen::scenario_toml

// --set and [quick]: both lay values over the tree before anything is interpreted, so that one interpreter
// serves all.
#include <fmt/format.h>

#include <charconv>

#include "sim/scenario/scenario_toml.h"

namespace halfopen::scenario_toml {
namespace {

// The item that a part such as "2" names, counted from 1.
toml::node& item_of(toml::array& list, std::string_view part, const std::string& place) {
  std::size_t n = 0;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), n);
  if (error != std::errc{} || end != part.data() + part.size() || n == 0 || n > list.size()) {
    throw InputError{
        place, list.empty() ? "no item: the list is empty" : fmt::format("an item from 1 to {}", list.size()),
        fmt::format("\"{}\"", part.substr(0, 40))};
  }
  return list[n - 1];
}

void overlay(toml::node& target, toml::node&& value, const std::string& place);

void overlay_key(toml::table& target, const toml::key& key, toml::node&& value) {
  toml::node* present = target.get(key.str());
  const bool merge = present != nullptr && value.is_table() && (present->is_table() || present->is_array());
  if (merge) {
    overlay(*present, std::move(value), place_of(key.source()));
  } else {
    target.insert_or_assign(key, std::move(value));
  }
}

// Merges a table into a table or into the items of a list; anything else replaces what was there.
void overlay(toml::node& target, toml::node&& value, const std::string& place) {
  toml::table& source = *value.as_table();
  if (toml::table* table = target.as_table()) {
    for (auto&& [key, node] : source) overlay_key(*table, key, std::move(node));
    return;
  }
  toml::array* list = target.as_array();
  for (auto&& [key, node] : source) {
    toml::node& item = item_of(*list, key.str(), place_of(key.source()));
    if (!node.is_table() || !item.is_table()) {
      throw InputError{place_of(node.source()), "a key of the list's item", found_text(node)};
    }
    overlay(item, std::move(node), place);
  }
}

std::vector<std::string_view> parts_of(std::string_view key, const std::string& place) {
  constexpr std::size_t kMostParts = 12;
  std::vector<std::string_view> parts;
  for (bool more = true; more;) {
    const auto dot = key.find('.');
    more = dot != std::string_view::npos;
    parts.push_back(key.substr(0, dot));
    key.remove_prefix(more ? dot + 1 : key.size());
    const bool is_text = parts.back().find_first_of(" \t\n\"'[]#") == std::string_view::npos;
    if (parts.back().empty() || !is_text || parts.size() > kMostParts) {
      throw InputError{place, "a key such as path.delay", "something else"};
    }
  }
  return parts;
}

// The value as TOML if it is that, else as text: 100ms and 4.4bsd need no quotes.
toml::table value_of(std::string_view value, const std::string& place, std::uint32_t ordinal) {
  // The line number keeps the order in which overrides were given.
  const std::string lines(ordinal, '\n');
  const bool single = value.find('\n') == std::string_view::npos;
  const bool plain = value.find_first_of("#,") == std::string_view::npos;
  const bool structured =
      value.starts_with('[') || value.starts_with('{') || value.starts_with('"') || value.starts_with('\'');
  if (single && (plain || structured)) {
    try {
      return parse_text(fmt::format("{}v = {}", lines, value), place);
    } catch (const InputError&) {
      if (structured) throw;
    }
  }
  toml::table table = parse_text(lines + "v = \"\"", place);
  table.get("v")->as_string()->get() = value;
  return table;
}

}  // namespace

bool take_quick(toml::table& root, bool apply) {
  toml::node* node = root.get("quick");
  if (node == nullptr) return false;
  if (!node->is_table()) throw InputError{place_of(node->source()), "a section [quick]", found_text(*node)};
  toml::table quick = std::move(*node->as_table());
  root.erase("quick");
  if (apply) overlay(root, std::move(quick), {});
  return true;
}

void apply_override(toml::table& root, std::string_view assignment, std::uint32_t ordinal) {
  const auto equals = assignment.find('=');
  if (equals == std::string_view::npos || assignment.size() > 65536) {
    throw InputError{"--set", "KEY=VALUE", fmt::format("\"{}\"", assignment.substr(0, 60))};
  }
  const std::string_view key = assignment.substr(0, equals);
  const std::string place = fmt::format("--set{}{}", key.empty() ? "" : " ", key.substr(0, 100));
  const auto parts = parts_of(key, place);
  toml::table holder = value_of(assignment.substr(equals + 1), place, ordinal);
  const toml::source_region source = holder.get("v")->source();
  toml::node* at = &root;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    if (toml::array* list = at->as_array()) {
      at = &item_of(*list, parts[i], place);
      continue;
    }
    toml::table* table = at->as_table();
    if (table == nullptr) throw InputError{place, "a section", found_text(*at)};
    if (!table->contains(parts[i])) {
      // Parsed, so that it knows its place: who finds a section where none may be can say whose it is.
      toml::table made = value_of("{}", place, ordinal);
      table->insert_or_assign(toml::key{parts[i], source}, std::move(*made.get("v")));
    }
    at = table->get(parts[i]);
  }
  if (at->is_array()) throw InputError{place, "a key of the list's item", "the item as a whole"};
  toml::table* table = at->as_table();
  if (table == nullptr) throw InputError{place, "a section", found_text(*at)};
  // An earlier override of the same key would keep its own key's place.
  table->erase(parts.back());
  table->insert_or_assign(toml::key{parts.back(), source}, std::move(*holder.get("v")));
}

}  // namespace halfopen::scenario_toml

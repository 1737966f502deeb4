#include "cli/check/declared.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <limits>
#include <sstream>

#include "sim/base/input_error.h"
#include "sim/base/units.h"

namespace halfopen {
namespace {

using compare::Difference;
using scenario_toml::Section;

constexpr std::array<std::string_view, 3> kKeys{"where", "reason", "what"};
constexpr std::array<std::string_view, 4> kDifferenceKeys{"step", "field", "from", "to"};

bool is_number(const std::string& text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; });
}

// A packet's number in the reference, or a text for what has none there.
std::string read_step(const Section& section) {
  const toml::node* node = section.find("step");
  if (node != nullptr && node->is_integer()) {
    return fmt::format("{}", section.need_integer("step", 1, std::numeric_limits<std::int64_t>::max()));
  }
  std::string text = section.need_text("step");
  if (text.empty() || is_number(text)) {
    section.reject("step",
                   "a packet's number in the reference, or a text such as \"run 12\" or \"connection 1\"");
  }
  return text;
}

Difference read_difference(const toml::table& table) {
  const Section section{table, "a difference of [[capture.differs]]", kDifferenceKeys};
  Difference difference{.step = read_step(section),
                        .field = section.need_text("field"),
                        .from = section.need_text("from"),
                        .to = section.need_text("to")};
  if (!compare::is_field_name(difference.field)) {
    section.reject("field",
                   "what 'halfopen compare' names, such as \"psh\", \"window\", \"time\" or \"packet\"");
  }
  if (difference.field == "time") {
    for (const char* key : {"from", "to"}) {
      if (!duration_from(section.need_text(key))) section.reject(key, "a span such as \"1.76s\"");
    }
  }
  if (difference.from == difference.to) section.reject("to", "another value than \"from\"");
  return difference;
}

DeclaredDifferences read_group(const toml::table& table) {
  const Section section{table, "[[capture.differs]]", kKeys};
  DeclaredDifferences group{.where = section.need_text("where"),
                            .reason = section.need_text("reason"),
                            .what = {},
                            .place = section.place()};
  if (group.where.find_first_not_of(' ') == std::string::npos)
    section.reject("where", "the kind of hosts, a profile or a kernel");
  if (group.reason.empty()) section.reject("reason", "why it differs");
  for (const toml::table* one : section.tables("what")) group.what.push_back(read_difference(*one));
  if (group.what.empty()) {
    throw InputError{section.place("what"),
                     "a list \"what\" of { step, field, from, to } in [[capture.differs]]", "none"};
  }
  return group;
}

}  // namespace

std::vector<DeclaredDifferences> read_differs(const Section& entry) {
  std::vector<DeclaredDifferences> all;
  for (const toml::table* table : entry.tables("differs")) all.push_back(read_group(*table));
  return all;
}

std::string quoted_toml(std::string_view text) {
  std::string out{'"'};
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string toml_of(const Difference& difference) {
  return fmt::format("{{ step = {}, field = {}, from = {}, to = {} }}",
                     is_number(difference.step) ? difference.step : quoted_toml(difference.step),
                     quoted_toml(difference.field), quoted_toml(difference.from), quoted_toml(difference.to));
}

std::string text_of(const std::vector<DeclaredDifferences>& declared) {
  std::string out;
  for (const DeclaredDifferences& group : declared) {
    out += fmt::format("\n[[capture.differs]]\nwhere = {}\nreason = {}\nwhat = [\n", quoted_toml(group.where),
                       quoted_toml(group.reason));
    for (const Difference& one : group.what) out += "  " + toml_of(one) + ",\n";
    out += "]\n";
  }
  return out;
}

bool speaks_of(std::string_view where, const std::vector<std::string>& names) {
  std::istringstream words{std::string{where}};
  for (std::string word; words >> word;) {
    const bool meant = std::ranges::any_of(names, [&](const std::string& name) {
      return name.starts_with(word) &&
             (name.size() == word.size() || std::isalnum(static_cast<unsigned char>(name[word.size()])) == 0);
    });
    if (!meant) return false;
  }
  return true;
}

Varying read_varying(const Section& entry) {
  Varying varying{.reason = entry.text("varies").value_or(""), .fields = entry.texts("varying")};
  if (entry.has("varies") && varying.reason.empty()) entry.reject("varies", "why runs differ");
  if (!varying.reason.empty() && varying.fields.empty()) {
    throw InputError{entry.place("varies"), "a list \"varying\" of the fields that do beside \"varies\"",
                     "none"};
  }
  if (varying.reason.empty() && entry.has("varying")) {
    throw InputError{entry.place("varying"), "a reason \"varies\" beside \"varying\"", "none"};
  }
  for (const std::string& field : varying.fields) {
    if (compare::is_field_name(field)) continue;
    throw InputError{
        entry.place("varying"),
        "what 'halfopen compare' names, such as \"psh\", \"window\", \"time\" or \"packet\" in varying",
        '"' + field + '"'};
  }
  return varying;
}

DeclaredVerdict hold(const std::vector<Difference>& found, const std::vector<DeclaredDifferences>& declared,
                     const Varying& varying, const std::vector<std::string>& names) {
  DeclaredVerdict verdict{.undeclared = found, .gone = {}, .reasons = {}, .varied = {}};
  std::vector<Difference>& left = verdict.undeclared;
  for (const DeclaredDifferences& group : declared) {
    if (!speaks_of(group.where, names)) continue;
    bool is_found = false;
    for (const Difference& one : group.what) {
      const auto same =
          std::ranges::find_if(left, [&](const Difference& other) { return one.is_same_as(other); });
      if (same == left.end()) {
        verdict.gone.push_back(fmt::format("{} (take it out of {})", one.text(), group.place));
      } else {
        left.erase(same);
        is_found = true;
      }
    }
    if (is_found) verdict.reasons.push_back(group.reason);
  }
  const auto varies = [&](const Difference& one) {
    return std::ranges::find(varying.fields, one.field) != varying.fields.end();
  };
  std::ranges::copy_if(left, std::back_inserter(verdict.varied), varies);
  std::erase_if(left, varies);
  return verdict;
}

}  // namespace halfopen

#include "cli/line/completions.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>
#include <stdexcept>

namespace halfopen {
namespace {

// The placeholders of help texts, and what they stand for.
struct Placeholder {
  std::string_view name;
  std::string_view kinds;  // with spaces between them; empty: any text
};
constexpr std::array kPlaceholders{
    Placeholder{"NAME", "@scenarios"},
    Placeholder{"PROFILE", "@profiles"},
    Placeholder{"COMMAND", "@commands"},
    Placeholder{"KEY=VALUE", "@keys"},
    Placeholder{"FILE", "@files"},
    Placeholder{"FILE.toml", "@files"},
    Placeholder{"FILE.pcapng", "@files"},
    Placeholder{"FILE.pcap", "@files"},
    Placeholder{"CAPTURE", "@files"},
    Placeholder{"A", "@files @traces"},
    Placeholder{"B", "@files @traces"},
    Placeholder{"PATH", "@files"},
    Placeholder{"DIRECTORY", "@directories"},
    Placeholder{"DIR", "@directories"},
    Placeholder{"N", ""},
    Placeholder{"M", ""},
    Placeholder{"MS", ""},
    Placeholder{"T", ""},
    Placeholder{"TIME", ""},
    Placeholder{"WHAT", ""},
    Placeholder{"FILTER", ""},
    Placeholder{"WORDS", ""},
    Placeholder{"SENTENCE", ""},
    Placeholder{"LIST", ""},
    Placeholder{"CMD", ""},
    Placeholder{"SCRIPT.pkt", "@files"},
    Placeholder{"VERSION", "ipv4 ipv6 ipv4-mapped-ipv6"},
    Placeholder{"NAME=VALUE", ""},
    Placeholder{"ADDRESS", ""},
    Placeholder{"PORT", ""},
    Placeholder{"FILES", "@files"},
    Placeholder{"KINDS", "packet syscall packet,syscall"},
};

void add(CompletionValues& values, const std::string& value) {
  if (std::ranges::find(values, value) == values.end()) values.push_back(value);
}

// "NAME|FILE.toml" gives @scenarios and @files; "client|server" those words.
CompletionValues values_of(const CLI::Option& option) {
  CompletionValues values;
  const std::string type = option.get_type_name();
  std::istringstream words{type.substr(0, type.find(':'))};  // what follows are CLI11's checks
  for (std::string word; std::getline(words, word, '|');) {
    const bool is_word =
        word == "-" || std::ranges::all_of(word, [](unsigned char c) { return std::islower(c) != 0; });
    if (is_word) {
      values.push_back(word);
      continue;
    }
    const auto* found = std::ranges::find(kPlaceholders, word, &Placeholder::name);
    if (found == kPlaceholders.end()) {
      throw std::logic_error{"no completion for '" + word + "' of " + option.get_name(true)};
    }
    std::istringstream kinds{std::string{found->kinds}};
    for (std::string kind; kinds >> kind;) add(values, kind);
  }
  return values;
}

CompletionOption option_of(const CLI::Option& option) {
  CompletionOption result{.names = {},
                          .about = option.get_description(),
                          .takes_value = option.get_items_expected_max() > 0,
                          .values = {}};
  for (const std::string& name : option.get_snames()) result.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) result.names.push_back("--" + name);
  if (result.takes_value) result.values = values_of(option);
  return result;
}

}  // namespace

CompletionTable completion_table(const CLI::App& app, std::vector<CompletionSet> sets) {
  CompletionTable table{.options = {}, .commands = {}, .sets = std::move(sets)};
  for (const CLI::Option* option : app.get_options()) table.options.push_back(option_of(*option));
  CompletionSet names{.name = "commands", .words = {}};
  for (const CLI::App* command : app.get_subcommands(std::function<bool(const CLI::App*)>{})) {
    CompletionCommand entry{.name = command->get_name(),
                            .about = command->get_description(),
                            .options = {},
                            .arguments = {},
                            .runs_command = command->get_name() == "vm"};
    for (const CLI::Option* option : command->get_options()) {
      if (!option->get_positional()) {
        entry.options.push_back(option_of(*option));
        continue;
      }
      for (const std::string& value : values_of(*option)) add(entry.arguments, value);
    }
    names.words.push_back(entry.name);
    table.commands.push_back(std::move(entry));
  }
  table.sets.push_back(std::move(names));
  return table;
}

}  // namespace halfopen

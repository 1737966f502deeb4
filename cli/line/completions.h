// Completion scripts for shells, made from the command line as it is declared: what the program takes is what
// they offer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace halfopen {

// What an argument may be: words, and kinds of words that are looked up. Kinds begin with '@': "@files",
// "@directories", and "@NAME" of a CompletionSet.
using CompletionValues = std::vector<std::string>;

struct CompletionOption {
  std::vector<std::string> names;  // "-w", "--write"
  std::string about;
  bool takes_value = false;
  CompletionValues values;  // of the value; empty for a flag, and where any text will do
};

struct CompletionCommand {
  std::string name;
  std::string about;
  std::vector<CompletionOption> options;
  CompletionValues arguments;  // any of them, in any place
  bool runs_command = false;   // what follows "--" is a command of halfopen, with its own options
};

// Words of one kind: the shipped scenarios, profiles, keys of --set.
struct CompletionSet {
  std::string name;
  std::vector<std::string> words;
};

struct CompletionTable {
  std::vector<CompletionOption> options;  // before any command
  std::vector<CompletionCommand> commands;
  std::vector<CompletionSet> sets;
};

// The commands and options of `app`. Throws std::logic_error for an argument of which it does not know what
// it may be: a placeholder that the table in completions.cc lacks.
[[nodiscard]] CompletionTable completion_table(const CLI::App& app, std::vector<CompletionSet> sets);

// The shells for which there is a script.
inline constexpr std::string_view kCompletionShells = "bash, zsh or fish";

// The script of one shell; empty for any other.
[[nodiscard]] std::string completion_script(const CompletionTable& table, std::string_view shell);

}  // namespace halfopen

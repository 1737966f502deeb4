// The commands that README, docs/, the man page and --help show, and what they show of their output.
#pragma once

#include <string>
#include <vector>

namespace halfopen::test {

struct ShownCommand {
  std::string place;                // "README.md:57"
  std::string line;                 // as it stands there, without "$ ", a path before "halfopen" and a remark
  std::vector<std::string> words;   // of the first halfopen command in it, without that word
  bool is_alone = false;            // the line is that command and nothing else: no pipe, no loop
  bool is_first = false;            // it begins the line, so that `line` is all of it for a shell
  std::vector<std::string> output;  // of a command after "$ ": the lines below it; "..." stands for any
};

// In the order of the files and lines: README, docs/, the man page's EXAMPLES.
[[nodiscard]] std::vector<ShownCommand> shown_commands();
// The examples of what `halfopen help COMMAND` printed: two spaces and more before a remark.
[[nodiscard]] std::vector<ShownCommand> commands_of_help(const std::string& command, const std::string& text);

// Whether `lines` go as `shown` has it, where "..." stands for any number of lines.
[[nodiscard]] bool goes_as_shown(const std::vector<std::string>& lines,
                                 const std::vector<std::string>& shown);

}  // namespace halfopen::test

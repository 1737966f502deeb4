// The commands that README and docs/ show, and what they show of their output.
#pragma once

#include <string>
#include <vector>

namespace halfopen::test {

struct ShownCommand {
  std::string place;                // "README.md:57"
  std::string line;                 // as it stands there, without "$ ", a path before "halfopen" and a remark
  std::vector<std::string> words;   // of the first halfopen command in it, without that word
  bool is_alone = false;            // the line is that command and nothing else: no pipe, no loop
  std::vector<std::string> output;  // of a command after "$ ": the lines below it; "..." stands for any
};

// In the order of the files and lines.
[[nodiscard]] std::vector<ShownCommand> shown_commands();

// Whether `lines` go as `shown` has it, where "..." stands for any number of lines.
[[nodiscard]] bool goes_as_shown(const std::vector<std::string>& lines,
                                 const std::vector<std::string>& shown);

}  // namespace halfopen::test

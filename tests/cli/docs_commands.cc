#include "tests/cli/docs_commands.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

namespace halfopen::test {
namespace {

namespace fs = std::filesystem;

// Words as a shell has them, up to what ends a simple command. `rest` tells whether anything came after.
std::vector<std::string> words_of(std::string_view line, bool& rest) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  int depth = 0;  // of $(...)
  rest = false;
  const auto end_word = [&] {
    if (in_word) words.push_back(std::exchange(word, {}));
    in_word = false;
  };
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (depth > 0) {
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      word += c;
    } else if (c == '$' && i + 1 < line.size() && line[i + 1] == '(') {
      in_word = true;
      word += "$(";
      depth = 1;
      ++i;
    } else if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == ' ') {
      end_word();
    } else if (c == '|' || c == '&' || c == ';' || c == '>' || c == '<') {
      if (c == '>' && word == "2") in_word = false;
      rest = true;
      break;
    } else {
      in_word = true;
      word += c;
    }
  }
  end_word();
  return words;
}

std::string without_remark(std::string line) {
  line.resize(std::min(line.size(), line.find("  # ")));
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

// The place of "halfopen" as a command in the line, behind a path or not.
std::optional<std::size_t> command_in(const std::string& line, std::size_t& name_at) {
  for (std::size_t at = line.find("halfopen "); at != std::string::npos;
       at = line.find("halfopen ", at + 1)) {
    std::size_t start = at;
    while (start > 0 && line[start - 1] != ' ' && line[start - 1] != '(') --start;
    const std::string before = line.substr(start, at - start);
    const std::string ahead = line.substr(0, start);
    const bool is_first = ahead.empty() || ahead.ends_with("$ ") || ahead.ends_with("&& ") ||
                          ahead.ends_with("| ") || ahead.ends_with("do ") || ahead.ends_with("time ") ||
                          ahead.ends_with("-v ");
    if (!is_first || (!before.empty() && before != "build/")) continue;
    name_at = at;
    return start;
  }
  return std::nullopt;
}

std::optional<ShownCommand> command_of(std::string line) {
  line = without_remark(std::move(line));
  std::size_t name_at = 0;
  const auto start = command_in(line, name_at);
  if (!start) return std::nullopt;
  bool rest = false;
  ShownCommand command;
  command.words = words_of(std::string_view{line}.substr(name_at + sizeof "halfopen" - 1), rest);
  command.is_first = *start == 0;
  command.is_alone = command.is_first && !rest;
  command.line = line.substr(name_at);
  return command;
}

void read(const fs::path& file, const std::string& name, std::vector<ShownCommand>& commands) {
  std::ifstream in{file};
  bool in_block = false;
  ShownCommand* shows_output = nullptr;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.starts_with("```")) {
      in_block = !in_block;
      shows_output = nullptr;
      continue;
    }
    constexpr std::string_view kIndent = "    ";
    if (!in_block && !line.starts_with(kIndent)) continue;
    const bool is_prompt = line.starts_with("$ ");
    if (shows_output != nullptr && !is_prompt) {
      shows_output->output.push_back(line);
      continue;
    }
    if (!in_block) line.erase(0, kIndent.size());
    if (is_prompt) line.erase(0, 2);
    shows_output = nullptr;
    const std::size_t first = number;
    for (std::string more; line.ends_with(" |") && std::getline(in, more); ++number) line += more;
    auto command = command_of(line);
    if (!command) continue;
    command->place = name + ":" + std::to_string(first);
    commands.push_back(std::move(*command));
    if (is_prompt) shows_output = &commands.back();
  }
}

void read_man(const fs::path& file, const std::string& name, std::vector<ShownCommand>& commands) {
  std::ifstream in{file};
  bool in_examples = false;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.starts_with(".SH ")) in_examples = line == ".SH EXAMPLES";
    if (!in_examples || !line.starts_with(".B ")) continue;
    line.erase(0, 3);
    std::erase(line, '\\');
    auto command = command_of(line);
    if (!command) continue;
    command->place = name + ":" + std::to_string(number);
    commands.push_back(std::move(*command));
  }
}

}  // namespace

std::vector<ShownCommand> commands_of_help(const std::string& command, const std::string& text) {
  constexpr std::string_view kIndent = "  ";
  std::vector<ShownCommand> commands;
  std::istringstream in{text.substr(std::min(text.size(), text.find("\nExamples:\n")))};
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(kIndent) || line.starts_with("   ")) continue;
    line.erase(0, kIndent.size());
    line.resize(std::min(line.size(), line.find("  ")));
    auto shown = command_of(line);
    if (!shown) continue;
    shown->place = "halfopen help " + command;
    commands.push_back(std::move(*shown));
  }
  return commands;
}

std::vector<ShownCommand> shown_commands() {
  const fs::path source{HALFOPEN_SOURCE_DIR};
  std::vector<ShownCommand> commands;
  read(source / "README.md", "README.md", commands);
  std::vector<fs::path> docs;
  for (const auto& entry : fs::directory_iterator{source / "docs"}) {
    if (entry.path().extension() == ".md") docs.push_back(entry.path());
  }
  std::ranges::sort(docs);
  for (const fs::path& file : docs) read(file, "docs/" + file.filename().string(), commands);
  read_man(source / "docs/man/halfopen.1", "docs/man/halfopen.1", commands);
  return commands;
}

bool goes_as_shown(const std::vector<std::string>& lines, const std::vector<std::string>& shown) {
  std::size_t at = 0;
  bool may_skip = false;
  for (const std::string& line : shown) {
    if (line.find_first_not_of(' ') == line.find("...") && line.ends_with("...")) {
      may_skip = true;
      continue;
    }
    while (may_skip && at < lines.size() && lines[at] != line) ++at;
    if (at == lines.size() || lines[at] != line) return false;
    may_skip = false;
    ++at;
  }
  return may_skip || at == lines.size();
}

}  // namespace halfopen::test

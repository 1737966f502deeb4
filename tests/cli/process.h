// The executable, run as a user runs it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace halfopen {

struct Outcome {
  int status = -1;  // exit status; 128 + the signal where one ended it, as a shell has it
  std::string out;
  std::string err;
};

struct Start {
  std::vector<std::string> arguments;                            // without the program's name
  std::vector<std::pair<std::string, std::string>> environment;  // added to ours
  std::filesystem::path directory;                               // empty: ours
  std::string input;                                             // standard input
};

// Runs build/halfopen to its end.
Outcome halfopen_run(const Start& start);
Outcome halfopen_run(std::vector<std::string> arguments);

// Runs a shell command in which $HALFOPEN is the executable; its status is that of the shell.
Outcome shell(const std::string& command);

[[nodiscard]] std::string read_bytes(const std::filesystem::path& file);
void write_bytes(const std::filesystem::path& file, const std::string& bytes);

// Lines of a text, without their newlines.
[[nodiscard]] std::vector<std::string> lines_of(const std::string& text);

}  // namespace halfopen

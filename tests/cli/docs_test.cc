// What README and docs/ say that one may type: it is understood, it runs, and it prints what stands below it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/line/command_line.h"
#include "tests/cli/docs_commands.h"
#include "tests/cli/process.h"
#include "tests/support/scratch.h"

namespace halfopen {
namespace {

using test::ShownCommand;

// "[OPTION]..." and the like: a form to fill in, not a command.
bool is_form(const ShownCommand& command) {
  return command.words.empty() ||
         std::ranges::any_of(command.words, [](const std::string& w) { return w.starts_with("["); });
}

// Why CLI11 does not take the words; empty if it does.
std::string refusal(std::vector<std::string> words) {
  if (words.front() == "help") return {};  // is about words that would be commands
  // What comes after "--" is somebody's command; of vm it is one of ours, unless --exec says otherwise.
  const auto client = std::ranges::find(words, "--");
  std::vector<std::string> inner(client, words.end());
  const bool is_vm = words.front() == "vm";
  const bool runs_ours = is_vm && std::find(words.begin(), client, "--exec") == client;
  words.erase(client, words.end());
  if (!inner.empty()) inner.erase(inner.begin());
  CommandLine line{"about"};
  add_runs(line);
  add_compare(line);
  add_check(line);
  add_vm(line);
  add_packetdrill(line);
  add_readers(line);
  std::ranges::reverse(words);  // as CLI11 wants them
  try {
    line.app.parse(words);
  } catch (const CLI::ParseError& error) {
    return error.what();
  }
  return runs_ours && !inner.empty() ? refusal(std::move(inner)) : std::string{};
}

// All that is shown anywhere.
std::vector<ShownCommand> every_command() {
  std::vector<ShownCommand> commands = test::shown_commands();
  for (const char* name : {"", "sim", "replay", "live", "run", "vm", "compare", "check", "show",
                           "packetdrill", "profiles", "doctor", "list", "completions"}) {
    std::vector<std::string> words{"help"};
    if (*name != 0) words.emplace_back(name);
    const std::vector<ShownCommand> examples = test::commands_of_help(name, halfopen_run(words).out);
    EXPECT_FALSE(examples.empty()) << name;
    commands.insert(commands.end(), examples.begin(), examples.end());
  }
  return commands;
}

TEST(Docs, EveryCommandIsUnderstood) {
  std::size_t commands = 0;
  for (ShownCommand command : every_command()) {
    if (is_form(command)) continue;
    ++commands;
    for (std::string& word : command.words) {
      if (word.starts_with("$") && !word.starts_with("$(")) word = "1";  // a loop's variable
    }
    EXPECT_EQ(refusal(command.words), "") << command.place << ": " << command.line;
  }
  EXPECT_GT(commands, 80u);
  EXPECT_NE(refusal({"sim", "host-crash", "--frobnicate"}), "");
  EXPECT_NE(refusal({"vm", "--", "live", "x", "--frobnicate"}), "");
}

// Those that need no kernel, no other machine's files and no words to fill in, and change nothing of the
// user's.
bool runs_anywhere(const ShownCommand& command) {
  constexpr std::array kCommands{"sim",   "list", "show",        "profiles",   "compare",
                                 "check", "help", "completions", "packetdrill"};
  if (is_form(command)) return false;
  if (std::ranges::find(kCommands, command.words.front()) == kCommands.end()) return false;
  if (command.line.find('~') != std::string::npos) return false;
  constexpr std::array kOthers{"kernel", "big.toml", "mine/", "--bless"};
  return std::ranges::none_of(command.words, [&](const std::string& word) {
    const bool is_placeholder = word.size() > 1 && std::ranges::all_of(word, [](char c) {
                                  return (c >= 'A' && c <= 'Z') || c == '_';
                                });
    return is_placeholder || word.find("NAME") != std::string::npos || word.starts_with("replay:") ||
           word.starts_with("live:") || std::ranges::find(kOthers, word) != kOthers.end();
  });
}

// "32 scenarios: 32 ok, in 0.1 s", whatever the time.
std::vector<std::string> without_times_taken(std::vector<std::string> lines) {
  for (std::string& line : lines) {
    const std::size_t at = line.rfind(", in ");
    if (at != std::string::npos && line.ends_with(" s")) line.resize(at);
  }
  return lines;
}

// Files that examples read, made as their text says, and the source tree's own.
void make_files(const test::Scratch& scratch) {
  const std::filesystem::path source{HALFOPEN_SOURCE_DIR};
  const auto make = [&](const char* scenario, const char* file) {
    Start start{
        .arguments = {"sim", scenario, "-q", "-w", file}, .environment = {}, .directory = {}, .input = {}};
    start.directory = scratch.path();
    ASSERT_EQ(halfopen_run(start).status, 0);
  };
  for (const char* file : {"crash.pcapng", "big.pcap", "raw.pcap", "before.pcap", "a.pcap"})
    make("host-crash", file);
  for (const char* file : {"close.pcapng", "after.pcapng", "b.pcap"}) make("normal-close", file);
  for (const char* directory : {"pcaps", "scenarios", "tests"})
    std::filesystem::create_directory_symlink(source / directory, scratch.path() / directory);
  std::filesystem::copy_file(source / "scenarios/host-crash.toml", scratch.path() / "mine.toml");
  const std::filesystem::path script = source / "tests/packetdrill/fast-retransmit.pkt";
  std::filesystem::create_directories(scratch.path() / "gtests/net/tcp");
  for (const char* file : {"fast-retransmit.pkt", "mine.pkt", "gtests/net/tcp/one.pkt"})
    std::filesystem::copy_file(script, scratch.path() / file);
  write_bytes(scratch.path() / "known.txt", "# nothing yet\n");
}

// What a command whose answer may be "no" gives at most: comparisons of what differs, scripts of one system
// on all.
int worst_status(const ShownCommand& command) {
  const bool plays_on_all = std::ranges::find(command.words, "all") != command.words.end();
  return command.words.front() == "compare" || plays_on_all ? 1 : 0;
}

// Pipes and the like, by a shell.
void run_in_shell(const ShownCommand& command, const test::Scratch& scratch) {
  const Outcome outcome = shell("set -o pipefail; PATH=\"$(dirname \"$HALFOPEN\"):$PATH\"; cd '" +
                                scratch.path().string() + "'; " + command.line);
  EXPECT_EQ(outcome.status, 0) << command.place << ": " << command.line << "\n" << outcome.err;
}

// Gives what is to be held against what is shown.
Outcome run_alone(const ShownCommand& command, const test::Scratch& scratch) {
  Outcome outcome = halfopen_run(Start{
      .arguments = command.words, .environment = {}, .directory = scratch.path().string(), .input = {}});
  EXPECT_LE(outcome.status, worst_status(command)) << command.place << ": " << command.line << "\n"
                                                   << outcome.err << outcome.out;
  EXPECT_EQ(outcome.err, "") << command.place << ": " << command.line;
  return outcome;
}

TEST(Docs, EveryCommandThatNeedsNoKernelRunsAndPrintsWhatIsShown) {
  const test::Scratch scratch;
  make_files(scratch);
  std::size_t ran = 0;
  std::size_t in_shell = 0;
  for (const ShownCommand& command : every_command()) {
    if (!runs_anywhere(command)) continue;
    if (!command.is_alone) {
      if (!command.is_first) continue;
      ++in_shell;
      run_in_shell(command, scratch);
      continue;
    }
    ++ran;
    const Outcome outcome = run_alone(command, scratch);
    const bool shows_failure = std::ranges::any_of(  // how one would look
        command.output, [](const std::string& line) { return line.starts_with("FAILED"); });
    if (command.output.empty() || shows_failure) continue;
    EXPECT_TRUE(
        test::goes_as_shown(without_times_taken(lines_of(outcome.out)), without_times_taken(command.output)))
        << command.place << ": " << command.line << " prints\n"
        << outcome.out;
  }
  EXPECT_GE(ran, 40u);
  EXPECT_GE(in_shell, 5u);
}

TEST(Docs, WhatIsShownMayLeaveOutLinesWhereItSaysSo) {
  using test::goes_as_shown;
  EXPECT_TRUE(goes_as_shown({"a", "b", "c"}, {"a", "   ...", "c"}));
  EXPECT_TRUE(goes_as_shown({"a", "b"}, {"a", "..."}));
  EXPECT_FALSE(goes_as_shown({"a", "b", "c"}, {"a", "c"}));
  EXPECT_FALSE(goes_as_shown({"a", "b"}, {"a"}));
  EXPECT_FALSE(goes_as_shown({"a"}, {"a", "...", "b"}));
}

}  // namespace
}  // namespace halfopen

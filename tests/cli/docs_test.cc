// What README and docs/ say that one may type: it is understood, it runs, and it prints what stands below it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
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

TEST(Docs, EveryCommandIsUnderstood) {
  std::size_t commands = 0;
  for (ShownCommand command : test::shown_commands()) {
    if (is_form(command)) continue;
    ++commands;
    for (std::string& word : command.words) {
      if (word.starts_with("$") && !word.starts_with("$(")) word = "1";  // a loop's variable
    }
    EXPECT_EQ(refusal(command.words), "") << command.place << ": " << command.line;
  }
  EXPECT_GT(commands, 30u);
  EXPECT_NE(refusal({"sim", "host-crash", "--frobnicate"}), "");
  EXPECT_NE(refusal({"vm", "--", "live", "x", "--frobnicate"}), "");
}

// Those that need no kernel, no other machine's files and no words to fill in.
bool runs_anywhere(const ShownCommand& command) {
  constexpr std::array kCommands{"sim",     "list",  "show", "profiles",
                                 "compare", "check", "help", "completions"};
  if (!command.is_alone || is_form(command)) return false;
  if (std::ranges::find(kCommands, command.words.front()) == kCommands.end()) return false;
  return std::ranges::none_of(command.words, [](const std::string& word) {
    const bool is_placeholder = word.size() > 1 && std::ranges::all_of(word, [](char c) {
                                  return (c >= 'A' && c <= 'Z') || c == '_';
                                });
    return is_placeholder || word.find("NAME") != std::string::npos || word.starts_with("replay:") ||
           word.starts_with("live:") || word == "kernel" || word == "big.toml" || word == "mine/";
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

// Files that examples read, made as their text says.
void make_captures(const test::Scratch& scratch) {
  const auto make = [&](const char* scenario, const char* file) {
    Start start{
        .arguments = {"sim", scenario, "-q", "-w", file}, .environment = {}, .directory = {}, .input = {}};
    start.directory = scratch.path();
    ASSERT_EQ(halfopen_run(start).status, 0);
  };
  make("host-crash", "crash.pcapng");
  make("normal-close", "close.pcapng");
  make("host-crash", "big.pcap");
  make("host-crash", "raw.pcap");
}

TEST(Docs, EveryCommandThatNeedsNoKernelRunsAndPrintsWhatIsShown) {
  const test::Scratch scratch;
  make_captures(scratch);
  std::size_t ran = 0;
  for (const ShownCommand& command : test::shown_commands()) {
    if (!runs_anywhere(command)) continue;
    ++ran;
    // References are those of the source tree.
    const std::string place =
        command.words.front() == "check" ? HALFOPEN_SOURCE_DIR : scratch.path().string();
    const Outcome outcome =
        halfopen_run(Start{.arguments = command.words, .environment = {}, .directory = place, .input = {}});
    const int best = command.words.front() == "compare" ? 1 : 0;  // what is compared there differs
    EXPECT_LE(outcome.status, best) << command.place << ": " << command.line << "\n"
                                    << outcome.err << outcome.out;
    EXPECT_EQ(outcome.err, "") << command.place << ": " << command.line;
    const bool shows_failure = std::ranges::any_of(  // how one would look
        command.output, [](const std::string& line) { return line.starts_with("FAILED"); });
    if (command.output.empty() || shows_failure) continue;
    EXPECT_TRUE(
        test::goes_as_shown(without_times_taken(lines_of(outcome.out)), without_times_taken(command.output)))
        << command.place << ": " << command.line << " prints\n"
        << outcome.out;
  }
  EXPECT_GE(ran, 8u);
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

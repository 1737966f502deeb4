// What strangers wrote (scenarios, captures, names of files, words on the command line) never commands the
// terminal, whatever prints it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/cli/process.h"
#include "tests/support/scratch.h"

namespace halfopen {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const std::string kEvil =
    "\x1b]0;pwned\x07\x1b[31m\xc2\x9b"
    "5m\x9b"
    "7m";

const std::string kScenario =
    "title = \"evil \\u001b]0;pwned\\u0007 \\u009b31m title\"\n"
    "story = \"\"\"once\n\\u001b[2Jupon\"\"\"\n"
    "[client]\nprogram = \"line-client\"\n[server]\nprogram = \"echo-server\"\n"
    "[[timeline]]\nat = \"1s\"\ndo = \"client types\"\ntext = \"\\u001b]0;typed\\u0007\"\n"
    "[[expect]]\nsays = \"says \\u001b[5m\"\nclient.output = \"\\u001b[never\"\n"
    "[[expect]]\nclient.output = \"\\u001b[never\"\n";

// Bytes of `text` that command a terminal: controls but ends of lines and tabs, of colours all that are not
// ours.
std::string commands_in(std::string text) {
  for (const char* ours : {"\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[35m",
                           "\x1b[36m", "\x1b[1;31m", "\x1b[2;31m", "\x1b[1;36m"}) {
    for (std::size_t at = 0; (at = text.find(ours)) != std::string::npos;)
      text.erase(at, std::string{ours}.size());
  }
  std::string found;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool is_c1 =
        byte >= 0x80 && byte < 0xa0 && (i == 0 || static_cast<unsigned char>(text[i - 1]) < 0xc3);
    if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f || is_c1) found += text[i];
  }
  return found;
}

class Strangers : public ::testing::TestWithParam<const char*> {
 protected:
  // Run where colours are wanted and where they are not.
  Outcome run(std::vector<std::string> arguments) {
    const Outcome outcome = halfopen_run(Start{.arguments = std::move(arguments),
                                               .environment = {{"CLICOLOR_FORCE", GetParam()}},
                                               .directory = {},
                                               .input = {}});
    EXPECT_EQ(commands_in(outcome.out), "") << outcome.out;
    EXPECT_EQ(commands_in(outcome.err), "") << outcome.err;
    return outcome;
  }
  test::Scratch scratch_;
  const std::string escapes_ = std::string{HALFOPEN_SOURCE_DIR} + "/tests/captures/escapes.pcapng";
};
INSTANTIATE_TEST_SUITE_P(Colours, Strangers, ::testing::Values("0", "1"));

TEST_P(Strangers, AScenariosTextsInARun) {
  const std::string file = scratch_.file("x" + kEvil + ".toml");
  write_bytes(file, kScenario);
  EXPECT_THAT(run({"sim", file}).out, HasSubstr("evil ?]0;pwned? ?31m title"));
  run({"sim", file, "--explain"});
  run({"sim", file, "-q"});
  const std::string capture = scratch_.file("y" + kEvil + ".pcapng");
  EXPECT_THAT(run({"sim", file, "-w", capture}).out, HasSubstr("capture: "));
  run({"show", capture, "--explain"});
  run({"compare", capture, capture});
  run({"check", file});
  run({"check", file, "--ktap"});
}

TEST_P(Strangers, ACapturesNamesNotesAndComments) {
  for (const char* how : {"--explain", "--states", "--summary"}) {
    EXPECT_EQ(run({"show", escapes_, how}).status, 0);
  }
  EXPECT_THAT(run({"show", escapes_}).out, HasSubstr("note: r?[31m?31m"));
  run({"compare", escapes_, "sim:host-crash"});
  run({"compare", "sim:host-crash", escapes_, "--json", scratch_.file("x.json")});
}

TEST_P(Strangers, NamesOfFilesInErrors) {
  for (const char* command : {"sim", "show", "check"}) {
    EXPECT_NE(run({command, "no" + kEvil}).status, 0) << command;
    EXPECT_NE(run({command, scratch_.file("no" + kEvil + ".toml")}).status, 0) << command;
  }
  run({"compare", "no" + kEvil, "sim:host-crash"});
  write_bytes(scratch_.file(kEvil), "neither pcap nor TOML");
  run({"show", scratch_.file(kEvil)});
  run({"sim", scratch_.file(kEvil)});
  run({"sim", "host-crash", "-w", "/no" + kEvil + "/x.pcapng"});
}

TEST_P(Strangers, WordsOnTheCommandLine) {
  EXPECT_EQ(run({kEvil}).status, 2);
  EXPECT_EQ(run({"--" + kEvil}).status, 2);
  EXPECT_EQ(run({"sim", "--" + kEvil}).status, 2);
  EXPECT_EQ(run({"sim", "host-crash", "--seed", kEvil}).status, 2);
  EXPECT_EQ(run({"sim", "host-crash", "--set", kEvil + "=1"}).status, 2);
  EXPECT_EQ(run({"sim", "host-crash", "--set", "title=" + kEvil}).status, 0);
  EXPECT_EQ(run({"sim", "host-crash", "--set", "client.profile=" + kEvil}).status, 2);
  EXPECT_EQ(run({"show", escapes_, "--connection", kEvil}).status, 2);
  EXPECT_EQ(run({"profiles", kEvil}).status, 2);
  EXPECT_EQ(run({"vm", "--kernel", kEvil, "--", "list"}).status, 2);
}

}  // namespace
}  // namespace halfopen

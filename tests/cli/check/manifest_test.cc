// The manifest of references: what it accepts, and that it is written as it is read.
#include "cli/check/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/input_error.h"
#include "tests/cli/process.h"
#include "tests/support/scratch.h"

namespace halfopen {
namespace {

using ::testing::HasSubstr;

const std::string kEntry =
    "[[capture]]\nfile = \"a.pcapng\"\nscenario = \"a\"\nhosts = \"sim\"\ndate = \"2026-11-24\"\ncommand = "
    "\"x\"\n";

const std::string kDiffers = kEntry + "[[capture.differs]]\nwhere = \"sim\"\nreason = \"x\"\n";

// A manifest with this one declared difference, on its tenth line.
std::string difference(const std::string& members) { return kDiffers + "what = [ { " + members + " } ]\n"; }

class ManifestTest : public ::testing::Test {
 protected:
  [[nodiscard]] Manifest read(const std::string& text) const {
    write_bytes(scratch_.file("manifest.toml"), text);
    return read_manifest(scratch_.path()).value();
  }
  [[nodiscard]] std::string complaint_about(const std::string& text) const {
    try {
      static_cast<void>(read(text));
    } catch (const InputError& error) {
      return error.what();
    }
    return "none";
  }
  test::Scratch scratch_;
};

TEST_F(ManifestTest, IsWrittenAsItIsRead) {
  const std::string text =
      "# Ours: \xc3\xa4\n\n"
      "[[capture]]\nfile = \"a.pcapng\"\nscenario = \"a\"\nhosts = \"replay\"\nprofiles = [\"linux-6.18\", "
      "\"4.4bsd\"]\n"
      "kernel = \"6.18.44\"\ndate = \"2026-11-24\"\ncommand = \"halfopen replay a --set "
      "'b=\\\"\\\\'\"\nquick = true\n"
      "set = [\"b=\\\"\\\\\\u0001\"]\nsysctls = [\"tcp_rmem=1 2 3\"]\ntolerance = \"5ms+1%\"\n"
      "varies = \"chance\"\nvarying = [\"psh\", \"packet\"]\n"
      "\n[[capture.differs]]\nwhere = \"linux-6.1\"\nreason = \"c: d\"\nwhat = [\n"
      "  { step = 14, field = \"psh\", from = \"set\", to = \"not set\" },\n"
      "  { step = \"run 15\", field = \"packet\", from = \"nothing\", to = \"client > server  .\" },\n"
      "  { step = \"client x: read()\", field = \"time\", from = \"1s\", to = \"1.5s\" },\n]\n"
      "\n[[capture]]\nfile = \"b.pcap\"\nscenario = \"a\"\nhosts = \"model-kernel\"\ndate = "
      "\"2026-11-24\"\ncommand = \"y\"\n";
  const Manifest manifest = read(text);
  EXPECT_EQ(text_of(manifest), text);
  ASSERT_EQ(manifest.entries.size(), 2u);
  EXPECT_EQ(manifest.entries[0].sets, std::vector<std::string>{"b=\"\\\x01"});
  ASSERT_EQ(manifest.entries[0].declared.size(), 1u);
  EXPECT_EQ(manifest.entries[0].declared[0].where, "linux-6.1");
  EXPECT_EQ(manifest.entries[0].declared[0].reason, "c: d");
  EXPECT_EQ(manifest.entries[0].declared[0].what.size(), 3u);
}

TEST_F(ManifestTest, ADirectoryNeedNotHaveOne) { EXPECT_FALSE(read_manifest(scratch_.path()).has_value()); }

TEST_F(ManifestTest, WhatIsWrongIsOneLineWithItsPlace) {
  const auto with = [](const std::string& from, const std::string& to) {
    std::string text = kEntry;
    return text.replace(text.find(from), from.size(), to);
  };
  const std::vector<std::pair<std::string, std::string>> mistakes{
      {"[[capture]", "manifest.toml:1:"},
      {"captures = 1\n", "expected a key of a manifest (\"capture\"?), found \"captures\""},
      {"capture = 1\n", "expected sections [[capture]] for capture, found 1"},
      {"[[capture]]\n", "expected a \"file\" in [[capture]], found none"},
      {with("scenario = \"a\"\n", ""), "expected a \"scenario\" in [[capture]]"},
      {with("\"sim\"", "\"simm\""),
       "manifest.toml:4:9: expected \"sim\", \"replay\", \"live\" or \"model-kernel\""},
      {with("a.pcapng", "../a.pcapng"), "expected a name in this directory that ends in .pcapng or .pcap"},
      {with("a.pcapng", "a.txt"), "expected a name in this directory"},
      {with("2026-11-24", "yesterday"),
       "expected a text such as \"2026-11-24\" for date, found \"yesterday\""},
      {kEntry + "quik = true\n", "(\"quick\"?), found \"quik\""},
      {kEntry + "quick = 1\n", "expected true or false for quick, found 1"},
      {kEntry + "set = [1]\n", "expected a text in set, found 1"},
      {kEntry + "set = 1\n", "expected a text or a list of texts for set, found 1"},
      {kEntry + "tolerance = \"much\"\n", "manifest.toml:7:13: expected a tolerance such as"},
      {kEntry + "expected_difference = \"linux: x\"\n", "found \"expected_difference\""},
      {kEntry + "varies = \"chance\"\n",
       "manifest.toml:7:10: expected a list \"varying\" of the fields that do"},
      {kEntry + "varies = \"\"\nvarying = [\"psh\"]\n", "expected why runs differ for varies"},
      {kEntry + "varying = [\"psh\"]\n",
       "manifest.toml:7:11: expected a reason \"varies\" beside \"varying\""},
      {kEntry + "varies = \"chance\"\nvarying = [\"push\"]\n", "or \"packet\" in varying, found \"push\""},
      {kEntry + "differs = 1\n", "expected sections [[differs]] for differs, found 1"},
      {kEntry + "[[capture.differs]]\n", "expected a \"where\" in [[capture.differs]], found none"},
      {kEntry + "[[capture.differs]]\nwhere = \"sim\"\n", "expected a \"reason\" in [[capture.differs]]"},
      {kEntry + "[[capture.differs]]\nwhere = \" \"\nreason = \"x\"\n", "expected the kind of hosts"},
      {kEntry + "[[capture.differs]]\nwhere = \"sim\"\nreason = \"\"\n",
       "expected why it differs for reason"},
      {kDiffers + "\n", "manifest.toml:7:1: expected a list \"what\" of { step, field, from, to }"},
      {kDiffers + "what = 1\n", "expected sections [[what]] for what, found 1"},
      {kDiffers + "what = [1]\n", "found 1"},
      {difference("step = 0, field = \"psh\", from = \"a\", to = \"b\""), "from 1 to"},
      {difference("step = \"4\", field = \"psh\", from = \"a\", to = \"b\""),
       "manifest.toml:10:19: expected a packet's number in the reference, or a text such as \"run 12\""},
      {difference("field = \"psh\", from = \"a\", to = \"b\""), "expected a \"step\" in a difference of"},
      {difference("step = 4, from = \"a\", to = \"b\""), "expected a \"field\" in a difference of"},
      {difference("step = 4, field = \"psh\", to = \"b\""), "expected a \"from\" in a difference of"},
      {difference("step = 4, field = \"psh\", from = \"a\""), "expected a \"to\" in a difference of"},
      {difference("step = 4, field = \"push\", from = \"a\", to = \"b\""),
       "expected what 'halfopen compare' names, such as \"psh\", \"window\", \"time\" or \"packet\" for "
       "field, "
       "found \"push\""},
      {difference("step = 4, field = \"time\", from = \"1s\", to = \"soon\""),
       "expected a span such as \"1.76s\" for to, found \"soon\""},
      {difference("step = 4, field = \"psh\", from = \"a\", to = \"a\""),
       "expected another value than \"from\" for to"},
      {difference("step = 4, field = \"psh\", from = \"a\", to = \"b\", why = 1"), "found \"why\""},
      {kEntry + kEntry, "expected one entry for each file, found a second one for \"a.pcapng\""},
  };
  for (const auto& [text, says] : mistakes) {
    EXPECT_THAT(complaint_about(text), HasSubstr(says)) << text;
    EXPECT_THAT(complaint_about(text), HasSubstr("manifest.toml:")) << text;
  }
}

TEST(DeclaredDifferences, SpeakOfARunByWholeNames) {
  const std::vector<std::string> names{"replay", "linux-6.18", "4.4bsd", "linux-6.18.44-amd64"};
  for (const char* where :
       {"replay", "linux-6.18", "linux", "linux-6", "linux-6.18.44", "4.4bsd", "replay linux-6.18"}) {
    EXPECT_TRUE(speaks_of(where, names)) << where;
  }
  for (const char* where :
       {"sim", "linux-6.1", "linux-6.1.90", "linux-6.18.4", "lin", "4.4", "sim linux-6.18"}) {
    EXPECT_FALSE(speaks_of(where, names)) << where;
  }
}

}  // namespace
}  // namespace halfopen

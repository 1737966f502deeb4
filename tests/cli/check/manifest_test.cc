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
      "expected_difference = [\"linux-6.1: c: d\"]\nvaries = \"chance\"\n"
      "\n[[capture]]\nfile = \"b.pcap\"\nscenario = \"a\"\nhosts = \"model-kernel\"\ndate = "
      "\"2026-11-24\"\ncommand = \"y\"\n";
  const Manifest manifest = read(text);
  EXPECT_EQ(text_of(manifest), text);
  ASSERT_EQ(manifest.entries.size(), 2u);
  EXPECT_EQ(manifest.entries[0].sets, std::vector<std::string>{"b=\"\\\x01"});
  EXPECT_EQ(manifest.entries[0].expected[0].where, "linux-6.1");
  EXPECT_EQ(manifest.entries[0].expected[0].reason, "c: d");
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
      {kEntry + "expected_difference = \"no reason\"\n", "expected \"WHERE: reason\""},
      {kEntry + "expected_difference = \"linux: \"\n", "expected \"WHERE: reason\""},
      {kEntry + kEntry, "expected one entry for each file, found a second one for \"a.pcapng\""},
  };
  for (const auto& [text, says] : mistakes) {
    EXPECT_THAT(complaint_about(text), HasSubstr(says)) << text;
    EXPECT_THAT(complaint_about(text), HasSubstr("manifest.toml:")) << text;
  }
}

TEST(ExpectedDifference, SpeaksOfARunByWholeNames) {
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

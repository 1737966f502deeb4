// halfopen check's KTAP, JUnit XML and JSON, read by readers that are not ours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <string>

#include "tests/cli/check/check_fixture.h"
#include "tests/support/tools.h"

namespace halfopen {
namespace {

using Json = nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// good.toml, bad.toml (an expectation fails) and broken.toml (its reference is garbage).
class CheckFormats : public test::CheckTest {
 protected:
  void SetUp() override {
    write_scenario("broken");
    write_scenario("good");
    ASSERT_EQ(check({".", "--bless", "--against", "."}).status, 0);
    write_bytes(file("broken.sim.pcapng"), "garbage");
    write_scenario("bad", "result = 6", "result = 7");
  }
};

struct KtapLine {
  bool ok = false;
  int number = 0;
  std::string name;
  std::string skip;
};

struct Ktap {
  int plan = -1;
  std::vector<KtapLine> results;
  std::vector<std::string> diagnostics;
};

// As strict as the specification allows: the version, the plan, then numbers from 1 without a gap.
Ktap read_ktap(const std::string& text) {
  Ktap ktap;
  const std::vector<std::string> lines = lines_of(text);
  EXPECT_GE(lines.size(), 2u);
  EXPECT_EQ(lines[0], "KTAP version 1");
  std::smatch found;
  EXPECT_TRUE(std::regex_match(lines[1], found, std::regex{"1\\.\\.([0-9]+)"})) << lines[1];
  ktap.plan = std::stoi(found[1]);
  const std::regex result{"(not )?ok ([0-9]+) ([^#]*?)( # SKIP (.*))?"};
  for (std::size_t i = 2; i < lines.size(); ++i) {
    if (lines[i].starts_with("# ")) {
      ktap.diagnostics.push_back(lines[i].substr(2));
    } else if (std::regex_match(lines[i], found, result)) {
      ktap.results.push_back({!found[1].matched, std::stoi(found[2]), found[3], found[5]});
      EXPECT_EQ(ktap.results.back().number, static_cast<int>(ktap.results.size()));
    } else {
      ADD_FAILURE() << "no line of KTAP: " << lines[i];
    }
  }
  EXPECT_EQ(ktap.results.size(), static_cast<std::size_t>(ktap.plan));
  return ktap;
}

TEST_F(CheckFormats, KtapHasAPlanAResultForEachAndDiagnosticsBeforeIt) {
  const Outcome outcome = check({".", "--ktap"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, IsEmpty());
  const Ktap ktap = read_ktap(outcome.out);
  ASSERT_THAT(ktap.results, SizeIs(3));
  EXPECT_EQ(ktap.results[0].name, "./bad.toml");
  EXPECT_FALSE(ktap.results[0].ok);
  EXPECT_FALSE(ktap.results[1].ok);
  EXPECT_TRUE(ktap.results[2].ok);
  EXPECT_THAT(ktap.diagnostics,
              ElementsAre(HasSubstr("expected client read()"), HasSubstr("cannot be compared with"),
                          "Totals: pass:1 fail:1 xfail:0 xpass:0 skip:0 error:1"));
}

TEST_F(CheckFormats, KtapKeepsANumberSignOutOfNames) {
  write_scenario("a # SKIP b");
  const Ktap ktap = read_ktap(check({"./a # SKIP b.toml", "--ktap"}).out);
  ASSERT_THAT(ktap.results, SizeIs(1));
  EXPECT_EQ(ktap.results[0].name, "./a _ SKIP b.toml");
  EXPECT_THAT(ktap.results[0].skip, IsEmpty());
}

TEST_F(CheckFormats, KselftestsStatusIs0Or1) {
  EXPECT_EQ(check({"good.toml", "--ktap"}).status, 0);
  EXPECT_EQ(check({"good.toml", "bad.toml", "--ktap"}).status, 1);
}

// Python's parser, and what it finds.
std::string python_reads(const std::string& file) {
  const std::string program =
      "import sys, xml.etree.ElementTree as E\n"
      "r = E.parse(sys.argv[1]).getroot()\n"
      "for s in r.iter(\"testsuite\"):\n"
      "  print(s.get(\"tests\"), s.get(\"failures\"), s.get(\"errors\"), s.get(\"skipped\"), "
      "float(s.get(\"time\")) >= 0)\n"
      "  for c in s.iter(\"testcase\"):\n"
      "    print(ascii(c.get(\"name\")), float(c.get(\"time\")) >= 0, *[(k.tag, bool(k.get(\"message\"))) "
      "for k in c])\n";
  return test::run_tool("python3 -c '" + program + "' '" + file + "'").text;
}

TEST_F(CheckFormats, JunitsXmlIsReadByPython) {
  if (!test::has_tool("python3")) GTEST_SKIP() << "no python3";
  EXPECT_EQ(check({".", "--junit", "out.xml"}).status, 2);
  EXPECT_EQ(python_reads(file("out.xml")),
            "3 1 1 0 True\n"
            "'./bad.toml' True ('failure', True)\n"
            "'./broken.toml' True ('error', True)\n"
            "'./good.toml' True\n");
}

TEST_F(CheckFormats, JunitsXmlHoldsAnyNameThatAFileCanHave) {
  if (!test::has_tool("python3")) GTEST_SKIP() << "no python3";
  write_scenario("<a>&\"\x01\xff\xc3\xa4");
  const Outcome outcome =
      check({"./<a>&\"\x01\xff\xc3\xa4.toml", "--junit", "out.xml", "--json", "out.json"});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(python_reads(file("out.xml")), HasSubstr("'./<a>&\"?\\ufffd\\xe4.toml' True"));
  EXPECT_EQ(Json::parse(read_bytes(file("out.json")))["results"][0]["name"],
            "./<a>&\"\x01\xef\xbf\xbd\xc3\xa4.toml");
}

TEST_F(CheckFormats, JsonSaysItAll) {
  const Outcome outcome = check({".", "--json", "-"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("3 scenarios: 1 ok, 1 failed, 1 in trouble"));  // prose makes room
  const Json json = Json::parse(outcome.out);
  EXPECT_EQ(json["format"], "halfopen-check/1");
  EXPECT_EQ(json["exit"], 2);
  EXPECT_EQ(json["totals"],
            (Json{{"passed", 1}, {"failed", 1}, {"skipped", 0}, {"trouble", 1}, {"unresolved", 0}}));
  ASSERT_THAT(json["results"], SizeIs(3));
  EXPECT_EQ(json["results"][0]["result"], "failed");
  EXPECT_THAT(json["results"][0]["expectations"]["failed"], SizeIs(1));
  EXPECT_EQ(json["results"][1]["references"][0]["result"], "broken");
  EXPECT_EQ(json["results"][2]["references"][0]["result"], "same");
}

}  // namespace
}  // namespace halfopen

// The scripts of tests/packetdrill. That they are true was found with packetdrill itself on a kernel 6.18
// (FreeBSD's: see README.md there); here they hold the models. What %{ }% blocks say is for
// tests/cli/drill_own_scripts_test.cc, which has a Python.
#include "tests/sim/drill/own_scripts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/support/known_failures.h"

namespace halfopen::drill {
namespace {

std::string failure_of(const PlayResult& result) {
  return std::to_string(result.place.line) + ": " + result.message;
}

std::string explain(const std::string& name, const PlayResult& result) {
  return name + ":" + failure_of(result) + "\n" + result.expected + "\n" + result.actual;
}

// Without those that only a %{ }% block tells.
std::map<std::string, std::string> known_to_fail() {
  auto known = test::known_failures(kOwnScripts + "/known-failures.txt");
  std::erase_if(known, [](const auto& entry) { return entry.second.find("%{ }%") != std::string::npos; });
  return known;
}

TEST(OwnScripts, AreEnough) { EXPECT_GE(own_scripts().size(), 150U); }

// A failure that is known is declared with its place and words; one that has gone away is no longer.
TEST(OwnScripts, HoldOnTheirSystemButForWhatIsKnown) {
  std::map<std::string, std::string> known = known_to_fail();
  for (const auto& [name, script] : own_scripts()) {
    const PlayResult result = play_on(script, profile_of(name));
    const auto declared = known.find(name);
    if (declared == known.end()) {
      EXPECT_EQ(result.verdict, Verdict::passed) << explain(name, result);
      continue;
    }
    EXPECT_EQ(result.verdict, Verdict::failed) << name << " is declared in known-failures.txt";
    EXPECT_EQ(failure_of(result), declared->second) << name;
    known.erase(declared);
  }
  for (const auto& [name, failure] : known) ADD_FAILURE() << "no script " << name << ".pkt: " << failure;
}

// What does not hold on a kernel other than 6.18 does not on its row either, unless that is marked as not
// known.
TEST(OwnScripts, HoldOnOtherKernelsOrDoNotAsThereToo) {
  std::set<std::string> untrue;  // "linux-6.1 NAME"
  std::ifstream file{kOwnScripts + "/other-kernels.txt"};
  for (std::string line; std::getline(file, line);) {
    std::istringstream words{line};
    std::string row;
    std::string name;
    std::string mark;
    words >> row >> name >> mark;
    if (!row.starts_with("linux-")) continue;
    EXPECT_TRUE(own_scripts().contains(name)) << line;
    if (mark != "unknown") untrue.insert(row + ' ' + name);
  }
  EXPECT_GT(untrue.size(), 50U);
  for (const std::string row : {"linux-5.10", "linux-6.1", "linux-6.12", "linux-7.2"}) {
    for (const auto& [name, script] : own_scripts()) {
      if (profile_of(name) != "linux-6.18") continue;
      const PlayResult result = play_on(script, row);
      const bool fails = untrue.contains(row + ' ' + name);
      EXPECT_EQ(result.verdict, fails ? Verdict::failed : Verdict::passed)
          << row << ": " << explain(name, result);
    }
  }
}

// What is TCP's, not Linux's: the same on every system.
TEST(OwnScripts, HoldElsewhereWhereTheyAreTcps) {
  const std::array<std::string, 24> everywhere{"accept-and-close",
                                               "accept-blocks",
                                               "challenge-ack-for-syn",
                                               "connect-nonblocking",
                                               "connect-refused",
                                               "dsack-of-a-part",
                                               "fast-retransmit",
                                               "half-close",
                                               "icmp-of-another-number",
                                               "icmp-unreachable-while-connecting",
                                               "linger-zero-resets",
                                               "nagle-holds-small-segments",
                                               "nodelay",
                                               "path-mtu-shrinks",
                                               "peek-leaves-data",
                                               "read-blocks-until-data",
                                               "read-nonblocking",
                                               "reset-in-window-is-challenged",
                                               "retransmission-timeout",
                                               "sack-for-a-hole",
                                               "stranger-gets-reset",
                                               "strict-segments",
                                               "syn-to-closed-port",
                                               "timestamps"};
  for (const std::string& name : everywhere) {
    for (const std::string_view profile : {"freebsd-14", "rfc"}) {
      const PlayResult result = play_on(own_scripts().at(name), profile);
      EXPECT_EQ(result.verdict, Verdict::passed) << profile << ": " << explain(name, result);
    }
  }
}

// README.md lists each script once, by its name in backticks, and no other.
TEST(OwnScripts, AreInTheIndex) {
  std::ifstream file{kOwnScripts + "/README.md"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const std::size_t begin = text.find("## Index");
  ASSERT_NE(begin, std::string::npos);
  std::multiset<std::string> listed;
  for (std::size_t at = text.find('`', begin); at != std::string::npos; at = text.find('`', at)) {
    const std::size_t end = text.find('`', at + 1);
    ASSERT_NE(end, std::string::npos);
    listed.insert(text.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  for (const auto& [name, script] : own_scripts())
    EXPECT_EQ(listed.count(name), 1U) << name << " in tests/packetdrill/README.md";
  for (const std::string& name : listed)
    EXPECT_TRUE(own_scripts().contains(name)) << "README.md names " << name << ".pkt, which is not there";
}

}  // namespace
}  // namespace halfopen::drill

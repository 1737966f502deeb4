// halfopen packetdrill --on kernel with several scripts: at a time, in what order they are told, what is kept
// of them, and what is left when they are ended.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/cli/drill_kernel.h"

namespace halfopen {
namespace {

namespace fs = std::filesystem;
using test::kConnected;
using test::KernelDrill;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kSocket = " 0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n";

class KernelDrillCases : public KernelDrill {
 protected:
  std::string add(const std::string& name, const std::string& text) {
    const fs::path file = scratch.path() / "suite" / name;
    fs::create_directories(file.parent_path());
    write_bytes(file, text);
    return file.string();
  }
  Outcome play_suite(const std::vector<std::string>& options) {
    std::vector<std::string> words{"packetdrill", "--on", "kernel", "-4", "--tolerance_usecs=100000000"};
    words.insert(words.end(), options.begin(), options.end());
    words.push_back((scratch.path() / "suite").string());
    return halfopen_run(words);
  }
};

// "FAILED b." of each case, also where the machine was late; what a failure tells has times in it.
std::vector<std::string> verdicts(const std::string& output) {
  std::vector<std::string> all;
  for (const std::string& line : lines_of(output)) {
    if (line.starts_with(' ')) continue;
    const std::string word = line.substr(0, line.find(' '));
    all.push_back((word == "UNRESOLVED" ? "FAILED" : word) + " " +
                  line.substr(line.rfind('/') + 1, line.rfind(".pkt") - line.rfind('/')));
  }
  return all;
}

TEST_F(KernelDrillCases, AreToldInTheirOrderHoweverManyPlayAtATime) {
  add("a.pkt", std::string{kSocket} + "+.5 close(3) = 0\n");
  add("b.pkt", std::string{kSocket} + "+0 listen(3, 1) = 7\n");
  add("c.pkt", std::string{kSocket} + "+0 open(5, O_RDWR) = 4\n");
  add("d.pkt", std::string{kSocket} + "+0 %{ assert tcpi_state == 7 }%\n");
  add("e.pkt", std::string{kSocket} + "+0 %{ assert tcpi_state == 1 }%\n");
  add("f.pkt", "nonsense\n");
  const Outcome one = play_suite({"--jobs", "1"});
  EXPECT_EQ(one.status, 2) << one.out;
  std::vector<std::string> expected{"ok a.", "FAILED b.", "SKIP c.", "ok d.", "FAILED e.", "TROUBLE f."};
  std::vector<std::string> told = verdicts(one.out);
  ASSERT_EQ(told.size(), 7U) << one.out;
  told.pop_back();
  EXPECT_EQ(told, expected) << one.out;
  EXPECT_EQ(verdicts(play_suite({"--jobs", "4"}).out), verdicts(one.out));
}

// Four that wait for a second each take less than one after the other would.
TEST_F(KernelDrillCases, PlayAtTheSameTime) {
  for (const char* name : {"a.pkt", "b.pkt", "c.pkt", "d.pkt"})
    add(name, std::string{kSocket} + "+1 close(3) = 0\n");
  const Outcome run = play_suite({"--jobs", "4", "--json", "-"});
  ASSERT_EQ(run.status, 0) << run.out << run.err;
  const auto told = nlohmann::json::parse(run.out);
  double sum = 0;
  for (const auto& result : told["results"]) sum += result["seconds"].get<double>();
  EXPECT_GE(sum, 4);
  EXPECT_LT(told["seconds"].get<double>(), sum);
}

TEST_F(KernelDrillCases, ShowTheLadderOfWhatFailed) {
  add("a.pkt", std::string{kConnected} + "+0 close(3) = 0\n* > R. 1:1(0) ack 1\n");
  const Outcome run = play_suite({"-v"});
  EXPECT_THAT(run.status, test::IsFailure());
  EXPECT_THAT(run.out, AllOf(HasSubstr("server > client  S.   0:0(0)"),
                             HasSubstr("client > server  F.   1:1(0)"), HasSubstr("close(3) = 0")));
}

// Both ways, with calls, errors and the verdict, for any program that reads pcapng and for `show`.
TEST_F(KernelDrillCases, AreKeptAsCaptures) {
  add("good.pkt", kConnected);
  add("wrong.pkt", std::string{kConnected} + "+0 write(3, ..., 10) = 11\n");
  const fs::path kept = scratch.path() / "kept";
  const Outcome run = play_suite({"-w", kept.string()});
  EXPECT_THAT(run.status, test::IsFailure()) << run.out;
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator{kept}) names.push_back(entry.path().string());
  std::ranges::sort(names);
  ASSERT_EQ(names.size(), 2U);
  EXPECT_THAT(names[0], HasSubstr("good.ipv4.kernel.pcapng"));
  const std::string good = halfopen_run({"show", names[0]}).out;
  EXPECT_THAT(good, AllOf(HasSubstr("connect(3, ..., ...) = -1 EINPROGRESS"),
                          HasSubstr("client > server  S    0:0(0)"),
                          HasSubstr("server > client  S.   0:0(0)"), HasSubstr("note: passed")));
  const std::string wrong = halfopen_run({"show", names[1]}).out;
  EXPECT_THAT(wrong,
              AllOf(HasSubstr("write(3, ..., 10) = 10"), HasSubstr("client > server  P.   1:11(10)"),
                    ContainsRegex("note: (failed|unresolved) in line 8: runtime error in write call")));
}

// Whether a process has this word in its command line.
bool is_running(const std::string& word) {
  for (const auto& entry : fs::directory_iterator{"/proc"}) {
    std::ifstream file{entry.path() / "cmdline", std::ios::binary};
    for (std::string one; std::getline(file, one, '\0');)
      if (one == word) return true;
  }
  return false;
}

bool comes_true(const std::function<bool()>& what) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (!what() && std::chrono::steady_clock::now() < limit) ::poll(nullptr, 0, 10);
  return what();
}

TEST_F(KernelDrillCases, KillNineLeavesNothing) {
  const std::string token = std::to_string(getpid()) + "98765";  // seconds, and nobody else's
  add("a.pkt", "0 `sleep " + token + "`\n");
  add("b.pkt",
      std::string{kSocket} + "+0 %{ import os; os.execvp('sleep', ['sleep', '1" + token + "']) }%\n");
  const Outcome start = shell("\"$HALFOPEN\" packetdrill --on kernel --jobs 2 -4 '" +
                              (scratch.path() / "suite").string() + "' >/dev/null 2>&1 & echo $!");
  const pid_t pid = std::stoi(start.out);
  EXPECT_TRUE(comes_true([&] { return is_running(token) && is_running("1" + token); }));
  kill(pid, SIGKILL);
  EXPECT_TRUE(comes_true([&] { return !is_running(token) && !is_running("1" + token); }));
}

}  // namespace
}  // namespace halfopen

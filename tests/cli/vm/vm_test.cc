// halfopen vm with Debian's kernel: the four failures in virtual time, other people's programs, and what
// comes back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/cli/process.h"
#include "tests/cli/vm/guest.h"
#include "tests/support/debian_kernel.h"
#include "tests/support/scratch.h"

namespace halfopen {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using test::vm;

class VmFailures : public ::testing::TestWithParam<const char*> {};

// In full, and under a terminal's eyes the second time: colours are the host's affair and change nothing in
// there.
TEST_P(VmFailures, HoldWhatTheirSentencesSayAndAreTheSameBytesAgain) {
  const test::Scratch scratch;
  const Outcome first = vm(scratch, {"--", "live", GetParam(), "-w", "run.pcapng", "--json", "run.json"});
  EXPECT_EQ(first.status, 0) << first.out << first.err;
  EXPECT_THAT(first.out, HasSubstr("client > server  S "));
  EXPECT_THAT(first.out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(first.err, HasSubstr(" s of kernel time in "));
  const std::string capture = read_bytes(scratch.path() / "run.pcapng");
  const std::string json = read_bytes(scratch.path() / "run.json");
  ASSERT_FALSE(capture.empty());
  std::string memory;
  for (const std::string& word : test::memory_options()) memory += word + " ";
  const Outcome second =
      shell("cd '" + scratch.path().string() + "' && TERM=xterm script -qec \"$HALFOPEN vm --kernel '" +
            test::debian_kernel() + "' " + memory + " -- live " + GetParam() +
            " -w run.pcapng --json run.json\" /dev/null");
  EXPECT_EQ(second.status, 0) << second.out << second.err;
  EXPECT_THAT(second.out, HasSubstr("\x1b["));
  EXPECT_TRUE(read_bytes(scratch.path() / "run.pcapng") == capture);
  EXPECT_TRUE(read_bytes(scratch.path() / "run.json") == json);
  EXPECT_THAT(scratch.left(), ElementsAre("run.json", "run.pcapng"));
}

#if defined(__SANITIZE_ADDRESS__)
// One is enough to run the sanitized program in there.
const auto kFailures = ::testing::Values("process-killed");
#else
const auto kFailures = ::testing::Values("process-killed", "host-crash", "host-reboot", "host-shutdown");
#endif
INSTANTIATE_TEST_SUITE_P(Four, VmFailures, kFailures, [](const auto& failure) {
  std::string name = failure.param;
  std::erase(name, '-');
  return name;
});

#if !defined(__SANITIZE_ADDRESS__)  // these would say the same of the sanitized program, slowly

// By meaning: another image moves a guest's timers a little.
TEST(Vm, TheFourAreAsTheirReferencesFromThisKernel) {
  const test::Scratch scratch;
  const std::string references = (fs::path{HALFOPEN_SOURCE_DIR} / "pcaps" / "linux-6.1").string();
  const Outcome outcome =
      vm(scratch, {"--", "check", "--client", "kernel", "--server", "kernel", "--jobs", "1", "--against",
                   references, "process-killed", "host-crash", "host-reboot", "host-shutdown"});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("ok       host-crash      5 expectations, 1 reference"));
  EXPECT_THAT(outcome.out, HasSubstr("4 scenarios: 4 ok"));
}

TEST(Vm, ChecksInTwoKernelsMakeATable) {
  const test::Scratch scratch;
  const std::string garbage = scratch.file("vmlinuz");
  write_bytes(garbage, std::string(1000, 'x'));
  const Outcome same = vm(scratch, {"--kernel", test::debian_kernel(), "--jobs", "2", "--", "check",
                                    "--client", "kernel", "--quick", "process-killed", "host-reboot"});
  EXPECT_EQ(same.status, 0) << same.out << same.err;
  const std::vector<std::string> lines = lines_of(same.out);
  ASSERT_EQ(lines.size(), 5u) << same.out;
  EXPECT_THAT(lines[0], ::testing::MatchesRegex("scenario        6\\.1\\..*  6\\.1\\..*"));
  EXPECT_THAT(lines[1], ::testing::MatchesRegex("process-killed  no reference +no reference"));
  EXPECT_THAT(lines[4], ::testing::EndsWith(": nothing changed"));
  const Outcome one_is_none =
      vm(scratch, {"--kernel", garbage, "--", "check", "--client", "kernel", "--quick", "process-killed"});
  EXPECT_EQ(one_is_none.status, 4) << one_is_none.out << one_is_none.err;
  EXPECT_THAT(one_is_none.out, HasSubstr("process-killed  no reference"));
}

TEST(Vm, AUsersClientRunsInThere) {
  const test::Scratch scratch;
  const Outcome outcome = vm(scratch, {"--", "replay", "process-killed", "--", "nc", "server", "9998"});
  EXPECT_THAT(outcome.out, HasSubstr("nc[2] read(3, \"\", 16384) = 0"));
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr(" for another program")) << "nc is no line-client";
}

// The directory is its owner's alone: in a guest, programs stay root. What stands at the start comes before
// them.
TEST(Vm, AUsersClientIsRootInThereAndStartsAfterTheStart) {
  const test::Scratch scratch;
  const Outcome outcome = vm(scratch, {"--", "replay", "host-crash-before-syn", "--quick",
                                       "--until-client-exits", "--", "sh", "-c", "echo x > out.txt"});
  EXPECT_EQ(read_bytes(scratch.path() / "out.txt"), "x\n") << outcome.err;
  const std::size_t crash = outcome.out.find("-- server host crashes --");
  const std::size_t start = outcome.out.find("client  sh[2] started");
  ASSERT_NE(crash, std::string::npos) << outcome.out;
  ASSERT_NE(start, std::string::npos) << outcome.out;
  EXPECT_LT(crash, start);
}

// A whole giving-up would wait for 960 s: the phase moves each retransmission by as much as the start.
TEST(Vm, PhaseMovesTheTimersOfTheKernel) {
  const test::Scratch scratch;
  const auto retransmission = [&](const char* phase) {
    const Outcome outcome =
        vm(scratch, {"--phase", phase, "--", "live", "host-crash", "--set", "until=3.3s", "--no-trace"});
    std::vector<double> sendings;
    for (const std::string& line : lines_of(outcome.out)) {
      if (line.find("client > server  P.   15:30(15)") != std::string::npos)
        sendings.push_back(std::stod(line));
    }
    EXPECT_GE(sendings.size(), 2u) << outcome.out << outcome.err;
    return sendings.size() < 2 ? 0.0 : sendings[1] - sendings[0];
  };
  // A jiffy of this kernel is 4 ms: a millisecond later the next one is a millisecond nearer.
  constexpr double kJiffy = 0.004;
  std::vector<double> gaps;
  for (const char* phase : {"0", "1", "2", "3", "4"}) gaps.push_back(retransmission(phase));
  for (std::size_t i = 0; i + 1 < gaps.size(); ++i) {
    const double nearer = std::fmod(gaps[i] - gaps[i + 1] + kJiffy, kJiffy);
    EXPECT_NEAR(nearer, 0.001, 0.0003) << ::testing::PrintToString(gaps);
  }
}

// What a user calls the outputs is nothing to the run, and the run speaks of them in the user's words.
TEST(Vm, TheNamesOfOutputsMoveNothing) {
  const test::Scratch scratch;
  const test::Scratch elsewhere;
  const std::string far = elsewhere.file("a-name-that-is-a-good-deal-longer.pcapng");
  const auto run = [&](const std::string& name) {
    return vm(scratch, {"--", "live", "host-crash", "--set", "until=4s", "-w", name});
  };
  const Outcome near = run("a.pcapng");
  const Outcome second = run(far);
  EXPECT_THAT(near.out, HasSubstr("\ncapture: a.pcapng\n"));
  EXPECT_THAT(second.out, HasSubstr("\ncapture: " + far + "\n"));
  const std::string capture = read_bytes(scratch.path() / "a.pcapng");
  ASSERT_FALSE(capture.empty());
  EXPECT_TRUE(read_bytes(far) == capture);
  EXPECT_THAT(scratch.left(), ElementsAre("a.pcapng"));
}

// What is printed, what else is written and what goes along: other work for the guest, and another boot. The
// kernel's timers are not told.
TEST(Vm, WhatIsToldAndTakenAlongMovesNoTimer) {
  const test::Scratch scratch;
  write_bytes(scratch.file("one-more"), "file");
  const auto run = [&](const std::string& name, const std::vector<std::string>& of_vm,
                       const std::vector<std::string>& of_live) {
    std::vector<std::string> words = of_vm;
    words.insert(words.end(), {"--", "live", "host-crash", "--set", "until=4s", "-w", name});
    words.insert(words.end(), of_live.begin(), of_live.end());
    const Outcome outcome = vm(scratch, words);
    EXPECT_NE(read_bytes(scratch.path() / name), "") << outcome.out << outcome.err;
  };
  run("told.pcapng", {}, {});
  run("quiet.pcapng", {}, {"-q"});
  run("more.pcapng", {"--with", "one-more"}, {"--json", "more.json", "--explain"});
  for (const char* other : {"quiet.pcapng", "more.pcapng"}) {
    const Outcome outcome =
        halfopen_run({"compare", "--tolerance", "150us", scratch.file("told.pcapng"), scratch.file(other)});
    EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  }
}

// What a kernel's first connection patches and draws is not in the round trip that is measured: the
// scenario's programs have met before.
TEST(Vm, TheFirstRoundTripIsThePaths) {
  const test::Scratch scratch;
  const Outcome outcome = vm(scratch, {"--", "live", "host-crash", "--set", "until=4s"});
  std::vector<double> times;
  for (const std::string& line : lines_of(outcome.out)) {
    const bool is_syn = line.find("client > server  S ") != std::string::npos;
    const bool is_answer = line.find("server > client  S.") != std::string::npos;
    if (is_syn || is_answer) times.push_back(std::stod(line));
  }
  ASSERT_EQ(times.size(), 2u) << outcome.out << outcome.err;
  EXPECT_LT(times[0], 0.0065) << "the program's first call and its SYN: 9 ms in a kernel that is cold";
  EXPECT_NEAR(times[1] - times[0], 0.020, 0.0005);
}

TEST(Vm, ALimitInTheGuestsTimeEndsTheCommandAndKeepsTheCapture) {
  const test::Scratch scratch;
  const Outcome outcome =
      vm(scratch, {"--limit", "20s", "--", "live", "host-crash", "-q", "-w", "cut.pcapng"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("did not end within 20.0 s of kernel time (--limit)"));
  const Outcome shown = halfopen_run({"show", scratch.file("cut.pcapng")});
  EXPECT_THAT(shown.out, AllOf(HasSubstr("\n  10.2"), Not(HasSubstr("\n  32."))));
}

TEST(Vm, AKernelThatDiesLeavesTheCaptureSoFar) {
  const test::Scratch scratch;
  const std::string script =
      "'" HALFOPEN_BINARY "' live host-crash -q -w dies.pcapng & sleep 45; echo c > /proc/sysrq-trigger";
  const Outcome outcome =
      vm(scratch, {"--with", fs::path{HALFOPEN_BINARY}.parent_path() / "line-client", "--with",
                   fs::path{HALFOPEN_BINARY}.parent_path() / "echo-server", "--with", HALFOPEN_BINARY,
                   "--with", "sleep", "--exec", "--", "sh", "-c", script});
  EXPECT_EQ(outcome.status, 2) << outcome.err;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("the kernel panicked: sysrq triggered crash"), HasSubstr("  | ")));
  EXPECT_THAT(scratch.left(), ElementsAre("dies.pcapng.partial"));
  const Outcome shown = halfopen_run({"show", scratch.file("dies.pcapng.partial")});
  EXPECT_THAT(shown.out, AllOf(HasSubstr("\n  10.2"), Not(HasSubstr("\n  61."))));
}

TEST(Vm, WithoutATunDeviceNothingIsStarted) {
  const test::Scratch scratch;
  const Outcome outcome = vm(scratch, {"--modules", scratch.path(), "--", "live", "host-crash"});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_THAT(outcome.err,
              HasSubstr("this kernel has no TUN device: it is neither built in nor a module in"));
  EXPECT_THAT(outcome.out, IsEmpty());
}

#endif

TEST(VmExec, AnyProgramsFilesComeBackAndItsStatus) {
  const test::Scratch scratch;
  const test::Scratch elsewhere;
  write_bytes(scratch.path() / "input", "from here\n");
  const std::string named = elsewhere.file("named");
  const std::string other = elsewhere.file("other");
  const Outcome outcome =
      vm(scratch, {"--with", "cat", "--with", "mkdir", "--out", named, "--exec", "--", "sh", "-c",
                   "mkdir -p sub; cat input > sub/copy; echo here > \"$1\"; echo there > \"$2\"; echo said; "
                   "echo complained >&2; exit 7",
                   "input", named, other});
  EXPECT_EQ(outcome.status, 7);
  EXPECT_EQ(outcome.out, "said\n");
  EXPECT_THAT(outcome.err, HasSubstr("complained\n"));
  EXPECT_EQ(read_bytes(scratch.path() / "sub/copy"), "from here\n");
  EXPECT_EQ(read_bytes(named), "here\n");
  EXPECT_THAT(elsewhere.left(), ElementsAre("named"));
}

// Whoever runs in there writes what it likes, and nothing of it leads out of here.
TEST(VmExec, AHostileProgramWritesNowhereElse) {
  const test::Scratch scratch;
  const test::Scratch elsewhere;
  fs::create_directory_symlink(elsewhere.path(), scratch.path() / "link");
  const Outcome outcome =
      vm(scratch, {"--with", "mkdir", "--with", "rm", "--exec", "--", "sh", "-c",
                   "rm -f link; mkdir -p link; echo evil > link/evil.txt; echo fine > fine.txt"});
  EXPECT_EQ(outcome.status, 2) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("link/evil.txt: cannot be written: "));
  EXPECT_THAT(elsewhere.left(), IsEmpty());
  EXPECT_EQ(read_bytes(scratch.path() / "fine.txt"), "fine\n");
}

TEST(VmExec, AFileOfTheKernelsInTheCommandIsTheGuestsOwn) {
  const test::Scratch scratch;
  const Outcome outcome = vm(scratch, {"--exec", "--", "cat", "/proc/sys/kernel/osrelease"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, ::testing::StartsWith("6.1."));
}

TEST(VmExec, AGuestWithoutMemorySaysSo) {
  const test::Scratch scratch;
  const Outcome outcome = vm(scratch, {"--with", "tail", "--exec", "--", "sh", "-c", "exec tail /dev/zero"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("the guest ran out of memory"), HasSubstr("--memory M gives it more"),
                    HasSubstr("Out of memory: Killed process")));
}

}  // namespace
}  // namespace halfopen

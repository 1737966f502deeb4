// halfopen vm when something goes wrong outside the guest: QEMU, signals, time. Most of it with a program in
// QEMU's place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/cli/process.h"
#include "tests/support/debian_kernel.h"
#include "tests/support/scratch.h"

namespace halfopen {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class VmTrouble : public ::testing::Test {
 protected:
  // Puts a shell script in QEMU's place.
  void fake_qemu(const std::string& script) {
    const fs::path file = scratch_.path() / "bin" / "qemu-system-x86_64";
    fs::create_directories(file.parent_path());
    write_bytes(file, "#!/bin/sh\necho \"$@\" >> '" + scratch_.file("calls") + "'\n" + script);
    fs::permissions(file, fs::perms::owner_all);
  }
  [[nodiscard]] std::vector<std::string> arguments(std::vector<std::string> more) const {
    std::vector<std::string> all{"vm", "--kernel", kernel_};
    const std::vector<std::string> memory = test::memory_options();
    all.insert(all.end(), memory.begin(), memory.end());
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  // With the fake QEMU first in PATH.
  Outcome vm(std::vector<std::string> more) {
    const std::string path = (scratch_.path() / "bin").string() + ":" + std::getenv("PATH");
    return halfopen_run(Start{.arguments = arguments(std::move(more)),
                              .environment = {{"PATH", path}},
                              .directory = scratch_.path(),
                              .input = {}});
  }

  test::Scratch scratch_;
  std::string kernel_ = test::debian_kernel();
};

TEST_F(VmTrouble, WithoutQemuItNamesThePackage) {
  const Outcome outcome = halfopen_run(Start{.arguments = arguments({"--", "doctor"}),
                                             .environment = {{"PATH", scratch_.path().string()}},
                                             .directory = {},
                                             .input = {}});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_THAT(outcome.err, HasSubstr("qemu-system-x86_64 is not installed: apt-get install qemu-system-x86"));
}

TEST_F(VmTrouble, AnotherQemuIsNamedWithItsComplaint) {
  fake_qemu(
      "[ \"$1\" = --version ] && echo 'QEMU emulator version 2.5' || { echo 'invalid option -seed' >&2; exit "
      "1; }\n");
  const Outcome outcome = vm({"--", "doctor"});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("never came to its first process"), HasSubstr("(QEMU emulator version 2.5)"),
                    HasSubstr("| invalid option -seed")));
}

TEST_F(VmTrouble, AKernelThatIsSilentOnAMicrovmIsTriedOnAPc) {
  fake_qemu("echo 'Kernel panic - not syncing: no such luck'\n");
  const Outcome outcome = vm({"--", "doctor"});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_THAT(outcome.err, HasSubstr("as a microvm and as a pc: no such luck"));
  const std::vector<std::string> calls = lines_of(read_bytes(scratch_.path() / "calls"));
  ASSERT_THAT(calls, SizeIs(3));  // the third asks for the version
  EXPECT_THAT(calls[0], HasSubstr("-M microvm,"));
  EXPECT_THAT(calls[1], HasSubstr("-M pc "));
}

TEST_F(VmTrouble, GarbageFromTheGuestIsAnErrorAndNoCrash) {
  fake_qemu(
      "for word; do case \"$word\" in file,*) head -c 100000 /dev/zero > \"${word##*path=}\";; esac; done\n");
  const Outcome outcome = vm({"--", "doctor"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("the guest's messages cannot be understood"));
}

// A run that can be listened to and stopped.
class RunningVm {
 public:
  RunningVm(std::vector<std::string> words, const fs::path& directory, const std::string& path) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) std::abort();
    pid_ = fork();
    if (pid_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      for (const int end : ends) close(end);
      signal(SIGINT, SIG_DFL);
      if (!path.empty()) setenv("PATH", path.c_str(), 1);
      if (chdir(directory.c_str()) != 0) _exit(127);
      words.insert(words.begin(), HALFOPEN_BINARY);
      std::vector<char*> argv;
      for (std::string& word : words) argv.push_back(word.data());
      argv.push_back(nullptr);
      execv(argv[0], argv.data());
      _exit(127);
    }
    close(ends[1]);
    output_ = ends[0];
  }
  ~RunningVm() { close(output_); }
  RunningVm(const RunningVm&) = delete;
  RunningVm& operator=(const RunningVm&) = delete;

  // What it has written by the time a line is whole.
  std::string first_line() const {
    std::string text;
    char c = 0;
    while (text.find('\n') == std::string::npos && read(output_, &c, 1) == 1) text += c;
    return text;
  }
  void send(int signal) const { kill(pid_, signal); }
  int status() const {
    int status = 0;
    waitpid(pid_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
};

const std::string kBusy = "echo kept > file; sleep 2; echo here; while :; do :; done";

// Output comes while the command runs; Ctrl-C ends it, and what it made a second before is there.
TEST_F(VmTrouble, CtrlCEndsTheGuestAndKeepsItsFilesSoFar) {
  const RunningVm run{arguments({"--with", "sleep", "--exec", "--", "sh", "-c", kBusy}), scratch_.path(), ""};
  EXPECT_EQ(run.first_line(), "here\n");
  EXPECT_FALSE(fs::exists(scratch_.path() / "file"));
  run.send(SIGINT);
  EXPECT_EQ(run.status(), 130);
  EXPECT_EQ(read_bytes(scratch_.path() / "file"), "kept\n");
}

TEST_F(VmTrouble, ACommandThatHangsEndsWithItsRealTime) {
  const Outcome outcome = halfopen_run(Start{
      .arguments = arguments({"--wall-limit", "6s", "--with", "sleep", "--exec", "--", "sh", "-c", kBusy}),
      .environment = {},
      .directory = scratch_.path(),
      .input = {}});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("did not end within 6.0 s of real time (--wall-limit)"));
}

// Whether a process exists that is not just waiting to be reaped.
bool lives(pid_t pid) {
  const std::string status = read_bytes("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t name_end = status.rfind(')');
  return name_end != std::string::npos && status.substr(name_end + 2, 1) != "Z";
}

TEST_F(VmTrouble, EvenKillNineLeavesNoQemu) {
  fake_qemu("echo $$ > '" + scratch_.file("pid.new") + "'; mv '" + scratch_.file("pid.new") + "' '" +
            scratch_.file("pid") + "'; exec sleep 1000\n");
  const RunningVm run{arguments({"--", "doctor"}), scratch_.path(),
                      (scratch_.path() / "bin").string() + ":" + std::getenv("PATH")};
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (!fs::exists(scratch_.path() / "pid") && std::chrono::steady_clock::now() < limit)
    ::poll(nullptr, 0, 10);
  const pid_t qemu = std::stoi(read_bytes(scratch_.path() / "pid"));
  ASSERT_TRUE(lives(qemu));
  run.send(SIGKILL);
  EXPECT_EQ(run.status(), 128 + SIGKILL);
  while (lives(qemu) && std::chrono::steady_clock::now() < limit) ::poll(nullptr, 0, 10);
  EXPECT_FALSE(lives(qemu));
}

TEST_F(VmTrouble, ACommandLineThatSaysTooLittleOrNonsenseIsTold) {
  EXPECT_THAT(vm({}).err, HasSubstr("vm wants a command after '--'"));
  EXPECT_THAT(vm({"--limit", "soon", "--", "doctor"}).err, HasSubstr("expected a time like 90s"));
  EXPECT_THAT(vm({"--memory", "1", "--", "doctor"}).err, HasSubstr("--memory"));
  EXPECT_THAT(vm({"--with", "no-such-thing", "--", "doctor"}).err,
              HasSubstr("--with no-such-thing: expected a file, a directory or a program in PATH"));
  EXPECT_THAT(vm({"--exec", "--", "no-such-program"}).err,
              HasSubstr("cannot find the program 'no-such-program'"));
  EXPECT_EQ(halfopen_run({"vm", "--kernel", scratch_.file("none"), "--", "doctor"}).status, 2);
  EXPECT_THAT(vm({"--kernel", kernel_, "--", "live", "host-crash", "-w", "a.pcapng"}).err,
              HasSubstr("every kernel would write each file again"));
}

}  // namespace
}  // namespace halfopen

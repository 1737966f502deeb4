// NAME.partial is a file of ours, whatever lay there before.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <future>

#include "capture/file/capture_file.h"
#include "capture/file/output_file.h"
#include "tests/support/scratch.h"

namespace halfopen {
namespace {

namespace fs = std::filesystem;
using test::Scratch;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class PartialFile : public ::testing::Test {
 protected:
  std::string text(const std::string& name) const {
    const auto bytes = test::read_file(scratch.file(name));
    return {bytes.begin(), bytes.end()};
  }
  void put(const std::string& name, const std::string& text) const {
    test::write_file(scratch.file(name), {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  }
  // Writes "new" to `a`: empty, or the complaint.
  std::string write() const {
    try {
      OutputFile file{scratch.file("a"), OutputFile::OnSignal::finish};
      file.write("new");
      file.finish();
    } catch (const CaptureError& error) {
      return error.what();
    }
    return {};
  }
  // What is there after a process that did this to `a` was killed.
  std::vector<std::string> left_by_killed(const std::function<void(OutputFile&)>& work) const {
    const pid_t child = fork();
    if (child == 0) {
      OutputFile file{scratch.file("a"), OutputFile::OnSignal::finish};
      work(file);
      raise(SIGKILL);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status));
    return scratch.left();
  }
  Scratch scratch;
};

TEST_F(PartialFile, WhatAKilledRunLeftIsReplaced) {
  put("a.partial", "longer than what comes now");
  EXPECT_EQ(write(), "");
  EXPECT_EQ(text("a"), "new");
  EXPECT_THAT(scratch.left(), ElementsAre("a"));
}

TEST_F(PartialFile, AHardLinkThereKeepsWhatItNames) {
  put("precious", "precious");
  fs::create_hard_link(scratch.file("precious"), scratch.file("a.partial"));
  EXPECT_EQ(write(), "");
  EXPECT_EQ(text("precious"), "precious");
  EXPECT_EQ(text("a"), "new");
}

TEST_F(PartialFile, AFifoThereIsRefusedAtOnce) {
  ASSERT_EQ(mkfifo(scratch.file("a.partial").c_str(), 0600), 0);
  const std::string complaint = write();
  EXPECT_THAT(complaint, HasSubstr("a.partial is in the way and no regular file: remove it"));
  EXPECT_THAT(scratch.left(), ElementsAre("a.partial"));
}

TEST_F(PartialFile, ALinkThereIsRefusedAndNotFollowed) {
  put("precious", "precious");
  fs::create_symlink("precious", scratch.file("a.partial"));
  EXPECT_THAT(write(), HasSubstr("no regular file"));
  fs::remove(scratch.file("a.partial"));
  fs::create_symlink("nowhere", scratch.file("a.partial"));
  EXPECT_THAT(write(), HasSubstr("no regular file"));
  EXPECT_EQ(text("precious"), "precious");
  EXPECT_FALSE(fs::exists(scratch.file("nowhere")));
}

TEST_F(PartialFile, ADirectoryThereIsRefused) {
  fs::create_directory(scratch.file("a.partial"));
  EXPECT_THAT(write(), HasSubstr("no regular file"));
}

// A process that is killed like this tidies nothing up.
TEST_F(PartialFile, AKillBeforeTheFirstFlushLeavesNothing) {
  EXPECT_THAT(left_by_killed([](OutputFile& file) { file.write("not yet"); }), IsEmpty());
}

TEST_F(PartialFile, AKillLaterLeavesWhatWasFlushed) {
  const auto left = left_by_killed([](OutputFile& file) {
    file.write("flushed");
    file.commit();
    file.flush();
    file.write("not yet");
  });
  EXPECT_THAT(left, ElementsAre("a.partial"));
  EXPECT_EQ(text("a.partial"), "flushed");
}

TEST_F(PartialFile, WhatCannotBeWrittenIsSaidAtTheStart) {
  const std::string longest(255, 'n');  // NAME_MAX: with ".partial" it is too long
  EXPECT_THROW((OutputFile{scratch.file(longest), OutputFile::OnSignal::finish}), CaptureError);
  EXPECT_THROW((OutputFile{scratch.file("nowhere/a"), OutputFile::OnSignal::finish}), CaptureError);
  ASSERT_EQ(mkfifo(scratch.file("b.partial").c_str(), 0600), 0);
  EXPECT_THROW((OutputFile{scratch.file("b"), OutputFile::OnSignal::finish}), CaptureError);
}

TEST_F(PartialFile, AnEmptyOneIsFinishedToo) {
  OutputFile{scratch.file("a"), OutputFile::OnSignal::finish}.finish();
  EXPECT_EQ(text("a"), "");
  EXPECT_THAT(scratch.left(), ElementsAre("a"));
}

// What comes under the name between the start and the first flush.
TEST_F(PartialFile, ALinkThatComesLaterIsNotFollowed) {
  put("precious", "precious");
  OutputFile file{scratch.file("a"), OutputFile::OnSignal::finish};
  file.write("new");
  fs::create_symlink("precious", scratch.file("a.partial"));
  EXPECT_THROW(file.finish(), CaptureError);
  EXPECT_EQ(text("precious"), "precious");
}

TEST_F(PartialFile, ARunThatIsWritingIsLeftAlone) {
  OutputFile first{scratch.file("a"), OutputFile::OnSignal::finish};
  first.write("first");
  first.commit();
  first.appear();
  EXPECT_THAT(write(), HasSubstr("is being written by another run"));
  first.finish();
  EXPECT_EQ(text("a"), "first");
  EXPECT_EQ(write(), "");
  EXPECT_EQ(text("a"), "new");
}

// Before its first packet already: it is valid, and its name is taken.
TEST_F(PartialFile, ACaptureAppearsAtItsStart) {
  for (const char* name : {"a.pcapng", "a.pcap"}) {
    const RunInfo run{.version = "1", .scenario = "none", .hosts = {}};
    const auto first = open_capture(scratch.file(name), run);
    EXPECT_THAT(scratch.left(), ElementsAre(name + std::string{".partial"}));
    EXPECT_FALSE(text(name + std::string{".partial"}).empty());
    EXPECT_THROW((void)open_capture(scratch.file(name), run), CaptureError);
  }
}

// Many at a time for one name, with something stale under it: each either writes all or is refused.
TEST_F(PartialFile, AmongManyAtATimeNobodyWritesIntoAnothersFile) {
  for (int round = 0; round < 20; ++round) {
    put("a.partial", "stale");
    std::vector<std::future<std::string>> all;
    for (int i = 0; i < 8; ++i) all.push_back(std::async(std::launch::async, [this] { return write(); }));
    std::size_t written = 0;
    for (auto& one : all) {
      const std::string complaint = one.get();
      if (complaint.empty()) ++written;
      EXPECT_THAT(complaint, ::testing::AnyOf("", HasSubstr("is being written by another run")));
    }
    EXPECT_GE(written, 1u);
    EXPECT_EQ(text("a"), "new");
    EXPECT_THAT(scratch.left(), ElementsAre("a"));
  }
}

}  // namespace
}  // namespace halfopen

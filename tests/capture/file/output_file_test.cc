// A capture is whole or not there.
#include "capture/file/output_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "capture/file/capture_file.h"
#include "capture/tell/json_writer.h"
#include "sim/base/input_error.h"
#include "tests/capture/story.h"
#include "tests/support/scratch.h"

namespace halfopen {
namespace {

using test::read_file;
using test::Scratch;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::string text_of(const std::string& path) {
  const auto bytes = read_file(path);
  return {bytes.begin(), bytes.end()};
}

// What is said when `action` fails to write.
template <class Action>
std::string complaint_of(Action action) {
  try {
    action();
  } catch (const CaptureError& error) {
    return error.what();
  }
  return "no complaint";
}

TEST(OutputFile, AppearsUnderItsNameWhenItIsFinished) {
  const Scratch scratch;
  OutputFile file{scratch.file("a"), OutputFile::OnSignal::finish};
  file.write("hello");
  file.commit();
  file.flush();
  EXPECT_THAT(scratch.left(), ElementsAre("a.partial"));
  file.finish();
  EXPECT_THAT(scratch.left(), ElementsAre("a"));
  EXPECT_EQ(text_of(scratch.file("a")), "hello");
  file.finish();  // once is enough
}

TEST(OutputFile, LeavesNothingWhenItIsNotFinished) {
  const Scratch scratch;
  {
    OutputFile file{scratch.file("a"), OutputFile::OnSignal::finish};
    file.write("hello");
    file.commit();
    file.flush();
  }
  EXPECT_THAT(scratch.left(), IsEmpty());
}

TEST(OutputFile, KeepsThePartOnRequest) {
  const Scratch scratch;
  {
    OutputFile file{scratch.file("a"), OutputFile::OnSignal::finish};
    file.keep_partial();
    file.write("record");
    file.commit();
    file.write("half a rec");
    file.flush();
  }
  EXPECT_THAT(scratch.left(), ElementsAre("a.partial"));
  EXPECT_EQ(text_of(scratch.file("a.partial")), "record");
}

TEST(OutputFile, AnOlderFileStaysUntilTheNewOneIsWhole) {
  const Scratch scratch;
  test::write_file(scratch.file("a"), test::as_bytes("old"));
  {
    OutputFile file{scratch.file("a"), OutputFile::OnSignal::finish};
    file.write("new");
  }
  EXPECT_EQ(text_of(scratch.file("a")), "old");
}

TEST(OutputFile, ALinkStaysALink) {
  const Scratch scratch;
  test::write_file(scratch.file("target"), test::as_bytes("old"));
  std::filesystem::create_symlink("target", scratch.file("link"));
  OutputFile file{scratch.file("link"), OutputFile::OnSignal::finish};
  file.write("new");
  file.finish();
  EXPECT_TRUE(std::filesystem::is_symlink(scratch.file("link")));
  EXPECT_EQ(text_of(scratch.file("target")), "new");
}

TEST(OutputFile, DevicesAreWrittenToAndNeitherRenamedNorRemoved) {
  {
    OutputFile file{"/dev/null", OutputFile::OnSignal::finish};
    file.write("hello");
    file.finish();
  }
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  EXPECT_FALSE(std::filesystem::exists("/dev/null.partial"));
}

TEST(OutputFile, MuchIsWrittenInOrder) {
  const Scratch scratch;
  OutputFile file{scratch.file("a"), OutputFile::OnSignal::finish};
  std::string expected;
  for (int i = 0; i < 200'000; ++i) {
    const std::string record = std::to_string(i) + "\n";
    expected += record;
    file.write(record);
    file.commit();
  }
  file.finish();
  EXPECT_TRUE(text_of(scratch.file("a")) == expected);
}

TEST(OutputFile, ARecordLargerThanTheBufferIsWrittenWhole) {
  const Scratch scratch;
  OutputFile file{scratch.file("a"), OutputFile::OnSignal::finish};
  const std::string large(3'000'000, 'x');
  file.write("first");
  file.commit();
  file.write(large);
  file.finish();
  EXPECT_TRUE(text_of(scratch.file("a")) == "first" + large);
}

TEST(OutputFile, ASignalFinishesWholeRecords) {
  const Scratch scratch;
  OutputFile file{scratch.file("a"), OutputFile::OnSignal::finish};
  OutputFile document{scratch.file("b"), OutputFile::OnSignal::discard};
  file.write("record one;");
  file.commit();
  file.flush();
  file.write("record two;");
  file.commit();
  file.write("half a rec");
  document.write("{");
  finish_all_captures_from_signal();
  EXPECT_THAT(scratch.left(), ElementsAre("a"));
  EXPECT_EQ(text_of(scratch.file("a")), "record one;record two;");
  file.write("ord");  // what comes later changes nothing
  file.finish();
  document.finish();
  EXPECT_THAT(scratch.left(), ElementsAre("a"));
  EXPECT_EQ(text_of(scratch.file("a")), "record one;record two;");
}

// A record in the buffer, one that went out already, and one that is larger than all of the buffer.
TEST(OutputFile, ARecordIsReplacedAndWhatFollowsMoves) {
  const Scratch scratch;
  const std::string large(1'000'000, 'x');
  for (const bool is_out : {false, true}) {
    OutputFile file{scratch.file("a"), OutputFile::OnSignal::finish};
    file.write("one,");
    const std::size_t at = file.position();
    EXPECT_EQ(at, 4u);
    file.write("two,three,");
    file.commit();
    if (is_out) file.flush();
    EXPECT_TRUE(file.replace(at, 4, test::as_bytes("number two,")));
    EXPECT_TRUE(file.replace(0, 4, test::as_bytes(large)));
    file.write("four");
    file.finish();
    EXPECT_FALSE(file.replace(at, 4, test::as_bytes("late"))) << "a file that is finished stays as it is";
    EXPECT_TRUE(text_of(scratch.file("a")) == large + "number two,three,four");
  }
}

TEST(OutputFile, WhatWasTakenBackIsStillThereForASignal) {
  const Scratch scratch;
  OutputFile file{scratch.file("a"), OutputFile::OnSignal::finish};
  file.write("one,two,");
  file.commit();
  file.flush();
  EXPECT_TRUE(file.replace(4, 3, test::as_bytes("second")));
  finish_all_captures_from_signal();
  EXPECT_EQ(text_of(scratch.file("a")), "one,second,");
}

TEST(OutputFile, WhatWentIntoAPipeIsNotReplaced) {
  OutputFile file{"/dev/null", OutputFile::OnSignal::finish};
  file.write("one,two");
  EXPECT_TRUE(file.replace(4, 3, test::as_bytes("second"))) << "it has not gone yet";
  file.commit();
  file.flush();
  EXPECT_FALSE(file.replace(4, 6, test::as_bytes("2")));
}

TEST(OutputFile, AMissingDirectoryIsNamedAtOnce) {
  const Scratch scratch;
  const std::string name = scratch.file("missing/a.pcap");
  EXPECT_EQ(complaint_of([&] { OutputFile(name, OutputFile::OnSignal::finish); }),
            name + ": cannot be written: No such file or directory");
}

TEST(OutputFile, ASecondWriterOfTheSameFileIsRefused) {
  const Scratch scratch;
  const std::string name = scratch.file("a.pcap");
  OutputFile first{name, OutputFile::OnSignal::finish};
  first.write("whole");
  first.commit();
  first.appear();
  EXPECT_EQ(complaint_of([&] { OutputFile(name, OutputFile::OnSignal::finish); }),
            name + ": is being written by another run");
  first.finish();
  EXPECT_EQ(scratch.left(), std::vector<std::string>{"a.pcap"});
}

TEST(OutputFile, ADirectoryIsNoCapture) {
  const Scratch scratch;
  const std::string name = scratch.path().string();
  EXPECT_EQ(complaint_of([&] { OutputFile(name, OutputFile::OnSignal::finish); }),
            name + ": cannot be written: Is a directory");
}

TEST(OutputFile, ADirectoryThatIsNotOursToWriteInIsNamed) {
  const Scratch scratch;
  std::filesystem::permissions(scratch.path(), std::filesystem::perms::owner_read |
                                                   std::filesystem::perms::owner_exec |
                                                   std::filesystem::perms::others_exec);
  const std::string name = scratch.file("a.pcap");
  const bool root = geteuid() == 0;  // who may write everywhere, and so becomes nobody for a moment
  if (root) {
    ASSERT_EQ(seteuid(65534), 0);
  }
  const std::string complaint = complaint_of([&] { OutputFile(name, OutputFile::OnSignal::finish); });
  if (root) {
    ASSERT_EQ(seteuid(0), 0);
  }
  EXPECT_EQ(complaint, name + ": cannot be written: Permission denied");
}

class FullDisk : public ::testing::TestWithParam<const char*> {};

// /dev/full takes nothing: "-" and names are the writer's business, so the file is a link to it.
TEST_P(FullDisk, IsReportedAndLeavesNothing) {
  const Scratch scratch;
  const std::string name = scratch.file(std::string{"a."} + GetParam());
  std::filesystem::create_symlink("/dev/full", name);
  const RunInfo run = test::story_run();
  const auto write = [&] {
    std::unique_ptr<CaptureSink> sink;
    if (std::string_view{GetParam()} == "json") {
      sink = std::make_unique<JsonWriter>(name, run);
    } else {
      sink = open_capture(name, run);
    }
    test::Story{*sink}.tell();
    sink->finish();
  };
  EXPECT_EQ(complaint_of(write), name + ": cannot be written: No space left on device");
  std::filesystem::remove(name);
  EXPECT_THAT(scratch.left(), IsEmpty());
}
INSTANTIATE_TEST_SUITE_P(Formats, FullDisk, ::testing::Values("pcap", "pcapng", "json"));

TEST(FullDisk, IsNoticedInTheMiddleOfALongRun) {
  const Scratch scratch;
  std::filesystem::create_symlink("/dev/full", scratch.file("a.pcap"));
  const auto sink = open_capture(scratch.file("a.pcap"), test::story_run());
  const auto write = [&] {
    for (int i = 0; i < 10'000; ++i) test::Story{*sink}.tell();
  };
  EXPECT_THAT(complaint_of(write), StartsWith(scratch.file("a.pcap")));
}

TEST(CaptureError, CarriesTheSystemsNumber) {
  const CaptureError error{"a.pcap", "cannot be written", ENOSPC};
  EXPECT_EQ(error.error, ENOSPC);
  EXPECT_STREQ(error.what(), "a.pcap: cannot be written: No space left on device");
}

TEST(OpenCapture, TakesTheFormatFromTheName) {
  const Scratch scratch;
  const RunInfo run = test::story_run();
  open_capture(scratch.file("a.pcap"), run)->finish();
  open_capture(scratch.file("a.pcapng"), run)->finish();
  EXPECT_EQ(text_of(scratch.file("a.pcap")).substr(0, 4), "\x4d\x3c\xb2\xa1");
  EXPECT_EQ(text_of(scratch.file("a.pcapng")).substr(0, 4), "\x0a\x0d\x0d\x0a");
  EXPECT_THROW(open_capture(scratch.file("a.cap"), run), InputError);
  EXPECT_THROW(open_capture(scratch.file("a"), run), InputError);
  EXPECT_THAT(scratch.left(), ElementsAre("a.pcap", "a.pcapng"));
}

TEST(OpenCapture, ManyFilesMayBeOpenAtOnce) {
  const Scratch scratch;
  std::vector<std::unique_ptr<CaptureSink>> sinks;
  for (int i = 0; i < 100; ++i) {
    sinks.push_back(open_capture(scratch.file(std::to_string(i) + ".pcap"), test::story_run()));
  }
  for (const auto& sink : sinks) sink->finish();
  EXPECT_EQ(scratch.left().size(), 100u);
}

}  // namespace
}  // namespace halfopen

// What a guest sends lands where it may and nowhere else, whatever the guest says.
#include "replay/guest/guest_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "replay/guest/beneath.h"
#include "replay/guest/output_names.h"
#include "replay/guest/protocol.h"
#include "tests/support/scratch.h"

namespace halfopen::guest {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kMemory = 1u << 20;

std::string number(std::uint64_t value) {
  const auto bytes = bytes_of(value);
  return {bytes.data(), bytes.size()};
}

void write(const std::string& path, const std::string& text) { std::ofstream{path} << text; }

class FilesOfAGuest : public ::testing::Test {
 protected:
  FilesOfAGuest() { baggage_.watched = {scratch_.path().string()}; }

  void name(std::uint64_t id, const std::string& name, std::uint64_t size) {
    files_.on_file(number(id) + number(size) + name);
  }
  void data(std::uint64_t id, std::uint64_t offset, const std::string& bytes) {
    files_.on_data(number(id) + number(offset) + bytes);
  }
  void file(std::uint64_t id, const std::string& path, const std::string& bytes) {
    name(id, path, bytes.size());
    if (!bytes.empty()) data(id, 0, bytes);
  }
  [[nodiscard]] std::vector<std::string> write_back() const { return files_.write_back(baggage_); }
  [[nodiscard]] static std::string text_of(const std::string& path) {
    const auto bytes = test::read_file(path);
    return {bytes.begin(), bytes.end()};
  }
  [[nodiscard]] std::string text(const std::string& name) const { return text_of(scratch_.file(name)); }

  test::Scratch scratch_;
  test::Scratch other_;
  Baggage baggage_;
  GuestFiles files_{kMemory};
};

TEST_F(FilesOfAGuest, GrowAndAreRenamed) {
  file(1, scratch_.file("a.partial"), "first");
  name(1, scratch_.file("a.partial"), 11);
  data(1, 5, " secon");
  // The guest dies here: what came is there under its name of then.
  EXPECT_THAT(write_back(), IsEmpty());
  EXPECT_EQ(text("a.partial"), "first secon");
  files_.on_listing();
  name(1, scratch_.file("sub/a"), 5);
  fs::remove(scratch_.file("a.partial"));
  EXPECT_THAT(write_back(), IsEmpty());
  EXPECT_EQ(text("sub/a"), "first");
  EXPECT_FALSE(fs::exists(scratch_.file("a.partial")));
}

// The guest is ended between a file's name and its bytes, as by SIGHUP.
TEST_F(FilesOfAGuest, OfWhichNotAllCameArePartial) {
  name(1, scratch_.file("half"), 10);
  data(1, 0, "12345");
  name(2, scratch_.file("nothing"), 10);
  name(3, scratch_.file("b.partial"), 4);
  data(3, 0, "xy");
  EXPECT_THAT(write_back(),
              ElementsAre(AllOf(HasSubstr("half: not all of it came"), HasSubstr("5 of 10 bytes")),
                          HasSubstr("nothing: "), HasSubstr("b.partial: ")));
  EXPECT_THAT(scratch_.left(), ElementsAre("b.partial", "half.partial"));
  EXPECT_EQ(text("half.partial"), "12345");
  EXPECT_EQ(text("b.partial"), "xy");
}

TEST_F(FilesOfAGuest, LandNowhereElse) {
  file(1, other_.file("outside"), "x");
  file(2, scratch_.file("../" + other_.path().filename().string() + "/around"), "x");
  file(3, scratch_.path().string() + "-beside", "x");
  file(4, "relative", "x");
  EXPECT_THAT(write_back(), IsEmpty());
  EXPECT_THAT(other_.left(), IsEmpty());
  EXPECT_FALSE(fs::exists(scratch_.path().string() + "-beside"));
}

TEST_F(FilesOfAGuest, FollowNoLink) {
  write(other_.file("theirs"), "theirs");
  fs::create_directory_symlink(other_.path(), scratch_.path() / "link");
  fs::create_symlink(other_.file("theirs"), scratch_.path() / "file-link");
  fs::create_directory(scratch_.path() / "real");
  fs::create_directory_symlink("../link", scratch_.path() / "real" / "deeper");
  file(1, scratch_.file("link/evil.txt"), "x");
  file(2, scratch_.file("file-link"), "x");
  file(3, scratch_.file("real/deeper/evil.txt"), "x");
  EXPECT_THAT(write_back(), ElementsAre(HasSubstr("link/evil.txt: cannot be written: "),
                                        HasSubstr("file-link: cannot be written: a link is in its way"),
                                        HasSubstr("real/deeper/evil.txt: cannot be written: ")));
  EXPECT_THAT(other_.left(), ElementsAre("theirs"));
  EXPECT_EQ(text_of(other_.file("theirs")), "theirs");
  EXPECT_TRUE(fs::is_symlink(scratch_.path() / "file-link"));
}

TEST_F(FilesOfAGuest, ThatCannotBeWrittenAreNamed) {
  fs::create_directory(scratch_.file("taken"));
  file(1, scratch_.file("taken"), "x");
  file(2, scratch_.file("free"), "y");
  EXPECT_THAT(write_back(), ElementsAre(HasSubstr("taken: cannot be written: Is a directory")));
  EXPECT_EQ(text("free"), "y");
  EXPECT_THAT(scratch_.left(), ElementsAre("free", "taken"));
}

// 60 GB in a frame of 30 bytes are 60 GB of nothing.
TEST_F(FilesOfAGuest, TakeMemoryForWhatCameOnly) {
  rlimit before{};
  getrlimit(RLIMIT_AS, &before);
#if !defined(__SANITIZE_ADDRESS__)  // whose shadow is larger
  const rlimit little{.rlim_cur = rlim_t{1} << 32, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_AS, &little);
#endif
  name(1, scratch_.file("huge"), std::uint64_t{60} << 30);
  data(1, 0, "x");
  for (std::uint64_t id = 2; id < 200; ++id) file(id, scratch_.file("f"), std::string(1u << 15, 'y'));
  const std::vector<std::string> failures = write_back();
  setrlimit(RLIMIT_AS, &before);
  EXPECT_THAT(failures, ::testing::Contains(HasSubstr("huge: not all of it came from the guest: 1 of ")));
  // Of the others as many as the guest's memory can hold came, and the rest is said to be missing.
  EXPECT_THAT(failures, ::testing::SizeIs(::testing::Gt(160u)));
}

TEST_F(FilesOfAGuest, LieAboutNothing) {
  files_.on_file("short");
  files_.on_data("short");
  data(9, 0, "of no file");
  name(3, scratch_.file("f"), 4);
  data(3, 0, "ok");
  data(3, 2, "too long");
  data(3, 3, "after a hole");
  data(3, ~std::uint64_t{0}, "x");
  data(3, 2, "!!");
  EXPECT_THAT(write_back(), IsEmpty());
  EXPECT_EQ(text("f"), "ok!!");
}

TEST_F(FilesOfAGuest, OutputsGoWhereTheUserSaid) {
  const std::string path = other_.file("run.pcapng");
  const std::string inside = name_inside(baggage_.outputs, "run.pcapng", path);
  write(other_.file("target"), "old");
  fs::create_symlink("target", other_.path() / "link.json");
  file(1, inside, "capture");
  file(2, name_inside(baggage_.outputs, "link.json", other_.file("link.json")), "{}");
  file(3, std::string{kOutputs} + "/other", "x");
  file(4, inside + "/x", "x");
  EXPECT_THAT(write_back(), IsEmpty());
  EXPECT_THAT(other_.left(), ElementsAre("link.json", "run.pcapng", "target"));
  EXPECT_EQ(text_of(path), "capture");
  EXPECT_EQ(text_of(other_.file("target")), "{}");  // the user's own link, as outside of a guest
}

TEST_F(FilesOfAGuest, AnOutputThatWasNotBegunIsNotThere) {
  const std::string inside = name_inside(baggage_.outputs, "run.pcapng", scratch_.file("run.pcapng"));
  file(1, inside + ".partial", "");
  EXPECT_THAT(write_back(), IsEmpty());
  EXPECT_THAT(scratch_.left(), IsEmpty());
  file(1, inside + ".partial", "begun");
  EXPECT_THAT(write_back(), IsEmpty());
  EXPECT_EQ(text("run.pcapng.partial"), "begun");
}

TEST(OutputNames, AreTheSameWhateverTheUserCallsThem) {
  std::vector<NamedOutput> one;
  std::vector<NamedOutput> other;
  EXPECT_EQ(name_inside(one, "a.pcapng", "/here/a.pcapng"),
            name_inside(other, "../a longer.pcapng", "/a longer.pcapng"));
  // One file that is named twice is one.
  EXPECT_EQ(name_inside(one, "./a.pcapng", "/here/a.pcapng"), one.front().inside);
  EXPECT_EQ(one.size(), 1u);
}

TEST(OutputNames, AreTheUsersInWhatTheCommandSaysWhereverItIsCut) {
  std::vector<NamedOutput> outputs;
  const std::string a = name_inside(outputs, "a.pcapng", "/here/a.pcapng");
  const std::string b = name_inside(outputs, "dir/b", "/here/dir/b");
  const std::string said = "capture: " + a + "\njson: " + b + "\n//.halfopen /" + a + "/.half";
  for (std::size_t cut = 0; cut <= said.size(); ++cut) {
    OutputNames names{outputs};
    std::string text = names.pass(said.substr(0, cut));
    text += names.pass(said.substr(cut));
    text += names.rest();
    EXPECT_EQ(text, "capture: a.pcapng\njson: dir/b\n//.halfopen /a.pcapng/.half") << cut;
  }
}

}  // namespace
}  // namespace halfopen::guest

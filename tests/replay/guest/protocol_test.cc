// What passes between a guest's init and us.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "replay/guest/frame_reader.h"
#include "replay/guest/guest_files.h"
#include "replay/guest/orders.h"
#include "tests/support/scratch.h"

namespace halfopen::guest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string number(std::uint64_t value) {
  const auto bytes = bytes_of(value);
  return {bytes.data(), bytes.size()};
}

std::string frame(char type, const std::string& payload, std::int64_t time = 0) {
  std::string text(1, type);
  text += number(static_cast<std::uint64_t>(time));
  const auto size = static_cast<std::uint32_t>(payload.size());
  text.append(reinterpret_cast<const char*>(&size), sizeof size);
  return text + payload;
}

TEST(Orders, AreReadAsTheyWereWritten) {
  Orders orders;
  orders.modules = {"/a.ko", "/b.ko"};
  orders.needs_tun = false;
  orders.start_ms = 10'003;
  orders.limit_ms = 86'400'000;
  orders.directory = "/home/me";
  orders.environment = {"A=b=c", "EMPTY="};
  orders.words = {"sh", "-c", "two\nlines", ""};
  orders.watched = {"/home/me", "/tmp/x"};
  const std::optional<Orders> read = parse_orders(to_text(orders));
  ASSERT_TRUE(read);
  EXPECT_EQ(to_text(*read), to_text(orders));
  EXPECT_EQ(read->words, orders.words);
  EXPECT_EQ(read->limit_ms, orders.limit_ms);
  EXPECT_FALSE(read->needs_tun);
}

TEST(Orders, ThatAreBrokenAreNone) {
  for (const std::string& text :
       {std::string{}, std::string{"word=sh"}, std::string{"word\0", 5},
        std::string{"word=sh\0other=x\0", 16}, std::string{"start_ms=x\0word=sh\0", 19}}) {
    EXPECT_FALSE(parse_orders(text)) << text;
  }
}

TEST(Frames, AreReadHoweverTheyAreCut) {
  const std::string bytes = frame('h', "6.1") + frame('o', "hello", 5) + frame('t', "", 10);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    FrameReader reader;
    std::vector<std::string> seen;
    const auto note = [&](const FrameHeader& header, std::string_view payload) {
      seen.push_back(static_cast<char>(header.type) + std::to_string(header.time) + std::string{payload});
    };
    reader.feed(std::string_view{bytes}.substr(0, cut), note);
    reader.feed(std::string_view{bytes}.substr(cut), note);
    EXPECT_THAT(seen, ElementsAre("h06.1", "o5hello", "t10")) << cut;
  }
}

TEST(Frames, ThatAreNoneAreAnError) {
  const auto nothing = [](const FrameHeader&, std::string_view) {};
  EXPECT_THROW(FrameReader{}.feed(frame('?', ""), nothing), std::runtime_error);
  std::string huge = frame('o', "");
  std::memset(huge.data() + 9, 0x7f, 4);
  EXPECT_THROW(FrameReader{}.feed(huge, nothing), std::runtime_error);
}

class FilesOfAGuest : public ::testing::Test {
 protected:
  void file(std::uint64_t id, const std::string& name, const std::string& bytes) {
    files_.on_file(number(id) + number(bytes.size()) + name);
    if (!bytes.empty()) files_.on_data(number(id) + number(0) + bytes);
  }
  [[nodiscard]] std::string text(const std::string& name) const {
    const auto bytes = test::read_file(scratch_.file(name));
    return {bytes.begin(), bytes.end()};
  }
  test::Scratch scratch_;
  std::vector<std::string> watched_{scratch_.path().string()};
  GuestFiles files_;
};

TEST_F(FilesOfAGuest, GrowAndAreRenamed) {
  file(1, scratch_.file("a.partial"), "first");
  files_.on_file(number(1) + number(11) + scratch_.file("a.partial"));
  files_.on_data(number(1) + number(5) + " secon");
  // The guest dies here: what came is there under its name of then.
  EXPECT_THAT(files_.write_back(watched_), IsEmpty());
  EXPECT_EQ(text("a.partial"), "first secon");
  files_.on_listing();
  files_.on_file(number(1) + number(5) + scratch_.file("sub/a"));
  std::filesystem::remove(scratch_.file("a.partial"));
  EXPECT_THAT(files_.write_back(watched_), IsEmpty());
  EXPECT_EQ(text("sub/a"), "first");
  EXPECT_FALSE(std::filesystem::exists(scratch_.file("a.partial")));
}

TEST_F(FilesOfAGuest, LandNowhereElse) {
  const test::Scratch other;
  file(1, other.file("outside"), "x");
  file(2, scratch_.file("../" + other.path().filename().string() + "/around"), "x");
  EXPECT_THAT(files_.write_back(watched_), IsEmpty());
  EXPECT_THAT(other.left(), IsEmpty());
}

TEST_F(FilesOfAGuest, ThatCannotBeWrittenAreNamed) {
  std::filesystem::create_directory(scratch_.file("taken"));
  file(1, scratch_.file("taken"), "x");
  file(2, scratch_.file("free"), "y");
  EXPECT_THAT(files_.write_back(watched_), ElementsAre(::testing::HasSubstr("taken")));
  EXPECT_EQ(text("free"), "y");
}

TEST_F(FilesOfAGuest, LieAboutNothing) {
  files_.on_file("short");
  files_.on_data("short");
  files_.on_file(number(3) + number(4) + scratch_.file("f"));
  files_.on_data(number(3) + number(2) + "too long");
  files_.on_data(number(3) + number(~std::uint64_t{0}) + "x");
  EXPECT_THAT(files_.write_back(watched_), IsEmpty());
  EXPECT_EQ(text("f"), std::string(4, '\0'));
}

}  // namespace
}  // namespace halfopen::guest

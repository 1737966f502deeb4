// What passes between a guest's init and us.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "replay/guest/frame_reader.h"
#include "replay/guest/orders.h"

namespace halfopen::guest {
namespace {

using ::testing::ElementsAre;

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

}  // namespace
}  // namespace halfopen::guest

// SYN cookies: what goes out with the SYN-ACK comes back with the last ACK, and nothing else does.
#include "sim/os/syn_cookie.h"

#include <gtest/gtest.h>

namespace halfopen {
namespace {

constexpr TimePoint kNow = kTimeZero + 90s;
constexpr std::uint32_t kOffset = 0x1234'5678;  // of the connection's timestamps

class SynCookieTest : public ::testing::Test {
 protected:
  explicit SynCookieTest(const std::string& local = "10.9.0.2", const std::string& remote = "10.9.0.1")
      : tuple{.local = {*IpAddress::parse(local), 9998}, .remote = {*IpAddress::parse(remote), 4000}} {
    syn.source_port = tuple.remote.port;
    syn.destination_port = tuple.local.port;
    syn.seq = Seq{0xffff'fff0};
    syn.flags = tcp_flag::syn;
  }
  // The last ACK of the handshake that `answer` continued.
  [[nodiscard]] Segment last_ack(const SynCookieJar::Answer& answer, TimePoint at) const {
    Segment ack;
    ack.seq = syn.seq + 1;
    ack.ack = answer.iss + 1;
    ack.flags = tcp_flag::ack;
    ack.window = 500;
    if (!syn.options.has_timestamps()) return ack;
    const std::uint32_t clock_then = clock.steps(at, os.options.ts_clock) - answer.clock_back;
    ack.options.add_timestamps({.value = TsVal{78}, .echo = TsVal{clock_then + kOffset}});
    return ack;
  }
  [[nodiscard]] std::optional<Segment> there_and_back(TimePoint at = kNow) const {
    return jar.recall(at, tuple, kOffset, last_ack(jar.answer(at, tuple, syn), at));
  }
  [[nodiscard]] std::uint16_t size_for(std::uint16_t offered) {
    syn.options = TcpOptions{};
    if (offered != 0) syn.options.add_mss(offered);
    const auto back = there_and_back();
    EXPECT_TRUE(back);
    return back ? back->options.mss().value_or(0) : std::uint16_t{0};
  }

  OsProfile os = *find_profile("linux");
  TickClock clock{os.clock, Duration{}};
  SynCookieJar jar{os, clock, {1, 2, 3}};
  FourTuple tuple;
  Segment syn;
};

struct SynCookieV6Test : SynCookieTest {
  SynCookieV6Test() : SynCookieTest{"fd00::2", "fd00::1"} {}
};

// net/ipv4/syncookies.c msstab, net/ipv6/syncookies.c msstab.
TEST_F(SynCookieTest, TheSegmentSizeIsTheNextSmallerOfFour) {
  EXPECT_EQ(size_for(0), 536);
  EXPECT_EQ(size_for(100), 536);
  EXPECT_EQ(size_for(1299), 536);
  EXPECT_EQ(size_for(1300), 1300);
  EXPECT_EQ(size_for(1439), 1300);
  EXPECT_EQ(size_for(1440), 1440);
  EXPECT_EQ(size_for(1460), 1460);
  EXPECT_EQ(size_for(65535), 1460);
}

TEST_F(SynCookieV6Test, TheSegmentSizeIsTheNextSmallerOfFour) {
  EXPECT_EQ(size_for(0), 1220);
  EXPECT_EQ(size_for(1419), 1220);
  EXPECT_EQ(size_for(1420), 1420);
  EXPECT_EQ(size_for(1440), 1440);
  EXPECT_EQ(size_for(9000), 8940);
}

TEST_F(SynCookieTest, WithoutTimestampsNoOptionComesBack) {
  syn.options.add_mss(1460);
  syn.options.add_sack_permitted();
  syn.options.add_window_scale(7);
  syn.flags |= tcp_flag::ece | tcp_flag::cwr;
  const auto answer = jar.answer(kNow, tuple, syn);
  EXPECT_FALSE(answer.syn.options.sack_permitted());
  EXPECT_FALSE(answer.syn.options.window_scale());
  EXPECT_FALSE(answer.syn.has(tcp_flag::ece));
  EXPECT_EQ(answer.clock_back, 0u);
  const auto back = there_and_back();
  ASSERT_TRUE(back);
  EXPECT_EQ(back->seq, syn.seq);
  EXPECT_EQ(back->flags, tcp_flag::syn);
  EXPECT_FALSE(back->options.sack_permitted());
  EXPECT_FALSE(back->options.window_scale());
}

TEST_F(SynCookieTest, WithTimestampsTheyAllDo) {
  for (const TimePoint now : {kNow, kNow + 1ms, kNow + 40ms, kNow + 63ms}) {
    syn.options = TcpOptions{};
    syn.options.add_mss(1460);
    syn.options.add_timestamps({.value = TsVal{77}, .echo = TsVal{0}});
    syn.flags = tcp_flag::syn;
    auto back = there_and_back(now);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->options.timestamps().value, TsVal{78});
    EXPECT_FALSE(back->options.sack_permitted());
    EXPECT_FALSE(back->options.window_scale());
    EXPECT_FALSE(back->has(tcp_flag::ece));
    syn.options.add_sack_permitted();
    syn.options.add_window_scale(9);
    syn.flags |= tcp_flag::ece | tcp_flag::cwr;
    back = there_and_back(now);
    ASSERT_TRUE(back);
    EXPECT_TRUE(back->options.sack_permitted());
    EXPECT_EQ(back->options.window_scale(), 9);
    EXPECT_TRUE(back->has(tcp_flag::ece) && back->has(tcp_flag::cwr));
    EXPECT_LT(jar.answer(now, tuple, syn).clock_back, 64u);
  }
}

// Options that were turned off meanwhile cannot be the host's own.
TEST_F(SynCookieTest, OptionsThatTheHostDoesNotKnowMakeItInvalid) {
  syn.options.add_timestamps({.value = TsVal{77}, .echo = TsVal{0}});
  syn.options.add_sack_permitted();
  const Segment ack = last_ack(jar.answer(kNow, tuple, syn), kNow);
  EXPECT_TRUE(jar.recall(kNow, tuple, kOffset, ack));
  os.options.sack.value = false;
  EXPECT_FALSE(jar.recall(kNow, tuple, kOffset, ack));
  os.options.sack.value = true;
  os.options.timestamps.value = false;
  EXPECT_FALSE(jar.recall(kNow, tuple, kOffset, ack));
}

// TCP_SYNCOOKIE_PERIOD, MAX_SYNCOOKIE_AGE: made at 1:30, good until the end of the third minute.
TEST_F(SynCookieTest, IsGoodInItsMinuteAndTheNext) {
  const Segment ack = last_ack(jar.answer(kNow, tuple, syn), kNow);
  EXPECT_TRUE(jar.recall(kTimeZero + 179s + 999ms, tuple, kOffset, ack));
  EXPECT_FALSE(jar.recall(kTimeZero + 180s, tuple, kOffset, ack));
}

TEST_F(SynCookieTest, IsOfOneConnectionAndOneHost) {
  const Segment ack = last_ack(jar.answer(kNow, tuple, syn), kNow);
  ASSERT_TRUE(jar.recall(kNow, tuple, kOffset, ack));
  FourTuple other = tuple;
  ++other.remote.port;
  EXPECT_FALSE(jar.recall(kNow, other, kOffset, ack));
  other = tuple;
  std::swap(other.local, other.remote);
  EXPECT_FALSE(jar.recall(kNow, other, kOffset, ack));
  EXPECT_FALSE((SynCookieJar{os, clock, {1, 2, 4}}.recall(kNow, tuple, kOffset, ack)));
  Segment shifted = ack;
  shifted.seq += 1;
  EXPECT_FALSE(jar.recall(kNow, tuple, kOffset, shifted));
}

struct SecretCookieTest : SynCookieTest {
  SecretCookieTest() { os = *find_profile("freebsd"); }
  [[nodiscard]] std::optional<std::uint8_t> scale_for(std::uint8_t offered) {
    syn.options = TcpOptions{};
    syn.options.add_mss(1460);
    syn.options.add_window_scale(offered);
    const auto back = there_and_back();
    EXPECT_TRUE(back);
    return back ? back->options.window_scale() : std::nullopt;
  }
};

// netinet/tcp_syncache.c tcp_sc_msstab, tcp_sc_wstab.
TEST_F(SecretCookieTest, SizeAndScaleAreTheNextSmallerOfEight) {
  EXPECT_EQ(size_for(0), 216);
  EXPECT_EQ(size_for(535), 216);
  EXPECT_EQ(size_for(536), 536);
  EXPECT_EQ(size_for(1459), 1452);
  EXPECT_EQ(size_for(9000), 1460);
  EXPECT_EQ(scale_for(3), 2);
  EXPECT_EQ(scale_for(6), 6);
  EXPECT_EQ(scale_for(14), 8);
}

TEST_F(SecretCookieTest, SackComesBackAndTimestampsAreWhatTheAckHas) {
  syn.options.add_sack_permitted();
  auto back = there_and_back();
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->options.sack_permitted());
  EXPECT_FALSE(back->options.window_scale());
  EXPECT_FALSE(back->options.has_timestamps());
  syn.options.add_timestamps({.value = TsVal{5}, .echo = TsVal{0}});
  back = there_and_back();
  ASSERT_TRUE(back);
  EXPECT_EQ(back->options.timestamps().value, TsVal{78});
}

// netinet/tcp_syncache.c SYNCOOKIE_LIFETIME: two secrets take turns, each for 15 s.
TEST_F(SecretCookieTest, ItIsGoodUnderItsSecretAndTheNext) {
  const SynCookieJar::Answer answer = jar.answer(kNow, tuple, syn);
  EXPECT_TRUE(jar.recall(kNow + 14s, tuple, 0, last_ack(answer, kNow)));
  EXPECT_TRUE(jar.recall(kNow + 29s, tuple, 0, last_ack(answer, kNow)));
  EXPECT_FALSE(jar.recall(kNow + 30s, tuple, 0, last_ack(answer, kNow)));
  EXPECT_EQ(jar.answer(kNow + 14s, tuple, syn).iss, answer.iss);
  EXPECT_NE(jar.answer(kNow + 15s, tuple, syn).iss, answer.iss);
}

TEST_F(SecretCookieTest, ACookieOfAnotherConnectionIsNone) {
  const Segment ack = last_ack(jar.answer(kNow, tuple, syn), kNow);
  FourTuple other = tuple;
  other.remote.port = 4001;
  EXPECT_FALSE(jar.recall(kNow, other, 0, ack));
  Segment guess = ack;
  for (std::uint32_t bit = 0; bit < 32; ++bit) {
    guess.ack = Seq{ack.ack.wire() ^ (1u << bit)};
    EXPECT_FALSE(jar.recall(kNow, tuple, 0, guess)) << bit;
  }
}

}  // namespace
}  // namespace halfopen

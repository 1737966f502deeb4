// Enumerations by name: every value has one, and it leads back.
#include <gtest/gtest.h>

#include <cstring>

#include "sim/base/errno.h"
#include "sim/base/input_error.h"
#include "sim/trace/observe.h"
#include "sim/why/state.h"

namespace halfopen {
namespace {

TEST(Names, EveryStateLeadsBackFromItsName) {  // RFC 9293 section 3.3.2
  for (std::size_t i = 0; i < kStates; ++i) {
    const auto state = static_cast<State>(i);
    EXPECT_EQ(state_from(to_string(state)), state);
  }
  EXPECT_EQ(to_string(State::fin_wait_2), "FIN_WAIT_2");
  EXPECT_FALSE(state_from("established"));
  EXPECT_FALSE(state_from(""));
}

TEST(Names, EveryTimerHasAName) {
  EXPECT_EQ(to_string(Timer::retransmit), "retransmission timer");
  EXPECT_EQ(to_string(Timer::time_wait), "TIME_WAIT timer");
  EXPECT_EQ(to_string(Timer::count_), "no timer");
}

TEST(Names, ErrnoIsTheSystemsOwn) {
  for (int number = 1; number < 140; ++number) {
    const auto error = static_cast<Errno>(number);
    if (const char* name = strerrorname_np(number)) {
      EXPECT_EQ(to_string(error), name);
      EXPECT_EQ(message_of(error), strerrordesc_np(number));
    } else {
      EXPECT_EQ(to_string(error), std::string{"E"}.append(std::to_string(number)));
    }
    EXPECT_EQ(errno_from(to_string(error)), error);
  }
  EXPECT_EQ(to_string(Errno::timedout), "ETIMEDOUT");
  EXPECT_EQ(to_string(Errno::none), "0");
  EXPECT_EQ(to_string(static_cast<Errno>(4095)), "E4095");
  EXPECT_EQ(to_string(static_cast<Errno>(-1)), "E?");
  EXPECT_EQ(errno_from("EWOULDBLOCK"), Errno::again);
  for (const auto* bad : {"", "E", "timedout", "ETIMEDOUT ", "E0", "E01", "E9999", "E-1"}) {
    EXPECT_FALSE(errno_from(bad)) << bad;
  }
}

TEST(Names, HostsAndFatesHaveWords) {
  EXPECT_EQ(to_string(HostId::router), "router");
  EXPECT_EQ(to_string(PacketFate::cut), "path is cut");
}

TEST(Names, AnInputErrorIsOneLine) {
  const InputError error{"crash.toml:7", "a duration", "\"soon\""};
  EXPECT_STREQ(error.what(), "crash.toml:7: expected a duration, found \"soon\"");
}

}  // namespace
}  // namespace halfopen

// What the tests of flows hold of any of them.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>

#include "capture/flow/flow_table.h"

namespace halfopen::test {

// What states and ending say of a flow must be the same story.
inline void expect_one_story(const Flow& flow) {
  const auto is_done = [&](std::uint8_t role) {
    return flow.end(role).state == State::closed || flow.end(role).state == State::time_wait;
  };
  const Ending what = flow.ending().what;
  if (what == Ending::closed || what == Ending::reset || what == Ending::refused) {
    EXPECT_TRUE(is_done(0) && is_done(1)) << to_string(flow.end(0).state) << to_string(flow.end(1).state);
  }
  if (what == Ending::open && flow.void_resets == 0) {
    EXPECT_FALSE(is_done(0) && is_done(1));
  }
}

}  // namespace halfopen::test

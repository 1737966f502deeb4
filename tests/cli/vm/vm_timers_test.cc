// A guest whose kernel has no high-resolution timers says so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/process.h"
#include "tests/cli/vm/guest.h"
#include "tests/support/scratch.h"

namespace halfopen {
namespace {

using test::vm;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kRemark = ": it has no high-resolution timers (hres_active is 0 in /proc/timer_list)";

TEST(VmTimers, AreOfHighResolutionOrItIsSaid) {
  const test::Scratch scratch;
  const Outcome good = vm(scratch, {"--exec", "--", "sh", "-c", ":"});
  EXPECT_EQ(good.status, 0) << good.err;
  EXPECT_THAT(good.err, Not(HasSubstr(kRemark)));
  const Outcome bad = vm(scratch, {"--append", "highres=off", "--exec", "--", "sh", "-c", ":"});
  EXPECT_EQ(bad.status, 0) << bad.err;
  EXPECT_THAT(bad.err, HasSubstr(kRemark));
}

}  // namespace
}  // namespace halfopen

// Every shipped scenario on a real kernel in virtual time, where nothing is late: none is unresolved.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/process.h"
#include "tests/cli/vm/guest.h"
#include "tests/support/scratch.h"

namespace halfopen {
namespace {

using ::testing::HasSubstr;

#if !defined(__SANITIZE_ADDRESS__)  // it would say the same of the sanitized program, slowly

TEST(VmScenarios, HoldWhatTheirSentencesSayBeforeTheModelsServer) {
  const test::Scratch scratch;
  const Outcome outcome = test::vm(scratch, {"--", "check", "--client", "kernel", "--quick"});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("32 scenarios: 32 ok"));
}

#endif

}  // namespace
}  // namespace halfopen

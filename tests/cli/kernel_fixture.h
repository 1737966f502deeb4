// For tests that need what `halfopen doctor` looks for.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/cli/process.h"

namespace halfopen::test {

class KernelTest : public ::testing::Test {
 protected:
  void SetUp() override {
    static const Outcome doctor = halfopen_run({"doctor"});
    if (doctor.status == 0) return;
    const char* ci = std::getenv("CI");
    if (ci != nullptr && std::string_view{ci} == "true") {
      FAIL() << "this machine cannot run real kernels:\n" << doctor.out;
    }
    GTEST_SKIP() << "this machine cannot run real kernels:\n" << doctor.out;
  }
};

}  // namespace halfopen::test

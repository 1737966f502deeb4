// Debian's kernel for tests: what scripts/get-kernel unpacked.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/tools.h"

namespace halfopen::test {

// What `vm` is told of a guest's memory: nothing, so that the image decides. The sanitizers' shadow lies in
// there, too, and no image tells of that.
[[nodiscard]] inline std::vector<std::string> memory_options() {
#if defined(__SANITIZE_ADDRESS__)
  return {"--memory", "1024"};
#else
  return {};
#endif
}

// The path of the image; a failure of the test where it cannot be had.
[[nodiscard]] inline std::string debian_kernel() {
  const ToolResult result = run_tool(std::string{HALFOPEN_SOURCE_DIR} + "/scripts/get-kernel --path");
  EXPECT_EQ(result.status, 0) << result.text;
  return result.lines().empty() ? std::string{} : result.lines().back();
}

}  // namespace halfopen::test

// Debian's kernel for tests: what scripts/get-kernel unpacked.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/support/tools.h"

namespace halfopen::test {

// A guest's memory in MB, for --memory: the sanitizers' shadow lies in there, too.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr const char* kGuestMemory = "768";
#else
inline constexpr const char* kGuestMemory = "256";
#endif

// The path of the image; a failure of the test where it cannot be had.
[[nodiscard]] inline std::string debian_kernel() {
  const ToolResult result = run_tool(std::string{HALFOPEN_SOURCE_DIR} + "/scripts/get-kernel --path");
  EXPECT_EQ(result.status, 0) << result.text;
  return result.lines().empty() ? std::string{} : result.lines().back();
}

}  // namespace halfopen::test

// Colours out of a stream, wherever it is cut.
#include "cli/vm/guest_output.h"

#include <gtest/gtest.h>

#include <string>

namespace halfopen {
namespace {

std::string filtered(const std::string& text, std::size_t cut) {
  ColourFilter filter;
  std::string passed = filter.pass(text.substr(0, cut));
  passed += filter.pass(text.substr(cut));
  return passed + filter.rest();
}

TEST(ColourFilter, TakesColoursAndNothingElse) {
  struct Case {
    std::string text;
    std::string passed;
  };
  const Case cases[] = {{"plain", "plain"},
                        {"\x1b[1;31mFAILED\x1b[0m x", "FAILED x"},
                        {"\x1b[mx", "x"},
                        {"\r\x1b[Kprogress", "\r\x1b[Kprogress"},
                        {"\x1b\x1b[1mx", "\x1bx"},
                        {"\x1b[1\x1b[1mx", "\x1b[1x"},
                        {"\x1b]0;title\x07", "\x1b]0;title\x07"},
                        {"end\x1b[3", "end\x1b[3"},
                        {"end\x1b", "end\x1b"}};
  for (const Case& one : cases) {
    for (std::size_t cut = 0; cut <= one.text.size(); ++cut)
      EXPECT_EQ(filtered(one.text, cut), one.passed) << cut;
  }
}

}  // namespace
}  // namespace halfopen

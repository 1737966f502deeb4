// Bad input: a scenario, a capture or a command line that cannot be used. One line with the place, what was
// expected and what was found; also where what was found has several lines.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "sim/base/plain_text.h"

namespace halfopen {

struct InputError : std::runtime_error {
  // "place: sentence". `place` is "FILE:line:column", "FILE: offset 24" or "--set KEY".
  InputError(std::string where, const std::string& sentence)
      : std::runtime_error{plain_line(where + ": " + sentence)}, place{std::move(where)} {}
  // "place: expected X, found Y".
  InputError(std::string where, const std::string& expected, const std::string& found)
      : InputError{std::move(where), "expected " + expected + ", found " + found} {}

  std::string place;
};

}  // namespace halfopen

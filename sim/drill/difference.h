// What was expected and what came, for people.
#pragma once

#include <string>

namespace halfopen::drill {

struct Difference {
  std::string field;  // "tcp_window"
  std::string expected;
  std::string actual;
  friend bool operator==(const Difference&, const Difference&) = default;
};

}  // namespace halfopen::drill

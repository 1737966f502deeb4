// A constant and where it comes from: what rows of operating systems are made of.
#pragma once

#include <string_view>

namespace halfopen {

template <class T>
struct Sourced {
  T value{};
  std::string_view source;
  constexpr operator const T&() const { return value; }
};

}  // namespace halfopen

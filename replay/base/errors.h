// What goes wrong between us and the kernel.
#pragma once

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

namespace halfopen {

// This machine lacks something that a run on a real kernel needs: exit status 4. what() is one line, with the
// cure where there is one.
class Cannot : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A system call that should have worked did not. `attempt` says what was tried: "write to the TUN device".
[[noreturn]] inline void throw_system(const std::string& attempt, int error = errno) {
  throw std::system_error{error, std::generic_category(), attempt};
}

// The result of a system call, or the exception.
template <class Result>
Result check(Result result, const char* attempt) {
  if (result < 0) throw_system(attempt);
  return result;
}

}  // namespace halfopen

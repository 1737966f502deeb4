// What the process says with its exit status, and the error that ends a command.
#pragma once

#include <stdexcept>

namespace halfopen {

enum ExitCode : int {
  kExitYes = 0,            // it went as the scenario says
  kExitNo = 1,             // an expectation failed
  kExitTrouble = 2,        // bad input, or a file that cannot be read or written
  kExitCannot = 4,         // this machine lacks what the command needs
  kExitUnresolved = 5,     // no answer: the machine was too busy to tell
  kExitInterrupted = 130,  // Ctrl-C
};

// The one that says more of two runs: trouble, then what failed, then what is not known.
[[nodiscard]] constexpr int worse_of(int a, int b) {
  for (const int worst : {kExitInterrupted, kExitTrouble, kExitNo, kExitUnresolved, kExitCannot}) {
    if (a == worst || b == worst) return worst;
  }
  return kExitYes;
}

// Ends a command with exit status 2; what() is the one line for standard error.
class Trouble : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace halfopen

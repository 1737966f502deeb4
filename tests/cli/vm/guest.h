// halfopen vm with Debian's kernel, as the tests of guests start it.
#pragma once

#include <string>
#include <vector>

#include "tests/cli/process.h"
#include "tests/support/debian_kernel.h"
#include "tests/support/scratch.h"

namespace halfopen::test {

// In a directory of its own, with `arguments` after "vm --kernel ...".
inline Outcome vm(const Scratch& scratch, const std::vector<std::string>& arguments) {
  std::vector<std::string> all{"vm", "--kernel", debian_kernel()};
  const std::vector<std::string> memory = memory_options();
  all.insert(all.end(), memory.begin(), memory.end());
  all.insert(all.end(), arguments.begin(), arguments.end());
  return halfopen_run(Start{.arguments = all, .environment = {}, .directory = scratch.path(), .input = {}});
}

}  // namespace halfopen::test

// One executable for all targets under libFuzzer: HALFOPEN_FUZZ_TARGET names the one that runs.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tests/fuzz/target.h"

namespace {

const halfopen::fuzz::Target* g_target = nullptr;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  const char* wanted = std::getenv("HALFOPEN_FUZZ_TARGET");
  for (const auto& target : halfopen::fuzz::targets()) {
    if (wanted != nullptr && target.name == wanted) g_target = &target;
  }
  if (g_target != nullptr) return 0;
  std::fputs("HALFOPEN_FUZZ_TARGET wants one of:", stderr);
  for (const auto& target : halfopen::fuzz::targets())
    std::fprintf(stderr, " %.*s", static_cast<int>(target.name.size()), target.name.data());
  std::fputs("\n", stderr);
  std::exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  g_target->run({data, size});
  return 0;
}

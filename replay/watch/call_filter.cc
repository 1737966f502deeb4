#include "replay/watch/call_filter.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "replay/watch/traced_calls.h"

namespace halfopen {
namespace {

#if defined(__x86_64__) && !defined(__ILP32__)
constexpr std::uint32_t kNativeArch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__) && !defined(__ILP32__)
constexpr std::uint32_t kNativeArch = AUDIT_ARCH_AARCH64;
#else
#error "no call filter for this architecture"
#endif

constexpr sock_filter statement(int code, std::uint32_t k) {
  return {.code = static_cast<std::uint16_t>(code), .jt = 0, .jf = 0, .k = k};
}

// Compares with `k` and skips `if_equal` or `if_not` instructions.
constexpr sock_filter jump_on(std::uint32_t k, std::size_t if_equal, std::size_t if_not) {
  return {.code = BPF_JMP | BPF_JEQ | BPF_K,
          .jt = static_cast<std::uint8_t>(if_equal),
          .jf = static_cast<std::uint8_t>(if_not),
          .k = k};
}

// A call that was interrupted while it waited for some time goes on as restart_syscall: without it a poll()
// with a timeout would seem never to return after its process was frozen and thawed.
constexpr std::size_t kStops = kTracedCalls.size() + 1;

// Another architecture's calls (a 32-bit program's) have numbers of their own and pass; so do x32's, which
// have a bit set that none of ours has.
constexpr auto kProgram = [] {
  constexpr int kLoad = BPF_LD | BPF_W | BPF_ABS;
  constexpr int kReturn = BPF_RET | BPF_K;
  std::array<sock_filter, 3 + kStops + 2> program{};
  std::size_t n = 0;
  program[n++] = statement(kLoad, offsetof(seccomp_data, arch));
  program[n++] = jump_on(kNativeArch, 0, kStops + 1);
  program[n++] = statement(kLoad, offsetof(seccomp_data, nr));
  program[n++] = jump_on(__NR_restart_syscall, kStops, 0);
  for (std::size_t i = 0; i < kTracedCalls.size(); ++i) {
    program[n++] = jump_on(kTracedCalls[i].number, kTracedCalls.size() - i, 0);
  }
  program[n++] = statement(kReturn, SECCOMP_RET_ALLOW);
  program[n++] = statement(kReturn, SECCOMP_RET_TRACE);
  return program;
}();
static_assert(kStops + 1 <= 255, "a jump of BPF holds one byte");

}  // namespace

bool install_call_filter() {
  auto program = kProgram;  // the kernel's interface asks for one that could be written to
  const sock_fprog filter{.len = static_cast<unsigned short>(program.size()), .filter = program.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0UL, 0UL) == 0;
}

}  // namespace halfopen

// Letting a program go, where it does not.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <new>

#include "replay/sandbox/sandbox.h"

namespace halfopen {
namespace {

// A gate whose other end stays open: an exec() that never comes back, as of a file on a server that is gone.
TEST(SandboxGo, AnExecThatDoesNotComeBackIsATimeout) {
  std::array<int, 2> gate{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, gate.data()), 0);
  const UniqueFd held{gate[1]};
  void* page = mmap(nullptr, sizeof(StartFailure), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(page, MAP_FAILED);
  Spawned spawned;
  spawned.gate = UniqueFd{gate[0]};
  spawned.failure.reset(new (page) StartFailure{});
  EXPECT_EQ(Sandbox::go(spawned, false, std::chrono::milliseconds{20}).error, ETIMEDOUT);
}

}  // namespace
}  // namespace halfopen

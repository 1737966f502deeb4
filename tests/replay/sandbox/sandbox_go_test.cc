// Letting a program go, where it does not.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "replay/sandbox/sandbox.h"

namespace halfopen {
namespace {

// A gate whose other end stays open: an exec() that never comes back, as of a file on a server that is gone.
TEST(SandboxGo, AnExecThatDoesNotComeBackIsATimeout) {
  std::array<int, 2> gate{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, gate.data()), 0);
  const UniqueFd held{gate[1]};
  void* page = mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(page, MAP_FAILED);
  Spawned spawned;
  spawned.gate = UniqueFd{gate[0]};
  spawned.exec_error.reset(static_cast<int*>(page));
  EXPECT_EQ(Sandbox::go(spawned, false, std::chrono::milliseconds{20}), ETIMEDOUT);
}

}  // namespace
}  // namespace halfopen

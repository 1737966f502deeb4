// What of this machine's file system a program under replay sees, and what not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "replay/base/unique_fd.h"
#include "tests/cli/kernel_fixture.h"
#include "tests/cli/process.h"
#include "tests/support/scratch.h"
#include "tests/support/tools.h"

namespace halfopen {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// A socket of this machine's that accepts: where a program reaches it, connect() succeeds. A name that begins
// with a zero is an abstract one.
class Service {
 public:
  explicit Service(const std::string& name) : name_{name} {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(name.substr(0, sizeof address.sun_path - 1), address.sun_path);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    listens_ = bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
               listen(socket_.get(), 8) == 0;
    if (listens_ && name.front() != '\0') chmod(name.c_str(), 0777);
  }
  ~Service() {
    if (listens_ && name_.front() != '\0') unlink(name_.c_str());
  }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  [[nodiscard]] bool listens() const { return listens_; }

 private:
  std::string name_;
  UniqueFd socket_{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  bool listens_ = false;
};

std::string unique_name(const std::string& prefix) { return prefix + std::to_string(getpid()); }

class KernelFiles : public test::KernelTest {
 protected:
  // What the client, the words of a command, printed when it was started in `directory`.
  static std::string printed(const std::vector<std::string>& command, const fs::path& directory) {
    std::vector<std::string> arguments{"replay", "process-killed", "--until-client-exits", "--"};
    arguments.insert(arguments.end(), command.begin(), command.end());
    const Outcome outcome =
        halfopen_run({.arguments = arguments, .environment = {}, .directory = directory, .input = {}});
    EXPECT_NE(outcome.status, 2) << outcome.err;
    return outcome.out;
  }
  // The same of a program in Python that tries to connect to a Unix socket. The name is put together in
  // there: a place that a word of the command names stays as it is.
  static std::string knock(const std::string& name, const fs::path& directory) {
    std::string code = "import socket\ns = socket.socket(socket.AF_UNIX)\nname = ''";
    for (const char c : name) code += " + chr(" + std::to_string(static_cast<int>(c)) + ")";
    code +=
        "\ntry:\n  s.connect(name)\n  print('REACHED')\nexcept OSError as e:\n  print('no:', e.strerror)\n";
    return printed({"python3", "-c", code}, directory);
  }
};

TEST_F(KernelFiles, OnlyTheRunsOwnNetworkDevicesAreInSys) {
  if (!fs::exists("/sys/class/net")) GTEST_SKIP() << "no sysfs here";
  const std::string text = printed({"sh", "-c", "echo devices $(ls /sys/class/net)"}, "/");
  // Where a container's engine has covered parts of /sys, it cannot be mounted anew, and that is said.
  if (text.find("/sys cannot be mounted anew") != std::string::npos) {
    EXPECT_THAT(text, HasSubstr("prints \"devices\\n\""));
  } else {
    EXPECT_THAT(text, HasSubstr("prints \"devices lo tun0\\n\""));
    EXPECT_THAT(printed({"sh", "-c", "echo 1 > /sys/class/net/tun0/mtu"}, "/"), HasSubstr("Read-only"));
  }
}

// As a container's engine does with parts of /sys.
TEST_F(KernelFiles, WhereSysIsCoveredTheDevicesAreHiddenAndThatIsSaid) {
  if (geteuid() != 0 || !test::has_tool("unshare") || !fs::exists("/sys/kernel")) {
    GTEST_SKIP() << "not root, or nothing to cover";
  }
  const Outcome outcome = shell(
      "unshare -m sh -c 'mount -t tmpfs none /sys/kernel && cd / && exec \"$HALFOPEN\" replay process-killed "
      "--until-client-exits -- sh -c \"echo devices \\$(ls /sys/class/net)\"'");
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("client: /sys cannot be mounted anew: Operation not permitted; "
                                           "/sys/class/net is empty"),
                                 HasSubstr("prints \"devices\\n\"")))
      << outcome.err;
}

TEST_F(KernelFiles, SocketsOfServicesAreOutOfReach) {
  if (!test::has_tool("python3")) GTEST_SKIP() << "python3 is not installed";
  const Service in_tmp{unique_name("/tmp/halfopen-test-")};
  const Service abstract{std::string{'\0'} + unique_name("halfopen-test-")};
  ASSERT_TRUE(in_tmp.listens());
  ASSERT_TRUE(abstract.listens());
  EXPECT_THAT(knock(unique_name("/tmp/halfopen-test-"), "/"), HasSubstr("no: No such file or directory"));
  EXPECT_THAT(knock(std::string{'\0'} + unique_name("halfopen-test-"), "/"),
              HasSubstr("no: Connection refused"));
  const Service in_run{unique_name("/run/halfopen-test-")};
  if (!in_run.listens()) GTEST_SKIP() << "only root makes sockets in /run";
  EXPECT_THAT(knock(unique_name("/run/halfopen-test-"), "/"), HasSubstr("no: No such file or directory"));
}

// A program that works in /tmp keeps it, but for the sockets.
TEST_F(KernelFiles, WhereThePlaceIsInUseItsSocketsAreOutOfReach) {
  if (!test::has_tool("python3")) GTEST_SKIP() << "python3 is not installed";
  const fs::path directory = unique_name("/tmp/halfopen-test-files-");
  fs::create_directories(directory / "deep");
  for (const fs::path& path : {directory, directory / "deep"}) fs::permissions(path, fs::perms::all);
  write_bytes(directory / "there", "it is\n");
  const std::string name = directory / "deep" / "socket";
  {
    const Service service{name};
    ASSERT_TRUE(service.listens());
    EXPECT_THAT(knock(name, directory), HasSubstr("no: Connection refused"));
  }
  EXPECT_THAT(printed({"cat", "there"}, directory), HasSubstr("prints \"it is\\n\""));
  fs::remove_all(directory);
}

TEST_F(KernelFiles, TmpStaysForWhoNamesAFileInItAndIsOfItsOwnForOthers) {
  const std::string file = unique_name("/tmp/halfopen-test-file-");
  write_bytes(file, "it is\n");
  const std::string seen = printed({"cat", file}, "/");
  const std::string listed = printed({"sh", "-c", "cd /tmp; echo there: $(ls -A); echo x > y && cat y"}, "/");
  fs::remove(file);
  EXPECT_THAT(seen, HasSubstr("prints \"it is\\n\""));
  EXPECT_THAT(listed, AllOf(HasSubstr("there:\\n"), HasSubstr("x\\n"), Not(HasSubstr("halfopen-test"))));
  EXPECT_FALSE(fs::exists("/tmp/y"));
}

}  // namespace
}  // namespace halfopen

// What `cmake --install` makes of this build, in a directory of the test's own.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "tests/cli/process.h"
#include "tests/support/scratch.h"

namespace halfopen::test {

// Installed once for all tests of a suite, with DESTDIR and --prefix /usr.
class InstalledTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    root_ = std::make_unique<Scratch>();
    const Outcome done = shell("DESTDIR='" + root_->path().string() + "' cmake --install '" +
                               HALFOPEN_BUILD_DIR + "' --prefix /usr");
    ASSERT_EQ(done.status, 0) << done.out << done.err;
  }
  static void TearDownTestSuite() { root_.reset(); }

  // "bin/halfopen" below DESTDIR/usr.
  [[nodiscard]] static std::filesystem::path usr(const std::string& path) {
    return root_->path() / "usr" / path;
  }
  // A shell command in which $USR is DESTDIR/usr, and $HALFOPEN the installed executable.
  [[nodiscard]] static Outcome installed(const std::string& command) {
    return shell("USR='" + usr("").string() + "'; HALFOPEN=\"$USR/bin/halfopen\"; " + command);
  }

 private:
  static inline std::unique_ptr<Scratch> root_;
};

}  // namespace halfopen::test

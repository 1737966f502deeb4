// Scripts for `halfopen packetdrill`, for tests.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/cli/process.h"
#include "tests/support/scratch.h"

namespace halfopen::test {

class DrillCommand : public ::testing::Test {
 protected:
  // A script that connects without waiting and goes on with `rest`, from line 4 on.
  std::string script(const std::string& name, const std::string& rest) {
    const std::filesystem::path file = scratch.path() / name;
    std::filesystem::create_directories(file.parent_path());
    write_bytes(
        file,
        " 0    socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0    fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n"
        "+0    connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)\n" +
            rest);
    return file.string();
  }
  Scratch scratch;
};

}  // namespace halfopen::test

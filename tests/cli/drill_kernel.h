// Scripts for `halfopen packetdrill --on kernel`, for tests.
#pragma once

#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <vector>

#include "cli/tell/exit_code.h"
#include "tests/cli/kernel_fixture.h"
#include "tests/cli/process.h"
#include "tests/support/scratch.h"

namespace halfopen::test {

constexpr const char* kConnected =
    " 0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
    "+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n"
    "+0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)\n"
    "*  > S 0:0(0) <...>\n"
    "+0 < S. 0:0(0) ack 1 win 5792 <mss 1000,nop,nop,sackOK>\n"
    "*  > . 1:1(0) ack 1\n"
    "+0 fcntl(3, F_SETFL, O_RDWR) = 0\n";

// The exit status of a run in which something failed: 5 on a machine that was late each time. Its lines tell
// the failure all the same.
MATCHER(IsFailure, "is the status of a failure") { return arg == kExitNo || arg == kExitUnresolved; }

class KernelDrill : public KernelTest {
 protected:
  Outcome play(const std::string& text, const std::vector<std::string>& options = {}) {
    const std::filesystem::path file = scratch.path() / "script.pkt";
    write_bytes(file, text);
    std::vector<std::string> words{"packetdrill", "--on", "kernel", "--tolerance_usecs=100000000"};
    words.insert(words.end(), options.begin(), options.end());
    words.push_back(file.string());
    return halfopen_run(words);
  }
  Scratch scratch;
};

}  // namespace halfopen::test

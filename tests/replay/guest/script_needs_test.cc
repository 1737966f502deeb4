#include "replay/guest/script_needs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halfopen::guest {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ScriptNeeds, AreTheWordsBetweenBackticks) {
  EXPECT_THAT(
      words_of_script("`../common/defaults.sh\n sysctl -q net.ipv4.tcp_ecn=1`\n"
                      "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 `nstat | grep Tcp > /dev/null`\n"),
      ElementsAre("../common/defaults.sh", "sysctl", "-q", "net.ipv4.tcp_ecn", "1", "nstat", "grep", "Tcp",
                  "/dev/null"));
  EXPECT_THAT(words_of_script("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"), IsEmpty());
  EXPECT_THAT(words_of_script("0 `unended"), ElementsAre("unended"));
}

TEST(ScriptNeeds, OfCodeArePython) {
  EXPECT_THAT(words_of_script("+0 %{ assert tcpi_snd_cwnd == 10 }%\n"), ElementsAre("python3"));
}

TEST(ScriptNeeds, OfAProgramAreItsInterpreterAndWordsOutsideComments) {
  EXPECT_THAT(words_of_shell("#!/bin/bash\n# with tc, perhaps\nip tcp_metrics flush\n"),
              ElementsAre("/bin/bash", "ip", "tcp_metrics", "flush"));
  EXPECT_THAT(words_of_shell("subprocess.check_output(['cat', name])"), Contains("cat"));
}

}  // namespace
}  // namespace halfopen::guest

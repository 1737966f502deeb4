#include "sim/os/signals.h"

#include <gtest/gtest.h>

namespace halfopen {
namespace {

TEST(Signals, HaveLinuxNumbers) {
  EXPECT_EQ(signal_from("SIGKILL"), 9);
  EXPECT_EQ(signal_from("SIGPIPE"), 13);
  EXPECT_EQ(signal_from("SIGSYS"), 31);
  for (const char* name : {"KILL", "sigkill", "", "SIGRTMIN"}) EXPECT_FALSE(signal_from(name)) << name;
}

TEST(Signals, HaveNamesWhereTheyHaveThem) {
  for (int signal = 1; signal <= sig::last; ++signal) EXPECT_EQ(signal_from(signal_name(signal)), signal);
  EXPECT_EQ(signal_name(34), "signal 34");
  EXPECT_EQ(signal_name(0), "signal 0");
  EXPECT_EQ(signal_name(-1), "signal -1");
}

}  // namespace
}  // namespace halfopen

// The traces of two real kernels against each other, and the model's promise about them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/capture/compare/traces.h"

namespace halfopen {
namespace {

using namespace test;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;

namespace fs = std::filesystem;

const fs::path kTraces = fs::path{HALFOPEN_SOURCE_DIR} / "tests" / "traces";

Compared kernels(const std::string& name, const std::vector<std::string>& ignored = {}) {
  CompareOptions options;
  options.tolerance = "linux";
  options.ignored = ignored;
  return compare_files((kTraces / (name + ".k61.pcap")).string(), (kTraces / (name + ".k618.pcap")).string(),
                       options);
}

class TwoKernels : public ::testing::TestWithParam<std::string> {};

TEST_P(TwoKernels, AreTheSameButForTheWindowScale) {
  const Compared found = kernels(GetParam());
  EXPECT_EQ(found.differing().size(), 0u) << found.text();
  EXPECT_EQ(found.comparison.outcomes.size(), 0u);
  ASSERT_EQ(found.reports.size(), 1u);
  EXPECT_EQ(found.comparison.differences, 2u);
  EXPECT_THAT(found.reports[0].config,
              Each(Field(&compare::ConnectionReport::Config::explanation, HasSubstr("tcp_rmem"))));
  EXPECT_TRUE(kernels(GetParam(), {"config"}).comparison.is_same());
}

INSTANTIATE_TEST_SUITE_P(Trace, TwoKernels,
                         ::testing::Values("t01-normal-close", "t02-process-killed-blocking",
                                           "t03-process-killed-select", "t04-host-crash-retries12",
                                           "t05-host-crash-retries15", "t06-host-crash-retries5",
                                           "t08-host-reboot", "t09-host-shutdown", "t10-keepalive",
                                           "t11-user-timeout", "t12-outage-recovers", "t13-syn-lost"),
                         [](const auto& test) { return test.param.substr(0, 3); });

TEST(TwoKernels, DifferByTwoRoundsOfIcmpInT07) {
  const Compared found = kernels("t07-host-unreachable", {"config"});
  EXPECT_FALSE(found.comparison.is_same());
  EXPECT_THAT(found.text(), ::testing::Not(HasSubstr("tcp_retries2 5")));  // ICMP decides how many fit
  EXPECT_THAT(found.text(), HasSubstr("58 retransmissions in 12.8 s against 57"));
}

TEST(TwoKernels, DifferByTheGrowthOfTheReceiveBufferInT14) {
  const Compared found = kernels("t14-zero-window", {"config"});
  EXPECT_FALSE(found.comparison.is_same());
  EXPECT_THAT(found.comparison.first, HasSubstr("window: 64000 | 68608"));
  EXPECT_THAT(found.comparison.first,
              HasSubstr("cannot be told from the packets (it depends on the receive buffer"));
}

TEST(TwoKernels, RetriesOfTwelveAndFifteenDifferByWhenTheyGiveUp) {
  CompareOptions options;
  options.tolerance = "linux";
  const Compared found = compare_files((kTraces / "t04-host-crash-retries12.k61.pcap").string(),
                                       (kTraces / "t05-host-crash-retries15.k61.pcap").string(), options);
  EXPECT_EQ(found.comparison.differences, 3u) << found.text();
  EXPECT_THAT(found.comparison.first,
              HasSubstr("Linux with tcp_retries2 12 in A and 15 in B would do so, in 564.6 s and 924.6 s"));
}

}  // namespace
}  // namespace halfopen

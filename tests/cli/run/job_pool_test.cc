// Work in processes of its own.
#include "cli/run/job_pool.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>

namespace halfopen {
namespace {

using namespace std::chrono_literals;

std::map<std::size_t, JobOutcome> run_all(JobPool& pool, std::size_t at_most) {
  std::map<std::size_t, JobOutcome> all;
  while (!pool.is_over()) {
    for (JobOutcome& outcome : pool.wait(1s)) all[outcome.job] = std::move(outcome);
    EXPECT_LE(pool.running().size(), at_most);
  }
  return all;
}

TEST(JobPool, GivesWhatEachWorkReturnedHoweverLong) {
  JobPool pool{20, 3,
               [](std::size_t job) { return std::string(job * 20'000, static_cast<char>('a' + job)); }};
  const auto all = run_all(pool, 3);
  ASSERT_EQ(all.size(), 20u);
  for (const auto& [job, outcome] : all) {
    EXPECT_EQ(outcome.wait_status, 0);
    EXPECT_TRUE(outcome.output == std::string(job * 20'000, static_cast<char>('a' + job))) << job;
  }
}

TEST(JobPool, OneThatDiesTakesNobodyAlong) {
  JobPool pool{3, 3, [](std::size_t job) -> std::string {
                 if (job == 0) ::kill(getpid(), SIGKILL);
                 if (job == 1) throw std::runtime_error{"no"};
                 return "well";
               }};
  const auto all = run_all(pool, 3);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(WTERMSIG(all.at(0).wait_status), SIGKILL);
  EXPECT_EQ(WEXITSTATUS(all.at(1).wait_status), 1);
  EXPECT_EQ(all.at(2).output, "well");
}

TEST(JobPool, NobodyIsLeftWhenItGoes) {
  {
    JobPool pool{2, 2, [](std::size_t) -> std::string {
                   for (;;) pause();
                 }};
    EXPECT_TRUE(pool.wait(1ms).empty());
    EXPECT_EQ(pool.running().size(), 2u);
  }
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(JobPool, NothingToDoIsOverAtOnce) {
  const JobPool pool{0, 4, [](std::size_t) { return std::string{}; }};
  EXPECT_TRUE(pool.is_over());
}

}  // namespace
}  // namespace halfopen

// A case on its way from the process that played it.
#include <gtest/gtest.h>

#include "cli/drill/case_message.h"

namespace halfopen {
namespace {

PlayedCase failed_case() {
  PlayedCase played;
  DrillResult& result = played.result;
  result.outcome = CaseOutcome::failed;
  result.line = 7;
  result.reason = "why";
  result.took = std::chrono::milliseconds{12};
  result.mismatches.push_back({.place = {.line = 7, .column = 2},
                               .message = "\xff is no UTF-8",
                               .differences = {{"tcp_window", "1", "2"}},
                               .expected = "> .",
                               .actual = "> P."});
  result.record.packets.push_back(
      {.at = kTimeZero + std::chrono::milliseconds{3}, .is_injected = true, .bytes = {0x45, 0, 0xff}});
  result.record.calls.push_back({.at = kTimeZero + std::chrono::seconds{1},
                                 .began = kTimeZero,
                                 .program = "packetdrill",
                                 .pid = 1,
                                 .call = "read",
                                 .args = "3, ..., 10",
                                 .result = -1,
                                 .error = 11,
                                 .detail = {}});
  played.code.push_back({.place = {.line = 9, .column = 1}, .text = "assert x", .fields = {{"x", -1}}});
  return played;
}

TEST(CaseMessage, HasAllThatIsTold) {
  const PlayedCase sent = failed_case();
  const auto came = case_from_message(message_of(sent));
  ASSERT_TRUE(came);
  const DrillResult& result = came->result;
  EXPECT_EQ(result.outcome, CaseOutcome::failed);
  EXPECT_EQ(result.line, 7U);
  EXPECT_EQ(result.reason, "why");
  EXPECT_EQ(result.took.count(), 12);
  ASSERT_EQ(result.mismatches.size(), 1U);
  const drill::Mismatch& mismatch = result.mismatches[0];
  EXPECT_EQ(mismatch.place.line, 7U);
  EXPECT_EQ(mismatch.message, "\xff is no UTF-8");
  EXPECT_EQ(mismatch.differences, sent.result.mismatches[0].differences);
  EXPECT_EQ(mismatch.expected, "> .");
  EXPECT_EQ(mismatch.actual, "> P.");
  ASSERT_EQ(result.record.packets.size(), 1U);
  EXPECT_EQ(result.record.packets[0].at, kTimeZero + std::chrono::milliseconds{3});
  EXPECT_TRUE(result.record.packets[0].is_injected);
  EXPECT_EQ(result.record.packets[0].bytes, sent.result.record.packets[0].bytes);
  ASSERT_EQ(result.record.calls.size(), 1U);
  EXPECT_EQ(result.record.calls[0].args, "3, ..., 10");
  EXPECT_EQ(result.record.calls[0].error, 11);
  EXPECT_EQ(result.record.calls[0].at, kTimeZero + std::chrono::seconds{1});
  ASSERT_EQ(came->code.size(), 1U);
  EXPECT_EQ(came->code[0].place.line, 9U);
  EXPECT_EQ(came->code[0].text, "assert x");
  EXPECT_EQ(came->code[0].fields, sent.code[0].fields);
}

TEST(CaseMessage, AMachineThatCannotIsTheCallersToTell) {
  EXPECT_THROW((void)case_from_message(message_of(Cannot{"no TUN"})), Cannot);
}

TEST(CaseMessage, OfAProcessThatDiedIsNone) {
  const std::string whole = message_of(failed_case());
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(case_from_message(std::string_view{whole}.substr(0, size))) << size;
}

}  // namespace
}  // namespace halfopen

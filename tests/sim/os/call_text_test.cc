#include "sim/os/call_text.h"

#include <gtest/gtest.h>

#include <array>
#include <string_view>

namespace halfopen {
namespace {

std::span<const std::uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(CallText, QuotesAsStraceDoes) {
  EXPECT_EQ(quote(bytes("hello\n")), R"("hello\n")");
  EXPECT_EQ(quote(bytes("\t\r\"\\")), R"("\t\r\"\\")");
  EXPECT_EQ(quote(bytes({"\0\1x", 3})), R"("\0\1x")");
  EXPECT_EQ(quote(bytes({"\0001\xff", 3})), R"("\0001\377")");
  EXPECT_EQ(quote({}), R"("")");
}

TEST(CallText, CutsAfter32Bytes) {
  EXPECT_EQ(quote(bytes(std::string(32, 'x'))), '"' + std::string(32, 'x') + '"');
  EXPECT_EQ(quote(bytes(std::string(33, 'x'))), '"' + std::string(32, 'x') + "\"...");
}

TEST(CallText, ReadShowsWhatCame) {
  std::array<std::uint8_t, 4096> buffer{'h', 'i'};
  EXPECT_EQ(describe(calls::read(3, buffer), CallResult::of(2)).args, R"(3, "hi", 4096)");
  EXPECT_EQ(describe(calls::read(3, buffer), CallResult::of(0)).args, R"(3, "", 4096)");
  EXPECT_EQ(describe(calls::read(3, buffer), CallResult::failure(Errno::connreset)).args, "3, 4096");
  EXPECT_EQ(describe(calls::discard(3, 4096), CallResult::of(100)).args, "3, ..., 4096");
}

TEST(CallText, WriteShowsWhatWasToGo) {
  EXPECT_EQ(describe(calls::write(3, bytes("hi")), CallResult::failure(Errno::pipe)).args, R"(3, "hi", 2)");
}

TEST(CallText, AddressesAreReadable) {
  Call unspecified = calls::connect(3, {});
  unspecified.disconnects = true;
  EXPECT_EQ(describe(unspecified, CallResult::of(0)).args, "3, AF_UNSPEC");
  EXPECT_EQ(to_text({*IpAddress::parse("10.9.0.2"), 9998}), "10.9.0.2:9998");
  EXPECT_EQ(to_text({*IpAddress::parse("fd00:9::2"), 9998}), "[fd00:9::2]:9998");
}

TEST(CallText, GetsockoptReturnsZeroAndShowsTheErrorByName) {
  const CallText text = describe(calls::getsockopt(3, SocketOption::so_error),
                                 CallResult::of(static_cast<int>(Errno::timedout)));
  EXPECT_EQ(text.result, 0);
  EXPECT_EQ(text.args, "3, SO_ERROR");
  EXPECT_EQ(text.detail, "[ETIMEDOUT]");
}

TEST(CallText, SelectAndPollShowTheirSets) {
  std::array<PollFd, 2> fds{PollFd{0, 0, 0}, PollFd{3, 0, 0}};
  const Call select = calls::select(fds, 1500ms);
  fds[1].returned = poll_event::in;
  EXPECT_EQ(describe(select, CallResult::of(1)).args, "4, [0 3], NULL, NULL, {tv_sec=1, tv_usec=500000}");
  EXPECT_EQ(describe(select, CallResult::of(1)).detail, "(in [3])");
  fds[1].returned = poll_event::in | poll_event::hup;
  const CallText poll = describe(calls::poll(fds), CallResult::of(1));
  EXPECT_EQ(poll.args, "[{fd=0, events=POLLIN}, {fd=3, events=POLLIN}], 2, -1");
  EXPECT_EQ(poll.detail, "([{fd=3, revents=POLLIN|POLLHUP}])");
}

}  // namespace
}  // namespace halfopen

// Sentences of --expect: which there are, and when they hold.
#include "cli/tell/demand.h"

#include <gtest/gtest.h>

#include <memory>

#include "sim/base/input_error.h"
#include "tests/support/packets.h"

namespace halfopen {
namespace {

class DemandTest : public testing::Test {
 protected:
  // The notes and packets of a run, one behind the other: the server's host crashes at 2 s.
  void expects(const std::string& sentence) {
    demands_ = std::make_unique<Demands>(std::vector{demand_from(sentence)});
  }
  void crash() { demands_->on_note(TimelineNote{kTimeZero + 2s, "server host crashes", {}}); }
  void call(Duration at, std::string name, std::int64_t result, Errno error = Errno::none,
            HostId host = HostId::client) {
    demands_->on_note(CallNote{.at = kTimeZero + at,
                               .began = kTimeZero + at,
                               .host = host,
                               .program = "nc",
                               .pid = 2,
                               .call = std::move(name),
                               .args = "3",
                               .result = result,
                               .error = static_cast<int>(error),
                               .detail = {}});
  }
  void process(Duration at, ProcessNote::What what, std::uint32_t pid, int number = 0) {
    demands_->on_note(ProcessNote{.at = kTimeZero + at,
                                  .host = HostId::client,
                                  .program = "nc",
                                  .pid = pid,
                                  .what = what,
                                  .signal = number,
                                  .status = number,
                                  .text = {}});
  }
  void packet(Duration at, bool from_server, std::uint8_t flags, std::uint32_t seq,
              std::string_view text = {}) {
    const Packet packet = test::tcp_packet(
        pool_, {.from_server = from_server, .flags = flags, .seq = seq, .ack = 1, .text = text});
    demands_->on_packet(
        {kTimeZero + at, from_server ? HostId::server : HostId::client, PacketFate::delivered, &packet});
  }
  [[nodiscard]] std::string verdict() const {
    const Verdict verdict = demands_->finish().at(0);
    return std::string{to_string(verdict.what)} + (verdict.found.empty() ? "" : ": " + verdict.found);
  }
  BlockPool pool_;
  std::unique_ptr<Demands> demands_;
};

TEST_F(DemandTest, ANoticeCountsFromTheFailureAndInTime) {
  const auto run = [this](Duration at) {
    call(1s, "read", -1, Errno::connreset);  // before anything failed: of something else
    crash();
    call(at, "read", -1, Errno::timedout);
    return verdict();
  };
  expects("client notices within 5s");
  EXPECT_EQ(run(7s), "passed: read() = -1 ETIMEDOUT at 7 s");
  expects("client notices within 5s");
  EXPECT_EQ(run(7'000'000'001ns), "failed: read() = -1 ETIMEDOUT at 7 s, 5 s after the crash");
  expects("client notices");
  EXPECT_EQ(run(1h), "passed: read() = -1 ETIMEDOUT at 1 h");
  expects("server notices");
  EXPECT_EQ(run(7s), "failed: nothing of the kind");
}

TEST_F(DemandTest, WhatCameTooLateSaysByHowMuch) {
  expects("client notices within 5s");
  crash();
  call(7130ms, "read", -1, Errno::timedout);
  const Verdict late = demands_->finish().at(0);
  EXPECT_EQ(late.missed_at, kTimeZero + 7130ms);
  EXPECT_EQ(late.missed_by, Duration{130ms});
  EXPECT_EQ(late.decided_at, kTimeZero + 7s);
  expects("server notices within 5s");
  crash();
  const Verdict never = demands_->finish().at(0);
  EXPECT_FALSE(never.has_size());
  EXPECT_EQ(never.decided_at, kTimeZero + 7s);
}

TEST_F(DemandTest, WhereNothingFailsThereIsNothingToNotice) {
  expects("client notices within 5s");
  call(1s, "read", 0);
  EXPECT_EQ(verdict(), "failed: nothing that failed in this run");
}

TEST_F(DemandTest, AnErrorIsSeenOrAnotherIs) {
  expects("client sees ETIMEDOUT");
  crash();
  call(3s, "read", -1, Errno::hostunreach);
  EXPECT_EQ(verdict(), "failed: read() = -1 EHOSTUNREACH at 3 s");
  call(4s, "read", -1, Errno::timedout, HostId::server);
  EXPECT_EQ(verdict(), "failed: read() = -1 EHOSTUNREACH at 3 s");
  call(5s, "read", -1, Errno::timedout);
  EXPECT_EQ(verdict(), "passed: read() = -1 ETIMEDOUT at 5 s");
}

TEST_F(DemandTest, TheProgramThatWasStartedExitsNotItsChildren) {
  using What = ProcessNote::What;
  expects("client exits with 1 within 2s");
  process(0s, What::started, 2);
  process(1s, What::forked, 3);
  crash();
  process(3s, What::exited, 3, 1);
  EXPECT_EQ(verdict(), "failed: nothing of the kind");
  process(4s, What::exited, 2, 1);
  EXPECT_EQ(verdict(), "passed: it exited with 1 at 4 s");
  expects("client exits with 1");
  process(0s, What::started, 2);
  process(4s, What::exited, 2, 0);
  EXPECT_EQ(verdict(), "failed: it exited with 0 at 4 s");
  expects("client exits");
  process(0s, What::started, 2);
  process(4s, What::killed, 2, 9);
  EXPECT_EQ(verdict(), "passed: SIGKILL killed it at 4 s");
}

TEST_F(DemandTest, ARetransmissionOfEitherOrOfOneHost) {
  const auto run = [this](bool twice) {
    packet(0s, false, tcp_flag::syn, 0);
    packet(1s, false, tcp_flag::psh | tcp_flag::ack, 1, "hello");
    if (twice) packet(2s, false, tcp_flag::psh | tcp_flag::ack, 1, "hello");
    return verdict();
  };
  expects("no retransmission");
  EXPECT_EQ(run(false), "passed");
  expects("no retransmissions");
  EXPECT_EQ(run(true), "failed: one of the client at 2 s");
  expects("no retransmission of the client");
  EXPECT_EQ(run(true), "failed: one of the client at 2 s");
  expects("no retransmission of the server");
  EXPECT_EQ(run(true), "passed");
}

TEST_F(DemandTest, WhatIsNoSentenceIsRefusedWithTheFormsThereAre) {
  for (const std::string bad :
       {"", "client", "client dies", "router notices", "client notices within", "client notices within 5",
        "client notices now", "client sees", "client sees EWHAT", "client sees 0", "client exits with",
        "client exits with 256", "client exits with one", "no", "no retransmission of",
        "no retransmission of the router", "within 5s", "no retransmission within 5s",
        "no retransmissionss"}) {
    try {
      static_cast<void>(demand_from(bad));
      ADD_FAILURE() << bad;
    } catch (const InputError& error) {
      const std::string text = error.what();
      EXPECT_NE(text.find("--expect: expected \"HOST notices\""), std::string::npos) << text;
      EXPECT_NE(text.find("found \"" + bad + "\""), std::string::npos) << text;
      EXPECT_EQ(text.find('\n'), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace halfopen

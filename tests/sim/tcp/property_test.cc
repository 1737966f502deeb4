// Properties over seeded random runs: whatever a path loses, repeats and reorders, every byte arrives once
// and in order, or an error is reported that has a cause; few runs end so. Pair checks after every input that
// the invariants hold (the scoreboard's counts are made anew from its entries), and of every packet that it
// is not over the MTU and acknowledges what was sent, never less than before.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "sim/base/rng.h"
#include "tests/sim/tcp/pair.h"

namespace halfopen::testing {
namespace {

// HALFOPEN_SEEDS sets how many; HALFOPEN_SEED runs one alone.
std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string bytes_of(std::uint64_t seed, std::size_t count) {
  Rng rng{seed};
  std::string out(count, '\0');
  for (char& c : out) c = static_cast<char>('a' + rng.below(26));
  return out;
}

struct Plan {
  std::string os_a, os_b;
  double loss, duplicate, reorder;
  Duration delay;
  std::string from_a, from_b;
  bool b_reads_slowly;
};

Plan plan_for(std::uint64_t seed) {
  Rng rng = Rng{seed}.split("plan");
  const std::array<const char*, 5> names{"4.4bsd", "linux-6.1", "linux-6.18", "freebsd-14", "rfc"};
  const auto size = [&] { return static_cast<std::size_t>(rng.below(rng.chance(0.2) ? 200'000 : 5'000)); };
  Plan plan;
  plan.os_a = names[rng.below(5)];
  plan.os_b = names[rng.below(5)];
  plan.loss = static_cast<double>(rng.below(20)) / 100;
  plan.duplicate = static_cast<double>(rng.below(10)) / 100;
  plan.reorder = static_cast<double>(rng.below(30)) / 100;
  plan.delay = std::chrono::microseconds{100 + rng.below(100'000)};
  plan.from_a = bytes_of(seed * 2, size());
  plan.from_b = bytes_of(seed * 2 + 1, size());
  plan.b_reads_slowly = rng.chance(0.2);
  return plan;
}

class RandomRun {
 public:
  explicit RandomRun(std::uint64_t seed)
      : plan_{plan_for(seed)}, rng_{Rng{seed}.split("path")}, pair_{plan_.os_a, plan_.os_b, plan_.delay} {
    pair_.records = false;
    pair_.checks_acks = true;
    pair_.route = [this] { return route(); };
  }

  // True if an end reported an error.
  [[nodiscard]] bool failed() const {
    return error_of(pair_.a) != Errno::none || error_of(pair_.b) != Errno::none;
  }

  // Empty when all is well, else what is wrong.
  std::string run() {
    pair_.start_connect();
    std::size_t sent_a = 0, sent_b = 0;
    const TimePoint limit = pair_.now + std::chrono::hours{4};
    while (pair_.now < limit) {
      pair_.run_for(std::chrono::milliseconds{1 + rng_.below(400)});
      sent_a += push(pair_.a, plan_.from_a, sent_a);
      if (pair_.b.endpoint != nullptr) {
        sent_b += push(pair_.b, plan_.from_b, sent_b);
        if (plan_.b_reads_slowly) pair_.b.reads = rng_.chance(0.3);
        if (pair_.b.reads) pair_.after_input(pair_.b);
      }
      if (over()) break;
    }
    return verdict();
  }

 private:
  std::vector<Duration> route() {
    std::vector<Duration> copies;
    if (!rng_.chance(plan_.loss)) copies.push_back(delay());
    if (rng_.chance(plan_.duplicate)) copies.push_back(delay());
    return copies;
  }
  Duration delay() {
    const Duration late{rng_.chance(plan_.reorder) ? static_cast<std::int64_t>(rng_.below(
                                                         static_cast<std::uint64_t>(3 * plan_.delay.count())))
                                                   : 0};
    return plan_.delay + late;
  }
  std::size_t push(Pair::Side& side, const std::string& all, std::size_t done) {
    if (side.endpoint->state() != State::established && side.endpoint->state() != State::close_wait) return 0;
    if (done == all.size()) {
      side.endpoint->shutdown_write(pair_.now);
      pair_.after_input(side);
      return 0;
    }
    const std::size_t step = 1 + static_cast<std::size_t>(rng_.below(20'000));
    const std::string_view text = std::string_view{all}.substr(done, step);
    const std::size_t took =
        side.endpoint->write(pair_.now, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    pair_.after_input(side);
    return took;
  }
  bool over() const {
    if (pair_.b.endpoint == nullptr) return pair_.a.endpoint->state() == State::closed;
    const auto ended = [](const Endpoint& e) {
      return e.state() == State::closed || e.state() == State::time_wait;
    };
    return ended(*pair_.a.endpoint) && ended(*pair_.b.endpoint);
  }
  static Errno error_of(const Pair::Side& side) {
    return side.endpoint == nullptr ? Errno::none : side.endpoint->peek_error();
  }
  // What is wrong with an error: a timeout wants a path that loses, a reset one that the peer sent.
  std::string cause_of(const Pair::Side& side, const Pair::Side& peer) const {
    switch (error_of(side)) {
      case Errno::none: return "";
      case Errno::timedout: return plan_.loss > 0 ? "" : "ETIMEDOUT, and nothing was lost";
      case Errno::connreset:
      case Errno::pipe: return peer.resets > 0 ? "" : "a reset that nobody sent";
      default: return fmt::format("{} has no cause here", to_string(error_of(side)));
    }
  }
  std::string verdict() {
    if (pair_.b.endpoint == nullptr) return failed() ? "" : "no connection and no error";
    pair_.b.reads = true;
    pair_.after_input(pair_.b);
    for (const std::string& wrong : {cause_of(pair_.a, pair_.b), cause_of(pair_.b, pair_.a)})
      if (!wrong.empty()) return wrong;
    if (!plan_.from_a.starts_with(pair_.b.received)) return "b received what a did not send";
    if (!plan_.from_b.starts_with(pair_.a.received)) return "a received what b did not send";
    if (failed()) return "";
    if (pair_.b.received.size() != plan_.from_a.size())
      return fmt::format("b has {} of {} bytes; a {}, b {}", pair_.b.received.size(), plan_.from_a.size(),
                         to_string(pair_.a.endpoint->state()), to_string(pair_.b.endpoint->state()));
    if (pair_.a.received.size() != plan_.from_b.size())
      return fmt::format("a has {} of {} bytes; a {}, b {}", pair_.a.received.size(), plan_.from_b.size(),
                         to_string(pair_.a.endpoint->state()), to_string(pair_.b.endpoint->state()));
    return "";
  }

  Plan plan_;
  Rng rng_;
  Pair pair_;
};

TEST(Properties, EveryByteArrivesOnceAndInOrderOrAnErrorIsReported) {
  const std::uint64_t only = number_from("HALFOPEN_SEED", 0);
  const std::uint64_t count = number_from("HALFOPEN_SEEDS", 1000);
  const std::uint64_t first = only != 0 ? only : 1;
  const std::uint64_t last = only != 0 ? only : count;
  std::uint64_t failed = 0;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    std::string wrong;
    try {
      RandomRun run{seed};
      wrong = run.run();
      failed += run.failed() ? 1u : 0u;
    } catch (const std::exception& broken) {
      wrong = broken.what();
    }
    const Plan plan = plan_for(seed);
    ASSERT_EQ(wrong, "") << "HALFOPEN_SEED=" << seed << " repeats it: " << plan.os_a << " to " << plan.os_b
                         << ", loss " << plan.loss << ", " << plan.from_a.size() << " and "
                         << plan.from_b.size() << " bytes";
  }
  RecordProperty("failed", static_cast<int>(failed));
  // A fifth of the packets lost at most: a connection that gives up is the exception.
  EXPECT_LE(failed, 1 + count / 50);
}

}  // namespace
}  // namespace halfopen::testing

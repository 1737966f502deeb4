// How timers meet the clock, by the rules and worked examples of the kernels' sources and of measurements.
#include "sim/tcp/tick_clock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <vector>

#include "sim/base/rng.h"

namespace halfopen {
namespace {

constexpr ClockProfile clock_of(TickStyle style, std::uint32_t hz) {
  return {.style = {style, "test"},
          .hz = {hz, "test"},
          .slow_tick = {500ms, "test"},
          .fast_tick = {200ms, "test"},
          .counts_after_timers = {false, "test"}};
}
TickClock linux_clock(std::uint32_t hz, Duration phase = 0ms) {
  return {clock_of(TickStyle::linux_wheel, hz), phase};
}
TickClock bsd_clock(Duration phase = 0ms) { return {clock_of(TickStyle::bsd_ticks, 2), phase}; }
TickClock callout_clock(Duration phase = 0ms) { return {clock_of(TickStyle::callout, 1000), phase}; }
TickClock ideal_clock() { return {clock_of(TickStyle::ideal, 1000), 0ms}; }

constexpr TimePoint at(Duration t) { return kTimeZero + t; }

TEST(IdealClock, FiresToTheNanosecond) {
  EXPECT_EQ(ideal_clock().expiry(at(7ns), 3ns), at(10ns));
  EXPECT_EQ(ideal_clock().expiry(at(7ns), 0ns), at(7ns));
  EXPECT_EQ(ideal_clock().tick(), 1ns);
  EXPECT_EQ(ideal_clock().round_up(3ns), 3ns);
  EXPECT_EQ(ideal_clock().ticks(at(9ns)), 9);
}

TEST(AnyClock, SaysNeverWhenTheEndIsBeyondAllTime) {
  EXPECT_EQ(ideal_clock().expiry(at(1s), Duration::max()), kNever);
  EXPECT_EQ(linux_clock(250).expiry(at(1s), Duration::max()), kNever);
  EXPECT_EQ(bsd_clock().expiry(at(1s), Duration::max()), kNever);
  EXPECT_EQ(callout_clock().expiry(at(1s), Duration::max()), kNever);
}

// --- Linux's wheel

TEST(WheelClock, ATimerFromATickFiresOneJiffyAfterItsDelay) {
  EXPECT_EQ(linux_clock(250).expiry(at(0ms), 200ms), at(204ms));
  EXPECT_EQ(linux_clock(1000).expiry(at(5ms), 40ms), at(46ms));
}

TEST(WheelClock, ATimerFromWithinAJiffyFiresWithinAJiffyAfterItsDelay) {
  EXPECT_EQ(linux_clock(250).expiry(at(3'999'999ns), 200ms), at(204ms));
  EXPECT_EQ(linux_clock(250).expiry(at(4ms), 200ms), at(208ms));
}

TEST(WheelClock, NoDelayMeansTheNextJiffy) {
  EXPECT_EQ(linux_clock(250).expiry(at(0ms), 0ms), at(4ms));
  EXPECT_EQ(linux_clock(250).expiry(at(3ms), 0ms), at(4ms));
  EXPECT_EQ(linux_clock(250).expiry(at(4ms), 0ms), at(8ms));
}

TEST(WheelClock, PartsOfAJiffyCountAsWholeOnes) {
  EXPECT_EQ(linux_clock(250).expiry(at(0ms), 220'001us), linux_clock(250).expiry(at(0ms), 224ms));
  EXPECT_EQ(linux_clock(250).round_up(220ms), 220ms);
  EXPECT_EQ(linux_clock(250).round_up(221ms), 224ms);
  EXPECT_EQ(linux_clock(250).tick(), 4ms);
}

struct LevelEdge {
  std::uint32_t hz;
  std::int64_t jiffies;  // the shortest delay of the level
  Duration coarse;       // its granule
  Duration fine;         // that of the level below
};

// Level n begins at 63 * 8^(n-1) jiffies; one jiffy less is still on the level below.
TEST(WheelClock, LevelsBeginWhereTheKernelSays) {
  constexpr LevelEdge edges[] = {
      {250, 63, 32ms, 4ms},          {250, 504, 256ms, 32ms},          {250, 4032, 2048ms, 256ms},
      {250, 32256, 16384ms, 2048ms}, {250, 258048, 131072ms, 16384ms}, {1000, 63, 8ms, 1ms},
      {1000, 504, 64ms, 8ms},        {1000, 4032, 512ms, 64ms},        {1000, 32256, 4096ms, 512ms},
      {100, 63, 80ms, 10ms},         {100, 504, 640ms, 80ms},          {100, 4032, 5120ms, 640ms},
  };
  for (const LevelEdge& edge : edges) {
    const TickClock clock = linux_clock(edge.hz);
    const Duration delay = edge.jiffies * clock.tick();
    const auto expected = [](Duration end, Duration granule) { return at((end / granule + 1) * granule); };
    EXPECT_EQ(clock.expiry(at(0ms), delay), expected(delay, edge.coarse)) << edge.hz << " " << edge.jiffies;
    EXPECT_EQ(clock.expiry(at(0ms), delay - clock.tick()), expected(delay - clock.tick(), edge.fine))
        << edge.hz << " " << edge.jiffies;
  }
}

struct LongTimer {
  std::uint32_t hz;
  Duration delay;
  Duration fires;  // once aligned: armed by a timer of the same length
};

TEST(WheelClock, LongTimersAreLateByAGranule) {
  constexpr LongTimer timers[] = {
      {250, 1s, 1024ms},      {250, 3s, 3072ms},       {250, 75s, 75'776ms},
      {250, 120s, 120'832ms}, {1000, 120s, 122'880ms}, {100, 120s, 122'880ms},
  };
  for (const LongTimer& timer : timers) {
    const TickClock clock = linux_clock(timer.hz);
    const TimePoint first = clock.expiry(at(0ms), timer.delay);
    const TimePoint second = clock.expiry(first, timer.delay);
    EXPECT_EQ(second - first, timer.fires) << timer.hz;
    EXPECT_EQ(clock.expiry(second, timer.delay) - second, timer.fires) << timer.hz;
  }
}

TEST(WheelClock, TimeWaitLastsBetween60And62Seconds) {
  Rng rng{1};
  for (int i = 0; i < 1000; ++i) {
    const TickClock clock = linux_clock(250, Duration{static_cast<std::int64_t>(rng.below(100'000'000'000))});
    const Duration lasted = clock.expiry(at(0ms), 60s) - at(0ms);
    EXPECT_GE(lasted, 60s);
    EXPECT_LE(lasted, 62'052ms);
  }
}

// The whole story of a host crash, timer by timer: original, probe after one timeout, then doubling to 120 s.
struct Range {
  Duration earliest;
  Duration latest;
};

struct Chain {
  std::vector<TimePoint> sent;  // the probe, then each retransmission
  TimePoint abort_12, abort_15;
};

Chain host_crash(const TickClock& clock, Duration rto) {
  Chain chain;
  chain.sent.push_back(clock.expiry(at(0ms), rto));
  Duration next = rto;
  while (chain.sent.size() < 16) {
    chain.sent.push_back(clock.expiry(chain.sent.back(), next));
    next = std::min(2 * next, Duration{120s});
  }
  const auto abort_after = [&](Duration budget) {
    TimePoint t = chain.sent.back();
    for (std::size_t i = 2; i < chain.sent.size(); ++i) {
      if (chain.sent[i] - chain.sent[1] >= budget) return chain.sent[i];
    }
    while (t - chain.sent[1] < budget) t = clock.expiry(t, 120s);
    return t;
  };
  chain.abort_12 = abort_after(564'600ms);
  chain.abort_15 = abort_after(924'600ms);
  return chain;
}

// Runs the chain from every kind of start and checks that each rung stays within its range and fills it.
void expect_ranges(std::uint32_t hz, Duration rto, std::span<const Range> rungs, Range abort_12,
                   Range abort_15, Duration tolerance) {
  Rng rng{7};
  std::vector<Range> seen(rungs.size() + 2, Range{Duration::max(), Duration::min()});
  for (int i = 0; i < 20'000; ++i) {
    const TickClock clock = linux_clock(hz, Duration{static_cast<std::int64_t>(rng.below(100'000'000'000))});
    const Chain chain = host_crash(clock, rto);
    const auto note = [](Range& range, TimePoint t) {
      range.earliest = std::min(range.earliest, t - at(0ms));
      range.latest = std::max(range.latest, t - at(0ms));
    };
    for (std::size_t rung = 0; rung < rungs.size(); ++rung) note(seen[rung], chain.sent[rung]);
    note(seen[rungs.size()], chain.abort_12);
    note(seen[rungs.size() + 1], chain.abort_15);
  }
  const auto check = [&](const Range& got, const Range& said, std::size_t rung) {
    EXPECT_NEAR(static_cast<double>(got.earliest.count()), static_cast<double>(said.earliest.count()),
                static_cast<double>(tolerance.count()))
        << "rung " << rung;
    EXPECT_NEAR(static_cast<double>(got.latest.count()), static_cast<double>(said.latest.count()),
                static_cast<double>(tolerance.count()))
        << "rung " << rung;
  };
  for (std::size_t rung = 0; rung < rungs.size(); ++rung) check(seen[rung], rungs[rung], rung);
  check(seen[rungs.size()], abort_12, rungs.size());
  check(seen[rungs.size() + 1], abort_15, rungs.size() + 1);
}

TEST(WheelClock, AHostCrashWithATimeoutOf55JiffiesUnfoldsAsCalculated) {
  constexpr Range rungs[] = {
      {220ms, 224ms},         {444ms, 448ms},         {888ms, 920ms},         {1784ms, 1816ms},
      {3576ms, 3608ms},       {7128ms, 7384ms},       {14'296ms, 14'552ms},   {28'632ms, 28'888ms},
      {57'050ms, 59'100ms},   {114'390ms, 116'440ms}, {229'080ms, 231'130ms}, {349'910ms, 351'960ms},
      {470'750ms, 472'790ms}, {591'580ms, 593'620ms}, {712'410ms, 714'460ms}, {833'240ms, 835'290ms},
  };
  expect_ranges(250, 220ms, rungs, {591'580ms, 593'620ms}, {954'070ms, 956'120ms}, 11ms);
}

TEST(WheelClock, AHostCrashWithATimeoutOf56JiffiesUnfoldsAsMeasured) {
  constexpr Range rungs[] = {
      {224ms, 228ms},         {452ms, 456ms},         {904ms, 936ms},         {1832ms, 1864ms},
      {3656ms, 3688ms},       {7272ms, 7528ms},       {14'696ms, 14'952ms},   {29'288ms, 29'544ms},
      {58'220ms, 60'260ms},   {117'610ms, 119'660ms}, {234'340ms, 236'390ms}, {355'180ms, 357'220ms},
      {476'010ms, 478'060ms}, {596'840ms, 598'890ms}, {717'670ms, 719'720ms}, {838'500ms, 840'550ms},
  };
  expect_ranges(250, 224ms, rungs, {596'840ms, 598'890ms}, {959'340ms, 961'380ms}, 11ms);
}

TEST(WheelClock, OtherTickRatesUnfoldAsCalculated) {
  constexpr Range at_1000[] = {{221ms, 229ms}, {445ms, 453ms}, {893ms, 901ms}, {1780ms, 1850ms}};
  expect_ranges(1000, 221ms, at_1000, {597'430ms, 601'520ms}, {966'070ms, 970'170ms}, 15ms);
  constexpr Range at_100[] = {{230ms, 240ms}, {470ms, 480ms}, {940ms, 950ms}, {1870ms, 1950ms}};
  expect_ranges(100, 230ms, at_100, {611'500ms, 616'600ms}, {980'100ms, 985'200ms}, 60ms);
}

// --- 4.4BSD's ticks

TEST(BsdClock, FromATickATimerOfNTicksTakesExactlyNHalfSeconds) {
  EXPECT_EQ(bsd_clock().expiry(at(500ms), 1500ms), at(2s));
  EXPECT_EQ(bsd_clock().expiry(at(500ms), 500ms), at(1s));
}

TEST(BsdClock, FromWithinATickTheFirstOneIsAPart) {
  EXPECT_EQ(bsd_clock().expiry(at(499'999'999ns), 1500ms), at(1500ms));
  EXPECT_EQ(bsd_clock().expiry(at(1ns), 1500ms), at(1500ms));
  EXPECT_EQ(bsd_clock(100ms).expiry(at(0ms), 1500ms), at(1400ms));
}

TEST(BsdClock, PartsOfATickCountAsWholeOnesAndNothingAsOne) {
  EXPECT_EQ(bsd_clock().expiry(at(0ms), 1001ms), at(1500ms));
  EXPECT_EQ(bsd_clock().expiry(at(0ms), 1000ms), at(1000ms));
  EXPECT_EQ(bsd_clock().expiry(at(0ms), 0ms), at(500ms));
  EXPECT_EQ(bsd_clock().round_up(1001ms), 1500ms);
}

TEST(BsdClock, AHostCrashUnfoldsAsInTheTextbook) {
  constexpr std::int64_t multipliers[] = {1, 2, 4, 8, 16, 32, 64, 64, 64, 64, 64, 64, 64};
  constexpr double expected[] = {1.5,   4.5,   10.5,  22.5,  46.5,  94.5, 158.5,
                                 222.5, 286.5, 350.5, 414.5, 478.5, 542.5};
  for (const Duration before_tick : {500ms, 300ms, 1ms}) {
    TimePoint t = at(500ms - before_tick);
    for (std::size_t i = 0; i < std::size(multipliers); ++i) {
      t = bsd_clock().expiry(t, std::min(multipliers[i] * Duration{1500ms}, Duration{64s}));
      EXPECT_EQ(t - at(0ms), Duration{static_cast<std::int64_t>(expected[i] * 1e9)}) << i;
    }
  }
}

TEST(BsdClock, DelayedAcksGoOutAtTheNextFastTick) {
  EXPECT_EQ(bsd_clock().fast_expiry(at(0ms), 200ms), at(200ms));
  EXPECT_EQ(bsd_clock().fast_expiry(at(199'999'999ns), 200ms), at(200ms));
  EXPECT_EQ(bsd_clock().fast_expiry(at(200ms), 200ms), at(400ms));
  EXPECT_EQ(bsd_clock(50ms).fast_expiry(at(0ms), 200ms), at(150ms));
  EXPECT_EQ(bsd_clock().fast_expiry(at(0ms), 0ms), at(200ms));
}

TEST(BsdClock, CountsSlowTicksFromItsOrigin) {
  EXPECT_EQ(bsd_clock().tick(), 500ms);
  EXPECT_EQ(bsd_clock().ticks(at(499'999'999ns)), 0);
  EXPECT_EQ(bsd_clock().ticks(at(500ms)), 1);
  EXPECT_EQ(bsd_clock(300ms).ticks(at(200ms)), 1);
}

// --- FreeBSD's callouts

TEST(CalloutClock, FiresAtTheFirstTickThatIsNotEarly) {
  EXPECT_EQ(callout_clock().expiry(at(0ms), 230ms), at(230ms));
  EXPECT_EQ(callout_clock().expiry(at(1ns), 230ms), at(231ms));
  EXPECT_EQ(callout_clock().expiry(at(0ms), 229'999'999ns), at(230ms));
  EXPECT_EQ(callout_clock(250us).expiry(at(0ms), 1ms), at(1750us));
}

TEST(CalloutClock, NoDelayMeansTheNextTick) {
  EXPECT_EQ(callout_clock().expiry(at(5ms), 0ms), at(6ms));
  EXPECT_EQ(callout_clock().expiry(at(5'000'001ns), 0ms), at(6ms));
}

TEST(EveryOtherClock, TreatsFastTimersAsAnyOther) {
  EXPECT_EQ(linux_clock(250).fast_expiry(at(1ms), 40ms), linux_clock(250).expiry(at(1ms), 40ms));
  EXPECT_EQ(callout_clock().fast_expiry(at(1ms), 40ms), callout_clock().expiry(at(1ms), 40ms));
  EXPECT_EQ(ideal_clock().fast_expiry(at(1ms), 40ms), at(41ms));
}

// One clock drives both: TSval's milliseconds begin with jiffies (kernel/time/timekeeping.c).
TEST(LinuxClock, TimestampsTickWithTheJiffies) {
  const TickClock clock = linux_clock(250, 3'700us);
  EXPECT_EQ(clock.steps(at(0ms), 1ms), 3u);
  EXPECT_EQ(clock.steps(at(299us), 1ms), 3u);
  EXPECT_EQ(clock.steps(at(300us), 1ms), 4u);
  EXPECT_EQ(clock.jiffy(at(299us)), kTimeZero - 3'700us);
  EXPECT_EQ(clock.jiffy(at(300us)), at(300us));
}

TEST(EveryClockButTheIdeal, FiresAfterNowAndNeverEarly) {
  Rng rng{3};
  for (int i = 0; i < 20'000; ++i) {
    const auto random = [&](std::int64_t below) {
      return Duration{static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(below)))};
    };
    const Duration phase = random(10'000'000'000);
    const TimePoint now = at(random(100'000'000'000));
    const Duration delay = random(10'000'000'000);
    for (const TickClock& clock : {linux_clock(250, phase), callout_clock(phase)}) {
      EXPECT_GT(clock.expiry(now, delay), now);
      EXPECT_GE(clock.expiry(now, delay), now + delay);
    }
    EXPECT_GT(bsd_clock(phase).expiry(now, delay), now);
    EXPECT_GT(bsd_clock(phase).expiry(now, delay), now + delay - 500ms);
  }
}

}  // namespace
}  // namespace halfopen

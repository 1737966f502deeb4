// Timers: what a retransmission's gap says about the timeout behind it, and how a silence ends.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "capture/compare/explain.h"
#include "capture/compare/explain_text.h"
#include "sim/tcp/tick_clock.h"

namespace halfopen::compare {
namespace {

constexpr int kMostDoublings = 16;  // of 200 ms are hours: every stack has a cap before
constexpr Duration kNoise = 1ms;    // below it a part of a difference is not worth a word
constexpr double kAlike = 0.15;  // two timeouts are of the same size: less than a granule of the wheel apart

std::string signed_ms(Duration d) {
  return fmt::format("{:+.4g} ms", std::round(static_cast<double>(d.count()) / 1e5) / 10);
}

std::string ordinal(std::uint32_t n) {
  const std::uint32_t tens = n % 100;
  const bool teen = tens >= 11 && tens <= 13;
  const char* ending = teen ? "th" : n % 10 == 1 ? "st" : n % 10 == 2 ? "nd" : n % 10 == 3 ? "rd" : "th";
  return fmt::format("{}{}", n, ending);
}

double ratio(Duration x, Duration y) {
  return static_cast<double>(x.count()) / static_cast<double>(std::max(y, Duration{1}).count());
}

// A retransmission's gap, taken apart: the timeout doubled so many times, and what the clock added.
struct Taken {
  Duration rto{};
  Duration nominal{};
  Duration late{};
  int doublings = 0;
  int level = 0;
};

// Only where the packets bear it out: the timeout that follows from the round trips that the trace shows,
// doubled a whole number of times, is the gap but for what the clock of its stack may be late. A timer is
// never early.
std::optional<Taken> take_apart(const TraceEvent& event, const OsProfile& profile) {
  if (!event.sender.rto || !event.sender.gap) return std::nullopt;
  const Duration rto = *event.sender.rto;
  const Duration gap = *event.sender.gap;
  if (gap <= Duration::zero()) return std::nullopt;  // a capture whose clock was set back
  const TickClock clock{profile.clock, {}};
  const double most = event.sender.expiries > 0 ? event.sender.expiries - 1 : 0;
  const double best = std::clamp(std::floor(std::log2(ratio(gap + kNoise, rto))), 0.0,
                                 std::min<double>(most, kMostDoublings));
  const int doublings = static_cast<int>(best);
  const Duration longest = profile.rtt.rto_max;
  const bool is_capped = gap + kNoise >= longest;
  const Duration nominal = is_capped ? longest : rto * (std::int64_t{1} << doublings);
  const Duration late = gap - nominal;
  if (late < -kNoise || late > clock.granularity(nominal) + clock.tick() + kNoise) return std::nullopt;
  return Taken{rto, nominal, late, doublings, clock.wheel_level(nominal)};
}

std::string rto_text(const Taken& a, const Taken& b, const TraceEvent& event_b, const Facts& facts) {
  std::string text = fmt::format("RTO {}, not {}", ms_text(b.rto), ms_text(a.rto));
  std::string reason;
  if (event_b.sender.rtt) reason = fmt::format("RTT sample {}, ", ms_text(*event_b.sender.rtt));
  if (facts.knows_profile && facts.profile->clock.style.value == TickStyle::linux_wheel) {
    const Duration jiffy = TickClock{facts.profile->clock, {}}.tick();
    reason += fmt::format("rounded up to {} jiffies; ", b.rto / jiffy);
  }
  return fmt::format("{} ({}{})", text, reason, signed_ms(b.nominal - a.nominal));
}

// Both are as late as their clocks may be; whose clocks those are is known only where a run says so.
std::string clock_text(const Taken& a, const Taken& b, const Facts& facts_a, const Facts& facts_b) {
  const Duration part = b.late - a.late;
  if (!facts_a.knows_profile || !facts_b.knows_profile) {
    return fmt::format("{} of which the round trips say nothing: {}", signed_ms(part),
                       untold("the clock of the stack, and how busy its host was"));
  }
  const ClockProfile& clock = facts_b.profile->clock;
  if (clock.style.value != TickStyle::linux_wheel) {
    return fmt::format("the clock's tick of {} ({})", ms_text(TickClock{clock, {}}.tick()), signed_ms(part));
  }
  return fmt::format("the timer wheel (level {}; {})", b.level, signed_ms(part));
}

// What the packets bear out of a timeout and a clock. Empty: they do not.
std::string measured(const TraceEvent& a, const TraceEvent& b, const Facts& facts_a, const Facts& facts_b) {
  const auto taken_a = take_apart(a, *facts_a.profile);
  const auto taken_b = take_apart(b, *facts_b.profile);
  if (!taken_a || !taken_b || taken_a->doublings != taken_b->doublings) return {};
  const bool other_rto = std::chrono::abs(taken_b->nominal - taken_a->nominal) >= kNoise;
  const bool other_clock = std::chrono::abs(taken_b->late - taken_a->late) >= kNoise;
  std::string text;
  if (other_rto) text += rto_text(*taken_a, *taken_b, b, facts_b);
  if (other_rto && other_clock) text += ", and ";
  if (other_clock) text += clock_text(*taken_a, *taken_b, facts_a, facts_b);
  return text;
}

// One backs off and the other does not.
std::string unlike_backoff(const SenderFacts& a, const SenderFacts& b, const Facts& facts_a,
                           const Facts& facts_b) {
  const bool a_stays = is_not_doubled(a);
  const SenderFacts& stays = a_stays ? a : b;
  const SenderFacts& doubles = a_stays ? b : a;
  const std::string& name = a_stays ? facts_a.name : facts_b.name;
  std::string text = fmt::format("in {} the timeout stayed at {}, in {} it doubled from {} to {}", name,
                                 span_text(*stays.gap_before), a_stays ? facts_b.name : facts_a.name,
                                 span_text(*doubles.gap_before), span_text(*doubles.gap));
  if (stays.unreachable > 0 && doubles.unreachable == 0) {
    return fmt::format("{}: an ICMP error undid a backoff in {} (RFC 6069)", text, name);
  }
  return fmt::format("{}; {}", text, untold({}));
}

std::string explain_timeout(const TraceEvent& a, const TraceEvent& b, const Facts& facts_a,
                            const Facts& facts_b) {
  const SenderFacts& x = a.sender;
  const SenderFacts& y = b.sender;
  const std::string which =
      x.expiries == y.expiries ? fmt::format("the {} retransmission", ordinal(x.expiries))
                               : fmt::format("the {} retransmission in {}, the {} in {}", ordinal(x.expiries),
                                             facts_a.name, ordinal(y.expiries), facts_b.name);
  std::string text = fmt::format("{} instead of {} before {}: ", span_text(*y.gap), span_text(*x.gap), which);
  if (x.gap_before && y.gap_before && is_not_doubled(x) != is_not_doubled(y)) {
    return text + unlike_backoff(x, y, facts_a, facts_b);
  }
  const bool is_tcps = a.origin == Origin::timeout && b.origin == Origin::timeout;
  const std::string parts = is_tcps ? measured(a, b, facts_a, facts_b) : std::string{};
  if (!parts.empty()) return text + parts;
  if (x.gap_before && y.gap_before) {
    const double before = ratio(*y.gap_before, *x.gap_before);
    const bool follows = std::abs(std::log(ratio(*y.gap, *x.gap) / before)) < kAlike;
    if (follows && std::abs(std::log(before)) > kAlike) {
      return fmt::format("{}the timeout before was {} instead of {} already", text, span_text(*y.gap_before),
                         span_text(*x.gap_before));
    }
  }
  return text + untold(is_tcps
                           ? "round trips that the trace does not show, the stack's clock and how busy it was"
                           : "the stack's SYN timeouts");
}

// The first probe comes when nothing was heard or sent for so long, the next ones one by one.
std::string explain_keepalive(const TraceEvent& a, const TraceEvent& b) {
  const auto text = [](std::string_view what, Duration x, Duration y) {
    return fmt::format("{}: {} instead of {}", what, span_text(y), span_text(x));
  };
  const bool are_next = a.sender.probes > 0 && b.sender.probes > 0;
  const bool are_first = a.sender.probes == 0 && b.sender.probes == 0;
  if (are_next && a.sender.gap && b.sender.gap) {
    return text("the keepalive probes' interval", *a.sender.gap, *b.sender.gap);
  }
  if (are_first && a.before && b.before) {
    return text("the keepalive's idle time", a.at - *a.before, b.at - *b.before);
  }
  return untold({});
}

// When Linux gives up, net/ipv4/tcp_timer.c tcp_model_timeout(): so many doublings of rto_min, then rto_max.
Duration linux_budget(std::uint32_t retries, const RttProfile& rtt) {
  const double doublings_left = std::floor(std::log2(ratio(rtt.rto_max.value, rtt.rto_min.value)));
  const auto threshold = static_cast<std::uint32_t>(doublings_left);
  if (retries <= threshold) return rtt.rto_min.value * ((std::int64_t{2} << retries) - 1);
  return rtt.rto_min.value * ((std::int64_t{2} << threshold) - 1) + rtt.rto_max.value * (retries - threshold);
}

// The tcp_retries2 with which Linux stops after this last retransmission: its budget, which a tail loss probe
// does not start, ends before the next one would have been sent.
std::optional<std::uint32_t> linux_retries(const Silence& silence, const OsProfile& profile) {
  if (profile.retransmit.give_up.value != GiveUp::after_budget || silence.unreachable > 0)
    return std::nullopt;
  constexpr std::uint32_t kMost = 100;
  const RttProfile& rtt = profile.rtt;
  const Duration at_least = silence.lasted - silence.first_gap;
  const Duration next = std::min(silence.last_gap * 2, Duration{rtt.rto_max.value} * 9 / 8);
  for (std::uint32_t retries = 1; retries < kMost; ++retries) {
    const Duration budget = linux_budget(retries, rtt);
    if (budget >= at_least && budget <= silence.lasted + next) return retries;
  }
  return std::nullopt;
}

}  // namespace

std::string explain_gap(const TraceEvent& a, const TraceEvent& b, const GapChange& gap, const Facts& facts_a,
                        const Facts& facts_b) {
  const bool is_same = a.origin == b.origin;
  const bool repeats = a.origin == Origin::timeout || a.origin == Origin::open_again;
  if (is_same && repeats && a.sender.gap && b.sender.gap) return explain_timeout(a, b, facts_a, facts_b);
  if (is_same && a.origin == Origin::keepalive) return explain_keepalive(a, b);
  return fmt::format("{} instead of {} after a packet before it: {}", span_text(gap.b), span_text(gap.a),
                     untold({}));
}

std::string explain_give_up(const Silence& a, const Silence& b, const Facts& facts_a, const Facts& facts_b) {
  std::string text = fmt::format("{} retransmissions in {} against {} in {}", a.expiries,
                                 tenths_text(a.lasted), b.expiries, tenths_text(b.lasted));
  if (a.is_open) {
    return fmt::format("{}: {}", text,
                       untold("tcp_syn_retries, how long the program waits, and the end of the trace"));
  }
  if (a.unreachable + b.unreachable > 0) {
    text += fmt::format(", with {} and {} ICMP errors that undo backoffs (RFC 6069)", a.unreachable,
                        b.unreachable);
  }
  text += ": " + untold("the stack's limit, a user timeout, the program, and the end of the trace");
  const auto retries_a = linux_retries(a, *facts_a.profile);
  const auto retries_b = linux_retries(b, *facts_b.profile);
  if (!retries_a || !retries_b || *retries_a == *retries_b) return text;
  return fmt::format("{}; Linux with tcp_retries2 {} in {} and {} in {} would do so, in {} and {}", text,
                     *retries_a, facts_a.name, *retries_b, facts_b.name,
                     tenths_text(linux_budget(*retries_a, facts_a.profile->rtt)),
                     tenths_text(linux_budget(*retries_b, facts_b.profile->rtt)));
}

}  // namespace halfopen::compare

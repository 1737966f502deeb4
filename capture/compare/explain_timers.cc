// Timers: what a retransmission's gap says about the timeout behind it, and when a connection gives up.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "capture/compare/explain.h"
#include "capture/note/text.h"
#include "sim/tcp/tick_clock.h"

namespace halfopen::compare {
namespace {

constexpr std::uint32_t kMostDoublings = 16;  // of 200 ms are hours: every stack has a cap before
constexpr Duration kNoise = 1ms;              // below it a part of a difference is not worth a word

double to_ms(Duration d) { return static_cast<double>(d.count()) / 1e6; }

std::string ms_text(Duration d) { return fmt::format("{:.4g} ms", to_ms(d)); }
double to_seconds(Duration d) { return static_cast<double>(d.count()) / 1e9; }
std::string span_text(Duration d) { return d < 1s ? ms_text(d) : fmt::format("{:.3f} s", to_seconds(d)); }
std::string signed_ms(Duration d) { return fmt::format("{:+.4g} ms", std::round(to_ms(d) * 10) / 10); }

std::string ordinal(std::uint32_t n) {
  const std::uint32_t tens = n % 100;
  const bool teen = tens >= 11 && tens <= 13;
  const char* ending = teen ? "th" : n % 10 == 1 ? "st" : n % 10 == 2 ? "nd" : n % 10 == 3 ? "rd" : "th";
  return fmt::format("{}{}", n, ending);
}

// A retransmission's gap, taken apart: the timeout doubled so many times, and what the clock added.
struct Taken {
  Duration rto{};
  Duration nominal{};
  Duration late{};
  int level = 0;
};

// The timeout next to the one that the round trips suggest that fits `gap` after `shift` doublings: a timer
// may fire up to a granule late, never early.
Taken take_apart(Duration gap, Duration suggested, std::uint32_t shift, const OsProfile& profile) {
  const TickClock clock{profile.clock, {}};
  const Duration step = std::max(clock.tick(), Duration{1ms});
  const Duration most = profile.rtt.rto_max;
  const std::int64_t factor = std::int64_t{1} << shift;
  Duration rto = suggested;
  if (suggested * factor < most) {
    const Duration latest = (gap + kNoise) / factor / step * step;
    const Duration late = clock.granularity(gap) + clock.tick() + kNoise;
    const Duration earliest = (std::max(gap - late, Duration{0}) / factor + step - Duration{1}) / step * step;
    rto = suggested > latest ? latest : std::max(suggested, earliest);
  }
  const Duration nominal = std::min(rto * factor, most);
  return {rto, nominal, gap - nominal, clock.wheel_level(nominal)};
}

// How often the timeout had doubled: the doublings that bring the gap nearest to the suggested timeout.
std::uint32_t doublings(Duration gap, Duration suggested, std::uint32_t expiries) {
  const double ratio = static_cast<double>(gap.count()) / static_cast<double>(suggested.count());
  const double most = std::min<double>(expiries > 0 ? expiries - 1 : 0, kMostDoublings);
  return static_cast<std::uint32_t>(std::clamp(std::round(std::log2(ratio)), 0.0, most));
}

std::string rto_text(const Taken& a, const Taken& b, const TraceEvent& event_b, const OsProfile& profile) {
  std::string text = fmt::format("RTO {}, not {}", ms_text(b.rto), ms_text(a.rto));
  std::string reason;
  if (event_b.sender.rtt) reason = fmt::format("RTT sample {}", ms_text(*event_b.sender.rtt));
  if (profile.clock.style.value == TickStyle::linux_wheel) {
    const Duration jiffy = TickClock{profile.clock, {}}.tick();
    reason += fmt::format("{}rounded up to {} jiffies", reason.empty() ? "" : ", ", b.rto / jiffy);
  }
  const Duration part = b.nominal - a.nominal;
  reason += (reason.empty() ? "" : "; ") + signed_ms(part);
  return fmt::format("{} ({})", text, reason);
}

std::string clock_text(const Taken& a, const Taken& b, const OsProfile& profile) {
  const Duration part = b.late - a.late;
  const TickClock clock{profile.clock, {}};
  const bool fits = std::chrono::abs(part) <= clock.granularity(b.nominal) + clock.tick() + 5ms;
  if (!fits) return fmt::format("something unexplained ({})", signed_ms(part));
  if (profile.clock.style.value != TickStyle::linux_wheel) {
    return fmt::format("the clock's tick of {} ({})", ms_text(clock.tick()), signed_ms(part));
  }
  return fmt::format("the timer wheel (level {}; {})", b.level, signed_ms(part));
}

std::string explain_timeout(const TraceEvent& a, const TraceEvent& b, const Facts& facts_a,
                            const Facts& facts_b) {
  const Duration gap_a = a.at - *a.before_same;
  const Duration gap_b = b.at - *b.before_same;
  const Duration rto_a = a.sender.rto.value_or(facts_a.profile->rtt.rto_min.value);
  const Duration rto_b = b.sender.rto.value_or(facts_b.profile->rtt.rto_min.value);
  const std::uint32_t shift = doublings(gap_a, rto_a, a.sender.expiries);
  const Taken taken_a = take_apart(gap_a, rto_a, shift, *facts_a.profile);
  const Taken taken_b = take_apart(gap_b, rto_b, shift, *facts_b.profile);
  const std::string where = shift == 0 ? std::string{"after the last sending"}
                                       : fmt::format("after the {} retransmission", ordinal(shift));
  std::string text = fmt::format("{} instead of {} {}: ", span_text(gap_b), span_text(gap_a), where);
  const bool other_rto = std::chrono::abs(taken_b.nominal - taken_a.nominal) >= kNoise;
  const bool other_clock = std::chrono::abs(taken_b.late - taken_a.late) >= kNoise;
  if (other_rto) text += rto_text(taken_a, taken_b, b, *facts_b.profile);
  if (other_rto && other_clock) text += ", and ";
  if (other_clock) text += clock_text(taken_a, taken_b, *facts_b.profile);
  if (!other_rto && !other_clock) text += "no part of it can be told";
  return text;
}

// The parameter that is this timer.
std::string_view parameter_of(Origin origin, std::uint32_t expiries) {
  switch (origin) {
    case Origin::keepalive:
      return expiries == 0
                 ? "keepalive: tcp_keepalive_time (TCP_KEEPIDLE) or tcp_keepalive_intvl (TCP_KEEPINTVL)"
                 : "keepalive interval: tcp_keepalive_intvl or TCP_KEEPINTVL";
    case Origin::window_probe:
      return "persist timer: probes of a closed window back off like retransmissions";
    case Origin::open_again:
      return "SYN timeout: 1 s and its doublings (RFC 6298); tcp_syn_linear_timeouts since Linux 6.5";
    case Origin::ack:
      return "delayed ACK: at once while quick ACKs last, else up to 40 ms (Linux) or 200 ms (BSD)";
    case Origin::reset: return "the reset of a connection that is given up";
    default: return {};
  }
}

// When Linux gives up, net/ipv4/tcp_timer.c tcp_model_timeout(): so many doublings of rto_min, then rto_max.
Duration linux_budget(std::uint32_t retries, const RttProfile& rtt) {
  const double doublings_left = std::floor(std::log2(static_cast<double>(rtt.rto_max.value.count()) /
                                                     static_cast<double>(rtt.rto_min.value.count())));
  const auto threshold = static_cast<std::uint32_t>(doublings_left);
  if (retries <= threshold) return rtt.rto_min.value * ((std::int64_t{2} << retries) - 1);
  return rtt.rto_min.value * ((std::int64_t{2} << threshold) - 1) + rtt.rto_max.value * (retries - threshold);
}

// The tcp_retries2 with which Linux stops after this last retransmission: its budget, which a tail loss probe
// does not start, ends before the next one would have been sent.
std::optional<std::uint32_t> linux_retries(const Silence& silence, const RttProfile& rtt) {
  constexpr std::uint32_t kMost = 100;
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
  const bool are_timeouts = a.origin == Origin::timeout && b.origin == Origin::timeout;
  if (are_timeouts && a.before_same && b.before_same) return explain_timeout(a, b, facts_a, facts_b);
  const std::string_view parameter = a.origin == b.origin ? parameter_of(a.origin, a.sender.expiries) : "";
  std::string text = fmt::format("{} instead of {} after what caused it", span_text(gap.b), span_text(gap.a));
  if (!parameter.empty()) text += fmt::format(": {}", parameter);
  return text;
}

std::string explain_give_up(const Silence& a, const Silence& b, const Facts& facts_a, const Facts& facts_b) {
  const std::string counts = fmt::format("{} retransmissions in {:.1f} s against {} in {:.1f} s", a.expiries,
                                         to_seconds(a.lasted), b.expiries, to_seconds(b.lasted));
  if (a.is_open) {
    return counts + ": tcp_syn_retries (TCP_SYNCNT), or linear SYN timeouts (Linux 6.5 and later)";
  }
  const auto budgets = [](const Silence& silence, const OsProfile& profile) {
    const bool by_time = profile.retransmit.give_up.value == GiveUp::after_budget;
    return by_time ? linux_retries(silence, profile.rtt) : std::nullopt;
  };
  const auto retries_a = budgets(a, *facts_a.profile);
  const auto retries_b = budgets(b, *facts_b.profile);
  if (!retries_a || !retries_b) return counts + ": another limit, a user timeout, or the end of a trace";
  const double limit_a = to_seconds(linux_budget(*retries_a, facts_a.profile->rtt));
  if (*retries_a == *retries_b) {
    return fmt::format("{}: both give up after {:.1f} s (tcp_retries2 {}), into which one more fits or not",
                       counts, limit_a, *retries_a);
  }
  return fmt::format("{} gives up after {:.1f} s, {} after {:.1f} s: tcp_retries2 {} against {} ({})",
                     facts_a.name, limit_a, facts_b.name,
                     to_seconds(linux_budget(*retries_b, facts_b.profile->rtt)), *retries_a, *retries_b,
                     counts);
}

}  // namespace halfopen::compare

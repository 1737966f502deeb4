// Timers: what a retransmission's gap says about the timeout behind it, and when a connection gives up.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "capture/compare/explain.h"
#include "capture/text.h"
#include "sim/tcp/tick_clock.h"

namespace halfopen::compare {
namespace {

constexpr Duration kNoise = 1ms;  // below it a part of a difference is not worth a word

double to_ms(Duration d) { return static_cast<double>(d.count()) / 1e6; }

std::string ms_text(Duration d) { return fmt::format("{:.4g} ms", to_ms(d)); }
std::string seconds(Duration d) { return fmt::format("{:.3f} s", static_cast<double>(d.count()) / 1e9); }
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
  std::uint32_t shift = 0;
  Duration nominal{};
  Duration late{};
  int level = 0;
};

// The timeout that fits `gap` after `shift` doublings, next to the one that the round trips suggest: a timer
// may fire up to a granule late, never early.
Taken take_apart(Duration gap, Duration suggested, std::uint32_t shift, const OsProfile& profile) {
  const TickClock clock{profile.clock, {}};
  const Duration step = std::max(clock.tick(), Duration{1ms});
  const auto nominal_of = [&](Duration rto) {
    return std::min(rto * (std::int64_t{1} << shift), Duration{profile.rtt.rto_max.value});
  };
  Duration rto = suggested;
  while (rto > step && nominal_of(rto) > gap + kNoise) rto -= step;
  const auto too_late = [&](Duration candidate) {
    const Duration nominal = nominal_of(candidate);
    return gap > nominal + clock.granularity(nominal) + clock.tick() + kNoise &&
           nominal_of(candidate + step) <= gap + kNoise;
  };
  while (too_late(rto)) rto += step;
  const Duration nominal = nominal_of(rto);
  return {rto, shift, nominal, gap - nominal, clock.wheel_level(nominal)};
}

// How often the timeout had doubled: the doublings that bring the gap nearest to the suggested timeout.
std::uint32_t doublings(Duration gap, Duration suggested, std::uint32_t expiries) {
  std::uint32_t best = 0;
  double least = 1e300;
  for (std::uint32_t shift = expiries > 2 ? expiries - 2 : 0; shift < expiries; ++shift) {
    const double fit =
        std::abs(std::log2(static_cast<double>(gap.count()) / static_cast<double>(suggested.count())) -
                 static_cast<double>(shift));
    if (fit >= least) continue;
    least = fit;
    best = shift;
  }
  return best;
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
  std::string text = fmt::format("{} instead of {} {}: ", seconds(gap_b), seconds(gap_a), where);
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

// The tcp_retries2 with which Linux stops after this last retransmission: its budget ends in the gap after
// it.
std::optional<std::uint32_t> linux_retries(const Silence& silence, const RttProfile& rtt) {
  constexpr std::uint32_t kMost = 100;
  for (std::uint32_t retries = 1; retries < kMost; ++retries) {
    const Duration budget = linux_budget(retries, rtt);
    const Duration next = std::min(silence.last_gap * 2, Duration{rtt.rto_max.value} * 9 / 8);
    if (budget > silence.lasted && budget <= silence.lasted + next) return retries;
  }
  return std::nullopt;
}

}  // namespace

std::string explain_gap(const TraceEvent& a, const TraceEvent& b, const GapChange& gap, const Facts& facts_a,
                        const Facts& facts_b) {
  const bool are_timeouts = a.origin == Origin::timeout && b.origin == Origin::timeout;
  if (are_timeouts && a.before_same && b.before_same) return explain_timeout(a, b, facts_a, facts_b);
  const std::string_view parameter = a.origin == b.origin ? parameter_of(a.origin, a.sender.expiries) : "";
  std::string text = fmt::format("{} instead of {} after what caused it", seconds(gap.b), seconds(gap.a));
  if (!parameter.empty()) text += fmt::format(": {}", parameter);
  return text;
}

std::string explain_give_up(const Silence& a, const Silence& b, const Facts& facts_a, const Facts& facts_b) {
  std::string text = fmt::format(
      "{} stops after {} retransmissions, {} s after the first, {} after {}, {} s after the first",
      facts_a.name, a.expiries, fmt::format("{:.1f}", static_cast<double>(a.lasted.count()) / 1e9),
      facts_b.name, b.expiries, fmt::format("{:.1f}", static_cast<double>(b.lasted.count()) / 1e9));
  if (a.is_open)
    return text + ": tcp_syn_retries (TCP_SYNCNT), or linear SYN timeouts first (Linux 6.5 and later)";
  const auto limit = [](const Silence& silence, const Facts& facts) -> std::string {
    if (facts.profile->retransmit.give_up.value != GiveUp::after_budget) {
      return fmt::format("{} counts to {}", facts.profile->name, facts.profile->retransmit.retries.value);
    }
    const auto retries = linux_retries(silence, facts.profile->rtt);
    if (!retries) return "another limit";
    return fmt::format("tcp_retries2 {} ({:.1f} s)", *retries,
                       static_cast<double>(linux_budget(*retries, facts.profile->rtt).count()) / 1e9);
  };
  return fmt::format("{}: {} against {}, or a user timeout, or the trace ends", text, limit(a, facts_a),
                     limit(b, facts_b));
}

}  // namespace halfopen::compare

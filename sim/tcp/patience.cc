#include "sim/tcp/patience.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace halfopen {
namespace {

constexpr std::uint8_t kMostBackoff = 32;  // the timeout has long reached its limit

bool has_limit(const Patience::Around& around) {
  return around.options.user_timeout > Duration{0} && around.os.socket.user_timeout;
}

// T(n) of net/ipv4/tcp_timer.c tcp_model_timeout: n doublings from `base`, capped at rto_max.
Duration budget_of(const OsProfile& os, std::uint32_t retries, Duration base) {
  const Duration cap = os.rtt.rto_max;
  const auto doublings =
      static_cast<std::uint32_t>(std::bit_width(static_cast<std::uint64_t>(cap / base)) - 1);
  if (retries <= doublings) return ((std::int64_t{2} << retries) - 1) * base;
  return ((std::int64_t{2} << doublings) - 1) * base + (retries - doublings) * cap;
}

std::uint32_t syn_retries(const Patience::Around& around) {
  return around.options.syn_retries != 0 ? around.options.syn_retries
                                         : around.os.retransmit.syn_retries.value;
}

}  // namespace

// --- Retransmissions

void Patience::on_expiry(bool doubles) {
  if (expiries_ < 255) ++expiries_;
  if (doubles && backoff_ < kMostBackoff) ++backoff_;
}

// The peer took its window back with data outstanding: retransmissions act as probes, and only silence ends
// them (net/ipv4/tcp_timer.c tcp_rtx_probe0_timed_out), or the user's limit. Before Linux's commit
// 97a9063518f1 that shortened each wait to a tick instead, once it was over.
bool Patience::is_over(const Around& around, TimePoint stamp, TimePoint first_sent, bool closed) const {
  const RetransmitProfile& rule = around.os.retransmit;
  const Duration limit = around.options.user_timeout;
  const bool beyond_limit = limit > Duration{0} && stamp != kNever && around.now - stamp >= limit;
  if (closed && !beyond_limit && around.now - around.last_received <= 2 * around.os.rtt.rto_max.value)
    return false;
  std::uint32_t retries = rule.retries;
  if (around.orphan && rule.orphan_retries != 0) retries = rule.orphan_retries;
  switch (rule.give_up.value) {
    case GiveUp::after_count: return expiries_ >= retries;
    case GiveUp::after_budget: {
      if (limit == Duration{0}) return has_waited(around, stamp, retries);
      return stamp != kNever && expiries_ != 0 && around.now - stamp >= limit;
    }
    case GiveUp::after_elapsed: return around.now - first_sent >= rule.r2.value;
  }
  return false;
}

bool Patience::has_waited(const Around& around, TimePoint stamp, std::uint32_t retries) const {
  if (stamp == kNever || expiries_ == 0) return false;
  return around.now - stamp >= budget_of(around.os, retries, around.os.rtt.rto_min);
}

// RFC 9293 section 3.8.3; tcp_syn_retries, keepinit. The linear timeouts do not outlast the budget that the
// doublings alone would take.
bool Patience::is_syn_over(const Around& around, TimePoint first_sent) const {
  const RetransmitProfile& rule = around.os.retransmit;
  const std::uint32_t retries = syn_retries(around);
  if (expiries_ >= retries + rule.syn_linear) return true;
  if (rule.give_up != GiveUp::after_budget || expiries_ == 0) return false;
  const Duration user = around.options.user_timeout;
  const Duration budget =
      user > Duration{0} ? user : budget_of(around.os, retries, around.os.rtt.rto_initial);
  return around.now - first_sent >= budget;
}

Duration Patience::within_limit(const Around& around, TimePoint stamp, Duration delay) {
  const bool limited = around.os.retransmit.give_up == GiveUp::after_budget &&
                       around.options.user_timeout > Duration{0} && stamp != kNever;
  if (!limited) return delay;
  const Duration left = around.options.user_timeout - (around.now - stamp);
  return std::clamp<Duration>(left, around.clock.tick(), delay);
}

// --- Zero window

Duration Patience::persist_delay(const Around& around, Duration base) const {
  const auto& table = around.os.retransmit.backoff.value;
  const std::uint32_t factor = table[std::min<std::size_t>(persist_shift_, table.size() - 1)];
  const PersistProfile& rule = around.os.persist;
  return within_probing(around, std::clamp<Duration>(base * factor, rule.min, rule.max));
}

Duration Patience::within_probing(const Around& around, Duration delay) const {
  if (!has_limit(around) || probing_since_ == kNever) return delay;
  return std::clamp<Duration>(around.options.user_timeout - (around.now - probing_since_),
                              around.clock.tick(), delay);
}

bool Patience::is_persisting_over(const Around& around, Duration base) const {
  const RetransmitProfile& rule = around.os.retransmit;
  const Duration silence = around.now - around.last_received;
  if (around.os.persist.give_up.value != PersistGiveUp::unanswered_probes) {
    // BSD gives up only when the table is through and the peer has long been silent.
    const auto& table = rule.backoff.value;
    const int sum = std::accumulate(table.begin(), table.end(), 0);
    const bool long_silent = silence >= around.os.keepalive.idle.value || silence >= base * sum;
    return persist_shift_ >= rule.retries && long_silent;
  }
  const bool probing = probing_since_ != kNever;
  // Answered probes do not help: the user timeout counts from the first one (net/ipv4/tcp_timer.c
  // tcp_probe_timer).
  if (has_limit(around) && probing && around.now - probing_since_ >= around.options.user_timeout) return true;
  if (rule.give_up == GiveUp::after_elapsed)  // R2, and it counts from the last answer
    return probing && around.now - std::max(probing_since_, around.last_received) >= rule.r2.value;
  const std::uint32_t orphan = rule.orphan_retries != 0 ? rule.orphan_retries.value : rule.retries.value;
  return probes_ >= (around.orphan ? orphan : rule.retries.value);
}

Patience::Answer Patience::on_persist_timer(const Around& around, Duration base) {
  if (is_persisting_over(around, base)) return Answer::die;
  const RetransmitProfile& rule = around.os.retransmit;
  if (probing_since_ == kNever) probing_since_ = around.now;
  if (probes_ < 255) ++probes_;
  std::size_t most = rule.backoff.value.size() - 1;
  // Linux doubles a probe's timeout no oftener than it would retransmit (net/ipv4/tcp_output.c
  // tcp_send_probe0).
  if (rule.give_up == GiveUp::after_budget) most = std::min<std::size_t>(most, rule.retries.value);
  if (persist_shift_ < most) ++persist_shift_;
  return Answer::ask;
}

void Patience::on_window_used() {
  probes_ = persist_shift_ = 0;
  probing_since_ = kNever;
}

void Patience::on_probe_kept() {
  if (persist_shift_ > 0) --persist_shift_;
}

// --- Keepalive

Duration Patience::keepalive_idle(const OsProfile& os, const SocketOptions& options) {
  return options.keepalive_idle > Duration{0} ? options.keepalive_idle : os.keepalive.idle.value;
}

Patience::Keepalive Patience::on_keepalive_timer(const Around& around, bool waits, bool may_ask) {
  const OsProfile& os = around.os;
  const SocketOptions& options = around.options;
  const Duration idle = keepalive_idle(os, options);
  const Duration interval =
      options.keepalive_interval > Duration{0} ? options.keepalive_interval : os.keepalive.interval.value;
  const std::uint32_t probes =
      options.keepalive_probes != 0 ? options.keepalive_probes : os.keepalive.probes.value;
  const Duration silence = around.now - around.last_received;
  // A timer of n ticks may run out up to a tick before n whole ones.
  const Duration slack = around.clock.tick();
  const bool counts = os.keepalive.style.value == KeepaliveStyle::unanswered_probes;
  if (counts ? waits : !may_ask) return {.what = Answer::wait, .wait = idle};
  if (silence + slack < idle) {
    probes_ = 0;
    // BSD sets the timer anew with each segment: as if it had been set when the last one came.
    return {.what = Answer::wait, .wait = counts ? idle - silence : idle, .from_last = !counts};
  }
  bool dead = false;
  if (counts) {
    dead = has_limit(around) ? silence >= options.user_timeout && probes_ > 0 : probes_ >= probes;
  } else {
    // Where a tick is counted after its timers, silence is a tick shorter for them.
    const Duration counted = os.clock.counts_after_timers ? silence : silence + slack;
    dead = counted >= idle + probes * interval;
  }
  if (dead) return {.what = Answer::die};
  if (probes_ < 255) ++probes_;
  return {.what = Answer::ask, .wait = interval};
}

}  // namespace halfopen

#include "sim/tcp/gatekeeper.h"

#include <algorithm>

namespace halfopen {
namespace {

// RFC 7323 section 5.5: a TS.Recent older than 24 days says nothing.
constexpr Duration kTimestampIdle = std::chrono::hours{24 * 24};

}  // namespace

// PAWS before the sequence check (RFC 7323 section 5.3); resets are exempt (section 5.2).
Gatekeeper::Ruling Gatekeeper::judge(const Guarded& here, const Segment& segment) {
  if (is_wrapped(here, segment)) return judge_unacceptable(here, segment);
  // A SYN that was counted long ago is old, whatever was acknowledged since.
  const bool old_syn = segment.has(tcp_flag::syn) && segment.seq.before(here.rcv_nxt);
  const bool not_old = segment.end().at_or_after(here.acknowledged) && !old_syn;
  const Seq edge = here.rcv_nxt + here.window;
  const bool may_cross = here.os.check.right_edge.value != RightEdge::passes_if_empty || !here.unread;
  const Seq last = segment.seq + (may_cross ? 0 : segment.payload.size());
  const bool is_acceptable = not_old && last.at_or_before(edge);
  if (segment.has(tcp_flag::rst))
    return is_acceptable ? judge_reset(here, segment) : judge_late_reset(here, segment);
  if (!is_acceptable) return judge_unacceptable(here, segment);
  return segment.has(tcp_flag::syn) ? judge_syn(here, segment) : Ruling::pass;
}

bool Gatekeeper::is_wrapped(const Guarded& here, const Segment& segment) const {
  if (!here.timestamps || !segment.options.has_timestamps() || segment.has(tcp_flag::rst)) return false;
  return segment.options.timestamps().value.before(recent_) && here.now - recent_at_ <= kTimestampIdle;
}

// An old, repeated or out-of-window segment is answered with an ACK, which tells a half-open peer the truth.
Gatekeeper::Ruling Gatekeeper::judge_unacceptable(const Guarded& here, const Segment& segment) {
  if (segment.has(tcp_flag::syn))
    return here.os.check.syn.value == SynCheck::reset ? Ruling::acknowledge : Ruling::challenge;
  if (segment.length() > 0) return Ruling::repetition;
  return may_answer(here.os.check, here.now) ? Ruling::acknowledge : Ruling::drop;
}

// A reset for the byte before: the peer counted our FIN, or sent it before its own (net/ipv4/tcp_input.c
// tcp_reset_check).
Gatekeeper::Ruling Gatekeeper::judge_late_reset(const Guarded& here, const Segment& segment) {
  const bool after_fin =
      here.state == State::close_wait || here.state == State::closing || here.state == State::last_ack;
  const bool one_before = here.os.check.rst.value == RstCheck::exact && segment.seq + 1 == here.rcv_nxt;
  return after_fin && one_before ? Ruling::reset : Ruling::drop;
}

Gatekeeper::Ruling Gatekeeper::judge_reset(const Guarded& here, const Segment& segment) {
  // FreeBSD's check (netinet/tcp_input.c tcp_do_segment, netinet/tcp_syncache.c syncache_chkrst).
  const bool near = segment.seq.at_or_after(here.acknowledged - (here.embryo ? 0u : 1u)) &&
                    segment.seq.before(here.acknowledged + std::max(here.window, 1u));
  bool exact = true;
  switch (here.os.check.rst.value) {
    case RstCheck::in_window:
      if (segment.seq.before(here.rcv_nxt)) return Ruling::drop;
      break;
    case RstCheck::exact: exact = segment.seq == here.rcv_nxt || segment.seq == here.held_to; break;
    case RstCheck::last_ack_sent:
      if (!near) return Ruling::drop;
      exact = segment.seq == here.acknowledged;
      break;
    case RstCheck::after_last_ack:
      if (!near) return Ruling::drop;
      break;
  }
  return exact ? Ruling::reset : Ruling::challenge;
}

// RFC 5961 section 4; RFC 793: a SYN in the window ends the connection.
Gatekeeper::Ruling Gatekeeper::judge_syn(const Guarded& here, const Segment& segment) {
  if (here.os.check.syn.value == SynCheck::challenge) return Ruling::challenge;
  if (here.os.check.syn.value != SynCheck::abort) return Ruling::refuse;
  return segment.seq == here.rcv_nxt + here.window ? Ruling::challenge : Ruling::abort;
}

Gatekeeper::Ruling Gatekeeper::judge_ack(const Guarded& here, Seq ack) {
  if (here.state == State::syn_received)
    return ack.after(here.una) && ack.at_or_before(here.highest) ? Ruling::pass : Ruling::bad_ack;
  const bool too_old = here.ack_reach.has_value() && ack.before(here.una - *here.ack_reach);
  if (ack.after(here.highest)) return here.os.check.answers_unsent ? Ruling::challenge : Ruling::drop;
  return too_old ? Ruling::challenge : Ruling::pass;
}

bool Gatekeeper::may_answer(const CheckProfile& profile, TimePoint now) {
  const Duration quiet = profile.out_of_window_interval;
  if (quiet == Duration{0}) return true;
  if (answered_ != TimePoint{} && now - answered_ < quiet) return false;
  answered_ = now;
  return true;
}

bool Gatekeeper::may_challenge(const CheckProfile& profile, TimePoint now) {
  if (profile.challenges_as_answers) return may_answer(profile, now);
  if (challenges_ == 0 || now - challenge_since_ >= profile.challenge_interval.value) {
    challenge_since_ = now;
    challenges_ = 0;
  }
  if (challenges_ >= profile.challenge_count) return false;
  ++challenges_;
  return true;
}

bool Gatekeeper::take_timestamp(const Segment& segment, Seq acknowledged, TimePoint now) {
  if (segment.seq.after(acknowledged)) return false;
  const TsVal value = segment.options.timestamps().value;
  if (value.before(recent_)) return false;
  const bool is_newer = value != recent_;
  recent_ = value;
  recent_at_ = now;
  return is_newer;
}

}  // namespace halfopen

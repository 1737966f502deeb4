// The states of both ends of a flow, told from its packets. An end is in a state when its own packets show
// it; that a SYN or a FIN was acknowledged counts for its sender as soon as the acknowledgement is seen, as
// if every packet arrived. What no packet shows stays unseen: timeouts, the end of TIME_WAIT, a host that is
// gone.
#include "capture/flow/flow.h"

namespace halfopen {
namespace {

// A reset whose number is farther ahead than any window reaches is not believed (RFC 7323 section 2.3).
constexpr std::uint32_t kLargestWindow = 1u << 30;

}  // namespace

void Flow::change(std::uint8_t which, State to, FlowFacts& facts) {
  State& state = ends[which].state;
  if (state == to) return;
  if (facts.change_count < facts.changes.size())
    facts.changes[facts.change_count++] = {which, which == initiator, state, to};
  state = to;
}

void Flow::follow_states(std::uint8_t sender, const FlowSegment& segment, bool is_new_syn, FlowFacts& facts) {
  constexpr std::uint8_t kChanging = tcp_flag::syn | tcp_flag::fin | tcp_flag::rst;
  const bool is_steady = ends[0].state == State::established && ends[1].state == State::established;
  if (is_steady && !segment.has(kChanging) && !first_fin) return;
  if (segment.has(tcp_flag::rst)) return on_reset(sender, segment, facts);
  if (ends[sender].is_gone) revive(sender, segment, facts);
  if (segment.has(tcp_flag::syn)) on_syn(sender, segment, is_new_syn, facts);
  if (segment.has(tcp_flag::ack)) on_ack(sender, segment, facts);
  if (segment.has(tcp_flag::fin)) on_fin(sender, facts);
  if (segment.has(tcp_flag::ack)) on_acknowledged(sender, segment, facts);
}

// Here it is decided whether a reset counts. Its sender has no such connection any more. The receiver
// believes it if it answers its SYN, or lies at or ahead of what the receiver has acknowledged, within a
// window (RFC 9293 section 3.10.7). Of a connection that both ends had closed in order it changes nothing.
void Flow::on_reset(std::uint8_t sender, const FlowSegment& segment, FlowFacts& facts) {
  const auto receiver = static_cast<std::uint8_t>(1 - sender);
  FlowEnd& from = ends[sender];
  FlowEnd& to = ends[receiver];
  const bool is_late = closed_in_order();
  const bool answers_syn = to.state == State::syn_sent && !from.sent_syn;
  const bool is_believed =
      answers_syn
          ? segment.has(tcp_flag::ack) && segment.ack.after(to.base) && segment.ack.at_or_before(to.next())
          : !from.was_acked || distance(from.acked, segment.seq) <= kLargestWindow;
  if (from.state == State::syn_sent && to.packets == 0) to.is_missing = true;  // it knows the other's answer
  for (const std::uint8_t which : {sender, receiver}) {
    FlowEnd& end = ends[which];
    if (which == receiver && !is_believed) continue;
    if (end.state != State::closed) end.before_reset = end.state;
    change(which, State::closed, facts);
    end.is_gone = true;
  }
  if (is_late) {
    late_reset_by = sender;
  } else if (!is_believed) {
    ++void_resets;
  } else if (!reset_by) {
    reset_by = sender;
    reset_at = {ends[0].next(), ends[1].next()};
    reset_answers_syn = answers_syn;
    facts.resets = true;
    if (answers_syn) ++refusals;
  }
}

// An end that goes on after a reset shows that it was none: who sends one that is not believed, and lives (it
// was forged, or late); who opens with the same SYN again; and both, when one acknowledges what the other
// sent after it, since whoever has sent or believed a reset would not.
void Flow::revive(std::uint8_t sender, const FlowSegment& segment, FlowFacts& facts) {
  if (!reset_by) return restore(sender, facts);
  const auto other = static_cast<std::uint8_t>(1 - sender);
  const bool is_syn = segment.has(tcp_flag::syn) && !segment.has(tcp_flag::ack);
  if (is_syn && reset_answers_syn && *reset_by == other) {
    reset_by.reset();
    ends[0].is_gone = ends[1].is_gone = false;
    return change(sender, State::syn_sent, facts);
  }
  const bool goes_on = segment.has(tcp_flag::ack) && segment.ack.after(reset_at[other]) &&
                       ends[other].next().after(reset_at[other]);
  if (!goes_on) return;
  reset_by.reset();
  ++void_resets;
  for (const std::uint8_t which : {sender, other}) {
    restore(which, facts);
    if (ends[which].sent_fin) on_fin(which, facts);
  }
}

void Flow::restore(std::uint8_t which, FlowFacts& facts) {
  FlowEnd& end = ends[which];
  if (!end.is_gone || end.state != State::closed || end.before_reset == State::closed) return;
  end.is_gone = false;
  change(which, end.before_reset, facts);
}

void Flow::on_syn(std::uint8_t sender, const FlowSegment& segment, bool is_new_syn, FlowFacts& facts) {
  const bool is_answer = segment.has(tcp_flag::ack);
  const State state = ends[sender].state;
  if (!is_new_syn && !(is_answer && state == State::syn_sent)) return;
  if (is_new_syn && !(is_answer && state == State::syn_sent)) change(sender, State::closed, facts);
  change(sender, is_answer ? State::syn_received : State::syn_sent, facts);
}

// What the sender must have received to acknowledge it.
void Flow::on_ack(std::uint8_t sender, const FlowSegment& segment, FlowFacts& facts) {
  const FlowEnd& from = ends[sender];
  const FlowEnd& to = ends[1 - sender];
  if (!segment.has(tcp_flag::syn)) {
    const bool is_joined = from.state == State::closed && !from.is_gone && !from.sent_syn;
    if (is_joined || from.state == State::syn_sent || from.state == State::syn_received) {
      change(sender, State::established, facts);
    }
  }
  if (!to.sent_fin || segment.ack.before(to.fin_end)) return;
  switch (from.state) {
    case State::established: return change(sender, State::close_wait, facts);
    case State::fin_wait_1:
      return change(sender, from.fin_is_acked ? State::time_wait : State::closing, facts);
    case State::fin_wait_2: return change(sender, State::time_wait, facts);
    default: return;
  }
}

void Flow::on_fin(std::uint8_t sender, FlowFacts& facts) {
  switch (ends[sender].state) {
    case State::syn_received:
    case State::established: return change(sender, State::fin_wait_1, facts);
    case State::close_wait: return change(sender, State::last_ack, facts);
    default: return;
  }
}

// What the receiver now knows to have arrived of its own.
void Flow::on_acknowledged(std::uint8_t sender, const FlowSegment& segment, FlowFacts& facts) {
  const auto receiver = static_cast<std::uint8_t>(1 - sender);
  FlowEnd& to = ends[receiver];
  if (to.state == State::syn_received && segment.ack.after(to.base)) {
    change(receiver, State::established, facts);
  }
  if (!to.sent_fin || to.fin_is_acked || segment.ack.before(to.fin_end)) return;
  to.fin_is_acked = true;
  switch (to.state) {
    case State::fin_wait_1: return change(receiver, State::fin_wait_2, facts);
    case State::closing: return change(receiver, State::time_wait, facts);
    case State::last_ack: to.is_gone = true; return change(receiver, State::closed, facts);
    default: return;
  }
}

void Flow::supersede(std::uint8_t sender, FlowFacts& facts) { change(sender, State::closed, facts); }

}  // namespace halfopen

#include "capture/compare/origin.h"

namespace halfopen::compare {
namespace {

// A retransmission that follows a packet from the peer within this was asked for by it; a timer's takes the
// stack's least timeout, which is 30 ms or more everywhere.
constexpr Duration kPrompt = 10ms;
// Without backoff the next timeout is as long as this one, with it twice as long.
constexpr double kBacksOff = 1.6;

bool is_backoff(Duration first, Duration second) {
  return static_cast<double>(second.count()) >= kBacksOff * static_cast<double>(first.count());
}

// A segment's end in sequence space, FIN and SYN counted.
std::uint32_t end_of(const TraceEvent& event) { return event.flow.seq + event.packet.segment()->length(); }

std::optional<Tlp> told(const Why& why) {
  if (why.cause == Cause::unknown) return std::nullopt;
  return why.cause == Cause::tail_loss_probe ? Tlp::yes : Tlp::no;
}

}  // namespace

Tlp is_tail_loss_probe(const TraceEvent& event, const TraceEvent* next) {
  if (event.origin != Origin::timeout || event.sender.expiries != 1) return Tlp::no;
  if (const auto known = told(event.packet.why)) return *known;
  if (!event.sender.is_oldest) return Tlp::yes;
  if (next == nullptr || next->origin != Origin::timeout || next->sender.expiries != 2) return Tlp::unknown;
  if (!event.before_same || next->sender.unreachable > 0) return Tlp::unknown;  // which undoes a backoff
  return is_backoff(event.at - *event.before_same, next->at - event.at) ? Tlp::no : Tlp::yes;
}

bool is_surely_probe(const TraceEvent& event, const TraceEvent* next, const TraceEvent* third) {
  if (is_tail_loss_probe(event, next) != Tlp::yes) return false;
  if (told(event.packet.why) || !event.sender.is_oldest) return true;
  if (third == nullptr || third->origin != Origin::timeout || third->sender.expiries != 3) return false;
  const bool undone = next->sender.unreachable + third->sender.unreachable > 0;  // RFC 6069
  return !undone && is_backoff(next->at - event.at, third->at - next->at);
}

bool is_not_doubled(const SenderFacts& sender) {
  return sender.gap && sender.gap_before && !is_backoff(*sender.gap_before, *sender.gap);
}

OriginTracker::OriginTracker(Stream tap, const OsProfile& profile)
    : tap_{tap}, profile_{profile}, clock_{profile.clock, {}} {}

void OriginTracker::see(TraceEvent& event, const Flow& flow) {
  const bool from_client = event.stream == Stream::from_client;
  End& sender = ends_[from_client ? 0 : 1];
  End& receiver = ends_[from_client ? 1 : 0];
  event.origin = origin_of(sender, event);
  if (event.origin == Origin::timeout || event.origin == Origin::open_again) {
    if (!sender.silence) sender.silence = event.at;
    event.sender.expiries = ++sender.expiries;
    event.sender.silence = sender.silence;
    event.sender.is_oldest = event.flow.is_oldest;
  }
  const FlowEnd& other = flow.end(event.flow.from_initiator ? 1 : 0);
  if (other.is_known) event.sender.heard = distance(other.base, other.next());
  note_gap(sender, event);
  if (event.origin == Origin::reset) event.sender.expiries = sender.expiries;
  if (event.stream == tap_ && sender.sample) {
    event.sender.rtt = sender.sample;
    event.sender.rto = sender.estimator.timeout(profile_.rtt, profile_.retransmit.backoff, clock_, 0);
  }
  note_sent(sender, event);
  note_ack(receiver, other, event);
  receiver.last_received = event.at;
  receiver.probes = 0;
}

Origin OriginTracker::origin_of(const End& end, const TraceEvent& event) {
  switch (event.flow.what) {
    case Sending::reset: return Origin::reset;
    case Sending::open: return Origin::open;
    case Sending::open_again: return Origin::open_again;
    case Sending::ack: return Origin::ack;
    case Sending::keepalive: return Origin::keepalive;
    case Sending::window_probe: return Origin::window_probe;
    case Sending::data: return event.flow.into_closed_window ? Origin::window_probe : Origin::data;
    case Sending::repeated:
    case Sending::out_of_order: break;
  }
  return origin_of_repeated(end, event);
}

Origin OriginTracker::origin_of_repeated(const End& end, const TraceEvent& event) {
  if (event.flow.into_closed_window) return Origin::window_probe;
  const bool is_prompt = end.last_received && event.at - *end.last_received < kPrompt;
  return is_prompt && end.asked_again ? Origin::fast : Origin::timeout;
}

void OriginTracker::note_sent(End& end, const TraceEvent& event) {
  if (event.has(tcp_flag::rst) || event.packet.segment()->length() == 0) return;
  // Karn: what was sent twice is not timed (RFC 6298 section 3).
  const bool is_new = event.origin == Origin::open || event.origin == Origin::data;
  if (!is_new) end.timed_at.reset();
  if (is_new && !end.timed_at) {
    end.timed_at = event.at;
    end.timed_end = end_of(event);
  }
}

void OriginTracker::take_sample(End& end, const FlowEnd& shown, const TraceEvent& ack) {
  if (!end.timed_at || ack.flow.ack < end.timed_end) return;
  const Duration exact = ack.at - *end.timed_at;
  end.timed_at.reset();
  end.sample = exact;
  end.estimator.sample(profile_.rtt, {.exact = exact, .ticks = (exact + clock_.tick()) / clock_.tick()},
                       shown.acked, shown.next());
}

void OriginTracker::note_gap(End& end, TraceEvent& event) {
  const bool repeats = event.origin == Origin::timeout || event.origin == Origin::open_again;
  const bool is_probe = event.origin == Origin::keepalive || event.origin == Origin::window_probe;
  if ((repeats || is_probe) && end.last_sending) {
    event.sender.gap = event.at - *end.last_sending;
    event.sender.gap_before = end.last_gap;
    event.sender.unreachable = end.unreachable;
    end.last_gap = event.sender.gap;
  }
  if (event.origin == Origin::keepalive) event.sender.probes = end.probes++;
  if (!repeats && !is_probe && event.packet.segment()->length() == 0) return;
  if (!repeats && !is_probe) end.last_gap.reset();
  end.last_sending = event.at;
  end.unreachable = 0;
}

// What a packet says to its receiver about what that one has sent.
void OriginTracker::note_ack(End& receiver, const FlowEnd& shown, const TraceEvent& event) {
  if (!event.has(tcp_flag::ack) || event.has(tcp_flag::rst)) return;
  const bool advances = event.flow.acks_more;
  const bool repeats = !advances && event.packet.segment()->length() == 0 &&
                       event.flow.ack == distance(shown.base, shown.acked) && shown.next() != shown.acked;
  const bool has_sack = !event.packet.segment()->options.sack().empty();
  if (advances) {
    receiver.expiries = 0;
    receiver.silence.reset();
    receiver.last_gap.reset();
    take_sample(receiver, shown, event);
  }
  receiver.asked_again = has_sack || repeats || (receiver.asked_again && !advances);
}

}  // namespace halfopen::compare

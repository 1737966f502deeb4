#include "capture/flow/flow.h"

#include <algorithm>

namespace halfopen {
namespace {

// Without a handshake to measure: what overtakes on the way does so within this, as Wireshark takes it, too.
constexpr Duration kReordering = 3ms;

}  // namespace

// An answer to a SYN that it does not fit, and the reset that such an answer gets: of an incarnation before,
// whose numbers are another's (RFC 9293 section 3.5.1). So is a SYN-ACK with a number of its own that comes
// when the connection is open.
bool Flow::is_stray(std::uint8_t sender, const FlowSegment& segment) const {
  const FlowEnd& from = ends[sender];
  const FlowEnd& to = ends[1 - sender];
  if (segment.has(tcp_flag::syn)) {
    const bool answers_again = segment.has(tcp_flag::ack) && from.sent_syn && from.base != segment.seq;
    return answers_again && from.was_acked && is_synchronized(from.state);
  }
  if (from.state == State::syn_sent && segment.has(tcp_flag::rst)) return segment.seq != from.next();
  if (to.state != State::syn_sent || from.sent_syn) return false;
  if (!segment.has(tcp_flag::ack)) return segment.has(tcp_flag::rst);
  return !segment.ack.after(to.base) || segment.ack.after(to.next());
}

// A SYN opens its direction; with another number than before, the end that sends it has begun anew.
void Flow::note_syn(std::uint8_t sender, const FlowSegment& segment, TimePoint at) {
  FlowEnd& end = ends[sender];
  const bool is_first_of_two = !segment.has(tcp_flag::ack);
  if (!end.is_known || end.base != segment.seq) {
    end.is_known = true;
    end.base = segment.seq;
    end.seen.start(segment.seq + 1, true);
    end.sent_syn = end.sent_fin = end.was_acked = end.fin_is_acked = end.is_waiting = false;
    if (is_first_of_two && !ends[1 - sender].sent_syn) initiator = sender;
  }
  if (!is_first_of_two && !end.sent_syn) initiator = 1 - sender;
  if (is_first_of_two) {
    syn_at = at;
    awaits_answer = round_trip == Duration::zero();
  }
  has_syn = true;
  end.sent_syn = true;
  end.offered_scale = segment.window_scale.has_value();
  end.scale_is_cut = segment.options_are_cut && !segment.window_scale;
  end.shift = std::min<std::uint8_t>(segment.window_scale.value_or(0), 14) & 15;  // RFC 7323 section 2.3
}

// Where a connection is joined in the middle, the first number seen of each end is its first byte; a reset
// that answers a SYN has no numbers of its own and stays at 0.
void Flow::note_bases(std::uint8_t sender, const FlowSegment& segment) {
  FlowEnd& end = ends[sender];
  FlowEnd& peer = ends[1 - sender];
  if (!end.is_known) {
    end.is_known = true;
    end.base = segment.has(tcp_flag::rst) ? segment.seq : segment.seq - 1;
    end.seen.start(segment.seq, false);
  }
  if (!peer.is_known && segment.has(tcp_flag::ack)) {
    peer.is_known = true;
    peer.base = segment.ack - 1;
    peer.seen.start(segment.ack, false);
  }
}

Sending Flow::classify(std::uint8_t sender, const FlowSegment& segment, bool is_new_syn) const {
  if (segment.has(tcp_flag::rst)) return Sending::reset;
  if (segment.has(tcp_flag::syn)) return is_new_syn ? Sending::open : Sending::open_again;
  const FlowEnd& end = ends[sender];
  const bool is_small = segment.payload <= 1 && !segment.has(tcp_flag::fin);
  const bool is_before_next = is_small && segment.seq + 1 == end.next();
  const bool all_acked = end.was_acked ? end.acked == end.next() : segment.payload == 0;
  const bool into_closed_window = ends[1 - sender].offers_nothing;
  if (is_before_next && all_acked) {
    return into_closed_window ? Sending::window_probe : Sending::keepalive;
  }
  if (segment.length() == 0) return Sending::ack;
  if (into_closed_window && is_small) return Sending::window_probe;
  return segment.seq.before(end.next()) ? Sending::repeated : Sending::data;
}

void Flow::note_sent(std::uint8_t sender, const FlowSegment& segment, TimePoint at, FlowFacts& facts) {
  FlowEnd& end = ends[sender];
  facts.is_oldest = !end.was_acked || segment.seq.at_or_before(end.acked);
  if (segment.length() > 0 && facts.what != Sending::reset) {
    const Seq before = end.next();
    const bool is_new_probe = facts.what == Sending::window_probe && segment.seq == before;
    SeenRanges::News news;
    if (is_new_probe) {  // the receiver need not take it: it counts when it is acknowledged, or sent again as
                         // data
      end.probed = segment.seq;
      end.has_probed = true;
    } else {
      news = end.seen.see(segment.data(), segment.payload, at);
      end.seen.skip_to(segment.end());
    }
    end.bytes += news.bytes;
    const bool is_news = end.next() != before || facts.what == Sending::open;
    // What fills a hole was overtaken, or the capture does not show it the first time it was sent.
    if (facts.what == Sending::repeated && news.missing_since != kNever) {
      const Duration in_time = round_trip > Duration::zero() ? round_trip : kReordering;
      if (at - news.missing_since < in_time) facts.what = Sending::out_of_order;
    }
    if (is_news && !end.is_waiting) {
      end.is_waiting = true;
      end.waiting_since = at;
    }
    if (segment.payload > 0) {
      end.last_seq = segment.data();
      end.last_length = segment.payload;
    }
  }
  // An acknowledgement that is ahead of what was seen: something before it is missing.
  if (facts.what == Sending::ack) end.seen.miss_to(segment.seq, at);
  switch (facts.what) {
    case Sending::open_again:
    case Sending::repeated:
      ++end.retransmissions;
      ++end.tries;
      break;
    case Sending::keepalive:
    case Sending::window_probe:
      ++end.probes;
      ++end.tries;
      break;
    case Sending::out_of_order: ++end.out_of_order; break;
    default: break;
  }
}

// What the other end hears: of its own data, and of the window.
void Flow::note_heard(std::uint8_t sender, const FlowSegment& segment, TimePoint at, FlowFacts& facts) {
  FlowEnd& from = ends[sender];
  FlowEnd& to = ends[1 - sender];
  to.tries = 0;
  if (segment.has(tcp_flag::rst)) return;
  from.offers_nothing = segment.window == 0;
  if (!segment.has(tcp_flag::ack)) return;
  if (awaits_answer && sender == initiator && to.sent_syn) {
    round_trip = at - syn_at;
    awaits_answer = false;
  }
  if (to.was_acked && !segment.ack.after(to.acked)) return;
  if (to.packets == 0) note_missing(sender, segment);
  facts.acks_more = true;
  to.acked = segment.ack;
  to.was_acked = true;
  if (to.has_probed && segment.ack.after(to.probed)) {
    to.bytes += to.seen.see(to.probed, 1, at).bytes;
    to.has_probed = false;
  }
  to.seen.miss_to(segment.ack, at);
  to.waiting_since = at;
  to.is_waiting = to.is_waiting && to.next().after(segment.ack);
}

// The other end has not been seen: that more and more of it is acknowledged, or a SYN answered, shows it.
void Flow::note_missing(std::uint8_t sender, const FlowSegment& segment) {
  FlowEnd& to = ends[1 - sender];
  const bool answers = ends[sender].sent_syn && !segment.has(tcp_flag::syn);
  if (answers || (to.was_acked && segment.ack.after(to.acked))) to.is_missing = true;
}

void Flow::fill_numbers(std::uint8_t sender, const FlowSegment& segment, FlowFacts& facts) const {
  const FlowEnd& end = ends[sender];
  const FlowEnd& peer = ends[1 - sender];
  facts.from_initiator = sender == initiator;
  facts.seq = end.is_known ? distance(end.base, segment.seq) : segment.has(tcp_flag::rst) ? 0 : 1;
  facts.end = facts.seq + segment.payload;
  facts.peer_base = peer.base;
  if (segment.has(tcp_flag::ack)) facts.ack = distance(peer.base, segment.ack);
  const bool is_syn = segment.has(tcp_flag::syn);
  const bool is_agreed = end.sent_syn && peer.sent_syn && !end.scale_is_cut && !peer.scale_is_cut;
  facts.window_is_scaled = is_syn || is_agreed;
  facts.window = segment.window;
  if (!is_syn && is_agreed && end.offered_scale && peer.offered_scale) facts.window <<= end.shift;
}

void Flow::follow(std::uint8_t sender, const FlowSegment& segment, TimePoint at, FlowFacts& facts) {
  FlowEnd& end = ends[sender];
  facts.number = number;
  ++end.packets;
  end.is_missing = false;
  end.last_sent = last = at;
  facts.is_stray = is_stray(sender, segment);
  if (facts.is_stray) {
    facts.what = segment.has(tcp_flag::rst) ? Sending::reset : Sending::ack;
    if (segment.has(tcp_flag::rst)) ++void_resets;
    fill_numbers(sender, segment, facts);
    return;
  }
  const bool is_syn = segment.has(tcp_flag::syn);
  const bool is_new_syn = is_syn && !(end.sent_syn && end.base == segment.seq);
  if (is_syn) note_syn(sender, segment, at);
  note_bases(sender, segment);
  facts.into_closed_window = ends[1 - sender].offers_nothing;
  facts.what = classify(sender, segment, is_new_syn);
  note_sent(sender, segment, at, facts);
  if (segment.has(tcp_flag::fin) && !end.sent_fin) {
    end.sent_fin = true;
    end.fin_end = segment.end();
    if (!first_fin) first_fin = sender;
  }
  follow_states(sender, segment, is_new_syn, facts);
  note_heard(sender, segment, at, facts);
  fill_numbers(sender, segment, facts);
  facts.is_over = is_over();
}

}  // namespace halfopen

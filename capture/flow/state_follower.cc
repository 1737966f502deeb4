#include "capture/flow/state_follower.h"

#include <algorithm>

namespace halfopen {

StateFollower::Connection& StateFollower::find_or_add(const SegmentFacts& segment, const FourTuple& key,
                                                      std::uint8_t sender) {
  if (const auto found = table_.find(key); found != table_.end()) {
    List& list = found->second->is_closed ? closed_ : open_;
    list.splice(list.begin(), list, found->second);
    return *found->second;
  }
  forget_oldest();
  const bool is_from_client = segment.has(tcp_flag::syn) ? !segment.has(tcp_flag::ack)
                                                         : segment.source.port > segment.destination.port;
  open_.push_front(
      {.key = key, .ends = {}, .client = static_cast<std::uint8_t>(is_from_client ? sender : 1 - sender)});
  table_.emplace(key, open_.begin());
  return open_.front();
}

void StateFollower::forget_oldest() {
  while (closed_.size() > limits_.closed) {
    table_.erase(closed_.back().key);
    closed_.pop_back();
  }
  while (!open_.empty() && open_.size() >= limits_.open) {
    table_.erase(open_.back().key);
    open_.pop_back();
  }
}

void StateFollower::see(TimePoint at, const SegmentFacts& segment) {
  const bool in_order = segment.source <= segment.destination;
  const FourTuple key = in_order ? FourTuple{segment.source, segment.destination}
                                 : FourTuple{segment.destination, segment.source};
  const std::uint8_t sender = in_order ? 0 : 1;
  const Arrival arrival{at, find_or_add(segment, key, sender), sender, segment};
  if (segment.has(tcp_flag::rst)) {
    on_reset(arrival);
  } else {
    if (segment.has(tcp_flag::syn)) on_syn(arrival);
    if (segment.has(tcp_flag::ack)) on_ack(arrival);
    if (segment.has(tcp_flag::fin)) on_fin(arrival);
    if (segment.has(tcp_flag::ack)) on_acknowledged(arrival);
  }
  file(arrival.connection);
}

// The sender has no such connection any more, unless it only refuses a wrong answer to its SYN. The receiver
// believes it if it answers its SYN, or is not older than what it has acknowledged (RFC 9293 section 3.10.7).
void StateFollower::on_reset(const Arrival& arrival) {
  const SegmentFacts& segment = arrival.segment;
  End& from = arrival.from();
  End& to = arrival.to();
  const auto end = [&](End& who, std::size_t which) {
    change(arrival, which, State::closed);
    who.is_over = true;
  };
  if (from.state != State::syn_sent) end(from, arrival.sender);
  const bool is_believed = to.state == State::syn_sent
                               ? segment.has(tcp_flag::ack) && segment.ack == *to.iss + 1
                               : !to.acked || segment.seq.at_or_after(*to.acked);
  if (is_believed) end(to, 1 - arrival.sender);
}

// With another number than before, a SYN is of a new connection, of which its sender has forgotten the old
// one.
void StateFollower::on_syn(const Arrival& arrival) {
  End& from = arrival.from();
  const bool is_answer = arrival.segment.has(tcp_flag::ack);
  const bool is_known = from.iss == arrival.segment.seq;
  if (is_known && !(is_answer && from.state == State::syn_sent)) return;
  if (!is_known) {
    const bool opens_simultaneously = is_answer && from.state == State::syn_sent;
    if (!opens_simultaneously) change(arrival, arrival.sender, State::closed);
    from = {.state = from.state, .iss = arrival.segment.seq, .acked = {}, .fin_end = {}};
  }
  if (!is_answer && arrival.to().state == State::closed) {
    arrival.to() = {};
    arrival.connection.client = arrival.sender;
  }
  change(arrival, arrival.sender, is_answer ? State::syn_received : State::syn_sent);
}

// What the sender must have received to acknowledge it.
void StateFollower::on_ack(const Arrival& arrival) {
  const SegmentFacts& segment = arrival.segment;
  End& from = arrival.from();
  const End& to = arrival.to();
  if (!segment.has(tcp_flag::syn)) {
    const bool is_joined = from.state == State::closed && !from.is_over && !from.iss;
    if (is_joined || from.state == State::syn_sent || from.state == State::syn_received) {
      change(arrival, arrival.sender, State::established);
    }
  }
  if (!from.acked || segment.ack.after(*from.acked)) from.acked = segment.ack;
  if (!to.fin_end || segment.ack.before(*to.fin_end)) return;
  switch (from.state) {
    case State::established: return change(arrival, arrival.sender, State::close_wait);
    case State::fin_wait_1:
      return change(arrival, arrival.sender, from.fin_is_acked ? State::time_wait : State::closing);
    case State::fin_wait_2: return change(arrival, arrival.sender, State::time_wait);
    default: return;
  }
}

void StateFollower::on_fin(const Arrival& arrival) {
  End& from = arrival.from();
  if (!from.fin_end) from.fin_end = arrival.segment.end();
  switch (from.state) {
    case State::syn_received:
    case State::established: return change(arrival, arrival.sender, State::fin_wait_1);
    case State::close_wait: return change(arrival, arrival.sender, State::last_ack);
    default: return;
  }
}

// What the receiver now knows to have arrived of its own.
void StateFollower::on_acknowledged(const Arrival& arrival) {
  const SegmentFacts& segment = arrival.segment;
  End& to = arrival.to();
  const std::size_t which = 1 - arrival.sender;
  if (to.state == State::syn_received && segment.ack.after(*to.iss)) {
    change(arrival, which, State::established);
  }
  if (!to.fin_end || to.fin_is_acked || segment.ack.before(*to.fin_end)) return;
  to.fin_is_acked = true;
  switch (to.state) {
    case State::fin_wait_1: return change(arrival, which, State::fin_wait_2);
    case State::closing: return change(arrival, which, State::time_wait);
    case State::last_ack: to.is_over = true; return change(arrival, which, State::closed);
    default: return;
  }
}

void StateFollower::change(const Arrival& arrival, std::size_t which, State to) {
  Connection& connection = arrival.connection;
  End& end = connection.ends[which];
  if (end.state == to) return;
  const FourTuple& key = connection.key;
  tell_({.at = arrival.at,
         .host = which == connection.client ? HostId::client : HostId::server,
         .connection = which == 0 ? key : FourTuple{key.remote, key.local},
         .from = end.state,
         .to = to,
         .why = Cause::unknown});
  end.state = to;
}

// Puts it among the open or the closed ones.
void StateFollower::file(Connection& connection) {
  const bool is_closed = std::ranges::all_of(connection.ends, [](const End& end) {
    return end.state == State::closed || end.state == State::time_wait;
  });
  if (is_closed == connection.is_closed) return;
  connection.is_closed = is_closed;
  List& from = is_closed ? open_ : closed_;
  List& to = is_closed ? closed_ : open_;
  to.splice(to.begin(), from, table_.at(connection.key));
}

}  // namespace halfopen

#include "capture/flow/flow_table.h"

#include <algorithm>
#include <utility>

namespace halfopen {
namespace {

// Both directions of a connection have one key: the end with the smaller port is its local one.
struct Direction {
  FourTuple key;
  std::uint8_t sender = 0;  // 0 if the sender is key.local
};

Direction direction_of(const SocketAddress& from, const SocketAddress& to) {
  if (from.port != to.port ? from.port < to.port : from.ip <= to.ip) return {{from, to}, 0};
  return {{to, from}, 1};
}

std::uint32_t steps_between(Seq a, Seq b) { return std::min(distance(a, b), distance(b, a)); }

// Systems choose the port of a client from here on (Linux ip_local_port_range; IANA's range is within it).
constexpr std::uint16_t kFirstEphemeral = 32'768;

// A connection that was joined in the middle has its client at the higher port, since servers are at known
// ones; where both ports were chosen by a system, it is who is seen first.
std::uint8_t initiator_of(const FourTuple& key, std::uint8_t sender, const FlowSegment& segment) {
  if (segment.has(tcp_flag::syn)) return segment.has(tcp_flag::ack) ? 1 - sender : sender;
  const bool tells_nothing = key.local.port == key.remote.port || key.local.port >= kFirstEphemeral;
  return tells_nothing ? sender : 1;
}

}  // namespace

void FlowTable::put_first(List& list, std::uint32_t slot) {
  rooms_[slot].newer = kNone;
  rooms_[slot].older = list.newest;
  (list.newest == kNone ? list.oldest : rooms_[list.newest].newer) = slot;
  list.newest = slot;
  ++list.size;
}

void FlowTable::take_out(List& list, std::uint32_t slot) {
  const Room& room = rooms_[slot];
  (room.newer == kNone ? list.newest : rooms_[room.newer].older) = room.older;
  (room.older == kNone ? list.oldest : rooms_[room.older].newer) = room.newer;
  --list.size;
}

// Puts it among those that are over, or back.
void FlowTable::file(std::uint32_t slot) {
  Room& room = rooms_[slot];
  const bool is_over = room.is_superseded || room.flow.is_over();
  if (is_over == room.is_over) return;
  take_out(list_of(room), slot);
  room.is_over = is_over;
  put_first(list_of(room), slot);
}

std::uint32_t FlowTable::find(const FourTuple& key, std::uint32_t hash) const {
  return index_.find(hash, [&](std::uint32_t slot) { return rooms_[slot].flow.key == key; });
}

std::uint32_t FlowTable::slot_of(const FourTuple& ends) const {
  const FourTuple key = direction_of(ends.local, ends.remote).key;
  return find(key, index_.hash(key));
}

std::uint32_t FlowTable::add(const FourTuple& key, std::uint32_t hash, std::uint8_t sender,
                             const FlowSegment& segment, TimePoint at) {
  make_room();
  const std::uint32_t slot = free_.empty() ? static_cast<std::uint32_t>(rooms_.size()) : free_.back();
  free_.empty() ? static_cast<void>(rooms_.emplace_back()) : free_.pop_back();
  Room& room = rooms_[slot];
  room = Room{};
  room.hash = hash;
  room.flow.key = key;
  room.flow.number = ++numbers_;
  room.flow.initiator = initiator_of(key, sender, segment);
  room.flow.began = at;
  index_.add(hash, slot);
  put_first(open_, slot);
  ++size_;
  return slot;
}

void FlowTable::tell(std::uint32_t slot) {
  Room& room = rooms_[slot];
  if (!std::exchange(room.is_told, true) && tell_) tell_(slot, room.flow);
}

void FlowTable::make_room() {
  while (over_.size > limits_.over) forget_oldest(over_);
  while (open_.size > 0 && open_.size >= limits_.open) forget_oldest(open_);
}

void FlowTable::forget_oldest(List& list) {
  while (std::exchange(rooms_[list.oldest].was_seen, false)) {
    const std::uint32_t slot = list.oldest;
    take_out(list, slot);
    put_first(list, slot);
  }
  forget(list.oldest);
}

// With the incarnation before it, which nobody else finds.
void FlowTable::forget(std::uint32_t slot) {
  Room& room = rooms_[slot];
  if (room.before != kNone) forget(std::exchange(room.before, kNone));
  if (room.is_superseded) {
    const std::uint32_t successor = find(room.flow.key, room.hash);
    if (successor != kNone && rooms_[successor].before == slot) rooms_[successor].before = kNone;
  } else {
    index_.remove(room.hash, slot);
  }
  tell(slot);
  take_out(list_of(room), slot);
  room.flow.number = 0;
  free_.push_back(slot);
  --size_;
}

// A SYN with another number than the one before it: of a new connection between the same ends, of which its
// sender has forgotten the old one (RFC 9293 section 3.5.1).
bool FlowTable::opens_anew(const Flow& flow, std::uint8_t sender, const FlowSegment& segment) {
  if (!segment.has(tcp_flag::syn) || segment.has(tcp_flag::ack)) return false;
  return flow.ends[sender].is_known && flow.ends[sender].base != segment.seq;
}

std::uint32_t FlowTable::supersede(std::uint32_t slot, std::uint8_t sender, const FlowSegment& segment,
                                   TimePoint at, FlowFacts& facts) {
  Room& old = rooms_[slot];
  if (old.before != kNone) forget(std::exchange(old.before, kNone));
  if (old.flow.is_over()) tell(slot);
  old.flow.supersede(sender, facts);
  index_.remove(old.hash, slot);
  old.is_superseded = true;
  file(slot);
  const std::uint32_t successor = add(old.flow.key, old.hash, sender, segment, at);
  if (rooms_[slot].flow.number != 0 && rooms_[slot].flow.key == rooms_[successor].flow.key &&
      rooms_[slot].is_superseded) {
    rooms_[successor].before = slot;
  }
  return successor;
}

// Whether a segment is a straggler of the incarnation before: by its own numbers, or, while its sender has
// none yet, by what it acknowledges.
bool FlowTable::is_of_the_one_before(const Room& room, std::uint8_t sender,
                                     const FlowSegment& segment) const {
  if (segment.has(tcp_flag::syn)) return false;
  const Flow& now = room.flow;
  const Flow& before = rooms_[room.before].flow;
  const FlowEnd& own = now.ends[sender];
  const FlowEnd& old = before.ends[sender];
  const std::uint8_t other = 1 - sender;
  if (own.is_known)
    return old.is_known && steps_between(old.next(), segment.seq) < steps_between(own.next(), segment.seq);
  if (!segment.has(tcp_flag::ack)) return true;
  return before.ends[other].is_known && now.ends[other].is_known &&
         steps_between(before.ends[other].next(), segment.ack) <
             steps_between(now.ends[other].next(), segment.ack);
}

FlowFacts FlowTable::see(const FlowSegment& segment, TimePoint at) {
  const auto [key, sender] = direction_of(segment.source, segment.destination);
  const std::uint32_t hash = index_.hash(key);
  FlowFacts facts;
  std::uint32_t slot = find(key, hash);
  if (slot == kNone) {
    slot = add(key, hash, sender, segment, at);
    facts.is_first = true;
  } else if (opens_anew(rooms_[slot].flow, sender, segment)) {
    slot = supersede(slot, sender, segment, at, facts);
    facts.is_first = true;
  } else {
    const Room& room = rooms_[slot];
    if (room.before != kNone && is_of_the_one_before(room, sender, segment)) slot = room.before;
  }
  Room& room = rooms_[slot];
  facts.slot = slot;
  room.was_seen = true;
  room.flow.follow(sender, segment, at, facts);
  if (facts.is_over != room.is_over) file(slot);
  return facts;
}

void FlowTable::finish() {
  std::vector<std::uint32_t> left;
  for (std::uint32_t slot = 0; slot < rooms_.size(); ++slot) {
    if (rooms_[slot].flow.number != 0 && !rooms_[slot].is_told) left.push_back(slot);
  }
  std::ranges::sort(left, {}, [&](std::uint32_t slot) { return rooms_[slot].flow.number; });
  for (const std::uint32_t slot : left) tell(slot);
}

std::optional<FlowTable::Quote> FlowTable::find_quoted(const QuotedSegment& quoted) const {
  const auto [key, sender] = direction_of(quoted.tuple.local, quoted.tuple.remote);
  const std::uint32_t slot = find(key, index_.hash(key));
  if (slot == kNone) return std::nullopt;
  const Flow& flow = rooms_[slot].flow;
  const FlowEnd& end = flow.ends[sender];
  if (!end.is_known) return std::nullopt;
  Quote quote{
      .slot = slot, .number = flow.number, .seq = distance(end.base, quoted.seq), .length = std::nullopt};
  if (end.last_length > 0 && end.last_seq == quoted.seq) quote.length = end.last_length;
  return quote;
}

std::optional<FlowTable::Quote> FlowTable::see_error(const QuotedSegment& quoted, IcmpTypeCode what) {
  const auto quote = find_quoted(quoted);
  if (!quote) return std::nullopt;
  Flow& flow = rooms_[quote->slot].flow;
  ++flow.icmp_errors;
  flow.last_icmp = what;
  return quote;
}

bool is_retransmission(const Packet& packet, const FlowFacts& facts) {
  switch (packet.why.cause) {
    case Cause::unknown: return facts.is_repeated();
    case Cause::window_probe:
    case Cause::window_probe_data:
    case Cause::keepalive_probe: return false;
    default: return packet.why.retransmission > 0 && packet.segment()->length() > 0;
  }
}

}  // namespace halfopen

#include "capture/flow/flow_table.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace halfopen {
namespace {

// Both directions of a connection have one key: the end with the smaller port is its local one. Chosen
// without a branch, since which direction comes next cannot be foreseen.
struct Direction {
  Direction(const SocketAddress& from, const SocketAddress& to)
      : ends{&from, &to}, sender{from.port != to.port ? from.port > to.port : from.ip > to.ip} {}
  [[nodiscard]] const SocketAddress& local() const { return *ends[sender]; }
  [[nodiscard]] const SocketAddress& remote() const { return *ends[1 - sender]; }

  std::array<const SocketAddress*, 2> ends;
  std::uint8_t sender;  // 0 if the sender is key.local
};

// As ==, in words and without a call: it is asked with every packet.
bool is_same(const SocketAddress& a, const SocketAddress& b) {
  std::array<std::uint64_t, 2> x{};
  std::array<std::uint64_t, 2> y{};
  std::memcpy(x.data(), a.ip.data(), sizeof x);
  std::memcpy(y.data(), b.ip.data(), sizeof y);
  const std::uint64_t differs = (x[0] ^ y[0]) | (x[1] ^ y[1]) | static_cast<std::uint64_t>(a.port ^ b.port);
  return differs == 0 && a.ip.is_v6() == b.ip.is_v6();
}

bool is_of(const FourTuple& key, const SocketAddress& local, const SocketAddress& remote) {
  return is_same(key.remote, remote) && is_same(key.local, local);
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
  room(slot).newer = kNone;
  room(slot).older = list.newest;
  (list.newest == kNone ? list.oldest : room(list.newest).newer) = slot;
  list.newest = slot;
  ++list.size;
}

void FlowTable::take_out(List& list, std::uint32_t slot) {
  const auto [newer, older] = std::pair{room(slot).newer, room(slot).older};
  (newer == kNone ? list.newest : room(newer).older) = older;
  (older == kNone ? list.oldest : room(older).newer) = newer;
  --list.size;
}

// Puts it among those that are over, or back.
void FlowTable::file(std::uint32_t slot) {
  Room& filed = room(slot);
  const bool is_over = filed.is_superseded || filed.flow.is_over();
  if (is_over == filed.is_over) return;
  take_out(list_of(filed), slot);
  filed.is_over = is_over;
  put_first(list_of(filed), slot);
}

std::uint32_t FlowTable::find(const SocketAddress& local, const SocketAddress& remote,
                              std::uint32_t hash) const {
  return index_.find(hash, [&](std::uint32_t slot) { return is_of(room(slot).flow.key, local, remote); });
}

std::uint32_t FlowTable::slot_of(const FourTuple& ends) const {
  const Direction way{ends.local, ends.remote};
  return find(way.local(), way.remote(), index_.hash(way.local(), way.remote()));
}

std::uint32_t FlowTable::take_room() {
  if (!free_.empty()) {
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    return slot;
  }
  if (made_ % kChunk == 0) chunks_.push_back(std::make_unique<Room[]>(kChunk));
  return made_++;
}

std::uint32_t FlowTable::add(const FourTuple& key, std::uint32_t hash, std::uint8_t sender,
                             const FlowSegment& segment, TimePoint at) {
  make_room();
  const std::uint32_t slot = take_room();
  Room& fresh = room(slot);
  fresh = Room{};
  fresh.hash = hash;
  fresh.flow.key = key;
  fresh.flow.number = ++numbers_;
  fresh.flow.initiator = initiator_of(key, sender, segment);
  fresh.flow.began = at;
  index_.add(hash, slot);
  put_first(open_, slot);
  ++size_;
  return slot;
}

void FlowTable::tell(std::uint32_t slot) {
  if (!std::exchange(room(slot).is_told, true) && tell_) tell_(slot, room(slot).flow);
}

void FlowTable::make_room() {
  while (over_.size > limits_.over) forget_oldest(over_);
  while (open_.size > 0 && open_.size >= limits_.open) forget_oldest(open_);
}

void FlowTable::forget_oldest(List& list) {
  while (true) {
    const std::uint32_t slot = list.oldest;
    const std::uint64_t packets = room(slot).flow.packets();
    if (std::exchange(room(slot).packets_then, packets) == packets) break;
    take_out(list, slot);
    put_first(list, slot);
  }
  forget(list.oldest);
}

// With the incarnation before it, which nobody else finds.
void FlowTable::forget(std::uint32_t slot) {
  Room& gone = room(slot);
  if (std::exchange(gone.flow.has_predecessor, false)) forget(gone.before);
  if (gone.is_superseded) {
    const std::uint32_t successor = find(gone.flow.key.local, gone.flow.key.remote, gone.hash);
    if (successor != kNone && room(successor).before == slot) room(successor).flow.has_predecessor = false;
  } else {
    index_.remove(gone.hash, slot);
  }
  tell(slot);
  take_out(list_of(gone), slot);
  gone.flow.number = 0;
  free_.push_back(slot);
  if (latest_ == slot) latest_ = kNone;
  --size_;
}

// A SYN with another number than the one before it: of a new connection between the same ends, of which its
// sender has forgotten the old one (RFC 9293 section 3.5.1). So is the same SYN after an orderly close, and,
// where the other direction is missing, a SYN-ACK of which both numbers are new after a FIN.
bool FlowTable::opens_anew(const Flow& flow, std::uint8_t sender, const FlowSegment& segment) {
  if (!segment.has(tcp_flag::syn)) return false;
  const FlowEnd& from = flow.ends[sender];
  const FlowEnd& to = flow.ends[1 - sender];
  const bool has_new_number = from.is_known && from.base != segment.seq;
  if (!segment.has(tcp_flag::ack)) return has_new_number || flow.closed_in_order();
  return has_new_number && from.sent_syn && (from.sent_fin || flow.is_over()) && to.is_known &&
         segment.ack != to.base + 1;
}

std::uint32_t FlowTable::supersede(std::uint32_t slot, std::uint8_t sender, const FlowSegment& segment,
                                   TimePoint at, FlowFacts& facts) {
  Room& old = room(slot);
  if (std::exchange(old.flow.has_predecessor, false)) forget(old.before);
  if (old.flow.is_over()) tell(slot);
  old.flow.supersede(sender, facts);
  index_.remove(old.hash, slot);
  old.is_superseded = true;
  file(slot);
  const std::uint64_t number = old.flow.number;
  const FourTuple key = old.flow.key;  // its room may be the one that is made
  const std::uint32_t successor = add(key, old.hash, sender, segment, at);
  const bool is_kept = old.flow.number == number;  // it may have had to make room
  if (is_kept) {
    room(successor).before = slot;
    room(successor).flow.has_predecessor = true;
  }
  return successor;
}

// Whether a segment is a straggler of the incarnation before: by its own numbers, or, while its sender has
// none yet, by what it acknowledges.
bool FlowTable::is_of_the_one_before(const Room& newest, std::uint8_t sender,
                                     const FlowSegment& segment) const {
  const Flow& now = newest.flow;
  const Flow& before = room(newest.before).flow;
  const FlowEnd& own = now.ends[sender];
  const FlowEnd& old = before.ends[sender];
  const std::uint8_t other = 1 - sender;
  if (segment.has(tcp_flag::syn)) {
    const auto answers = [&](const Flow& flow) {
      return flow.ends[other].sent_syn && segment.ack == flow.ends[other].base + 1;
    };
    return segment.has(tcp_flag::ack) && answers(before) && !answers(now);
  }
  if (own.is_known) {
    if (distance(own.base, segment.seq) <= distance(own.base, own.next())) return false;
    return old.is_known && steps_between(old.next(), segment.seq) < steps_between(own.next(), segment.seq);
  }
  if (!segment.has(tcp_flag::ack)) return true;
  return before.ends[other].is_known && now.ends[other].is_known &&
         steps_between(before.ends[other].next(), segment.ack) <
             steps_between(now.ends[other].next(), segment.ack);
}

FlowFacts FlowTable::see(const FlowSegment& segment, TimePoint at) {
  const Direction way{segment.source, segment.destination};
  const std::uint8_t sender = way.sender;
  std::uint32_t slot = latest_;
  if (slot == kNone || !is_of(room(slot).flow.key, way.local(), way.remote())) {
    const std::uint32_t hash = index_.hash(way.local(), way.remote());
    slot = find(way.local(), way.remote(), hash);
    if (slot == kNone) slot = add({way.local(), way.remote()}, hash, sender, segment, at);
  }
  FlowFacts facts;
  if (opens_anew(room(slot).flow, sender, segment)) slot = supersede(slot, sender, segment, at, facts);
  latest_ = slot;
  if (room(slot).flow.has_predecessor && is_of_the_one_before(room(slot), sender, segment))
    slot = room(slot).before;
  Flow& flow = room(slot).flow;
  facts.slot = slot;
  facts.is_first = flow.packets() == 0;
  const bool was_over = flow.is_over();
  flow.follow(sender, segment, at, facts);
  if (facts.is_over != was_over) file(slot);
  return facts;
}

void FlowTable::finish() {
  std::vector<std::uint32_t> left;
  for (std::uint32_t slot = 0; slot < made_; ++slot) {
    if (room(slot).flow.number != 0 && !room(slot).is_told) left.push_back(slot);
  }
  std::ranges::sort(left, {}, [&](std::uint32_t slot) { return room(slot).flow.number; });
  for (const std::uint32_t slot : left) tell(slot);
}

std::optional<FlowTable::Quote> FlowTable::find_quoted(const QuotedSegment& quoted) const {
  const Direction way{quoted.tuple.local, quoted.tuple.remote};
  const std::uint32_t slot = slot_of(quoted.tuple);
  if (slot == kNone) return std::nullopt;
  const Flow& flow = room(slot).flow;
  const FlowEnd& end = flow.ends[way.sender];
  if (!end.is_known) return std::nullopt;
  Quote quote{
      .slot = slot, .number = flow.number, .seq = distance(end.base, quoted.seq), .length = std::nullopt};
  if (end.last_length > 0 && end.last_seq == quoted.seq) quote.length = end.last_length;
  return quote;
}

std::optional<FlowTable::Quote> FlowTable::see_error(const QuotedSegment& quoted, IcmpTypeCode what) {
  const auto quote = find_quoted(quoted);
  if (!quote) return std::nullopt;
  Flow& flow = room(quote->slot).flow;
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

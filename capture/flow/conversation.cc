#include "capture/flow/conversation.h"

#include <algorithm>
#include <utility>

namespace halfopen {
namespace {

// Both directions of a connection have one key: the end with the smaller port is its local one.
struct Direction {
  FourTuple key;
  std::uint8_t sender = 0;  // 0 if the sender is key.local
};

Direction direction_of(SocketAddress from, SocketAddress to) {
  if (from.port != to.port ? from.port < to.port : from.ip <= to.ip) return {{from, to}, 0};
  return {{to, from}, 1};
}

std::uint32_t steps_between(Seq a, Seq b) { return std::min(distance(a, b), distance(b, a)); }

}  // namespace

SegmentFacts facts_of(const Packet& packet) {
  const Segment& segment = *packet.segment();
  return {.source = {packet.ip.source, segment.source_port},
          .destination = {packet.ip.destination, segment.destination_port},
          .seq = segment.seq,
          .ack = segment.ack,
          .flags = segment.flags,
          .window = segment.window,
          .payload = segment.payload.size(),
          .window_scale = segment.options.window_scale()};
}

SegmentFacts facts_of(const PacketView& packet) {
  const TcpView segment = packet.tcp();
  const bool is_syn = (segment.flags() & tcp_flag::syn) != 0;
  return {.source = {packet.source(), segment.source_port()},
          .destination = {packet.destination(), segment.destination_port()},
          .seq = segment.seq(),
          .ack = segment.ack(),
          .flags = segment.flags(),
          .window = segment.window(),
          .payload = segment.payload_size(),
          .window_scale = is_syn ? TcpOptions::find_window_scale(segment.options()) : std::nullopt};
}

Seq Conversations::base_for(const End& end, Seq seq) {
  if (end.was_reopened && steps_between(end.old_base, seq) < steps_between(end.base, seq))
    return end.old_base;
  return end.base;
}

void Conversations::put_first(List& list, std::uint32_t slot) {
  connections_[slot].newer = kNone;
  connections_[slot].older = list.newest;
  (list.newest == kNone ? list.oldest : connections_[list.newest].newer) = slot;
  list.newest = slot;
  ++list.size;
}

void Conversations::take_out(List& list, std::uint32_t slot) {
  const Connection& connection = connections_[slot];
  (connection.newer == kNone ? list.newest : connections_[connection.newer].older) = connection.older;
  (connection.older == kNone ? list.oldest : connections_[connection.older].newer) = connection.newer;
  --list.size;
}

void Conversations::set_closed(Connection& connection, bool is_closed) {
  if (connection.is_closed == is_closed) return;
  const auto slot = static_cast<std::uint32_t>(&connection - connections_.data());
  take_out(list_of(connection), slot);
  connection.is_closed = is_closed;
  put_first(list_of(connection), slot);
}

std::uint32_t Conversations::find(const FourTuple& key, std::uint32_t hash) const {
  return index_.find(hash, [&](std::uint32_t slot) { return connections_[slot].key == key; });
}

std::uint32_t Conversations::find_or_add(const FourTuple& key, std::uint8_t sender) {
  const std::uint32_t hash = index_.hash(key);
  std::uint32_t slot = find(key, hash);
  if (slot != kNone) {
    List& list = list_of(connections_[slot]);
    if (list.newest == slot) return slot;
    take_out(list, slot);
    put_first(list, slot);
    return slot;
  }
  make_room();
  slot = free_.empty() ? static_cast<std::uint32_t>(connections_.size()) : free_.back();
  free_.empty() ? static_cast<void>(connections_.emplace_back()) : free_.pop_back();
  connections_[slot] = {.key = key, .number = ++numbers_, .ends = {}, .initiator = sender, .hash = hash};
  index_.add(hash, slot);
  put_first(open_, slot);
  return slot;
}

void Conversations::make_room() {
  while (closed_.size > limits_.closed) forget_oldest(closed_);
  while (open_.size > 0 && open_.size >= limits_.open) forget_oldest(open_);
}

void Conversations::forget_oldest(List& list) {
  const std::uint32_t slot = list.oldest;
  index_.remove(connections_[slot].hash, slot);
  take_out(list, slot);
  free_.push_back(slot);
}

// A SYN opens its direction; with another number than before it is a new incarnation of the connection.
void Conversations::note_syn(Connection& connection, std::uint8_t sender, const SegmentFacts& segment) {
  End& end = connection.ends[sender];
  const bool is_first_of_two = !segment.has(tcp_flag::ack);
  const bool is_new = !end.is_known || end.base != segment.seq;
  if (is_new && end.is_known) {
    const Seq old_base = end.base;
    end = End{};
    end.old_base = old_base;
    end.was_reopened = true;
    if (is_first_of_two) {
      connection.number = ++numbers_;
      End& peer = connection.ends[1 - sender];
      peer.sent_syn = peer.sent_fin = peer.offered_scale = false;
    }
  }
  if (is_new) {
    end.is_known = true;
    end.base = end.next = segment.seq;
    set_closed(connection, false);
  }
  if (is_first_of_two && is_new && !connection.ends[1 - sender].sent_syn) connection.initiator = sender;
  if (!is_first_of_two && !end.sent_syn) connection.initiator = static_cast<std::uint8_t>(1 - sender);
  end.sent_syn = true;
  end.offered_scale = segment.window_scale.has_value();
  end.shift = std::min<std::uint8_t>(segment.window_scale.value_or(0), 14);  // RFC 7323 section 2.3
}

// Where a connection is joined in the middle, the first number seen of each end is its first byte; a reset
// that answers a SYN has no numbers of its own and stays at 0.
void Conversations::note_bases(Connection& connection, std::uint8_t sender, const SegmentFacts& segment) {
  End& end = connection.ends[sender];
  End& peer = connection.ends[1 - sender];
  if (!end.is_known) {
    end.is_known = true;
    end.base = segment.has(tcp_flag::rst) ? segment.seq : segment.seq - 1;
    end.next = segment.seq;
  }
  if (!peer.is_known && segment.has(tcp_flag::ack)) {
    peer.is_known = true;
    peer.base = segment.ack - 1;
    peer.next = segment.ack;
  }
}

// Notes what the sender has sent, and says whether it begins with something that it had sent before. A byte
// that was acknowledged and comes once more is a keepalive's.
bool Conversations::note_sent(End& end, const SegmentFacts& segment) {
  if (segment.length() == 0) return false;
  const bool is_repeated = segment.seq.before(end.next) && !segment.has(tcp_flag::rst);
  const bool is_keepalive =
      segment.length() == 1 && segment.payload == 1 && end.was_acked && segment.end().at_or_before(end.acked);
  if (segment.end().after(end.next)) end.next = segment.end();
  if (segment.payload > 0) {
    end.last_seq = segment.seq;
    end.last_length = segment.payload;
  }
  return is_repeated && !is_keepalive;
}

void Conversations::note_ack(End& peer, const SegmentFacts& segment) {
  if (!segment.has(tcp_flag::ack)) return;
  if (!peer.was_acked || segment.ack.after(peer.acked)) peer.acked = segment.ack;
  peer.was_acked = true;
}

// A reset closes; so do two FINs that are both acknowledged.
void Conversations::note_closing(Connection& connection, std::uint8_t sender, const SegmentFacts& segment) {
  if (segment.has(tcp_flag::fin)) {
    connection.ends[sender].sent_fin = true;
    connection.ends[sender].fin_end = segment.end();
  }
  const bool both_finished = std::ranges::all_of(connection.ends, [](const End& end) {
    return end.sent_fin && end.was_acked && end.acked.at_or_after(end.fin_end);
  });
  if (segment.has(tcp_flag::rst) || both_finished) set_closed(connection, true);
}

SegmentView Conversations::see(const SegmentFacts& segment) {
  const auto [key, sender] = direction_of(segment.source, segment.destination);
  const std::uint32_t slot = find_or_add(key, sender);
  Connection& connection = connections_[slot];
  if (segment.has(tcp_flag::syn)) note_syn(connection, sender, segment);
  note_bases(connection, sender, segment);
  End& end = connection.ends[sender];
  End& peer = connection.ends[1 - sender];

  SegmentView view;
  view.conversation = connection.number;
  view.slot = slot;
  view.from_initiator = sender == connection.initiator;
  view.is_repeated = note_sent(end, segment);
  note_ack(peer, segment);
  view.seq = distance(base_for(end, segment.seq), segment.seq);
  view.end = view.seq + segment.payload;
  view.peer_base = segment.has(tcp_flag::ack) ? base_for(peer, segment.ack) : peer.base;
  if (segment.has(tcp_flag::ack)) view.ack = distance(view.peer_base, segment.ack);
  const bool is_syn = segment.has(tcp_flag::syn);
  const bool both_scale = end.offered_scale && peer.offered_scale;
  view.window_is_scaled = is_syn || (end.sent_syn && peer.sent_syn);
  view.window = segment.window;
  if (!is_syn && view.window_is_scaled && both_scale) view.window <<= end.shift;
  note_closing(connection, sender, segment);
  return view;
}

std::optional<Conversations::Quote> Conversations::find_quoted(const QuotedSegment& quoted) const {
  const auto [key, sender] = direction_of(quoted.tuple.local, quoted.tuple.remote);
  const std::uint32_t slot = find(key, index_.hash(key));
  if (slot == kNone) return std::nullopt;
  const End& end = connections_[slot].ends[sender];
  if (!end.is_known) return std::nullopt;
  Quote quote{.slot = slot,
              .conversation = connections_[slot].number,
              .seq = distance(base_for(end, quoted.seq), quoted.seq),
              .length = std::nullopt};
  if (end.last_length > 0 && end.last_seq == quoted.seq) quote.length = end.last_length;
  return quote;
}

bool is_retransmission(const Packet& packet, const SegmentView& view) {
  switch (packet.why.cause) {
    case Cause::unknown: return view.is_repeated;
    case Cause::window_probe:
    case Cause::window_probe_data:
    case Cause::keepalive_probe: return false;
    default: return packet.why.retransmission > 0 && packet.segment()->length() > 0;
  }
}

}  // namespace halfopen

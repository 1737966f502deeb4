#include "capture/flow/connection_filter.h"

#include <utility>

#include "sim/wire/icmp.h"

namespace halfopen {
namespace {

// Notes whose connection never sends a packet wait in vain: the oldest go when there are this many.
constexpr std::size_t kMostHeld = 4096;

FourTuple key_of(const SocketAddress& a, const SocketAddress& b) {
  return a <= b ? FourTuple{a, b} : FourTuple{b, a};
}

const FourTuple* connection_of(const Note& note) {
  if (const auto* state = std::get_if<StateNote>(&note)) return &state->connection;
  if (const auto* timer = std::get_if<TimerNote>(&note)) return &timer->connection;
  return nullptr;
}

}  // namespace

ConnectionFilter::ConnectionFilter(const std::string& expression,
                                   std::function<void(const CapturedPacket&)> packet,
                                   std::function<void(const Note&)> note)
    : filter_{expression}, packet_{std::move(packet)}, note_{std::move(note)} {}

void ConnectionFilter::on_packet(const CapturedPacket& packet) {
  if (!chooses(packet)) return;
  ++chosen_packets_;
  packet_(packet);
}

bool ConnectionFilter::chooses(const CapturedPacket& captured) {
  const Packet& packet = *captured.note.packet;
  if (const Segment* segment = packet.segment()) return chooses_segment(captured, *segment);
  if (const IcmpMessage* message = packet.icmp()) {
    const auto quoted = quoted_segment(*message, packet.ip.source.is_v6());
    const auto found = quoted ? table_.find(key_of(quoted->tuple.local, quoted->tuple.remote)) : table_.end();
    if (found != table_.end()) return found->second->is_chosen;
  }
  return filter_.matches(captured.ip, captured.wire_size);
}

bool ConnectionFilter::chooses_segment(const CapturedPacket& captured, const Segment& segment) {
  const Packet& packet = *captured.note.packet;
  const SocketAddress from{packet.ip.source, segment.source_port};
  const SocketAddress to{packet.ip.destination, segment.destination_port};
  const FourTuple key = key_of(from, to);
  const auto found = table_.find(key);
  bool is_new = found == table_.end();
  if (!is_new) list_.splice(list_.begin(), list_, found->second);
  const std::size_t end = from <= to ? 0 : 1;
  if (segment.has(tcp_flag::syn) && !is_new) {
    Connection& known = list_.front();
    // A SYN with another number opens another connection between the same ends.
    is_new = !segment.has(tcp_flag::ack) && known.syn[end] && known.syn[end] != segment.seq;
    if (!is_new) known.syn[end] = segment.seq;
  }
  if (!is_new) return list_.front().is_chosen;
  Connection born{.key = key, .syn = {}, .is_chosen = filter_.matches(captured.ip, captured.wire_size)};
  if (segment.has(tcp_flag::syn)) born.syn[end] = segment.seq;
  ++connections_;
  if (born.is_chosen) ++chosen_connections_;
  release_notes(key, born.is_chosen);
  if (found != table_.end()) {
    list_.front() = born;
    return born.is_chosen;
  }
  if (list_.size() == kMostConnections) {
    table_.erase(list_.back().key);
    list_.pop_back();
  }
  list_.push_front(born);
  table_.emplace(key, list_.begin());
  return born.is_chosen;
}

void ConnectionFilter::on_note(const Note& note) {
  if (std::holds_alternative<CallNote>(note) || std::holds_alternative<ProcessNote>(note)) return;
  const FourTuple* connection = connection_of(note);
  if (connection == nullptr) return note_(note);
  const FourTuple key = key_of(connection->local, connection->remote);
  if (const auto found = table_.find(key); found != table_.end()) {
    if (found->second->is_chosen) note_(note);
    return;
  }
  if (held_.size() == kMostHeld) held_.pop_front();
  held_.push_back({key, note});
}

void ConnectionFilter::release_notes(const FourTuple& key, bool is_chosen) {
  std::erase_if(held_, [&](const Held& held) {
    if (held.key != key) return false;
    if (is_chosen) note_(held.note);
    return true;
  });
}

}  // namespace halfopen

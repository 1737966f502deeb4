#include "capture/flow/connection_summary.h"

#include <algorithm>

namespace halfopen {
namespace {

// A capture may end before a probe's answer; with two of them something is wrong.
constexpr std::uint64_t kSilentProbes = 2;

// A keepalive or window probe: at the last byte that the other end has, to make it answer (RFC 9293
// section 3.8.4).
bool is_probe(const EndRecord& end, const SegmentFacts& segment) {
  return end.has_sent && segment.length() <= 1 && segment.payload == segment.length() &&
         !segment.has(tcp_flag::rst) && segment.seq + 1 == end.next;
}

void note_sent(EndRecord& end, const SegmentFacts& segment, bool is_repeated, TimePoint at) {
  ++end.packets;
  end.last_sent = at;
  if (is_repeated) {
    ++end.retransmissions;
    ++end.tries;
  } else if (is_probe(end, segment)) {
    ++end.tries;
  } else {
    end.bytes += segment.payload;
  }
  end.sent_syn = end.sent_syn || segment.has(tcp_flag::syn);
  end.sent_fin = end.sent_fin || segment.has(tcp_flag::fin);
  const bool is_news =
      segment.length() > 0 && !segment.has(tcp_flag::rst) && (!end.has_sent || segment.end().after(end.next));
  if (!is_news) return;
  end.has_sent = true;
  end.next = segment.end();
  if (!end.is_waiting) {
    end.is_waiting = true;
    end.acked = segment.seq;
    end.waiting_since = at;
  }
}

// What `end` hears of its own data.
void note_heard(EndRecord& end, const SegmentFacts& segment, TimePoint at) {
  end.tries = 0;
  if (!segment.has(tcp_flag::ack) || !end.is_waiting || !segment.ack.after(end.acked)) return;
  end.acked = segment.ack;
  end.waiting_since = at;
  end.is_waiting = end.next.after(segment.ack);
}

}  // namespace

ConnectionRecord::End ConnectionRecord::ending() const {
  const EndRecord& client = ends[0];
  const EndRecord& server = ends[1];
  if (reset_by) {
    const bool is_refusal = client.sent_syn && !server.sent_syn && *reset_by == 1 && client.bytes == 0;
    return {is_refusal ? Ending::refused : Ending::reset, *reset_by};
  }
  if (client.sent_syn && server.packets == 0) return {Ending::syn_only, 0};
  const bool both_acked = !client.is_waiting && !server.is_waiting;
  if (client.sent_fin && server.sent_fin) return {both_acked ? Ending::closed : Ending::closing, *first_fin};
  for (const std::uint8_t by : {std::uint8_t{0}, std::uint8_t{1}}) {
    if (ends[by].is_waiting && ends[by].tries > 0) return {Ending::unanswered, by};
    if (ends[by].tries >= kSilentProbes) return {Ending::silent, by};
  }
  if (first_fin) return {Ending::half_closed, *first_fin};
  return {Ending::open, 0};
}

void ConnectionSummary::tell(ConnectionRecord& record) {
  if (record.number == 0) return;
  ++told_;
  tell_(record);
  record.number = 0;
}

ConnectionRecord& ConnectionSummary::record_for(const SegmentView& view, const SegmentFacts& segment,
                                                TimePoint at) {
  if (view.slot >= records_.size()) records_.resize(view.slot + 1);
  ConnectionRecord& record = records_[view.slot];
  if (record.number == view.conversation) return record;
  tell(record);
  record = {};
  record.number = view.conversation;
  record.began = at;
  record.is_from_middle = !segment.has(tcp_flag::syn);
  record.ends[view.from_initiator ? 0 : 1].address = segment.source;
  record.ends[view.from_initiator ? 1 : 0].address = segment.destination;
  return record;
}

void ConnectionSummary::on_segment(const SegmentFacts& segment, TimePoint at) {
  const SegmentView view = conversations_.see(segment);
  ConnectionRecord& record = record_for(view, segment, at);
  record.last = at;
  const bool is_client = segment.source == record.ends[0].address;
  const auto sender = static_cast<std::uint8_t>(is_client ? 0 : 1);
  note_sent(record.ends[sender], segment, view.is_repeated, at);
  note_heard(record.ends[1 - sender], segment, at);
  if (segment.has(tcp_flag::fin) && !record.first_fin) record.first_fin = sender;
  if (segment.has(tcp_flag::rst) && !record.reset_by) record.reset_by = sender;
}

void ConnectionSummary::on_icmp(const PacketView& packet) {
  const Packet value = packet_of(packet, pool_);
  const auto quoted = quoted_segment(*value.icmp(), value.ip.source.is_v6());
  const auto quote = quoted ? conversations_.find_quoted(*quoted) : std::nullopt;
  if (!quote || quote->slot >= records_.size()) return;
  ConnectionRecord& record = records_[quote->slot];
  if (record.number != quote->conversation) return;
  ++record.icmp_errors;
  record.last_icmp = {value.icmp()->type, value.icmp()->code};
}

void ConnectionSummary::on_packet(const CapturedPacket& packet) {
  if (packet.view->is_tcp()) {
    on_segment(facts_of(*packet.view), packet.note.at);
  } else if (packet.view->is_icmp()) {
    on_icmp(*packet.view);
  }
}

void ConnectionSummary::finish() {
  std::ranges::sort(records_, {}, &ConnectionRecord::number);
  for (ConnectionRecord& record : records_) tell(record);
}

}  // namespace halfopen

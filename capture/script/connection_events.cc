#include "capture/script/connection_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "sim/base/input_error.h"
#include "sim/drill/packet_reading.h"
#include "sim/script/parser.h"

namespace halfopen {
namespace {

using script::TcpSpec;

constexpr Duration kOneGo = std::chrono::milliseconds{1};  // segments of one write() are not further apart

constexpr Duration kExitTakes = std::chrono::milliseconds{20};  // at most, from closing to being told of

// A FIN or a reset of the host's.
bool ends_connection(const script::Event& event) {
  const auto* packet = std::get_if<script::PacketSpec>(&event.action);
  const auto* tcp = packet == nullptr ? nullptr : std::get_if<TcpSpec>(&packet->body);
  return tcp != nullptr && packet->direction == script::Direction::outbound &&
         (tcp->flags.bits & (tcp_flag::fin | tcp_flag::rst)) != 0;
}

std::uint32_t relative(std::uint32_t number, const std::optional<Seq>& isn) {
  return isn ? number - isn->wire() : number;
}

// Into the script's numbers: each end's count from its SYN.
void make_relative(TcpSpec& tcp, const std::optional<Seq>& own, const std::optional<Seq>& other) {
  tcp.ports.reset();
  if (tcp.seq.start) tcp.seq.start = relative(*tcp.seq.start, own);
  if (tcp.ack) tcp.ack = relative(*tcp.ack, other);
  auto* options = std::get_if<std::vector<script::TcpOptionSpec>>(&tcp.options);
  if (options == nullptr) return;
  for (script::TcpOptionSpec& option : *options) {
    auto* sack = std::get_if<script::Sack>(&option);
    if (sack == nullptr) continue;
    for (script::SackBlock& block : sack->blocks)
      block = {.left = relative(block.left, other), .right = relative(block.right, other)};
  }
}

}  // namespace

void ConnectionEvents::learn_numbers(const std::vector<KeptPacket>& packets) {
  for (const KeptPacket& kept : packets) {
    const Segment* segment = kept.packet.segment();
    if (segment == nullptr || !segment->has(tcp_flag::syn)) continue;
    std::optional<Seq>& isn = is_outbound(kept.packet) ? own_isn_ : other_isn_;
    if (!isn) isn = segment->seq;
  }
  const Segment* first = packets.front().packet.segment();
  if (first == nullptr || !first->has(tcp_flag::syn))
    throw InputError{path_, "a connection from its first SYN on", "one that was under way"};
}

void ConnectionEvents::add_packet(const KeptPacket& kept) {
  std::vector<std::uint8_t> bytes(wire_size(kept.packet));
  emit(kept.packet, bytes);
  std::optional<drill::ReadPacket> read = drill::read_packet(bytes);
  if (!read) return;
  script::PacketSpec& spec = read->spec;
  const bool outbound = is_outbound(kept.packet);
  spec.direction = outbound ? script::Direction::outbound : script::Direction::inbound;
  const std::optional<script::Ecn> ecn = spec.ip.ecn;
  spec.ip = {};
  if (ecn && *ecn != script::Ecn::not_ect) spec.ip.ecn = ecn;
  if (auto* tcp = std::get_if<TcpSpec>(&spec.body)) {
    make_relative(*tcp, outbound ? own_isn_ : other_isn_, outbound ? other_isn_ : own_isn_);
  } else if (auto* icmp = std::get_if<script::IcmpSpec>(&spec.body)) {
    // The message quotes what the receiver has sent.
    auto* quoted = icmp->quoted ? std::get_if<script::QuotedTcp>(&*icmp->quoted) : nullptr;
    if (quoted != nullptr && quoted->seq.start)
      quoted->seq.start = relative(*quoted->seq.start, outbound ? other_isn_ : own_isn_);
  }
  events_.push_back({.at = kept.at,
                     .end = {},
                     .order = order_++,
                     .event = {.place = {}, .time = {}, .action = std::move(spec)}});
}

// A call as a script writes it.
void ConnectionEvents::add_call(TimePoint at, std::string_view text) {
  script::Script parsed = script::parse_script("0 " + std::string{text}, "call");
  events_.push_back({.at = at, .end = {}, .order = order_++, .event = std::move(parsed.events.front())});
}

// Where a call belongs among what was seen so far. One of an exit takes the time of the FIN or reset that it
// made.
std::vector<ConnectionEvents::Timed>::iterator ConnectionEvents::place_of(RecordedCall& made) {
  auto place = events_.end();
  if (!made.after) return place;
  const auto is_since = [&](const Timed& timed) { return timed.order >= *made.after; };
  if (!made.is_of_exit) {
    while (place != events_.begin() && std::prev(place)->at >= made.at && is_since(*std::prev(place)))
      --place;
    return place;
  }
  for (auto at = place; at != events_.begin() && is_since(*std::prev(at)); --at) {
    const Timed& before = *std::prev(at);
    if (made.at - before.at > kExitTakes) break;
    if (!ends_connection(before.event)) continue;
    place = std::prev(at);
    made.at = before.at;
  }
  return place;
}

void ConnectionEvents::add_recorded(std::vector<RecordedCall>&& calls) {
  for (RecordedCall& made : calls) {
    const auto place = place_of(made);
    events_.insert(place, {.at = made.at,
                           .end = made.end,
                           .order = order_ - 1,
                           .event = {.place = {}, .time = {}, .action = std::move(made.call)}});
  }
}

bool ConnectionEvents::add_note(const Note& note, HostId id, RecordedCalls& recorded) {
  ++order_;
  if (const auto* call = std::get_if<CallNote>(&note)) {
    if (call->host == id) add_recorded(recorded.see(*call, order_));
  } else if (const auto* process = std::get_if<ProcessNote>(&note)) {
    if (process->host == id) add_recorded(recorded.see(*process));
  } else if (const auto* state = std::get_if<StateNote>(&note)) {
    return state->host != id || state->why != Cause::host_gone;
  }
  return true;
}

std::vector<script::Event> ConnectionEvents::with_calls(const std::vector<KeptPacket>& packets,
                                                        const std::vector<KeptNote>& notes, HostId id) {
  learn_numbers(packets);
  RecordedCalls recorded;
  std::size_t next = 0;
  bool goes_on = true;
  for (std::size_t i = 0; i <= packets.size() && goes_on; ++i) {
    for (; goes_on && next < notes.size() && notes[next].before <= i; ++next)
      goes_on = add_note(notes[next].note, id, recorded);
    if (goes_on && i < packets.size()) add_packet(packets[i]);
  }
  if (!goes_on) remarks_.push_back("it ends where the host crashes");
  for (const std::string& call : recorded.left_out()) remarks_.push_back("left out: " + call);
  return in_order();
}

// What the host's program must have called before packets[index].
void ConnectionEvents::guess_calls(const std::vector<KeptPacket>& packets, std::size_t index) {
  const KeptPacket& kept = packets[index];
  const Segment* segment = kept.packet.segment();
  if (segment == nullptr) return;
  const std::string fd = host_opens_ ? "3" : "4";
  if (index == 0) {
    add_call(kept.at, "socket(..., SOCK_STREAM, IPPROTO_TCP) = 3");
    if (host_opens_) {
      add_call(kept.at, "fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0");
      add_call(kept.at, "connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)");
    } else {
      add_call(kept.at, "bind(3, ..., ...) = 0");
      add_call(kept.at, "listen(3, 128) = 0");
    }
  }
  if (!is_outbound(kept.packet) || !is_connected_) return;
  const auto end_of = [&](const Segment& one) {
    return relative(one.seq.wire(), own_isn_) + static_cast<std::uint32_t>(one.payload.size());
  };
  if (!segment->payload.empty() && static_cast<std::int32_t>(end_of(*segment) - written_) > 0) {
    std::uint32_t end = end_of(*segment);
    for (std::size_t i = index + 1; i < packets.size() && is_outbound(packets[i].packet); ++i) {
      const Segment* more = packets[i].packet.segment();
      if (more == nullptr || more->payload.empty() || packets[i].at - packets[i - 1].at > kOneGo) break;
      if (static_cast<std::int32_t>(end_of(*more) - end) > 0) end = end_of(*more);
    }
    const std::uint32_t size = end - written_;
    add_call(kept.at, fmt::format("write({}, ..., {}) = {}", fd, size, size));
    written_ = end;
  }
  if (segment->has(tcp_flag::fin) && !is_shut_) {
    add_call(kept.at, fmt::format("shutdown({}, SHUT_WR) = 0", fd));
    is_shut_ = true;
  }
}

std::vector<script::Event> ConnectionEvents::without_calls(const std::vector<KeptPacket>& packets) {
  learn_numbers(packets);
  for (std::size_t i = 0; i < packets.size(); ++i) {
    guess_calls(packets, i);
    add_packet(packets[i]);
    const Segment* segment = packets[i].packet.segment();
    // The connection stands with the first segment to the host that acknowledges its SYN.
    const bool connects = !is_connected_ && segment != nullptr && !is_outbound(packets[i].packet) &&
                          segment->has(tcp_flag::ack) && !segment->has(tcp_flag::rst) && own_isn_ &&
                          segment->ack == *own_isn_ + 1;
    if (!connects) continue;
    is_connected_ = true;
    if (!host_opens_) add_call(packets[i].at, "accept(3, ..., ...) = 4");
  }
  return in_order();
}

// With relative times; the first is at 0. Clocks of other people's captures may have been set back.
std::vector<script::Event> ConnectionEvents::in_order() {
  if (events_.empty()) throw InputError{path_, "packets of a connection", "none that a script can tell"};
  std::vector<script::Event> events;
  TimePoint before = events_.front().at;
  for (Timed& timed : events_) {
    script::Event& event = timed.event;
    const TimePoint at = std::max(timed.at, before);
    if (!events.empty()) event.time.kind = script::EventTime::Kind::relative;
    event.time.from = at - before;
    if (timed.end) std::get<script::CallSpec>(event.action).end = std::max(*timed.end, at) - before;
    before = at;
    events.push_back(std::move(event));
  }
  return events;
}

}  // namespace halfopen

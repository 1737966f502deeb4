// What a packet from the network meets: an endpoint, a listener, or nobody.
#include <algorithm>

#include "sim/os/tcp_stack.h"
#include "sim/wire/bytes.h"

namespace halfopen {
namespace {

constexpr std::uint8_t kEchoRequest4 = 8;
constexpr std::uint8_t kEchoReply4 = 0;
constexpr std::uint8_t kEchoRequest6 = 128;
constexpr std::uint8_t kEchoReply6 = 129;

// What a listener does with a segment (RFC 9293 section 3.10.7.2), first match first.
enum class AtListener : std::uint8_t { ignore, reset, open };
AtListener at_listener(const Segment& segment, const CheckProfile& check) {
  if (segment.has(tcp_flag::rst)) return AtListener::ignore;
  const bool syn = segment.has(tcp_flag::syn);
  if (segment.has(tcp_flag::ack)) return syn && check.drops_syn_ack ? AtListener::ignore : AtListener::reset;
  if (!syn) return AtListener::ignore;
  const bool drops_fin = check.syn_fin.value == SynFinCheck::listener_drops;
  if (segment.has(tcp_flag::fin) && drops_fin) return AtListener::ignore;
  return AtListener::open;
}

Arrival arrival_of(const Packet& packet, const Segment& segment) {
  return {.segment = segment,
          .truesize = 0,
          .traffic_class = packet.ip.traffic_class,
          .merged_of = packet.merged_of};
}

FourTuple tuple_of(const Packet& packet, const Segment& segment) {
  return {.local = {packet.ip.destination, segment.destination_port},
          .remote = {packet.ip.source, segment.source_port}};
}

// What a connection that a packet asks a listener for begins with: it answers the way that it was asked.
SocketOptions options_for(Listener& listener, const Packet& packet) {
  SocketOptions options = listener.options();
  options.udp_port = packet.udp.source;
  return options;
}

}  // namespace

void TcpStack::receive(TimePoint now, const Packet& packet) {
  if (!facts_.owns(packet.ip.destination)) return;
  if (const Segment* segment = packet.segment()) return receive_segment(now, packet, *segment);
  if (const IcmpMessage* message = packet.icmp()) return receive_icmp(now, packet, *message);
  receive_other(now, packet, std::get<OtherBody>(packet.body));
}

void TcpStack::receive_segment(TimePoint now, const Packet& packet, const Segment& segment) {
  const bool syn_fin = segment.has(tcp_flag::syn) && segment.has(tcp_flag::fin);
  if (syn_fin && facts_.profile.check.syn_fin.value == SynFinCheck::dropped) return;
  Connection* connection = table_.find(tuple_of(packet, segment));
  if (connection == nullptr) return answer_stranger(now, packet, segment, std::nullopt);
  if (tunnel_of(*connection).destination != packet.udp.source &&
      !comes_otherwise(*connection, packet, segment))
    return;
  if (connection->embryonic && finds_queue_full(*connection, segment)) {
    if (!facts_.profile.socket.rst_on_overflow) return;  // the embryo's SYN-ACK will be sent again
    reset_stranger(packet, &connection->listener->options(), Cause::rst_backlog);
    forget(now, *connection, Cause::rst_backlog);
    return touch(*connection);
  }
  auto verdict = Endpoint::Verdict::done;
  input(now, *connection,
        [&](Endpoint& endpoint) { verdict = endpoint.on_segment(now, arrival_of(packet, segment)); });
  if (verdict != Endpoint::Verdict::reopen) return;
  std::optional<Seq> iss;
  if (facts_.profile.ip.reuse_isn_step != 0) iss = connection->endpoint().reuse_iss();
  retire(*connection);  // its four-tuple is the new one's
  answer_stranger(now, packet, segment, iss);
}

void TcpStack::receive_icmp(TimePoint now, const Packet& packet, const IcmpMessage& message) {
  const bool v6 = packet.ip.source.is_v6();
  if (message.type == (v6 ? kEchoRequest6 : kEchoRequest4)) {
    Packet answer;
    answer.body = IcmpMessage{v6 ? kEchoReply6 : kEchoReply4, 0, message.rest, message.body};
    answer.ip.source = packet.ip.destination;
    answer.ip.destination = packet.ip.source;
    answer.ip.traffic_class = packet.ip.traffic_class;
    answer.why.cause = Cause::icmp_reply;
    return reply(std::move(answer));
  }
  const auto kind = kind_of({message.type, message.code}, v6);
  if (!kind.has_value()) return;
  if (!datagram_sockets_.empty()) {
    if (const auto ends = quoted_datagram(message, v6)) fail_datagram(*kind, *ends);
  }
  auto quoted = quoted_segment(message, v6);
  if (!quoted.has_value() && facts_.profile.tunnel.port != 0) quoted = quoted_segment_in_udp(message, v6);
  if (!quoted.has_value()) return;
  Connection* connection = table_.find(quoted->tuple);
  if (connection == nullptr || tunnel_of(*connection) != quoted->udp) return;
  const std::uint32_t mtu = v6 ? message.rest : message.rest & 0xffffu;  // RFC 1191: the word's low half
  const std::uint32_t headers = tunnel_overhead(connection->endpoint().options());
  input(now, *connection,
        [&](Endpoint& endpoint) { endpoint.on_icmp(now, *kind, quoted->seq, mtu - std::min(mtu, headers)); });
}

void TcpStack::receive_other(TimePoint now, const Packet& packet, const OtherBody& body) {
  if (receive_tunneled(now, packet, body)) return;
  const bool is_udp = body.protocol == wire::kProtocolUdp;
  if (is_udp && receive_datagram(packet)) return;
  const auto kind = is_udp ? IcmpKind::port_unreachable : IcmpKind::protocol_unreachable;
  auto error = make_icmp_error(kind, packet, packet.ip.destination, 0, facts_.rules.icmp_quote);
  if (!error.has_value()) return;
  error->why.cause = Cause::icmp_error;
  reply(std::move(*error));
}

// A segment of no connection. `iss` is set when it takes over a connection in TIME_WAIT.
void TcpStack::answer_stranger(TimePoint now, const Packet& packet, const Segment& segment,
                               std::optional<Seq> iss) {
  const FourTuple tuple = tuple_of(packet, segment);
  Listener* listener = listener_at(tuple.local);
  if (listener == nullptr) return reset_stranger(packet, options_at(tuple.local), Cause::rst_no_connection);
  switch (at_listener(segment, facts_.profile.check)) {
    case AtListener::ignore: return;
    case AtListener::reset:
      if (take_cookie(now, packet, segment, *listener)) return;
      return reset_stranger(packet, &listener->options(), Cause::rst_no_connection);
    case AtListener::open: break;
  }
  switch (listener->place_for_syn(iss.has_value())) {
    case Listener::Place::none: return;
    case Listener::Place::cookie: return answer_by_cookie(now, packet, segment, *listener);
    case Listener::Place::embryo: break;
  }
  Connection& embryo = make(now, tuple, options_for(*listener, packet), iss);
  listener->add(embryo);
  const FastOpenReply reply = fast_open_reply(now, *listener, tuple, segment);
  if (reply.takes_data) {
    embryo.early_of = listener;
    listener->fast_open().enter();
  }
  input(now, embryo,
        [&](Endpoint& endpoint) { endpoint.open_passively(now, arrival_of(packet, segment), reply); });
}

// The SYN-ACK is made by an endpoint that does not outlive it.
void TcpStack::answer_by_cookie(TimePoint now, const Packet& packet, const Segment& syn, Listener& listener) {
  const FourTuple tuple = tuple_of(packet, syn);
  const SynCookieJar::Answer answer = cookies_.answer(now, tuple, syn);
  const SocketOptions options = options_for(listener, packet);
  EndpointBirth birth = birth_of(tuple, answer.iss, options);
  birth.ts_offset -= answer.clock_back;
  Endpoint answering{env_, birth, options};
  answering.open_passively(now, arrival_of(packet, answer.syn));
  Packet out;
  if (!answering.poll_segment(now, out)) return;
  out.udp = {.source = packet.udp.destination, .destination = packet.udp.source};
  out.why = Why{.cause = Cause::syn_cookie, .before = State::listen, .after = State::listen};
  enqueue(std::move(out));
  listener.note_cookie(now);
}

// True if `ack` brought a cookie back: its connection begins, or finds no place.
bool TcpStack::take_cookie(TimePoint now, const Packet& packet, const Segment& ack, Listener& listener) {
  const bool may_be = !ack.has(tcp_flag::syn) && listener.has_cookies_out(now);
  if (!may_be || facts_.profile.socket.syn_cookies.value == SynCookies::never) return false;
  const FourTuple tuple = tuple_of(packet, ack);
  const auto syn = cookies_.recall(now, tuple, identity_.timestamp_offset(tuple), ack);
  if (!syn.has_value()) return false;
  if (listener.refuses_last_ack()) return true;
  if (listener.place_for_syn(false) == Listener::Place::none) return false;
  Connection& connection = make(now, tuple, options_for(listener, packet), ack.ack - 1);
  listener.add(connection);
  input(now, connection, [&](Endpoint& endpoint) {
    endpoint.open_by_cookie(now, arrival_of(packet, *syn));
    endpoint.on_segment(now, arrival_of(packet, ack));
  });
  return true;
}

// `socket`: of the socket that it came to; null if it came to none.
void TcpStack::reset_stranger(const Packet& packet, const SocketOptions* socket, Cause why) {
  const Segment& offender = *packet.segment();
  const auto reset = reset_for(offender, packet.ip.traffic_class, facts_.rules.reset, socket);
  if (!reset.has_value()) return;
  Packet answer;
  answer.udp = {.source = packet.udp.destination, .destination = packet.udp.source};
  write_reset(answer, tuple_of(packet, offender), *reset, facts_.profile.ip, env_.next_ip_id);
  answer.why.cause = why;
  enqueue(std::move(answer));
}

// Sends an ICMP message of ours.
void TcpStack::reply(Packet packet) {
  packet.ip.id = env_.next_ip_id++;
  packet.ip.hop_limit = facts_.profile.ip.ttl;
  packet.ip.dont_fragment = false;
  enqueue(std::move(packet));
}

void TcpStack::enqueue(Packet packet) {
  output_.push_back(nullptr);
  replies_.push_back(std::move(packet));
}

Listener* TcpStack::listener_at(const SocketAddress& local) const {
  const auto found =
      std::ranges::find_if(listeners_, [&](const Listener* l) { return l->listens_at(local); });
  return found == listeners_.end() ? nullptr : *found;
}

// The options of a socket that is bound to that address and neither listens nor is connected; null if there
// is none.
const SocketOptions* TcpStack::options_at(const SocketAddress& local) const {
  const auto found =
      std::ranges::find_if(bound_, [&](const Socket* s) { return overlap(s->setup->local, local); });
  return found == bound_.end() ? nullptr : &(*found)->setup->options;
}

// The accept queue filled between SYN-ACK and ACK: the ACK that would complete the handshake finds no place.
bool TcpStack::finds_queue_full(const Connection& embryo, const Segment& segment) const {
  if (segment.has(tcp_flag::syn) || segment.has(tcp_flag::rst) || !segment.has(tcp_flag::ack)) return false;
  return embryo.listener->refuses_last_ack() && segment.ack == embryo.endpoint().info().iss + 1;
}

}  // namespace halfopen

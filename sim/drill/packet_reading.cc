#include "sim/drill/packet_reading.h"

#include "sim/drill/packet_headers.h"
#include "sim/script/icmp_names.h"
#include "sim/wire/bytes.h"
#include "sim/wire/packet_view.h"

namespace halfopen::drill {
namespace {

using Wire = std::span<const std::uint8_t>;

script::Bytes copy(Wire bytes) { return {bytes.begin(), bytes.end()}; }

std::uint32_t get24(const std::uint8_t* at) { return std::uint32_t{wire::get16(at)} << 8 | at[2]; }

script::AccEcnOption acc_ecn(bool ect1_first, bool is_experimental, Wire counters) {
  script::AccEcnOption option{.ect1_first = ect1_first, .is_experimental = is_experimental, .counters = {}};
  for (std::size_t i = 0; i + 3 <= counters.size(); i += 3) option.counters.push_back(get24(&counters[i]));
  return option;
}

script::TcpOptionSpec experimental(Wire data) {
  if (data.size() < 2) return script::GenericOption{.kind = 254, .data = copy(data)};
  const std::uint16_t id = wire::get16(data.data());
  const Wire rest = data.subspan(2);
  if (id == 0xf989) return script::FastOpenOption{.is_experimental = true, .cookie = copy(rest)};
  const bool is_acc_ecn = (id == 0xacc0 || id == 0xacc1) && rest.size() % 3 == 0 && rest.size() <= 9;
  if (is_acc_ecn) return acc_ecn(id == 0xacc1, true, rest);
  return script::ExperimentalOption{.id = id, .data = copy(rest)};
}

script::Sack sack(Wire data) {
  script::Sack option;
  for (std::size_t i = 0; i + 8 <= data.size(); i += 8)
    option.blocks.push_back({.left = wire::get32(&data[i]), .right = wire::get32(&data[i + 4])});
  return option;
}

// One option with its data, whose length is right for all that are decoded.
script::TcpOptionSpec option_of(std::uint8_t kind, Wire data) {
  switch (kind) {
    case 2:
      if (data.size() == 2) return script::Mss{.bytes = wire::get16(data.data())};
      break;
    case 3:
      if (data.size() == 1) return script::WindowScale{.shift = data[0]};
      break;
    case 4:
      if (data.empty()) return script::SackOk{};
      break;
    case 5:
      if (!data.empty() && data.size() % 8 == 0) return sack(data);
      break;
    case 8:
      if (data.size() == 8)
        return script::TimestampOption{
            .val = wire::get32(data.data()), .ecr = wire::get32(data.data() + 4), .is_ecr_absolute = false};
      break;
    case 19:
      if (data.size() == 16) return script::Md5{.digest = copy(data)};
      break;
    case 34: return script::FastOpenOption{.is_experimental = false, .cookie = copy(data)};
    case 172:
    case 174:
      if (data.size() % 3 == 0 && data.size() <= 9) return acc_ecn(kind == 174, false, data);
      break;
    case 254: return experimental(data);
    default: break;
  }
  return script::GenericOption{.kind = kind, .data = copy(data)};
}

script::TcpSpec tcp_of(const TcpView& view) {
  script::TcpSpec tcp;
  tcp.ports = script::Ports{.source = view.source_port(), .destination = view.destination_port()};
  tcp.flags.bits = view.flags();
  tcp.flags.ae = (view.reserved_bits() & 1) != 0;
  tcp.seq = {.start = view.seq().wire(),
             .length = static_cast<std::uint16_t>(view.payload_size()),
             .is_absolute = false};
  if ((view.flags() & tcp_flag::ack) != 0) tcp.ack = view.ack().wire();
  tcp.window = view.window();
  if ((view.flags() & tcp_flag::urg) != 0) tcp.urgent = view.urgent();
  tcp.options = read_tcp_options(view.options());
  return tcp;
}

std::optional<script::IcmpSpec> icmp_of(Wire body, bool is_v6) {
  if (body.size() < 8) return std::nullopt;
  script::IcmpWords words = script::icmp_words({.type = body[0], .code = body[1]}, is_v6);
  script::IcmpSpec icmp;
  icmp.type = std::move(words.type);
  icmp.code = std::move(words.code);
  return icmp;
}

}  // namespace

script::TcpOptionsSpec read_tcp_options(Wire wire) {
  std::vector<script::TcpOptionSpec> options;
  for (std::size_t at = 0; at < wire.size();) {
    const std::uint8_t kind = wire[at];
    if (kind <= 1) {
      if (kind == 0) {
        options.emplace_back(script::Eol{});
      } else {
        options.emplace_back(script::Nop{});
      }
      ++at;
      continue;
    }
    const std::size_t length = at + 1 < wire.size() ? wire[at + 1] : 0;
    if (length < 2 || at + length > wire.size()) return copy(wire);
    options.push_back(option_of(kind, wire.subspan(at + 2, length - 2)));
    at += length;
  }
  return options;
}

std::optional<ReadPacket> read_packet(Wire bytes, bool tcp_in_udp) {
  Opened opened = open_tunnels(bytes);
  ParseIssue issue;
  const std::optional<PacketView> view = PacketView::find(opened.packet, issue, {.check_tcp_options = false});
  if (!view || view->is_fragment()) return std::nullopt;
  ReadPacket packet{.spec = {}, .source = view->source(), .destination = view->destination()};
  packet.spec.direction = script::Direction::outbound;
  packet.spec.outer = std::move(opened.outer);
  packet.spec.ip = ip_info_of(view->ip_header());
  if (view->is_tcp()) {
    packet.spec.body = tcp_of(view->tcp());
  } else if (view->is_icmp()) {
    std::optional<script::IcmpSpec> icmp = icmp_of(view->body(), view->source().is_v6());
    if (!icmp) return std::nullopt;
    packet.spec.body = *std::move(icmp);
  } else {
    const Wire body = view->body();
    if (view->protocol() != wire::kProtocolUdp || body.size() < wire::kUdpHeader) return std::nullopt;
    const script::Ports ports{.source = wire::get16(body.data()),
                              .destination = wire::get16(body.data() + 2)};
    const Wire carried = body.subspan(wire::kUdpHeader);
    if (!tcp_in_udp) {
      packet.spec.body = script::UdpSpec{
          .ports = ports, .length = static_cast<std::uint16_t>(carried.size()), .coverage = {}};
      return packet;
    }
    if (carried.size() < wire::kTcpHeader) return std::nullopt;
    const TcpView segment{carried, carried.size()};
    if (segment.header_size() < wire::kTcpHeader || segment.header_size() > carried.size())
      return std::nullopt;
    script::TcpSpec tcp = tcp_of(segment);
    tcp.udp = ports;
    packet.spec.body = std::move(tcp);
  }
  return packet;
}

}  // namespace halfopen::drill

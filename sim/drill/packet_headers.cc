#include "sim/drill/packet_headers.h"

#include <optional>
#include <utility>

#include "sim/drill/script_host.h"
#include "sim/wire/bytes.h"
#include "sim/wire/packet_view.h"

namespace halfopen::drill {
namespace {

namespace gre_flag = script::gre_flag;
using script::GreFields;
using script::GreHeaderSpec;
using script::IpHeaderSpec;
using script::MplsEntry;
using script::MplsHeaderSpec;
using Wire = std::span<const std::uint8_t>;

// What a header holds has a number in each kind of header around it; 0: it cannot be there.
struct Inside {
  std::uint8_t ip_protocol = 0;
  std::uint16_t ether_type = 0;
};
constexpr Inside kIpV4{.ip_protocol = 4, .ether_type = 0x0800};
constexpr Inside kIpV6{.ip_protocol = 41, .ether_type = 0x86dd};
constexpr Inside kGre{.ip_protocol = 47, .ether_type = 0};
constexpr Inside kMpls{.ip_protocol = 137, .ether_type = 0x8847};

constexpr std::uint8_t kDefaultTtl = 255;     // packetdrill's
constexpr std::uint16_t kGreOthers = 0x4fff;  // routing (deprecated) and the version, which is 0

Inside what_is(const script::OuterHeader& header) {
  if (const auto* ip = std::get_if<IpHeaderSpec>(&header)) return ip->source.is_v6() ? kIpV6 : kIpV4;
  return std::holds_alternative<GreHeaderSpec>(header) ? kGre : kMpls;
}

// --- On
struct Wrap {
  Inside inside;
  std::vector<std::uint8_t> packet;  // what is inside

  std::vector<std::uint8_t> operator()(const IpHeaderSpec& spec) {
    if (inside.ip_protocol == 0) throw NotSupported{"no IP header holds this"};
    Packet outer;
    outer.ip = header_of(spec.info, spec.source, spec.destination);
    outer.body = OtherBody{.protocol = inside.ip_protocol, .bytes = std::move(packet)};
    if (wire_size(outer) > 0xffff) throw NotSupported{"a packet of more than 65535 bytes"};
    return bytes_of(outer);
  }

  std::vector<std::uint8_t> operator()(const GreHeaderSpec& spec) {
    if (inside.ether_type == 0) throw NotSupported{"GRE holds IP and MPLS"};
    const GreFields fields = spec.fields.value_or(GreFields{});
    if ((fields.flags & kGreOthers) != 0) throw NotSupported{"GRE with other flags than 0xb000"};
    std::vector<std::uint8_t> bytes(4);
    wire::put16(bytes.data(), fields.flags);
    wire::put16(&bytes[2], inside.ether_type);
    const auto add = [&bytes](std::uint32_t word) {
      bytes.resize(bytes.size() + 4);
      wire::put32(&bytes[bytes.size() - 4], word);
    };
    if ((fields.flags & gre_flag::checksum) != 0) add(std::uint32_t{fields.sum} << 16 | fields.off);
    if ((fields.flags & gre_flag::key) != 0) add(fields.key);
    if ((fields.flags & gre_flag::sequence) != 0) add(fields.seq);
    return before_packet(std::move(bytes));
  }

  std::vector<std::uint8_t> operator()(const MplsHeaderSpec& spec) {
    if (inside.ip_protocol != kIpV4.ip_protocol && inside.ip_protocol != kIpV6.ip_protocol)
      throw NotSupported{"MPLS holds IP"};
    std::vector<std::uint8_t> bytes(4 * spec.stack.size());
    std::uint8_t* at = bytes.data();
    for (const MplsEntry& entry : spec.stack) {
      wire::put32(at, entry.label << 12 | std::uint32_t{entry.traffic_class} << 9 |
                          std::uint32_t{entry.is_bottom} << 8 | entry.ttl);
      at += 4;
    }
    return before_packet(std::move(bytes));
  }

 private:
  std::vector<std::uint8_t> before_packet(std::vector<std::uint8_t> header) const {
    header.insert(header.end(), packet.begin(), packet.end());
    return header;
  }
};

// --- Off
struct Peeled {
  script::OuterHeader header;
  Inside inside;
  Wire rest;
};

std::optional<Inside> inside_ip(std::uint8_t protocol) {
  for (const Inside& one : {kIpV4, kIpV6, kGre, kMpls})
    if (one.ip_protocol == protocol) return one;
  return std::nullopt;
}

std::optional<Peeled> peel_ip(Wire bytes) {
  ParseIssue issue;
  const std::optional<PacketView> view = PacketView::find(bytes, issue);
  if (!view || view->is_fragment()) return std::nullopt;
  const std::optional<Inside> inside = inside_ip(view->protocol());
  if (!inside) return std::nullopt;
  return Peeled{IpHeaderSpec{.info = ip_info_of(view->ip_header()),
                             .source = view->source(),
                             .destination = view->destination()},
                *inside, view->body()};
}

std::optional<Peeled> peel_gre(Wire bytes) {
  if (bytes.size() < 4) return std::nullopt;
  GreFields fields{.flags = wire::get16(bytes.data())};
  const std::uint16_t type = wire::get16(&bytes[2]);
  if ((fields.flags & kGreOthers) != 0) return std::nullopt;
  std::size_t at = 4;
  const auto has = [&](std::uint16_t flag) { return (fields.flags & flag) != 0; };
  const auto words = static_cast<std::size_t>(has(gre_flag::checksum)) +
                     static_cast<std::size_t>(has(gre_flag::key)) +
                     static_cast<std::size_t>(has(gre_flag::sequence));
  if (bytes.size() < at + 4 * words) return std::nullopt;
  const auto take = [&] { return wire::get32(&bytes[std::exchange(at, at + 4)]); };
  if (has(gre_flag::checksum)) {
    const std::uint32_t word = take();
    fields.sum = static_cast<std::uint16_t>(word >> 16);
    fields.off = static_cast<std::uint16_t>(word);
  }
  if (has(gre_flag::key)) fields.key = take();
  if (has(gre_flag::sequence)) fields.seq = take();
  for (const Inside& one : {kIpV4, kIpV6, kMpls}) {
    if (one.ether_type != type) continue;
    GreHeaderSpec header;
    if (fields.flags != 0) header.fields = fields;
    return Peeled{header, one, bytes.subspan(at)};
  }
  return std::nullopt;
}

std::optional<Peeled> peel_mpls(Wire bytes) {
  MplsHeaderSpec header;
  std::size_t at = 0;
  do {
    if (bytes.size() < at + 4) return std::nullopt;
    const std::uint32_t word = wire::get32(&bytes[at]);
    header.stack.push_back({.label = word >> 12,
                            .traffic_class = static_cast<std::uint8_t>(word >> 9 & 7),
                            .is_bottom = (word >> 8 & 1) != 0,
                            .ttl = static_cast<std::uint8_t>(word)});
    at += 4;
  } while (!header.stack.back().is_bottom);
  const Wire rest = bytes.subspan(at);
  const int version = rest.empty() ? 0 : rest[0] >> 4;
  if (version != 4 && version != 6) return std::nullopt;
  return Peeled{std::move(header), version == 6 ? kIpV6 : kIpV4, rest};
}

std::optional<Peeled> peel(Inside kind, Wire bytes) {
  switch (kind.ip_protocol) {
    case kIpV4.ip_protocol:
    case kIpV6.ip_protocol: return peel_ip(bytes);
    case kGre.ip_protocol: return peel_gre(bytes);
    default: return peel_mpls(bytes);
  }
}

bool is_ip(Inside kind) {
  return kind.ip_protocol == kIpV4.ip_protocol || kind.ip_protocol == kIpV6.ip_protocol;
}

}  // namespace

std::vector<std::uint8_t> bytes_of(const Packet& packet) {
  std::vector<std::uint8_t> bytes(wire_size(packet));
  emit(packet, bytes);
  return bytes;
}

IpHeader header_of(const script::IpInfo& info, const IpAddress& source, const IpAddress& destination) {
  return {.source = source,
          .destination = destination,
          .hop_limit = info.ttl.value_or(kDefaultTtl),
          .traffic_class = info.tos(),
          .dont_fragment = false,
          .id = 0,
          .flow_label = info.flow_label.value_or(0)};
}

script::IpInfo ip_info_of(const IpHeader& ip) {
  script::IpInfo info;
  info.dscp = static_cast<std::uint8_t>(ip.traffic_class >> 2);
  info.ecn = static_cast<script::Ecn>(ip.traffic_class & 3);
  info.ttl = ip.hop_limit;
  if (ip.source.is_v6()) info.flow_label = ip.flow_label;
  return info;
}

std::vector<std::uint8_t> encapsulate(std::vector<std::uint8_t> packet,
                                      std::span<const script::OuterHeader> outer) {
  if (outer.empty()) return packet;
  if (!is_ip(what_is(outer.front()))) throw NotSupported{"a packet whose outermost header is not IP"};
  Inside inside = !packet.empty() && packet[0] >> 4 == 6 ? kIpV6 : kIpV4;
  for (std::size_t i = outer.size(); i-- > 0;) {
    const script::OuterHeader& header = outer[i];
    Wrap wrap{.inside = inside, .packet = std::move(packet)};
    packet = std::visit(wrap, header);
    inside = what_is(header);
  }
  return packet;
}

Opened open_tunnels(Wire bytes) {
  Opened opened{.outer = {}, .packet = bytes};
  std::vector<script::OuterHeader> headers;
  Inside kind = !bytes.empty() && bytes[0] >> 4 == 6 ? kIpV6 : kIpV4;
  Wire rest = bytes;
  while (std::optional<Peeled> peeled = peel(kind, rest)) {
    headers.push_back(std::move(peeled->header));
    kind = peeled->inside;
    rest = peeled->rest;
    if (!is_ip(kind)) continue;
    opened.outer = headers;  // as far as there is an IP packet inside
    opened.packet = rest;
  }
  return opened;
}

}  // namespace halfopen::drill

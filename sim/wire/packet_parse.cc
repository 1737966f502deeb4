#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "sim/wire/bytes.h"
#include "sim/wire/packet.h"
#include "sim/wire/upper_layer.h"

namespace halfopen {
namespace {

using namespace wire;

// One parse: what is read, and the one place that says what is wrong with it.
struct Reading {
  std::span<const std::uint8_t> wire;
  BlockPool& pool;
  ParseIssue& issue;
  ParseOptions options;
  UpperLayer upper;
  IpHeader ip;

  template <class... Args>
  bool fail(std::size_t offset, fmt::format_string<Args...> text, Args&&... args) {
    issue = {offset, fmt::format(text, std::forward<Args>(args)...)};
    return false;
  }
  // What the IP header carries, as far as it was captured, and how long it claims to be.
  [[nodiscard]] std::span<const std::uint8_t> body() const {
    return wire.subspan(upper.offset, std::min(wire.size(), upper.packet_size) - upper.offset);
  }
  [[nodiscard]] std::size_t claimed() const { return upper.packet_size - upper.offset; }
  [[nodiscard]] bool can_verify() const {
    return options.verify_checksums && !options.truncated && !upper.is_incomplete && !upper.is_rerouted;
  }
  [[nodiscard]] std::string_view too_short() const {
    return options.truncated && body().size() < claimed() ? "cut by the capture's snap length" : "too short";
  }
};

bool read_ip_header(Reading& r) {
  const std::uint8_t* at = r.wire.data();
  r.ip.source = r.upper.source;
  r.ip.destination = r.upper.destination;
  if (r.upper.is_v6) {
    const std::uint32_t first = get32(at);
    r.ip.traffic_class = static_cast<std::uint8_t>(first >> 20);
    r.ip.flow_label = first & 0xf'ffffu;
    r.ip.hop_limit = at[7];
  } else {
    r.ip.traffic_class = at[1];
    r.ip.id = get16(at + 4);
    r.ip.dont_fragment = (at[6] & 0x40) != 0;
    r.ip.hop_limit = at[8];
    const std::size_t header = std::size_t{at[0] & 0xfu} * 4;
    if (r.options.verify_checksums && internet_sum({at, header}) != 0xffff) {
      return r.fail(10, "IPv4 header checksum {:#06x} is wrong", get16(at + 10));
    }
  }
  if (r.upper.packet_size > r.wire.size() && !r.options.truncated) {
    return r.fail(r.upper.is_v6 ? 4 : 2, "IP length {}, but only {} bytes are there", r.upper.packet_size,
                  r.wire.size());
  }
  if (r.upper.packet_size < r.upper.offset || r.wire.size() < r.upper.offset) {
    return r.fail(0, "IP length {}, expected at least {}", r.upper.packet_size, r.upper.offset);
  }
  return true;
}

// TCP options; where the snap length cut them, those that are whole would be a guess, so none are kept.
bool read_options(Reading& r, std::span<const std::uint8_t> body, std::size_t header, Segment& segment) {
  if (body.size() < header) return true;
  std::size_t fault = 0;
  const auto wire = body.subspan(kTcpHeader, header - kTcpHeader);
  const auto options = TcpOptions::parse(wire, &fault);
  if (options) {
    segment.options = *options;
    return true;
  }
  const std::size_t offset = r.upper.offset + kTcpHeader + fault;
  if (fault + 1 >= wire.size()) return r.fail(offset, "TCP option {} has no length", wire[fault]);
  return r.fail(offset, "TCP option {} has length {}, {} bytes of options are left", wire[fault],
                wire[fault + 1], wire.size() - fault);
}

// The captured part of the payload, and zeros for the rest.
Payload read_payload(BlockPool& pool, std::span<const std::uint8_t> captured, std::size_t length) {
  if (captured.size() >= length) return Payload{pool, captured.first(length)};
  const auto whole = static_cast<std::uint32_t>(std::min<std::size_t>(length, BlockPool::kMaxBlock));
  BlockRef block = pool.allocate(whole);
  std::memset(block->data(), 0, whole);
  if (!captured.empty()) std::memcpy(block->data(), captured.data(), captured.size());
  block->used = whole;
  return Payload{Payload::Slice{std::move(block), 0, whole}};
}

bool read_tcp(Reading& r, Packet& packet) {
  const auto body = r.body();
  const std::size_t start = r.upper.offset;
  if (body.size() < kTcpHeader) {
    return r.fail(start, "{} bytes of TCP header, expected at least 20: {}", body.size(), r.too_short());
  }
  const std::uint8_t* at = body.data();
  const std::size_t data_offset = at[12] >> 4;
  const std::size_t header = data_offset * 4;
  if (data_offset < 5) return r.fail(start + 12, "TCP data offset {}, expected 5 to 15", data_offset);
  if (header > r.claimed()) {
    return r.fail(start + 12, "TCP data offset {} ({} bytes), but the segment has {}", data_offset, header,
                  r.claimed());
  }
  Segment segment;
  segment.source_port = get16(at);
  segment.destination_port = get16(at + 2);
  segment.seq = Seq{get32(at + 4)};
  segment.ack = Seq{get32(at + 8)};
  segment.flags = at[13];
  segment.window = get16(at + 14);
  segment.urgent = get16(at + 18);
  if (!read_options(r, body, header, segment)) return false;
  if (r.can_verify() && internet_sum(body, pseudo_header_sum(r.ip, kProtocolTcp, body.size())) != 0xffff) {
    return r.fail(start + 16, "TCP checksum {:#06x} is wrong", get16(at + 16));
  }
  const auto captured = body.size() > header ? body.subspan(header) : std::span<const std::uint8_t>{};
  segment.payload = read_payload(r.pool, captured, r.claimed() - header);
  packet.body = std::move(segment);
  return true;
}

bool read_icmp(Reading& r, Packet& packet) {
  const auto body = r.body();
  if (body.size() < kIcmpHeader) {
    return r.fail(r.upper.offset, "{} bytes of ICMP header, expected 8: {}", body.size(), r.too_short());
  }
  const std::uint16_t pseudo =
      r.upper.is_v6 ? pseudo_header_sum(r.ip, kProtocolIcmpV6, body.size()) : std::uint16_t{0};
  if (r.can_verify() && internet_sum(body, pseudo) != 0xffff) {
    return r.fail(r.upper.offset + 2, "ICMP checksum {:#06x} is wrong", get16(&body[2]));
  }
  packet.body = IcmpMessage{.type = body[0],
                            .code = body[1],
                            .rest = get32(&body[4]),
                            .body = {body.begin() + kIcmpHeader, body.end()}};
  return true;
}

}  // namespace

std::optional<Packet> parse(std::span<const std::uint8_t> wire, BlockPool& pool, ParseIssue& issue,
                            ParseOptions options) {
  const auto upper = find_upper_layer(wire, issue);
  if (!upper) return std::nullopt;
  Reading r{.wire = wire, .pool = pool, .issue = issue, .options = options, .upper = *upper, .ip = {}};
  if (!read_ip_header(r)) return std::nullopt;
  Packet packet;
  packet.ip = r.ip;
  const bool is_whole = !upper->is_later_fragment;
  if (is_whole && upper->protocol == kProtocolTcp) {
    if (!read_tcp(r, packet)) return std::nullopt;
  } else if (is_whole && upper->protocol == (upper->is_v6 ? kProtocolIcmpV6 : kProtocolIcmp)) {
    if (!read_icmp(r, packet)) return std::nullopt;
  } else {
    const auto body = r.body();
    packet.body = OtherBody{.protocol = upper->protocol, .bytes = {body.begin(), body.end()}};
  }
  return packet;
}

}  // namespace halfopen

#include "sim/wire/packet_view.h"

#include <fmt/format.h>

#include <algorithm>

namespace halfopen {
namespace {

using namespace wire;

// One look at a packet: what is read, and the one place that says what is wrong with it.
struct Reading {
  std::span<const std::uint8_t> wire;
  ParseIssue& issue;
  ParseOptions options;
  const UpperLayer& upper;

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
  // Over the body and the pseudo-header of `protocol`.
  [[nodiscard]] std::uint16_t sum(std::uint8_t protocol) const {
    return internet_sum(body(), pseudo_header_sum(upper.source, upper.destination, protocol, body().size()));
  }
};

bool check_ip_header(Reading& r) {
  if (!r.upper.is_v6 && r.options.verify_checksums) {
    const std::uint8_t* at = r.wire.data();
    const std::size_t header = std::size_t{at[0] & 0xfu} * 4;
    if (internet_sum({at, header}) != 0xffff) {
      return r.fail(10, "IPv4 header checksum {:#06x} is wrong", get16(at + 10));
    }
  }
  if (r.upper.packet_size > kMaxPacketSize) {
    return r.fail(0, "IP length {}, expected at most {}", r.upper.packet_size, kMaxPacketSize);
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

bool check_options(Reading& r, std::span<const std::uint8_t> options) {
  const auto fault = TcpOptions::find_fault(options);
  if (!fault) return true;
  const std::size_t offset = r.upper.offset + kTcpHeader + *fault;
  if (*fault + 1 >= options.size()) return r.fail(offset, "TCP option {} has no length", options[*fault]);
  return r.fail(offset, "TCP option {} has length {}, {} bytes of options are left", options[*fault],
                options[*fault + 1], options.size() - *fault);
}

bool check_tcp(Reading& r) {
  const auto body = r.body();
  const std::size_t start = r.upper.offset;
  if (body.size() < kTcpHeader) {
    return r.fail(start, "{} bytes of TCP header, expected at least 20: {}", body.size(), r.too_short());
  }
  const TcpView tcp{body, r.claimed()};
  const std::size_t header = tcp.header_size();
  if (header < kTcpHeader) return r.fail(start + 12, "TCP data offset {}, expected 5 to 15", header / 4);
  if (header > r.claimed()) {
    return r.fail(start + 12, "TCP data offset {} ({} bytes), but the segment has {}", header / 4, header,
                  r.claimed());
  }
  if (r.options.check_tcp_options && tcp.options_are_whole() && !check_options(r, tcp.options()))
    return false;
  if (r.can_verify() && r.sum(kProtocolTcp) != 0xffff) {
    return r.fail(start + 16, "TCP checksum {:#06x} is wrong", get16(&body[16]));
  }
  return true;
}

bool check_icmp(Reading& r) {
  const auto body = r.body();
  if (body.size() < kIcmpHeader) {
    return r.fail(r.upper.offset, "{} bytes of ICMP header, expected 8: {}", body.size(), r.too_short());
  }
  if (!r.can_verify()) return true;
  const std::uint16_t sum = r.upper.is_v6 ? r.sum(kProtocolIcmpV6) : internet_sum(body);
  if (sum != 0xffff) return r.fail(r.upper.offset + 2, "ICMP checksum {:#06x} is wrong", get16(&body[2]));
  return true;
}

}  // namespace

std::optional<PacketView> PacketView::find(std::span<const std::uint8_t> wire, ParseIssue& issue,
                                           ParseOptions options) {
  std::optional<PacketView> view{PacketView{}};
  if (!view->find_headers(wire, issue, options)) view.reset();
  return view;
}

bool PacketView::find_headers(std::span<const std::uint8_t> wire, ParseIssue& issue, ParseOptions options) {
  if (!find_upper_layer(wire, upper_, issue, options.length_if_zero)) return false;
  Reading r{.wire = wire, .issue = issue, .options = options, .upper = upper_};
  if (!check_ip_header(r)) return false;
  if (options.keep_fragments && upper_.is_fragment) upper_.is_later_fragment = true;  // nothing to look into
  bytes_ = wire.first(std::min(wire.size(), upper_.packet_size));
  return (!is_tcp() || check_tcp(r)) && (!is_icmp() || check_icmp(r));
}

IpHeader PacketView::ip_header() const {
  const std::uint8_t* at = bytes_.data();
  IpHeader ip;
  ip.source = upper_.source;
  ip.destination = upper_.destination;
  if (upper_.is_v6) {
    const std::uint32_t first = get32(at);
    ip.traffic_class = static_cast<std::uint8_t>(first >> 20);
    ip.flow_label = first & 0xf'ffffu;
    ip.hop_limit = at[7];
  } else {
    ip.traffic_class = at[1];
    ip.id = get16(at + 4);
    ip.dont_fragment = (at[6] & 0x40) != 0;
    ip.hop_limit = at[8];
  }
  return ip;
}

}  // namespace halfopen

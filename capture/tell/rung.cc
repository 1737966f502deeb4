#include "capture/tell/rung.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace halfopen {
namespace {

std::string hex_text(std::span<const std::uint8_t> bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

std::string sack_text(const TcpOptions& options, const FlowFacts& facts) {
  std::string text = fmt::format("sack {} ", options.sack().size());
  for (const SeqSpan& block : options.sack()) {
    text +=
        fmt::format("{{{}:{}}}", facts.relative_to_peer(block.start), facts.relative_to_peer(block.end()));
  }
  return text;
}

// What an ICMPv6 message that is no error is called (RFC 4443, RFC 4861).
std::string_view v6_query_name(std::uint8_t type) {
  switch (type) {
    case 128: return "echo request";
    case 129: return "echo reply";
    case 133: return "router solicitation";
    case 134: return "router advertisement";
    case 135: return "neighbor solicitation";
    case 136: return "neighbor advertisement";
    case 143: return "multicast listener report v2";
    default: return {};
  }
}

std::string_view v4_query_name(std::uint8_t type) {
  switch (type) {
    case 0: return "echo reply";
    case 5: return "redirect";
    case 8: return "echo request";
    default: return {};
  }
}

std::string query_text(const IcmpMessage& icmp, bool v6) {
  const std::string_view name = v6 ? v6_query_name(icmp.type) : v4_query_name(icmp.type);
  if (name.empty()) return fmt::format("type {} code {}", icmp.type, icmp.code);
  if (!name.starts_with("echo")) return std::string{name};
  return fmt::format("{}, id {}, seq {}", name, icmp.rest >> 16, icmp.rest & 0xffff);
}

std::string quote_text(const QuotedSegment& quoted, const FlowTable& flows, Names& names) {
  std::string text = fmt::format(" [{} > {}", names.of(quoted.tuple.local), names.of(quoted.tuple.remote));
  if (const auto quote = flows.find_quoted(quoted)) {
    text += fmt::format(" {}", quote->seq);
    if (quote->length) text += fmt::format(":{}({})", quote->seq + *quote->length, *quote->length);
  }
  return text + "]";
}

}  // namespace

std::string flags_text(std::uint8_t flags) {
  std::string text;
  for (const auto& [flag, letter] : kFlagLetters) {
    if ((flags & flag) != 0) text += letter;
  }
  return text.empty() ? "none" : text;
}

std::string option_text(std::span<const std::uint8_t> option, const TcpOptions& options,
                        const FlowFacts& facts) {
  switch (static_cast<TcpOptionKind>(option[0])) {
    case TcpOptionKind::end: return "eol";
    case TcpOptionKind::nop: return "nop";
    case TcpOptionKind::mss: return fmt::format("mss {}", options.mss().value_or(0));
    case TcpOptionKind::window_scale: return fmt::format("wscale {}", options.window_scale().value_or(0));
    case TcpOptionKind::sack_permitted: return "sackOK";
    case TcpOptionKind::sack: return sack_text(options, facts);
    case TcpOptionKind::timestamps:
      return fmt::format("TS val {} ecr {}", options.timestamps().value.wire(),
                         options.timestamps().echo.wire());
    case TcpOptionKind::acc_ecn_ect0_first:  // tcpdump 4.99 has no name for them
    case TcpOptionKind::acc_ecn_ect1_first: break;
    case TcpOptionKind::fast_open:
    case TcpOptionKind::experiment: {
      const std::optional<FastOpenOption> fast_open = options.fast_open();
      const bool is_it = fast_open && fast_open->experimental ==
                                          (option[0] != static_cast<std::uint8_t>(TcpOptionKind::fast_open));
      if (!is_it) break;
      const auto cookie = hex_text(fast_open->cookie.bytes());
      return fmt::format("{}tfo cookie{}{}", fast_open->experimental ? "exp-" : "",
                         cookie.empty() ? "req" : " ", cookie);
    }
  }
  const auto value = hex_text(option.subspan(2));
  return value.empty() ? fmt::format("unknown-{}", option[0])
                       : fmt::format("unknown-{} 0x{}", option[0], value);
}

std::string options_text(const TcpOptions& options, const FlowFacts& facts) {
  std::span<const std::uint8_t> wire = options.wire();
  if (wire.empty()) return {};
  std::string text;
  while (!wire.empty()) {
    if (!text.empty()) text += ',';
    const bool is_single = wire[0] <= static_cast<std::uint8_t>(TcpOptionKind::nop);
    const std::size_t length = is_single ? 1 : wire[1];
    text += option_text(wire.first(length), options, facts);
    if (wire[0] == static_cast<std::uint8_t>(TcpOptionKind::end)) break;
    wire = wire.subspan(length);
  }
  return "<" + text + ">";
}

std::string icmp_text(const Packet& packet, const FlowTable& flows, Names& names) {
  const IcmpMessage& icmp = *packet.icmp();
  const bool v6 = packet.ip.source.is_v6();
  const std::string_view protocol = v6 ? "icmp6" : "icmp";
  const auto kind = kind_of({icmp.type, icmp.code}, v6);
  if (!kind) return fmt::format("{}: {}", protocol, query_text(icmp, v6));
  const auto quoted = quoted_segment(icmp, v6);
  std::string text = fmt::format("{}: ", protocol);
  if (quoted) text += quoted->tuple.remote.ip.to_string() + " ";
  text += to_string(*kind);
  if (kind == IcmpKind::fragmentation_needed)
    text += fmt::format(" (mtu {})", v6 ? icmp.rest : icmp.rest & 0xffff);
  if (quoted) text += quote_text(*quoted, flows, names);
  return text;
}

std::string other_text(const OtherBody& body) {
  const std::string name = body.protocol == 17 ? "udp" : fmt::format("ip protocol {}", body.protocol);
  return fmt::format("{}, {} bytes", name, body.bytes.size());
}

}  // namespace halfopen

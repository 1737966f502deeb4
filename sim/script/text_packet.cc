#include <fmt/format.h>

#include <utility>

#include "sim/script/text.h"
#include "sim/wire/segment.h"

namespace halfopen::script {
namespace {

std::string hex_bytes(const Bytes& bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

// " abcd", or nothing.
std::string spaced_hex(const Bytes& bytes) { return bytes.empty() ? "" : " " + hex_bytes(bytes); }

template <class Number>
std::string spaced(std::string_view word, const std::optional<Number>& number) {
  return number ? ' ' + std::string{word} + ' ' + std::to_string(*number) : "";
}

std::string ports_text(const Ports& ports) {
  return std::to_string(ports.source) + " > " + std::to_string(ports.destination);
}

std::string_view ecn_text(Ecn ecn) {
  switch (ecn) {
    case Ecn::not_ect: return "noecn";
    case Ecn::ect0: return "ect0";
    case Ecn::ect1: return "ect1";
    case Ecn::ce: return "ce";
    case Ecn::ect0_or_ect1: return "ect01";
  }
  return {};
}

// "[ect0, ttl 5] ", or nothing.
std::string ip_text(const IpInfo& ip) {
  std::string text;
  const auto add = [&text](const std::string& field) { text += (text.empty() ? "[" : ", ") + field; };
  if (ip.dscp && ip.ecn && *ip.ecn != Ecn::ect0_or_ect1) {
    add(fmt::format("tos {:#x}", std::uint32_t{*ip.dscp} << 2 | static_cast<std::uint32_t>(*ip.ecn)));
  } else {
    if (ip.dscp) add(fmt::format("dscp {:#x}", *ip.dscp));
    if (ip.ecn) add(std::string{ecn_text(*ip.ecn)});
  }
  if (ip.ttl) add("ttl " + std::to_string(*ip.ttl));
  if (ip.flow_label) add(fmt::format("flowlabel {:#x}", *ip.flow_label));
  return text.empty() ? text : text + "] ";
}

struct HeaderText {
  std::string operator()(const IpHeaderSpec& ip) const {
    const std::string to = ip.destination.to_string();
    return std::string{ip.source.is_v6() ? "ipv6 " : "ipv4 "} + ip_text(ip.info) + ip.source.to_string() +
           " > " + to + (to.ends_with(':') ? " : " : ": ");
  }
  std::string operator()(const GreHeaderSpec& gre) const {
    if (!gre.fields) return "gre: ";
    return fmt::format("gre flags {:#x}, sum {:#x}, off {:#x}, key={:#x}, seq {}: ", gre.fields->flags,
                       gre.fields->sum, gre.fields->off, gre.fields->key, gre.fields->seq);
  }
  std::string operator()(const MplsHeaderSpec& mpls) const {
    std::string text = "mpls ";
    for (const MplsEntry& entry : mpls.stack)
      text += fmt::format("(label {}, tc {}, {}ttl {})", entry.label, entry.traffic_class,
                          entry.is_bottom ? "[S], " : "", entry.ttl);
    return text + ": ";
  }
};

struct OptionText {
  Dialect dialect;
  std::string operator()(const Nop&) const { return "nop"; }
  std::string operator()(const Eol&) const { return "eol"; }
  std::string operator()(const Mss& mss) const { return "mss " + std::to_string(mss.bytes); }
  std::string operator()(const WindowScale& scale) const { return "wscale " + std::to_string(scale.shift); }
  std::string operator()(const SackOk&) const { return "sackOK"; }
  std::string operator()(const Sack& sack) const {
    std::string text = "sack";
    for (const SackBlock& block : sack.blocks)
      text += ' ' + std::to_string(block.left) + ':' + std::to_string(block.right);
    return text;
  }
  std::string operator()(const TimestampOption& ts) const {
    return "TS val " + (ts.val ? std::to_string(*ts.val) : "...") + " ecr " + std::to_string(ts.ecr) +
           (ts.is_ecr_absolute ? "!" : "");
  }
  std::string operator()(const Md5& md5) const {
    return "md5 " + (md5.digest ? hex_bytes(*md5.digest) : "valid");
  }
  std::string operator()(const FastOpenOption& fast_open) const {
    const std::string_view experimental = dialect == Dialect::google ? "FOEXP" : "exp-FO";
    return std::string{fast_open.is_experimental ? experimental : "FO"} + spaced_hex(fast_open.cookie);
  }
  std::string operator()(const AccEcnOption& ecn) const {
    // Google's has no words for an experimental option, and none for one without counters.
    const bool is_google = dialect == Dialect::google && !ecn.is_experimental && !ecn.counters.empty();
    std::string text = is_google ? "ECN" : ecn.is_experimental ? "exp-AccECN" : "AccECN";
    if (!is_google) text += ecn.ect1_first ? '1' : '0';
    constexpr std::string_view kOrder[2][3] = {{"ee0b", "eceb", "ee1b"}, {"ee1b", "eceb", "ee0b"}};
    constexpr std::string_view kGoogles[2][3] = {{"e0b", "ceb", "e1b"}, {"e1b", "ceb", "e0b"}};
    for (std::size_t i = 0; i < ecn.counters.size() && i < 3; ++i)
      text += ' ' + std::string{(is_google ? kGoogles : kOrder)[ecn.ect1_first ? 1 : 0][i]} + ' ' +
              std::to_string(ecn.counters[i]);
    return text;
  }
  std::string operator()(const TarrOption& tarr) const {
    return "exp-tarr" + (tarr.rate ? ' ' + std::to_string(*tarr.rate) : "");
  }
  std::string operator()(const GenericOption& option) const {
    return "gen-" + std::to_string(option.kind) + spaced_hex(option.data);
  }
  std::string operator()(const ExperimentalOption& option) const {
    return fmt::format("exp-{:x}", option.id) + spaced_hex(option.data);
  }
};

// " <mss 1460,nop>", or nothing.
std::string options_text(const TcpOptionsSpec& options, Dialect dialect) {
  if (std::holds_alternative<AnyOptions>(options)) return " <...>";
  if (const auto* raw = std::get_if<Bytes>(&options)) return " <" + hex_bytes(*raw) + '>';
  std::string text;
  for (const TcpOptionSpec& option : std::get<std::vector<TcpOptionSpec>>(options))
    text += (text.empty() ? " <" : ",") + text_of(option, dialect);
  return text.empty() ? text : text + '>';
}

std::string sequence_text(const TcpSequence& seq) {
  const std::string length = '(' + std::to_string(seq.length) + ')';
  if (!seq.start) return "..." + length;
  return std::to_string(*seq.start) + ':' + std::to_string(*seq.start + seq.length) + length +
         (seq.is_absolute ? "!" : "");
}

std::string encapsulation_text(const std::optional<Ports>& udp) {
  return udp ? "/udp(" + ports_text(*udp) + ')' : "";
}

// "(100)" or "(100, 20)".
std::string lengths_text(std::uint16_t length, const std::optional<std::uint16_t>& coverage) {
  return '(' + std::to_string(length) + (coverage ? ", " + std::to_string(*coverage) : "") + ')';
}

struct QuotedText {
  std::string operator()(const QuotedTcp& tcp) const {
    return sequence_text(tcp.seq) + encapsulation_text(tcp.udp);
  }
  std::string operator()(const QuotedUdp& udp) const {
    return (udp.coverage ? "udplite" : "udp") + lengths_text(udp.length, udp.coverage);
  }
  std::string operator()(const QuotedRaw& raw) const { return "raw(" + std::to_string(raw.length) + ')'; }
};

struct BodyText {
  Dialect dialect;
  std::string operator()(const TcpSpec& tcp) const {
    std::string text;
    if (tcp.psp_spi) text += "encap psp spi " + std::to_string(*tcp.psp_spi) + ' ';
    if (tcp.ports) text += ports_text(*tcp.ports) + ' ';
    text += text_of(tcp.flags) + ' ' + sequence_text(tcp.seq) + spaced("ack", tcp.ack) +
            spaced("win", tcp.window) + spaced("urg", tcp.urgent) + options_text(tcp.options, dialect);
    if (tcp.diagnosis)
      text += " [code " + std::to_string(tcp.diagnosis->code) + ", pen " +
              std::to_string(tcp.diagnosis->enterprise) + ']';
    return text + encapsulation_text(tcp.udp);
  }
  std::string operator()(const UdpSpec& udp) const {
    return (udp.coverage ? "udplite" : "udp") + (udp.ports ? ' ' + ports_text(*udp.ports) + ' ' : "") +
           lengths_text(udp.length, udp.coverage);
  }
  std::string operator()(const IcmpSpec& icmp) const {
    return "icmp " + icmp.type + (icmp.code ? ' ' + *icmp.code : "") + spaced("mtu", icmp.mtu) +
           spaced("id", icmp.id) + (icmp.quoted ? " [" + std::visit(QuotedText{}, *icmp.quoted) + ']' : "");
  }
};

}  // namespace

std::string text_of(const TcpFlags& flags) {
  std::string text;
  for (const FlagLetter& known : kFlagLetters)
    if ((flags.bits & known.bit) != 0 && known.bit != tcp_flag::ack) text += known.letter;
  if (flags.ae) text += 'A';
  if ((flags.bits & tcp_flag::ack) != 0) text += '.';
  if (flags.ace) text += static_cast<char>('0' + *flags.ace);
  return text.empty() ? "-" : text;
}

std::string text_of(const TcpOptionSpec& option, Dialect dialect) {
  return std::visit(OptionText{dialect}, option);
}

std::string text_of(const OuterHeader& header) { return std::visit(HeaderText{}, header); }

std::string text_of(const PacketSpec& packet, Dialect dialect) {
  std::string text = packet.direction == Direction::inbound ? "< " : "> ";
  for (const OuterHeader& header : packet.outer) text += text_of(header);
  return text + ip_text(packet.ip) + std::visit(BodyText{dialect}, packet.body);
}

}  // namespace halfopen::script

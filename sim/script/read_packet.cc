// Packets: TCP, UDP and ICMP.
#include <utility>

#include "sim/script/reader.h"
#include "sim/wire/segment.h"

namespace halfopen::script {
namespace {

void refuse_sctp(const Reader& in) {
  if (in.at("sctp")) in.fail(in.now().place, "SCTP is not supported");
}

// Adds one letter or digit of TCP flags; false if it is none, or contradicts those before.
bool add_flag(char letter, TcpFlags& flags) {
  const bool is_ace = letter >= '0' && letter <= '7';
  const bool is_ecn = letter == 'E' || letter == 'W' || letter == 'A';
  const bool has_ecn = (flags.bits & (tcp_flag::ece | tcp_flag::cwr)) != 0 || flags.ae;
  if (is_ace && (has_ecn || flags.ace)) return false;
  if (is_ecn && flags.ace) return false;
  if (is_ace) {
    flags.ace = static_cast<std::uint8_t>(letter - '0');
    return true;
  }
  if (letter == 'A') return flags.ae = true;
  for (const FlagLetter& known : kFlagLetters) {
    if (known.letter != letter) continue;
    flags.bits |= known.bit;
    return true;
  }
  return false;
}

// `S.`, `.`, `FP.`, `SEWA`, `S.5` (the ACE field as a digit), or `-` for none. To the lexer such flags are a
// word, a dot, a fraction, or several of these.
TcpFlags read_flags(Reader& in) {
  TcpFlags flags;
  if (in.take_if('-')) return flags;
  const auto is_part = [&in] {
    return in.at(Token::Kind::word) || in.at(Token::Kind::fraction) || in.at('.');
  };
  if (!is_part()) in.fail_expected("TCP flags");
  while (is_part()) {
    for (const char letter : in.now().text)
      if (!add_flag(letter, flags)) in.fail_expected("TCP flags of F S R P . U E W A and one digit 0 to 7");
    in.take();
  }
  return flags;
}

// 1:1001(1000), 1:1(0)!, ...(0).
TcpSequence read_sequence(Reader& in) {
  TcpSequence seq;
  const Place place = in.now().place;
  std::uint32_t end = 0;
  if (in.at(Token::Kind::ellipsis)) {
    in.note(Dialect::nplab, "\"...(length)\"");
    in.take();
  } else {
    seq.start = in.number<std::uint32_t>("a sequence number");
    in.expect(':');
    end = in.number<std::uint32_t>("a sequence number");
  }
  in.expect('(');
  seq.length = in.number<std::uint16_t>("a payload's length");
  in.expect(')');
  if (seq.start && *seq.start + seq.length != end)
    in.fail(place, "expected the end " + std::to_string(*seq.start + seq.length) + " after " +
                       std::to_string(seq.length) + " bytes from " + std::to_string(*seq.start) + ", found " +
                       std::to_string(end));
  if (seq.start && in.at('!')) {
    in.note(Dialect::nplab, "\"!\"");
    in.take();
    seq.is_absolute = true;
  }
  return seq;
}

// `/udp(a > b)`.
std::optional<Ports> read_udp_encapsulation(Reader& in) {
  if (!in.at('/')) return std::nullopt;
  in.note(Dialect::nplab, "\"/udp\"");
  in.take();
  in.expect("udp");
  in.expect('(');
  const Ports ports = in.ports();
  in.expect(')');
  return ports;
}

// `[code 1, pen 0]`.
std::optional<ResetDiagnosis> read_diagnosis(Reader& in, const TcpSpec& tcp) {
  constexpr std::uint16_t kPayload = 8;
  if (!in.at('[')) return std::nullopt;
  in.note(Dialect::nplab, "a reset's diagnosis");
  if (!(tcp.flags.bits & tcp_flag::rst) || tcp.seq.length != kPayload)
    in.fail(in.now().place, "a diagnosis is the payload of a reset with 8 bytes");
  in.take();
  ResetDiagnosis diagnosis;
  in.expect("code");
  diagnosis.code = in.number<std::uint16_t>("a code");
  in.expect(',');
  in.expect("pen");
  diagnosis.enterprise = in.number<std::uint32_t>("a private enterprise number");
  in.expect(']');
  return diagnosis;
}

TcpSpec read_tcp(Reader& in, Direction direction) {
  TcpSpec tcp;
  if (in.at("encap")) {
    in.note(Dialect::google, "encap");
    in.take();
    in.expect("psp");
    in.expect("spi");
    tcp.psp_spi = in.number<std::uint32_t>("a security parameters index");
  }
  if (in.at(Token::Kind::integer)) tcp.ports = in.ports();
  refuse_sctp(in);
  tcp.flags = read_flags(in);
  tcp.seq = read_sequence(in);
  if (in.take_if("ack")) tcp.ack = in.number<std::uint32_t>("an acknowledgement number");
  if (in.take_if("win")) tcp.window = in.number<std::uint16_t>("a window");
  if (!tcp.window && direction == Direction::inbound)
    in.fail_expected("the window (win) of a packet to inject");
  if (in.take_if("urg")) tcp.urgent = in.number<std::uint16_t>("an urgent pointer");
  if (in.at('<')) tcp.options = read_tcp_options(in, direction);
  tcp.diagnosis = read_diagnosis(in, tcp);
  tcp.udp = read_udp_encapsulation(in);
  return tcp;
}

// Lengths in brackets, of UDP or UDP-Lite: (100) or (100, 20).
struct UdpLengths {
  std::uint16_t length = 0;
  std::optional<std::uint16_t> coverage;
};
UdpLengths read_udp_lengths(Reader& in, bool is_lite) {
  UdpLengths lengths;
  in.expect('(');
  lengths.length = in.number<std::uint16_t>("a payload's length");
  if (is_lite) {
    in.expect(',');
    lengths.coverage = in.number<std::uint16_t>("a checksum's coverage");
  }
  in.expect(')');
  return lengths;
}

// True after udplite, false after udp, nothing at anything else.
std::optional<bool> take_udp(Reader& in) {
  if (in.take_if("udp")) return false;
  if (!in.at("udplite")) return std::nullopt;
  in.note(Dialect::nplab, "udplite");
  in.take();
  return true;
}

UdpSpec read_udp(Reader& in, bool is_lite) {
  UdpSpec udp;
  if (in.at(Token::Kind::integer)) udp.ports = in.ports();
  const UdpLengths lengths = read_udp_lengths(in, is_lite);
  udp.length = lengths.length;
  udp.coverage = lengths.coverage;
  return udp;
}

Quoted read_quoted(Reader& in) {
  refuse_sctp(in);
  if (const std::optional<bool> is_lite = take_udp(in)) {
    const UdpLengths lengths = read_udp_lengths(in, *is_lite);
    return QuotedUdp{.length = lengths.length, .coverage = lengths.coverage};
  }
  if (in.at("raw")) {
    in.note(Dialect::google, "raw");
    in.take();
    return QuotedRaw{.length = read_udp_lengths(in, false).length};
  }
  QuotedTcp tcp;
  tcp.seq = read_sequence(in);
  tcp.udp = read_udp_encapsulation(in);
  return tcp;
}

IcmpSpec read_icmp(Reader& in) {
  IcmpSpec icmp;
  icmp.type = in.take(Token::Kind::word, "an ICMP type").text;
  if (in.at(Token::Kind::word) && !in.at("mtu") && !in.at("id")) icmp.code = in.take().text;
  if (in.take_if("mtu")) icmp.mtu = in.number<std::uint32_t>("an MTU");
  if (in.take_if("id")) icmp.id = in.number<std::uint16_t>("an echo's identifier");
  if (in.take_if('[')) {
    icmp.quoted = read_quoted(in);
    in.expect(']');
  }
  return icmp;
}

}  // namespace

PacketSpec read_packet(Reader& in) {
  PacketSpec packet;
  const Place place = in.now().place;
  packet.direction = in.take().text == "<" ? Direction::inbound : Direction::outbound;
  packet.outer = read_outer_headers(in);
  packet.ip = read_ip_info(in).value_or(IpInfo{});
  refuse_sctp(in);
  if (packet.ip.ecn == Ecn::ect0_or_ect1 && packet.direction == Direction::inbound)
    in.fail(place, "ect01 is for packets that are expected ('>')");
  if (const std::optional<bool> is_lite = take_udp(in)) {
    packet.body = read_udp(in, *is_lite);
  } else if (in.take_if("icmp")) {
    packet.body = read_icmp(in);
  } else {
    packet.body = read_tcp(in, packet.direction);
  }
  return packet;
}

}  // namespace halfopen::script

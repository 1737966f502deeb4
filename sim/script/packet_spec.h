// A packet as a script writes it: what is to be injected, or what is expected. What the script leaves out is
// empty here, and says beside it what that means; numbers are in host byte order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sim/wire/address.h"

namespace halfopen::script {

enum class Direction : std::uint8_t {
  inbound,   // '<': the script injects it
  outbound,  // '>': the host is expected to send it
};

using Bytes = std::vector<std::uint8_t>;

struct Ports {
  std::uint16_t source = 0;
  std::uint16_t destination = 0;
  friend bool operator==(const Ports&, const Ports&) = default;
};

enum class Ecn : std::uint8_t { not_ect = 0, ect1 = 1, ect0 = 2, ce = 3, ect0_or_ect1 };

// [tos 0x10], [ect0], (ttl 5), [flowlabel 0x12]. What is empty is not compared, and the default in a packet
// to inject.
struct IpInfo {
  std::optional<std::uint8_t> dscp;  // the upper six bits of TOS or traffic class
  std::optional<Ecn> ecn;            // the lower two; either ECT only in expectations
  std::optional<std::uint8_t> ttl;   // hop limit
  std::optional<std::uint32_t> flow_label;
  [[nodiscard]] bool is_empty() const { return *this == IpInfo{}; }
  // The field for a packet to inject, and whether `tos` of a packet is as expected.
  [[nodiscard]] std::uint8_t tos() const;
  [[nodiscard]] bool matches_tos(std::uint8_t tos) const;
  friend bool operator==(const IpInfo&, const IpInfo&) = default;
};

// Headers around the packet proper, outermost first.
struct IpHeaderSpec {
  IpInfo info;
  IpAddress source;  // both of one family
  IpAddress destination;
  friend bool operator==(const IpHeaderSpec&, const IpHeaderSpec&) = default;
};
namespace gre_flag {  // RFC 2784 and 2890: the field is there
inline constexpr std::uint16_t checksum = 0x8000;
inline constexpr std::uint16_t key = 0x2000;
inline constexpr std::uint16_t sequence = 0x1000;
}  // namespace gre_flag
struct GreFields {
  std::uint16_t flags = 0;
  std::uint16_t sum = 0;
  std::uint16_t off = 0;
  std::uint32_t key = 0;
  std::uint32_t seq = 0;
  friend bool operator==(const GreFields&, const GreFields&) = default;
};
struct GreHeaderSpec {
  std::optional<GreFields> fields;  // empty: four bytes without any of them
  friend bool operator==(const GreHeaderSpec&, const GreHeaderSpec&) = default;
};
struct MplsEntry {
  std::uint32_t label = 0;  // 20 bits
  std::uint8_t traffic_class = 0;
  bool is_bottom = false;
  std::uint8_t ttl = 0;
  friend bool operator==(const MplsEntry&, const MplsEntry&) = default;
};
struct MplsHeaderSpec {
  std::vector<MplsEntry> stack;
  friend bool operator==(const MplsHeaderSpec&, const MplsHeaderSpec&) = default;
};
using OuterHeader = std::variant<IpHeaderSpec, GreHeaderSpec, MplsHeaderSpec>;

// One TCP option, in the order of the script.
struct Nop {
  friend bool operator==(const Nop&, const Nop&) = default;
};
struct Eol {
  friend bool operator==(const Eol&, const Eol&) = default;
};
struct Mss {
  std::uint16_t bytes = 0;
  friend bool operator==(const Mss&, const Mss&) = default;
};
struct WindowScale {
  std::uint8_t shift = 0;
  friend bool operator==(const WindowScale&, const WindowScale&) = default;
};
struct SackOk {
  friend bool operator==(const SackOk&, const SackOk&) = default;
};
struct SackBlock {
  std::uint32_t left = 0;
  std::uint32_t right = 0;
  friend bool operator==(const SackBlock&, const SackBlock&) = default;
};
struct Sack {
  std::vector<SackBlock> blocks;
  friend bool operator==(const Sack&, const Sack&) = default;
};
struct TimestampOption {
  std::optional<std::uint32_t> val;  // empty (`val ...`): not compared
  std::uint32_t ecr = 0;
  bool is_ecr_absolute = false;  // `ecr 5!`: the number on the wire, not one of the script's
  friend bool operator==(const TimestampOption&, const TimestampOption&) = default;
};
struct Md5 {
  std::optional<Bytes> digest;  // empty (`md5 valid`): the one that is right; else at most 16 bytes
  friend bool operator==(const Md5&, const Md5&) = default;
};
struct FastOpenOption {
  bool is_experimental = false;  // kind 254 with 0xf989, as before RFC 7413
  Bytes cookie;                  // none: a request for one
  friend bool operator==(const FastOpenOption&, const FastOpenOption&) = default;
};
struct AccEcnOption {
  bool ect1_first = false;              // kind 174 (e1b, ceb, e0b) instead of 172 (e0b, ceb, e1b)
  bool is_experimental = false;         // kind 254 with 0xacc0 or 0xacc1
  std::vector<std::uint32_t> counters;  // up to three of 24 bits, in that order
  friend bool operator==(const AccEcnOption&, const AccEcnOption&) = default;
};
struct TarrOption {
  std::optional<std::uint8_t> rate;  // 7 bits
  friend bool operator==(const TarrOption&, const TarrOption&) = default;
};
struct GenericOption {
  std::uint8_t kind = 0;
  Bytes data;
  friend bool operator==(const GenericOption&, const GenericOption&) = default;
};
struct ExperimentalOption {  // kind 254
  std::uint16_t id = 0;
  Bytes data;
  friend bool operator==(const ExperimentalOption&, const ExperimentalOption&) = default;
};
using TcpOptionSpec =
    std::variant<Nop, Eol, Mss, WindowScale, SackOk, Sack, TimestampOption, Md5, FastOpenOption, AccEcnOption,
                 TarrOption, GenericOption, ExperimentalOption>;

struct AnyOptions {  // <...>
  friend bool operator==(const AnyOptions&, const AnyOptions&) = default;
};
// Whatever stands between the brackets: options, these very bytes, or `...`. No brackets: no options.
using TcpOptionsSpec = std::variant<std::vector<TcpOptionSpec>, Bytes, AnyOptions>;

// The bytes of one option and of all, unpadded. A value that is not compared counts as 0, as does the digest
// that is to be made right.
[[nodiscard]] Bytes wire_of(const TcpOptionSpec& option);
[[nodiscard]] Bytes wire_of(const TcpOptionsSpec& options);

struct TcpFlags {
  std::uint8_t bits = 0;            // sim/wire's tcp_flag; without ECE and CWR where `ace` is given
  bool ae = false;                  // 'A', of RFC 9768
  std::optional<std::uint8_t> ace;  // 0 to 7: AE, CWR and ECE as a number, instead of the letters
  // As they stand in the header, however they were written.
  [[nodiscard]] std::uint8_t wire_bits() const;
  [[nodiscard]] bool wire_ae() const { return ace ? (*ace & 4) != 0 : ae; }
  friend bool operator==(const TcpFlags&, const TcpFlags&) = default;
};

struct TcpSequence {
  std::optional<std::uint32_t> start;  // empty (`...(0)`): not compared
  std::uint16_t length = 0;            // of the payload
  bool is_absolute = false;            // `5:5(0)!`: the number on the wire, not one of the script's
  friend bool operator==(const TcpSequence&, const TcpSequence&) = default;
};

struct ResetDiagnosis {  // what a reset's payload says
  std::uint16_t code = 0;
  std::uint32_t enterprise = 0;
  friend bool operator==(const ResetDiagnosis&, const ResetDiagnosis&) = default;
};

struct TcpSpec {
  std::optional<std::uint32_t> psp_spi;  // within PSP
  std::optional<Ports> ports;            // empty: the connection that the script is at
  TcpFlags flags;
  TcpSequence seq;
  std::optional<std::uint32_t> ack;
  std::optional<std::uint16_t> window;  // the field as on the wire; empty (outbound only): not compared
  std::optional<std::uint16_t> urgent;
  TcpOptionsSpec options;
  std::optional<ResetDiagnosis> diagnosis;
  std::optional<Ports> udp;  // within UDP datagrams of these ports
  friend bool operator==(const TcpSpec&, const TcpSpec&) = default;
};

struct UdpSpec {
  std::optional<Ports> ports;
  std::uint16_t length = 0;               // of the payload
  std::optional<std::uint16_t> coverage;  // given: UDP-Lite
  friend bool operator==(const UdpSpec&, const UdpSpec&) = default;
};

// What an ICMP message quotes of the packet that it is about.
struct QuotedTcp {
  TcpSequence seq;
  std::optional<Ports> udp;
  friend bool operator==(const QuotedTcp&, const QuotedTcp&) = default;
};
struct QuotedUdp {
  std::uint16_t length = 0;
  std::optional<std::uint16_t> coverage;
  friend bool operator==(const QuotedUdp&, const QuotedUdp&) = default;
};
struct QuotedRaw {  // nothing: a message of this many zero bytes
  std::uint16_t length = 0;
  friend bool operator==(const QuotedRaw&, const QuotedRaw&) = default;
};
using Quoted = std::variant<QuotedTcp, QuotedUdp, QuotedRaw>;

// ICMP or ICMPv6, whichever goes with the script's IP version.
struct IcmpSpec {
  std::string type;  // "unreachable" or "type_3": see icmp_names.h
  std::optional<std::string> code;
  std::optional<std::uint32_t> mtu;
  std::optional<std::uint16_t> id;
  std::optional<Quoted> quoted;  // empty: the connection's segment, whatever its number
  friend bool operator==(const IcmpSpec&, const IcmpSpec&) = default;
};

struct PacketSpec {
  Direction direction = Direction::inbound;
  std::vector<OuterHeader> outer;
  IpInfo ip;
  std::variant<TcpSpec, UdpSpec, IcmpSpec> body;
  friend bool operator==(const PacketSpec&, const PacketSpec&) = default;
};

}  // namespace halfopen::script

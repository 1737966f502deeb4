// An IP packet as a value: header fields in host byte order, and a TCP, ICMP or other body; and its way to
// and from bytes. This is the only code that knows the layout of headers (RFC 791, 8200, 9293, 792, 4443).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "sim/why/why.h"
#include "sim/wire/address.h"
#include "sim/wire/icmp.h"
#include "sim/wire/segment.h"

namespace halfopen {

struct IpHeader {
  IpAddress source;
  IpAddress destination;
  std::uint8_t hop_limit = 64;     // TTL
  std::uint8_t traffic_class = 0;  // TOS: DSCP and, in the low two bits, ECN
  bool dont_fragment = true;       // IPv4 only
  std::uint16_t id = 0;            // IPv4 only
  std::uint32_t flow_label = 0;    // IPv6 only, 20 bits
};

// Anything that is neither TCP nor ICMP: kept as bytes.
struct OtherBody {
  std::uint8_t protocol = 0;
  std::vector<std::uint8_t> bytes;
};

struct Packet {
  IpHeader ip;
  std::variant<Segment, IcmpMessage, OtherBody> body;
  Why why;  // why the sender sent it; not on the wire
  // Bytes of data in each of the segments of which the receiver's device made it; 0: it is one itself.
  std::uint16_t merged_of = 0;
  UdpPorts udp = {};  // of the datagram around a segment, if it travels in one

  [[nodiscard]] Segment* segment() { return std::get_if<Segment>(&body); }
  [[nodiscard]] const Segment* segment() const { return std::get_if<Segment>(&body); }
  [[nodiscard]] const IcmpMessage* icmp() const { return std::get_if<IcmpMessage>(&body); }
};

// Bytes of the whole packet on the wire, IP header included.
[[nodiscard]] std::size_t wire_size(const Packet& packet);

// Writes the packet's first min(out.size(), wire_size(packet)) bytes and returns how many. Checksums are
// those of the whole packet, also when `out` is shorter. No IPv4 options, no IPv6 extension headers.
std::size_t emit(const Packet& packet, std::span<std::uint8_t> out);

// What parse() found wrong; offset is in bytes from the start of the packet.
struct ParseIssue {
  std::size_t offset = 0;
  std::string message;  // "TCP data offset 4, expected 5 to 15"
};

// Reads one raw IP packet. `wire` may be longer than the packet (padding is ignored) or, with `truncated`,
// cut by a capture's snap length: then the missing payload bytes are zeros, so that lengths stay true, and
// checksums are not checked. Payload bytes are copied into a block of `pool`. IPv4 options and IPv6 extension
// headers are skipped; a later fragment is an OtherBody. On failure `issue` says what was wrong.
struct ParseOptions {
  bool truncated = false;
  bool verify_checksums = true;
  bool keep_fragments = false;    // true: what a fragment carries is not looked into, nor checked
  bool check_tcp_options = true;  // false: wrong ones are passed over, see TcpOptions::read()
  // The packet's length where its header has 0, as of those that a device cuts itself and, over IPv6, of
  // those that are too long for the field (BIG TCP). 0: that is wrong.
  std::size_t length_if_zero = 0;
};
// Longer ones are wrong: no system makes them (Linux's GSO_MAX_SIZE is 512 KiB), and a value has a byte for
// each of theirs.
inline constexpr std::size_t kMaxPacketSize = std::size_t{1} << 20;
// Every IPv6 path takes packets of so many bytes (RFC 8200 section 5).
inline constexpr std::uint32_t kLeastMtuV6 = 1280;
[[nodiscard]] std::optional<Packet> parse(std::span<const std::uint8_t> wire, BlockPool& pool,
                                          ParseIssue& issue, ParseOptions options = {});

// The segment that a UDP datagram carries, with the ports of that; TCP's own checksum is not looked at.
// nullopt for what is no whole segment in UDP.
[[nodiscard]] std::optional<Packet> unwrap_tcp(const Packet& datagram, BlockPool& pool);

// An ICMP error about `offender`, from `router`, quoting its IP header and `quote_bytes` bytes after it.
// `mtu` goes into fragmentation_needed. nullopt where the offender's family has no such error.
[[nodiscard]] std::optional<Packet> make_icmp_error(IcmpKind kind, const Packet& offender,
                                                    const IpAddress& router, std::uint32_t mtu,
                                                    std::size_t quote_bytes = 8);

// The Internet checksum (RFC 1071) folded to 16 bits, not complemented; `sum` chains pieces, each but the
// last of even length.
[[nodiscard]] std::uint16_t internet_sum(std::span<const std::uint8_t> bytes, std::uint32_t sum = 0);

}  // namespace halfopen

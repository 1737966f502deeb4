#include "capture/decode/tunnel.h"

#include <algorithm>

#include "capture/decode/link_parts.h"
#include "sim/wire/bytes.h"

namespace halfopen {
namespace {

using link::Bytes;
using wire::get16;
using wire::get32;

constexpr std::uint32_t kEthernet = 1;      // the link type
constexpr std::uint16_t kBridged = 0x6558;  // Ethernet, as an EtherType
constexpr std::uint16_t kMpls = 0x8847;

// What a tunnel's header is on: bytes as captured, and how many they claim to be.
struct Carried {
  Bytes bytes;
  std::size_t size = 0;

  [[nodiscard]] bool has(std::size_t count) const { return bytes.size() >= count && size >= count; }
  // Behind `count` bytes, which it has.
  [[nodiscard]] Carried behind(std::size_t count) const { return {bytes.subspan(count), size - count}; }
};

using Content = std::optional<TunnelContent>;

Content content(const Carried& ip, RemarkKind kind, std::uint32_t id = 0) {
  const bool is_ip = ip.has(1) && (ip.bytes[0] >> 4 == 4 || ip.bytes[0] >> 4 == 6);
  if (!is_ip) return std::nullopt;
  return TunnelContent{.ip = ip.bytes, .size = ip.size, .kind = kind, .id = id};
}

// IP behind a link layer that was taken off.
Content content(const Carried& frame, const std::optional<Unwrapped>& unwrapped, RemarkKind kind,
                std::uint32_t id = 0) {
  if (!unwrapped || !unwrapped->is_ip || !frame.has(unwrapped->header)) return std::nullopt;
  return content(frame.behind(unwrapped->header), kind, id);
}

Content ethernet(const Carried& frame, RemarkKind kind, std::uint32_t id = 0) {
  std::string ignored;
  return content(frame, unwrap(kEthernet, frame.bytes, ignored), kind, id);
}

Content mpls(const Carried& frame, RemarkKind kind) {
  std::string ignored;
  return content(frame, link::unwrap_mpls(frame.bytes, 0, ignored), kind);
}

// By an EtherType; 24 bits of `id` name the network of those that carry Ethernet.
Content by_type(std::uint16_t type, const Carried& carried, RemarkKind kind, std::uint32_t id = 0) {
  if (type == link::kIpv4 || type == link::kIpv6) return content(carried, kind, id);
  if (type == kBridged) return ethernet(carried, kind, id);
  return type == kMpls ? mpls(carried, kind) : std::nullopt;
}

// A mirrored frame: type I has no header, II and III have one with their version first.
Content erspan(std::uint16_t type, bool has_sequence, const Carried& carried) {
  constexpr std::uint16_t kTypeIII = 0x22eb;
  if (type != kTypeIII && !has_sequence) return ethernet(carried, RemarkKind::erspan);
  const std::size_t fixed = type == kTypeIII ? 12 : 8;
  const unsigned version = type == kTypeIII ? 2 : 1;
  if (!carried.has(fixed) || carried.bytes[0] >> 4 != version) return std::nullopt;
  constexpr std::size_t kSubheader = 8;  // of the platform
  const std::size_t header = fixed + (type == kTypeIII && (carried.bytes[11] & 1) != 0 ? kSubheader : 0);
  if (!carried.has(header)) return std::nullopt;
  return ethernet(carried.behind(header), RemarkKind::erspan, get16(&carried.bytes[2]) & 0x3ffu);
}

constexpr std::uint16_t kGreChecksum = 0x8000;
constexpr std::uint16_t kGreKey = 0x2000;
constexpr std::uint16_t kGreSequence = 0x1000;
constexpr std::uint16_t kGreAcknowledgment = 0x0080;  // of version 1

// Version 1 carries PPP; what has no sequence number is an acknowledgment.
Content pptp(const Carried& carried, std::uint16_t flags, std::uint16_t type) {
  constexpr std::uint16_t kPpp = 0x880b;
  constexpr std::uint16_t kNeeded = kGreKey | kGreSequence;
  if (type != kPpp || (flags & kNeeded) != kNeeded) return std::nullopt;
  const std::size_t header = (flags & kGreAcknowledgment) != 0 ? 16 : 12;
  if (!carried.has(header)) return std::nullopt;
  std::string ignored;
  const Carried ppp = carried.behind(header);
  return content(ppp, link::unwrap_ppp(ppp.bytes, 0, ignored), RemarkKind::pptp);
}

Content gre(const Carried& carried) {
  if (!carried.has(4)) return std::nullopt;
  const std::uint16_t flags = get16(carried.bytes.data());
  const std::uint16_t type = get16(&carried.bytes[2]);
  if ((flags & 7) == 1) return pptp(carried, flags, type);
  constexpr std::uint16_t kKnown = kGreChecksum | kGreKey | kGreSequence;
  if ((flags & ~kKnown) != 0) return std::nullopt;
  std::size_t header = 4;
  if ((flags & kGreChecksum) != 0) header += 4;
  const std::size_t key_at = header;
  if ((flags & kGreKey) != 0) header += 4;
  if ((flags & kGreSequence) != 0) header += 4;
  if (!carried.has(header)) return std::nullopt;
  Carried inner = carried.behind(header);
  if (type == 0x88be || type == 0x22eb) return erspan(type, (flags & kGreSequence) != 0, inner);
  if (type == kBridged && (flags & kGreKey) != 0) {  // NVGRE (RFC 7637)
    return ethernet(inner, RemarkKind::nvgre, get32(&carried.bytes[key_at]) >> 8);
  }
  constexpr std::uint16_t kWccp = 0x883e;  // a web cache's: version 2 has four bytes more
  if (type != kWccp) return by_type(type, inner, RemarkKind::gre);
  if (inner.has(5) && inner.bytes[0] >> 4 != 4) inner = inner.behind(4);
  return content(inner, RemarkKind::gre);
}

Content vxlan(const Carried& carried) {
  if (!carried.has(8)) return std::nullopt;
  constexpr std::uint8_t kHasNetwork = 0x08;
  constexpr std::uint8_t kGroupPolicy = 0x80;  // an extension that uses the bytes that follow
  const std::uint8_t flags = carried.bytes[0];
  if ((flags & ~kGroupPolicy) != kHasNetwork || carried.bytes[7] != 0) return std::nullopt;
  if ((flags & kGroupPolicy) == 0 && (get32(carried.bytes.data()) & 0xff'ffff) != 0) return std::nullopt;
  return ethernet(carried.behind(8), RemarkKind::vxlan, get32(&carried.bytes[4]) >> 8);
}

Content geneve(const Carried& carried) {
  if (!carried.has(8)) return std::nullopt;
  constexpr std::uint8_t kVersion = 0xc0;
  constexpr std::uint8_t kReserved = 0x3f;
  const std::uint8_t first = carried.bytes[0];
  const bool is_it = (first & kVersion) == 0 && (carried.bytes[1] & kReserved) == 0 && carried.bytes[7] == 0;
  const std::size_t header = 8 + std::size_t{first & 0x3fu} * 4;
  if (!is_it || !carried.has(header)) return std::nullopt;
  return by_type(get16(&carried.bytes[2]), carried.behind(header), RemarkKind::geneve,
                 get32(&carried.bytes[4]) >> 8);
}

Content gtp(const Carried& carried) {
  if (!carried.has(8)) return std::nullopt;
  constexpr std::uint8_t kVersion1 = 0x30;  // and GTP, not GTP'
  constexpr std::uint8_t kOptional = 0x07;  // extension, sequence number, N-PDU number: all of them or none
  constexpr std::uint8_t kExtension = 0x04;
  constexpr std::uint8_t kUserData = 0xff;
  const std::uint8_t flags = carried.bytes[0];
  if ((flags & 0xf0) != kVersion1 || carried.bytes[1] != kUserData) return std::nullopt;
  std::size_t at = 8;
  if ((flags & kOptional) != 0) {
    if (!carried.has(12)) return std::nullopt;
    at = 12;
    std::uint8_t next = (flags & kExtension) != 0 ? carried.bytes[11] : 0;
    while (next != 0) {  // its length in words, and what follows it at its end
      if (!carried.has(at + 1)) return std::nullopt;
      const std::size_t length = std::size_t{carried.bytes[at]} * 4;
      if (length == 0 || !carried.has(at + length)) return std::nullopt;
      at += length;
      next = carried.bytes[at - 1];
    }
  }
  return content(carried.behind(at), RemarkKind::gtp);
}

Content udp(Carried carried) {
  constexpr std::size_t kHeader = 8;
  if (!carried.has(kHeader)) return std::nullopt;
  const std::uint16_t port = get16(&carried.bytes[2]);
  const std::size_t length = get16(&carried.bytes[4]);
  if (length >= kHeader) carried.size = std::min(carried.size, length);
  const Carried inner = carried.behind(kHeader);
  switch (port) {
    case 4789:
    case 8472: return vxlan(inner);  // Linux's default, from before there was a number
    case 6081: return geneve(inner);
    case 2152: return gtp(inner);
    default: return std::nullopt;
  }
}

}  // namespace

Content open_tunnel(const PacketView& outer) {
  const Bytes body = outer.body();
  const Carried carried{body, outer.size() - (outer.bytes().size() - body.size())};
  switch (outer.protocol()) {
    case 4:
    case 41: return content(carried, RemarkKind::ip_in_ip);
    case 17: return udp(carried);
    case 47: return gre(carried);
    case 97: {  // version 3 and zeros, then Ethernet
      const bool is_it = carried.has(2) && get16(body.data()) == 0x3000;
      return is_it ? ethernet(carried.behind(2), RemarkKind::etherip) : std::nullopt;
    }
    case 137: return mpls(carried, RemarkKind::mpls_in_ip);
    default: return std::nullopt;
  }
}

}  // namespace halfopen

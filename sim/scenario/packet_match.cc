#include "sim/scenario/packet_match.h"

namespace halfopen {
bool matches(const PacketMatch& match, HostId from, const Packet& packet) {
  if (match.from && *match.from != from) return false;
  const IcmpMessage* icmp = packet.icmp();
  if (match.is_icmp && *match.is_icmp != (icmp != nullptr)) return false;
  if (match.icmp) {
    if (icmp == nullptr) return false;
    if (kind_of({icmp->type, icmp->code}, packet.ip.source.is_v6()) != match.icmp) return false;
  }
  const Segment* segment = packet.segment();
  if (segment == nullptr) return !match.tcp_only;
  if ((segment->flags & match.flags) != match.flags || (segment->flags & match.without) != 0) return false;
  const std::uint32_t length = segment->payload.size();
  return length >= match.min_len.value_or(0) && length <= match.max_len.value_or(0xffff'ffffu);
}

std::optional<std::uint8_t> flags_from(std::string_view letters) {
  if (letters == "none") return std::uint8_t{0};
  if (letters.empty()) return std::nullopt;
  unsigned flags = 0;
  for (const char letter : letters) {
    unsigned bit = 0;
    for (const FlagLetter& known : kFlagLetters) {
      if (known.letter == letter) bit = known.bit;
    }
    if (bit == 0 || (flags & bit) != 0) return std::nullopt;
    flags |= bit;
  }
  return static_cast<std::uint8_t>(flags);
}

}  // namespace halfopen

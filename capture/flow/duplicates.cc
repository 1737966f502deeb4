#include "capture/flow/duplicates.h"

#include <algorithm>
#include <cstring>

#include "sim/wire/bytes.h"

namespace halfopen {
namespace {

// A device hands on what another has just seen within this; a retransmission takes longer.
constexpr std::int64_t kHandedOn = 1'000'000;  // ns
// On one device nothing but a second tap shows the same packet so soon.
constexpr std::int64_t kTwoTaps = 100'000;
constexpr std::size_t kDigested = 128;  // headers of what is not TCP, and some payload
// Link types of captures on all devices: Linux cooked, v1 and v2.
constexpr std::uint32_t kCooked = 113;
constexpr std::uint32_t kCooked2 = 276;

std::uint64_t word_at(const std::uint8_t* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// What two sightings of one segment share: IP ID, length, and the TCP header, whose checksum stands for
// addresses and payload, with the time stamps where they are the first option or behind two of padding. TTL
// and IP checksum change at a router.
std::uint64_t print_of_segment(const PacketView& view, std::uint16_t id) {
  // Odd and unlike each other: each word is spread by its own, without waiting for another.
  constexpr std::array<std::uint64_t, 6> kSpread{0x9e37'79b9'7f4a'7c15, 0xbf58'476d'1ce4'e5b9,
                                                 0x94d0'49bb'1331'11eb, 0xd6e8'feb8'6659'fd93,
                                                 0xc2b2'ae3d'27d4'eb4f, 0xff51'afd7'ed55'8ccd};
  const auto body = view.body();
  const std::uint8_t* at = body.data();
  std::uint64_t print = (std::uint64_t{view.size()} << 16 | id) * kSpread[0] ^ word_at(at) * kSpread[1] ^
                        word_at(at + 8) * kSpread[2] ^ word_at(at + 12) * kSpread[3];
  if (body.size() >= 32 && view.tcp().header_size() >= 32)
    print ^= word_at(at + 20) * kSpread[4] ^ word_at(at + 24) * kSpread[5];
  return print ^ print >> 29;
}

// FNV-1a.
std::uint64_t print_of_bytes(std::span<const std::uint8_t> ip) {
  std::uint64_t hash = 0xcbf2'9ce4'8422'2325;
  const bool v4 = !ip.empty() && ip[0] >> 4 == 4;
  for (std::size_t i = 0; i < std::min(ip.size(), kDigested); ++i) {
    const bool changes = v4 ? i == 8 || i == 10 || i == 11 : i == 7;
    if (!changes) hash = (hash ^ ip[i]) * 0x100'0000'01b3;
  }
  return hash;
}

// Whether a sender would not send it twice within microseconds: acknowledgements without an ID look alike.
bool is_distinct(const PacketView& view, std::uint16_t id) {
  if (id != 0 || !view.is_tcp()) return true;
  return view.tcp().payload_size() > 0 || (view.tcp().flags() & (tcp_flag::syn | tcp_flag::fin)) != 0;
}

}  // namespace

bool Duplicates::saw(const CapturedPacket& packet) {
  const PacketView& view = *packet.view;
  const auto bytes = view.bytes();
  const std::uint16_t id = bytes[0] >> 4 == 4 ? wire::get16(&bytes[4]) : std::uint16_t{0};
  const std::uint64_t print = view.is_tcp() ? print_of_segment(view, id) : print_of_bytes(bytes);
  Sighting& known = sightings_[print >> 40 & (kSightings - 1)];
  const std::int64_t at = nanos(packet.note.at);
  const std::int64_t since = at - known.at;
  if (known.print == print && since >= 0 && since <= kHandedOn) {
    // Cooked captures (v1) do not tell their devices apart.
    const bool is_cooked = packet.link_type == kCooked || packet.link_type == kCooked2;
    const std::int64_t within = is_cooked ? kHandedOn : kTwoTaps;
    if (known.device != packet.interface || (since <= within && is_distinct(view, id))) {
      ++count_;
      return true;
    }
  }
  known = {print, at, packet.interface};
  return false;
}

}  // namespace halfopen

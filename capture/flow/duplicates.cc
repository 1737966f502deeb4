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

std::uint64_t mixed(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9e37'79b9'7f4a'7c15u;  // 2^64 divided by the golden ratio
  return hash ^ hash >> 29;
}

std::uint64_t word_at(const std::uint8_t* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// What two sightings of one segment share: addresses, IP ID, length, and the TCP header with the time stamps,
// where they are the first option or behind two of padding. TTL and header checksum change at a router.
std::uint64_t print_of_segment(const PacketView& view, std::uint16_t id) {
  const auto body = view.body();
  std::uint64_t print = mixed(view.size(), id);
  const std::size_t size = view.source().size();
  print = mixed(print, wire::get32(view.source().data() + size - 4));
  print = mixed(print, wire::get32(view.destination().data() + size - 4));
  for (const std::size_t at : {0u, 8u, 12u}) print = mixed(print, word_at(&body[at]));
  if (body.size() >= 32 && view.tcp().header_size() >= 32) {
    print = mixed(mixed(print, word_at(&body[20])), word_at(&body[24]));
  }
  return print;
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
  if (id != 0) return true;
  return view.is_tcp() &&
         (view.tcp().payload_size() > 0 || (view.tcp().flags() & (tcp_flag::syn | tcp_flag::fin)) != 0);
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
    const bool is_handed_on =
        packet.link_type == kCooked || packet.link_type == kCooked2 || known.device != packet.interface;
    if (is_handed_on || (since <= kTwoTaps && is_distinct(view, id))) {
      ++count_;
      return true;
    }
  }
  known = {print, at, packet.interface};
  return false;
}

}  // namespace halfopen

// UDP datagrams (RFC 768), which packets carry as an OtherBody.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "sim/wire/address.h"
#include "sim/wire/packet.h"

namespace halfopen {

// A datagram from `ends.local` to `ends.remote` with this payload, checksum right.
[[nodiscard]] OtherBody make_datagram(const FourTuple& ends, std::span<const std::uint8_t> payload);

struct DatagramView {
  FourTuple ends;                         // as its receiver sees them
  std::span<const std::uint8_t> payload;  // within the packet
};
// nullopt for what is no UDP, and where length or checksum are wrong. Without a checksum it is right over
// IPv4 only (RFC 8200 section 8.1).
[[nodiscard]] std::optional<DatagramView> read_datagram(const Packet& packet);

}  // namespace halfopen

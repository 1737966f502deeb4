// Which packets: the little table that "path drops" and packet counts share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/trace/observe.h"
#include "sim/wire/icmp.h"
#include "sim/wire/packet.h"

namespace halfopen {

// Every member that is given must hold; one that is not matches everything.
struct PacketMatch {
  std::optional<HostId> from = std::nullopt;
  std::uint8_t flags = 0;                               // tcp_flag bits that must all be set
  std::uint8_t without = 0;                             // tcp_flag bits of which none may be set
  bool tcp_only = false;                                // set when flags, without or lengths were given
  std::optional<std::uint32_t> min_len = std::nullopt;  // bytes of TCP payload
  std::optional<std::uint32_t> max_len = std::nullopt;
  std::optional<IcmpKind> icmp = std::nullopt;  // an ICMP error of this kind
  std::optional<bool> is_icmp = std::nullopt;   // any ICMP message, or none
};

[[nodiscard]] bool matches(const PacketMatch& match, HostId from, const Packet& packet);

// tcpdump's letters, "S", "FP.", "R." (and "none" for a segment without any): F S P R . U E W. nullopt for
// another.
[[nodiscard]] std::optional<std::uint8_t> flags_from(std::string_view letters);

}  // namespace halfopen

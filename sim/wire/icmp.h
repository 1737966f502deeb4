// ICMP (RFC 792, RFC 1191) and ICMPv6 (RFC 4443) errors and echo, in one vocabulary for both families.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/wire/address.h"
#include "sim/wire/seq.h"

namespace halfopen {

// What an ICMP error says, whichever family carried it.
enum class IcmpKind : std::uint8_t {
  net_unreachable,       // 3/0   v6 1/0
  host_unreachable,      // 3/1   v6 1/3
  protocol_unreachable,  // 3/2   v6 4/1
  port_unreachable,      // 3/3   v6 1/4
  fragmentation_needed,  // 3/4   v6 2/0
  source_route_failed,   // 3/5   v6 none
  net_unknown,           // 3/6
  host_unknown,          // 3/7
  host_isolated,         // 3/8
  net_prohibited,        // 3/9
  host_prohibited,       // 3/10
  net_tos,               // 3/11
  host_tos,              // 3/12
  admin_prohibited,      // 3/13  v6 1/1
  source_quench,         // 4/0
  time_exceeded,         // 11/0  v6 3/0
  parameter_problem,     // 12/0  v6 4/0
  precedence_violation,  // 3/14
  precedence_cutoff,     // 3/15
  reassembly_exceeded,   // 11/1  v6 3/1
  count_,
};
inline constexpr std::size_t kIcmpKinds = static_cast<std::size_t>(IcmpKind::count_);

// "host unreachable", "fragmentation needed" ...: tcpdump's words; also accepted with '-' or '_' for spaces.
[[nodiscard]] std::string_view to_string(IcmpKind kind);
[[nodiscard]] std::optional<IcmpKind> icmp_kind_from(std::string_view text);
// The type and code on the wire; nullopt where the family has none.
struct IcmpTypeCode {
  std::uint8_t type;
  std::uint8_t code;
  friend constexpr bool operator==(IcmpTypeCode, IcmpTypeCode) = default;
};
[[nodiscard]] std::optional<IcmpTypeCode> type_code_of(IcmpKind kind, bool v6);
[[nodiscard]] std::optional<IcmpKind> kind_of(IcmpTypeCode type_code, bool v6);

// Any ICMP message: `rest` is the second header word in host order (MTU, id and sequence), `body` what
// follows. In an error the body is the quoted packet's head.
struct IcmpMessage {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  std::uint32_t rest = 0;
  std::vector<std::uint8_t> body;
};

// The TCP segment that an ICMP error quotes: enough to find the connection and check the sequence number.
struct QuotedSegment {
  FourTuple tuple;  // local is the quoted packet's source, i.e. the receiver of the error
  Seq seq;
  UdpPorts udp = {};  // of the datagram that it was in
};
// nullopt when the body is too short, not TCP, or a later fragment.
[[nodiscard]] std::optional<QuotedSegment> quoted_segment(const IcmpMessage& error, bool v6);
// The same of a quoted UDP datagram, if there is a segment in it.
[[nodiscard]] std::optional<QuotedSegment> quoted_segment_in_udp(const IcmpMessage& error, bool v6);
// The ends of a quoted UDP datagram; local is its source.
[[nodiscard]] std::optional<FourTuple> quoted_datagram(const IcmpMessage& error, bool v6);

}  // namespace halfopen

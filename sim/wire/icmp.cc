#include "sim/wire/icmp.h"

#include <algorithm>
#include <array>

#include "sim/wire/bytes.h"
#include "sim/wire/upper_layer.h"

namespace halfopen {
namespace {

constexpr int kNone = -1;  // this family has no such error

struct Row {
  IcmpKind kind;
  std::string_view name;
  int v4_type, v4_code;
  int v6_type, v6_code;
};

constexpr auto kRows = std::to_array<Row>({
    {IcmpKind::net_unreachable, "net unreachable", 3, 0, 1, 0},
    {IcmpKind::host_unreachable, "host unreachable", 3, 1, 1, 3},
    {IcmpKind::protocol_unreachable, "protocol unreachable", 3, 2, 4, 1},
    {IcmpKind::port_unreachable, "port unreachable", 3, 3, 1, 4},
    {IcmpKind::fragmentation_needed, "fragmentation needed", 3, 4, 2, 0},
    {IcmpKind::source_route_failed, "source route failed", 3, 5, kNone, kNone},
    {IcmpKind::net_unknown, "net unknown", 3, 6, kNone, kNone},
    {IcmpKind::host_unknown, "host unknown", 3, 7, kNone, kNone},
    {IcmpKind::host_isolated, "host isolated", 3, 8, kNone, kNone},
    {IcmpKind::net_prohibited, "net prohibited", 3, 9, kNone, kNone},
    {IcmpKind::host_prohibited, "host prohibited", 3, 10, kNone, kNone},
    {IcmpKind::net_tos, "net unreachable for tos", 3, 11, kNone, kNone},
    {IcmpKind::host_tos, "host unreachable for tos", 3, 12, kNone, kNone},
    {IcmpKind::admin_prohibited, "admin prohibited", 3, 13, 1, 1},
    {IcmpKind::source_quench, "source quench", 4, 0, kNone, kNone},
    {IcmpKind::time_exceeded, "time exceeded", 11, 0, 3, 0},
    {IcmpKind::parameter_problem, "parameter problem", 12, 0, 4, 0},
    {IcmpKind::precedence_violation, "precedence violation", 3, 14, kNone, kNone},
    {IcmpKind::precedence_cutoff, "precedence cutoff", 3, 15, kNone, kNone},
    {IcmpKind::reassembly_exceeded, "reassembly time exceeded", 11, 1, 3, 1},
});
static_assert(kRows.size() == kIcmpKinds);
static_assert([] {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].kind != static_cast<IcmpKind>(i)) return false;
  }
  return true;
}());

// Errors only: a query's body is nobody's packet.
bool is_error(std::uint8_t type, bool v6) {
  return v6 ? type < 128 : type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

constexpr std::size_t kQuotedTcp = 8;  // ports and sequence number (RFC 792)

// Where what an error quotes goes on behind its IP header; nullopt unless it is of that protocol and `least`
// bytes of it are there.
std::optional<wire::UpperLayer> quoted_upper_layer(const IcmpMessage& error, bool v6, std::uint8_t protocol,
                                                   std::size_t least) {
  if (!is_error(error.type, v6)) return std::nullopt;
  const std::span<const std::uint8_t> quote{error.body};
  ParseIssue ignored;
  wire::UpperLayer upper;
  if (!wire::find_upper_layer(quote, upper, ignored)) return std::nullopt;
  if (upper.is_v6 != v6 || upper.is_later_fragment || upper.protocol != protocol) return std::nullopt;
  return quote.size() < upper.offset + least ? std::nullopt : std::optional{upper};
}

// TCP and UDP both begin with the ports.
FourTuple ends_at(const std::uint8_t* header, const wire::UpperLayer& upper) {
  return {.local = {upper.source, wire::get16(header)},
          .remote = {upper.destination, wire::get16(header + 2)}};
}

QuotedSegment segment_at(const std::uint8_t* tcp, const wire::UpperLayer& upper) {
  return {.tuple = ends_at(tcp, upper), .seq = Seq{wire::get32(tcp + 4)}};
}

}  // namespace

std::string_view to_string(IcmpKind kind) {
  const auto index = static_cast<std::size_t>(kind);
  return index < kRows.size() ? kRows[index].name : "unknown";
}

std::optional<IcmpKind> icmp_kind_from(std::string_view text) {
  const auto same = [](char given, char name) {
    return given == name || (name == ' ' && (given == '-' || given == '_'));
  };
  for (const Row& row : kRows) {
    if (std::ranges::equal(text, row.name, same)) return row.kind;
  }
  return std::nullopt;
}

std::optional<IcmpTypeCode> type_code_of(IcmpKind kind, bool v6) {
  const auto index = static_cast<std::size_t>(kind);
  if (index >= kRows.size()) return std::nullopt;
  const Row& row = kRows[index];
  const int type = v6 ? row.v6_type : row.v4_type;
  if (type == kNone) return std::nullopt;
  return IcmpTypeCode{static_cast<std::uint8_t>(type),
                      static_cast<std::uint8_t>(v6 ? row.v6_code : row.v4_code)};
}

std::optional<IcmpKind> kind_of(IcmpTypeCode type_code, bool v6) {
  for (const Row& row : kRows) {
    if (type_code_of(row.kind, v6) == type_code) return row.kind;
  }
  // Codes that do not change what a receiver does share their type's row.
  const std::uint8_t time_type = v6 ? 3 : 11;
  const std::uint8_t parameter_type = v6 ? 4 : 12;
  if (type_code.type == time_type) return IcmpKind::time_exceeded;
  if (type_code.type == parameter_type) return IcmpKind::parameter_problem;
  if (v6 && type_code.type == 2) return IcmpKind::fragmentation_needed;
  return std::nullopt;
}

std::optional<QuotedSegment> quoted_segment(const IcmpMessage& error, bool v6) {
  const auto upper = quoted_upper_layer(error, v6, wire::kProtocolTcp, kQuotedTcp);
  if (!upper) return std::nullopt;
  return segment_at(error.body.data() + upper->offset, *upper);
}

std::optional<QuotedSegment> quoted_segment_in_udp(const IcmpMessage& error, bool v6) {
  const auto upper = quoted_upper_layer(error, v6, wire::kProtocolUdp, wire::kUdpHeader + kQuotedTcp);
  if (!upper) return std::nullopt;
  const std::uint8_t* udp = error.body.data() + upper->offset;
  QuotedSegment quoted = segment_at(udp + wire::kUdpHeader, *upper);
  quoted.udp = {.source = wire::get16(udp), .destination = wire::get16(udp + 2)};
  return quoted;
}

std::optional<FourTuple> quoted_datagram(const IcmpMessage& error, bool v6) {
  const auto upper = quoted_upper_layer(error, v6, wire::kProtocolUdp, wire::kUdpHeader);
  if (!upper) return std::nullopt;
  return ends_at(error.body.data() + upper->offset, *upper);
}

}  // namespace halfopen

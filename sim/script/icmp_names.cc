#include "sim/script/icmp_names.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace halfopen::script {
namespace {

struct Name {
  std::uint8_t number;
  std::string_view word;
};

struct Type {
  std::uint8_t number;
  std::string_view word;
  std::span<const Name> codes;
};

// IANA, "ICMP Parameters".
constexpr std::array<Name, 16> kUnreachable{{{0, "net_unreachable"},
                                             {1, "host_unreachable"},
                                             {2, "protocol_unreachable"},
                                             {3, "port_unreachable"},
                                             {4, "frag_needed"},
                                             {5, "source_route_failed"},
                                             {6, "net_unknown"},
                                             {7, "host_unknown"},
                                             {8, "source_host_isolated"},
                                             {9, "net_prohibited"},
                                             {10, "host_prohibited"},
                                             {11, "net_unreachable_for_tos"},
                                             {12, "host_unreachable_for_tos"},
                                             {13, "packet_filtered"},
                                             {14, "precedence_violation"},
                                             {15, "precedence_cutoff"}}};
constexpr std::array<Name, 2> kTimeExceeded{{{0, "ttl_exceeded_in_transit"}, {1, "frag_reass_exceeded"}}};
constexpr std::array<Type, 13> kTypes{{{0, "echo_reply", {}},
                                       {3, "unreachable", kUnreachable},
                                       {4, "source_quench", {}},
                                       {5, "redirect", {}},
                                       {8, "echo_request", {}},
                                       {11, "time_exceeded", kTimeExceeded},
                                       {12, "parameter_problem", {}},
                                       {13, "timestamp_request", {}},
                                       {14, "timestamp_reply", {}},
                                       {15, "information_request", {}},
                                       {16, "information_reply", {}},
                                       {17, "address_mask_request", {}},
                                       {18, "address_mask_reply", {}}}};

// IANA, "ICMPv6 Parameters".
constexpr std::array<Name, 6> kUnreachableV6{{{0, "no_route"},
                                              {0, "net_unreachable"},
                                              {1, "admin_prohibited"},
                                              {2, "not_neighbour"},
                                              {3, "address_unreachable"},
                                              {4, "port_unreachable"}}};
constexpr std::array<Name, 2> kTimeExceededV6{{{0, "exceeded_hop_limit"}, {1, "exceeded_frag_time"}}};
constexpr std::array<Name, 3> kParameterProblemV6{
    {{0, "header_field"}, {1, "unknown_next_header"}, {2, "unknown_option"}}};
constexpr std::array<Type, 6> kTypesV6{{{1, "unreachable", kUnreachableV6},
                                        {2, "packet_too_big", {}},
                                        {3, "time_exceeded", kTimeExceededV6},
                                        {4, "parameter_problem", kParameterProblemV6},
                                        {128, "echo_request", {}},
                                        {129, "echo_reply", {}}}};

std::span<const Type> types(bool is_v6) {
  return is_v6 ? std::span<const Type>{kTypesV6} : std::span<const Type>{kTypes};
}

// 3 of "type_3" where `prefix` is "type_".
std::optional<std::uint8_t> numbered(std::string_view word, std::string_view prefix) {
  if (!word.starts_with(prefix)) return std::nullopt;
  word.remove_prefix(prefix.size());
  std::uint8_t number = 0;
  const char* const end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, number);
  return error == std::errc{} && stop == end ? std::optional{number} : std::nullopt;
}

}  // namespace

std::optional<IcmpKind> icmp_kind_of(std::string_view type, const std::optional<std::string>& code,
                                     bool is_v6) {
  const auto known = std::ranges::find(types(is_v6), type, &Type::word);
  const bool is_known = known != types(is_v6).end();
  const std::optional<std::uint8_t> number = is_known ? known->number : numbered(type, "type_");
  if (!number) return std::nullopt;
  if (!code) return IcmpKind{.type = *number, .code = 0};
  std::optional<std::uint8_t> code_number = numbered(*code, "code_");
  if (!code_number && is_known) {
    const auto named = std::ranges::find(known->codes, std::string_view{*code}, &Name::word);
    if (named != known->codes.end()) code_number = named->number;
  }
  if (!code_number) return std::nullopt;
  return IcmpKind{.type = *number, .code = *code_number};
}

IcmpWords icmp_words(IcmpKind kind, bool is_v6) {
  const auto known = std::ranges::find(types(is_v6), kind.type, &Type::number);
  const bool is_known = known != types(is_v6).end();
  IcmpWords words{.type = is_known ? std::string{known->word} : "type_" + std::to_string(kind.type),
                  .code = {}};
  const std::span<const Name> codes = is_known ? known->codes : std::span<const Name>{};
  const auto named = std::ranges::find(codes, kind.code, &Name::number);
  if (named != codes.end()) {
    words.code = named->word;
  } else if (kind.code != 0) {
    words.code = "code_" + std::to_string(kind.code);
  }
  return words;
}

}  // namespace halfopen::script

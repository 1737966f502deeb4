// ICMP types and codes by the words of the language: `unreachable port_unreachable`, `type_3 code_4`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace halfopen::script {

struct IcmpKind {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  friend bool operator==(const IcmpKind&, const IcmpKind&) = default;
};

// No code is code 0. nullopt for words that ICMP, or ICMPv6, does not have here.
[[nodiscard]] std::optional<IcmpKind> icmp_kind_of(std::string_view type,
                                                   const std::optional<std::string>& code, bool is_v6);

struct IcmpWords {
  std::string type;
  std::optional<std::string> code;  // empty for code 0 of a type whose codes have no names
};
// The way back; type_N and code_N where there is no word.
[[nodiscard]] IcmpWords icmp_words(IcmpKind kind, bool is_v6);

}  // namespace halfopen::script

// Explicit congestion notification of one end of a connection (RFC 3168): what was agreed on, what is to be
// echoed, and what the next segments carry.
#pragma once

#include <cstdint>

namespace halfopen {

// When ECN is agreed on: Linux's tcp_ecn and FreeBSD's net.inet.tcp.ecn.enable, by value. The accurate ones
// (RFC 9768) fall back to RFC 3168's where the peer knows no other.
enum class EcnUse : std::uint8_t {
  off,
  always,                 // asked for by our SYN, and granted
  on_request,             // granted only
  accurate,               // asked for and granted
  accurate_asks_classic,  // granted; our SYN asks for RFC 3168's
  accurate_on_request,    // granted only
};
[[nodiscard]] constexpr bool asks_for_ecn(EcnUse use) {
  return use == EcnUse::always || use == EcnUse::accurate || use == EcnUse::accurate_asks_classic;
}
[[nodiscard]] constexpr bool grants_acc_ecn(EcnUse use) { return use >= EcnUse::accurate; }

// When segments of a connection with Accurate ECN carry its option: Linux's tcp_ecn_option, by value.
enum class AccEcnOptionUse : std::uint8_t {
  never,
  when_needed,  // what the peer must hear, and now and then (tcp_ecn_option_beacon)
  always,
};

// For CongestionProfile::ecn_syn_retries: every SYN asks, and what the handshake says of marks is not doubted
// (Linux's tcp_ecn_fallback 0).
inline constexpr std::uint8_t kNoEcnFallback = 255;

// The two bits in the IP header (RFC 3168 section 5).
namespace ip_ecn {
inline constexpr std::uint8_t ect1 = 1;
inline constexpr std::uint8_t ect0 = 2;
inline constexpr std::uint8_t ce = 3;
inline constexpr std::uint8_t mask = 3;
}  // namespace ip_ecn

struct EcnState {
  bool asked : 1 = false;             // our SYN had ECE and CWR
  bool asked_accurately : 1 = false;  // and AE
  bool agreed : 1 = false;            // both ends use RFC 3168's
  bool echoes : 1 = false;            // congestion was experienced: our ACKs say so until the peer sends CWR
  bool owes_cwr : 1 = false;          // our window was reduced: the next new data says so
  bool seen_ect : 1 = false;          // the peer has sent a packet that may be marked
  bool congested : 1 = false;         // the ACK in hand has ECE
};

}  // namespace halfopen

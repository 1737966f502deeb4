// Explicit congestion notification of one end of a connection (RFC 3168): what was agreed on, what is to be
// echoed, and what the next segments carry.
#pragma once

#include <cstdint>

namespace halfopen {

// When ECN is agreed on: Linux's tcp_ecn and FreeBSD's net.inet.tcp.ecn.enable, by value.
enum class EcnUse : std::uint8_t {
  off,
  always,      // asked for by our SYN, and granted
  on_request,  // granted only
};

// The two bits in the IP header (RFC 3168 section 5).
namespace ip_ecn {
inline constexpr std::uint8_t ect0 = 2;
inline constexpr std::uint8_t ce = 3;
inline constexpr std::uint8_t mask = 3;
}  // namespace ip_ecn

struct EcnState {
  bool asked : 1 = false;      // our SYN has ECE and CWR
  bool agreed : 1 = false;     // both ends use it
  bool echoes : 1 = false;     // congestion was experienced: our ACKs say so until the peer sends CWR
  bool owes_cwr : 1 = false;   // our window was reduced: the next new data says so
  bool seen_ect : 1 = false;   // the peer has sent a packet that may be marked
  bool congested : 1 = false;  // the ACK in hand has ECE
};

}  // namespace halfopen

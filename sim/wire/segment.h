// A TCP segment as a value: host byte order, payload shared, no addresses (those are the IP header's).
#pragma once

#include <array>
#include <cstdint>

#include "sim/wire/payload.h"
#include "sim/wire/seq.h"
#include "sim/wire/tcp_options.h"

namespace halfopen {

// Control bits as they stand in the header (RFC 9293 section 3.1).
namespace tcp_flag {
inline constexpr std::uint8_t fin = 0x01;
inline constexpr std::uint8_t syn = 0x02;
inline constexpr std::uint8_t rst = 0x04;
inline constexpr std::uint8_t psh = 0x08;
inline constexpr std::uint8_t ack = 0x10;
inline constexpr std::uint8_t urg = 0x20;
inline constexpr std::uint8_t ece = 0x40;
inline constexpr std::uint8_t cwr = 0x80;
}  // namespace tcp_flag

// tcpdump's letters for them, in the order in which it prints them.
struct FlagLetter {
  std::uint8_t bit;
  char letter;
};
inline constexpr std::array<FlagLetter, 8> kFlagLetters{{{tcp_flag::fin, 'F'},
                                                         {tcp_flag::syn, 'S'},
                                                         {tcp_flag::rst, 'R'},
                                                         {tcp_flag::psh, 'P'},
                                                         {tcp_flag::ack, '.'},
                                                         {tcp_flag::urg, 'U'},
                                                         {tcp_flag::ece, 'E'},
                                                         {tcp_flag::cwr, 'W'}}};

struct Segment {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  Seq seq;
  Seq ack;                   // meaningful if the ACK bit is set
  std::uint8_t flags = 0;    // tcp_flag bits
  bool ae = false;           // the bit before them (RFC 9768)
  std::uint16_t window = 0;  // the field as sent: unscaled
  std::uint16_t urgent = 0;
  TcpOptions options;
  Payload payload;

  [[nodiscard]] bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  // SEG.LEN of RFC 9293: payload plus one each for SYN and FIN.
  [[nodiscard]] std::uint32_t length() const {
    return payload.size() + (has(tcp_flag::syn) ? 1 : 0) + (has(tcp_flag::fin) ? 1 : 0);
  }
  [[nodiscard]] Seq end() const { return seq + length(); }
};

}  // namespace halfopen

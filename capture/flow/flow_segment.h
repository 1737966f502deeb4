// What following a connection needs to know of a segment, be it a value or a view.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/wire/packet_view.h"

namespace halfopen {

struct FlowSegment {
  SocketAddress source;
  SocketAddress destination;
  Seq seq;
  Seq ack;
  std::uint8_t flags = 0;
  std::uint16_t window = 0;  // the field as sent
  std::uint32_t payload = 0;
  std::optional<std::uint8_t> window_scale;  // of a SYN
  bool options_are_cut = false;              // of a SYN: a snap length left out some of them

  [[nodiscard]] bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  // SEG.LEN of RFC 9293.
  [[nodiscard]] std::uint32_t length() const {
    return payload + (has(tcp_flag::syn) ? 1 : 0) + (has(tcp_flag::fin) ? 1 : 0);
  }
  [[nodiscard]] Seq end() const { return seq + length(); }
  // Where its payload begins.
  [[nodiscard]] Seq data() const { return seq + (has(tcp_flag::syn) ? 1 : 0); }
};
// Of a packet that carries a segment.
[[nodiscard]] FlowSegment flow_segment(const Packet& packet);
[[nodiscard]] FlowSegment flow_segment(const PacketView& packet);

}  // namespace halfopen

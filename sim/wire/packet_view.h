// An IP packet where it lies: headers found and checked once, fields read from the bytes when they are asked
// for. Nothing is copied or allocated. parse() makes the value (packet.h) from it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "sim/wire/bytes.h"
#include "sim/wire/packet.h"
#include "sim/wire/upper_layer.h"

namespace halfopen {

// A TCP segment in place. Valid as long as the bytes are.
class TcpView {
 public:
  // `captured` holds at least the 20 bytes of the fixed header; `claimed` is the segment's length by the IP
  // header, and not less than its data offset.
  TcpView(std::span<const std::uint8_t> captured, std::size_t claimed)
      : at_{captured.data()}, captured_{captured.size()}, claimed_{claimed} {}

  [[nodiscard]] std::uint16_t source_port() const { return wire::get16(at_); }
  [[nodiscard]] std::uint16_t destination_port() const { return wire::get16(at_ + 2); }
  [[nodiscard]] Seq seq() const { return Seq{wire::get32(at_ + 4)}; }
  [[nodiscard]] Seq ack() const { return Seq{wire::get32(at_ + 8)}; }
  [[nodiscard]] std::size_t header_size() const { return std::size_t{at_[12]} >> 4 << 2; }
  [[nodiscard]] std::uint8_t flags() const { return at_[13]; }
  // The four bits between data offset and flags; the last is AE (RFC 9768).
  [[nodiscard]] std::uint8_t reserved_bits() const { return at_[12] & 0x0f; }
  [[nodiscard]] std::uint16_t window() const { return wire::get16(at_ + 14); }
  [[nodiscard]] std::uint16_t urgent() const { return wire::get16(at_ + 18); }
  // The options as far as they were captured. Where they were not checked (ParseOptions) they may be broken,
  // and where they are not whole the last one may be a part: TcpOptions's readers take care of both.
  [[nodiscard]] std::span<const std::uint8_t> options() const {
    return {at_ + wire::kTcpHeader, std::min(captured_, header_size()) - wire::kTcpHeader};
  }
  // False where a snap length cut the list: an option that is not found may be in the rest of it.
  [[nodiscard]] bool options_are_whole() const { return captured_ >= header_size(); }
  // The payload as far as it was captured.
  [[nodiscard]] std::span<const std::uint8_t> payload() const {
    if (captured_ <= header_size()) return {};
    return {at_ + header_size(), captured_ - header_size()};
  }
  [[nodiscard]] std::uint32_t payload_size() const {
    return static_cast<std::uint32_t>(claimed_ - header_size());
  }

 private:
  const std::uint8_t* at_;
  std::size_t captured_;
  std::size_t claimed_;
};

class PacketView {
 public:
  // Finds and checks the headers of one raw IP packet. What `wire` and `options` may be, and what counts as
  // wrong, is parse()'s (packet.h). nullopt, with `issue` filled in, where something is wrong.
  [[nodiscard]] static std::optional<PacketView> find(std::span<const std::uint8_t> wire, ParseIssue& issue,
                                                      ParseOptions options = {});

  [[nodiscard]] const IpAddress& source() const { return upper_.source; }
  [[nodiscard]] const IpAddress& destination() const { return upper_.destination; }
  [[nodiscard]] std::uint8_t protocol() const { return upper_.protocol; }
  [[nodiscard]] IpHeader ip_header() const;
  // The packet as captured, from the IP header on and without padding; and what it claims to be.
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return upper_.packet_size; }
  // What the IP header carries, as far as it was captured.
  [[nodiscard]] std::span<const std::uint8_t> body() const { return bytes_.subspan(upper_.offset); }

  // A part of a packet: the first of its fragments or a later one.
  [[nodiscard]] bool is_fragment() const { return upper_.is_fragment; }
  // A later fragment is neither, nor is a first one that was kept (ParseOptions).
  [[nodiscard]] bool is_tcp() const {
    return !upper_.is_later_fragment && upper_.protocol == wire::kProtocolTcp;
  }
  [[nodiscard]] bool is_icmp() const {
    return !upper_.is_later_fragment &&
           upper_.protocol == (upper_.is_v6 ? wire::kProtocolIcmpV6 : wire::kProtocolIcmp);
  }
  // Only if is_tcp().
  [[nodiscard]] TcpView tcp() const { return {body(), upper_.packet_size - upper_.offset}; }

 private:
  PacketView() = default;
  bool find_headers(std::span<const std::uint8_t> wire, ParseIssue& issue, ParseOptions options);

  std::span<const std::uint8_t> bytes_;
  wire::UpperLayer upper_;
};

// The packet as a value: its payload is copied into a block of `pool`, with zeros for what was not captured.
[[nodiscard]] Packet packet_of(const PacketView& view, BlockPool& pool);

}  // namespace halfopen

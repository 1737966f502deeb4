// Packets and TCP options: what is read and written again is the same.
#include "sim/wire/packet.h"
#include "sim/wire/packet_view.h"
#include "tests/fuzz/target.h"

namespace halfopen::fuzz {

void fuzz_tcp_options(Bytes input) {
  constexpr std::size_t kMost = TcpOptions::kMaxBytes;
  const Bytes wire = input.first(std::min(input.size(), kMost));
  std::size_t fault = 0;
  const auto strict = TcpOptions::parse(wire, &fault);
  require(strict.has_value() == !TcpOptions::find_fault(wire).has_value(), "parse() and find_fault() agree");
  if (!strict) require(fault < wire.size(), "a fault lies within the options");
  const TcpOptions lenient = TcpOptions::read(wire, kMost);
  require(lenient.wire().size() <= kMost, "options fit their header");
  require(TcpOptions::parse(lenient.wire()).has_value(), "what read() makes is without fault");
  const auto scale = lenient.window_scale();
  if (wire.size() == kMost)
    require(TcpOptions::find_window_scale(wire) == scale, "the window scale is the same either way");
  if (!strict) return;
  require(std::ranges::equal(strict->wire(), wire), "options keep their bytes");
  const auto again = TcpOptions::parse(strict->wire());
  require(again.has_value() && again->mss() == strict->mss() &&
              again->window_scale() == strict->window_scale() &&
              again->has_timestamps() == strict->has_timestamps() &&
              std::ranges::equal(again->sack(), strict->sack()),
          "options read again mean the same");
}

void fuzz_packet(Bytes input) {
  if (input.empty()) return;
  BlockPool pool;
  const ParseOptions options{.truncated = (input[0] & 1) != 0,
                             .verify_checksums = (input[0] & 2) != 0,
                             .keep_fragments = (input[0] & 4) != 0,
                             .check_tcp_options = (input[0] & 8) != 0,
                             .length_if_zero = (input[0] & 16) != 0 ? input.size() - 1 : 0};
  const Bytes wire = input.subspan(1);
  ParseIssue issue;
  const auto packet = parse(wire, pool, issue, options);
  if (!packet) {
    require(!issue.message.empty(), "a packet that cannot be read says why");
    return;
  }
  require(wire_size(*packet) <= kMaxPacketSize, "no packet is longer than any system makes");
  if (const auto error = make_icmp_error(IcmpKind::host_unreachable, *packet, packet->ip.destination, 0)) {
    std::vector<std::uint8_t> bytes(wire_size(*error));
    require(emit(*error, bytes) == bytes.size(), "an ICMP error is written whole");
  }
  if (wire_size(*packet) > 65'535) return;  // longer ones have no length that can be written
  std::vector<std::uint8_t> bytes(wire_size(*packet));
  require(emit(*packet, bytes) == bytes.size(), "a packet is written whole");
  const bool is_segment = packet->segment() != nullptr;
  if (!is_segment) return;  // an OtherBody may be a fragment, which is written as a whole packet
  const auto again = parse(bytes, pool, issue, {});
  require(again.has_value() && again->segment() != nullptr,
          "what was written is read again: " + issue.message);
  std::vector<std::uint8_t> twice(wire_size(*again));
  emit(*again, twice);
  require(twice == bytes, "and is the same bytes");
}

}  // namespace halfopen::fuzz

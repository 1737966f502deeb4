#include "capture/decode/link_libtins.h"

#include <fmt/format.h>
#include <tins/dot11.h>
#include <tins/ppi.h>
#include <tins/radiotap.h>

#include <exception>
#include <memory>
#include <vector>

namespace halfopen {
namespace {

constexpr std::uint32_t kDot11 = 105;     // IEEE 802.11
constexpr std::uint32_t kRadiotap = 127;  // behind what the receiver measured
constexpr std::uint32_t kPpi = 192;       // behind per-packet information

// The longest IPv4 and TCP headers. libtins parses beyond the link layer, and throws where a snap length cut
// that; with zeros behind it, it finds where the packet begins, and what is wrong with the rest is ours to
// say.
constexpr std::size_t kRoom = 120;

std::unique_ptr<Tins::PDU> parse_link(std::uint32_t link_type, const std::vector<std::uint8_t>& bytes) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  switch (link_type) {
    case kDot11: return std::unique_ptr<Tins::PDU>{Tins::Dot11::from_bytes(bytes.data(), size)};
    case kRadiotap: return std::make_unique<Tins::RadioTap>(bytes.data(), size);
    default: return std::make_unique<Tins::PPI>(bytes.data(), size);
  }
}

}  // namespace

bool libtins_knows(std::uint32_t link_type) {
  return link_type == kDot11 || link_type == kRadiotap || link_type == kPpi;
}

std::optional<Unwrapped> unwrap_with_libtins(std::uint32_t link_type, std::span<const std::uint8_t> frame,
                                             std::string& issue) {
  std::vector<std::uint8_t> padded(frame.begin(), frame.end());
  padded.resize(frame.size() + kRoom);
  std::unique_ptr<Tins::PDU> link;
  try {
    link = parse_link(link_type, padded);
  } catch (const std::exception& error) {  // several types, of which one is a plain runtime_error
    issue = fmt::format("libtins cannot read {} bytes of link type {}: {}", frame.size(), link_type,
                        error.what());
    return std::nullopt;
  }
  std::size_t header = 0;
  for (const Tins::PDU* pdu = link.get(); pdu != nullptr; pdu = pdu->inner_pdu()) {
    if (header > frame.size() || pdu->pdu_type() == Tins::PDU::RAW) break;
    if (pdu->pdu_type() == Tins::PDU::IP || pdu->pdu_type() == Tins::PDU::IPv6) {
      return Unwrapped{.ip = frame.subspan(header), .header = header, .is_ip = true};
    }
    header += pdu->header_size();
  }
  if (header <= frame.size()) return Unwrapped{.ip = {}, .header = header, .is_ip = false};
  issue = fmt::format("{} bytes of link type {}, expected a header of {}", frame.size(), link_type, header);
  return std::nullopt;
}

}  // namespace halfopen

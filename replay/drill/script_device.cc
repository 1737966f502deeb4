#include "replay/drill/script_device.h"

#include <sys/uio.h>

#include <cerrno>
#include <cstring>

#include "replay/base/errors.h"
#include "sim/wire/bytes.h"

namespace halfopen::drill {
namespace {

// struct virtio_net_hdr (virtio 1.1, section 5.1.6), in the machine's byte order. The kernel's own header has
// a word in it that is none in C++.
struct CardHeader {
  static constexpr std::uint8_t kNeedsChecksum = 1;
  std::uint8_t flags = 0;
  std::uint8_t gso_type = 0;
  std::uint16_t header_length = 0;
  std::uint16_t gso_size = 0;
  std::uint16_t checksum_start = 0;   // of the bytes that it is about
  std::uint16_t checksum_offset = 0;  // of the field, from there
};

// What a card does for kNeedsChecksum: the field has the sum over
// the pseudo header by then.
void finish_checksum(std::span<std::uint8_t> packet, std::size_t start, std::size_t offset) {
  if (start + offset + 2 > packet.size()) return;
  std::uint32_t sum = 0;
  for (std::size_t at = start; at < packet.size(); ++at)
    sum += (at - start) % 2 == 0 ? std::uint32_t{packet[at]} << 8 : packet[at];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  wire::put16(&packet[start + offset], static_cast<std::uint16_t>(~sum));
}

}  // namespace

void ScriptDevice::write(std::span<const std::uint8_t> packet) {
  CardHeader header;
  const std::array<iovec, 2> parts{
      {{.iov_base = &header, .iov_len = sizeof header},
       {.iov_base = const_cast<std::uint8_t*>(packet.data()), .iov_len = packet.size()}}};
  // The kernel refuses what is no IP packet at all; a script may well try that.
  if (writev(device_.get(), parts.data(), static_cast<int>(parts.size())) < 0 && errno != EINVAL)
    throw_system("write to the TUN device");
}

std::optional<std::vector<std::uint8_t>> ScriptDevice::read() {
  ssize_t got = -1;
  while ((got = ::read(device_.get(), buffer_.data(), buffer_.size())) < 0 && errno == EINTR) continue;
  CardHeader header;
  if (got <= static_cast<ssize_t>(sizeof header)) return std::nullopt;
  std::memcpy(&header, buffer_.data(), sizeof header);
  const std::span<std::uint8_t> packet =
      std::span{buffer_}.first(static_cast<std::size_t>(got)).subspan(sizeof header);
  if ((header.flags & CardHeader::kNeedsChecksum) != 0)
    finish_checksum(packet, header.checksum_start, header.checksum_offset);
  return std::vector<std::uint8_t>{packet.begin(), packet.end()};
}

}  // namespace halfopen::drill

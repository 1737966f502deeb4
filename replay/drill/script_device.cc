#include "replay/drill/script_device.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#include <algorithm>
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
  static constexpr std::uint8_t kTcpOverIpV4 = 1;
  static constexpr std::uint8_t kTcpOverIpV6 = 4;
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

void ScriptDevice::write(std::span<const std::uint8_t> packet, std::uint16_t mss) {
  CardHeader header;
  if (mss != 0) {
    const bool is_v6 = !packet.empty() && packet[0] >> 4 == 6;
    header.gso_type = is_v6 ? CardHeader::kTcpOverIpV6 : CardHeader::kTcpOverIpV4;
    header.gso_size = mss;
  }
  const std::array<iovec, 2> parts{
      {{.iov_base = &header, .iov_len = sizeof header},
       {.iov_base = const_cast<std::uint8_t*>(packet.data()), .iov_len = packet.size()}}};
  // The kernel refuses what is no IP packet at all; a script may well try that.
  if (writev(device_.get(), parts.data(), static_cast<int>(parts.size())) < 0 && errno != EINVAL)
    throw_system("write to the TUN device");
}

std::optional<ScriptDevice::Read> ScriptDevice::read() {
  ssize_t got = -1;
  while ((got = ::read(device_.get(), buffer_.data(), buffer_.size())) < 0 && errno == EINTR) continue;
  CardHeader header;
  if (got <= static_cast<ssize_t>(sizeof header)) return std::nullopt;
  std::memcpy(&header, buffer_.data(), sizeof header);
  const std::span<std::uint8_t> packet =
      std::span{buffer_}.first(static_cast<std::size_t>(got)).subspan(sizeof header);
  const std::optional<std::chrono::nanoseconds> sent = time_of(packet);
  if ((header.flags & CardHeader::kNeedsChecksum) != 0)
    finish_checksum(packet, header.checksum_start, header.checksum_offset);
  return Read{.bytes = {packet.begin(), packet.end()}, .sent = sent};
}

void ScriptDevice::read_tap() {
  while (tap_) {
    Sight sight;
    iovec place{.iov_base = sight.head.data(), .iov_len = sight.head.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(timespec))> control;
    msghdr message{};
    message.msg_iov = &place;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = recvmsg(tap_.get(), &message, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return;  // there is nothing more, or the device is gone
    sight.size = static_cast<std::size_t>(got);
    const cmsghdr* told = CMSG_FIRSTHDR(&message);
    if (told == nullptr || told->cmsg_level != SOL_SOCKET || told->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec at{};
    std::memcpy(&at, CMSG_DATA(told), sizeof at);
    sight.at = std::chrono::seconds{at.tv_sec} + std::chrono::nanoseconds{at.tv_nsec};
    sights_.push_back(sight);
  }
}

std::optional<std::chrono::nanoseconds> ScriptDevice::time_of(std::span<const std::uint8_t> packet) {
  read_tap();  // which hears of a packet before it can be read
  const auto found = std::ranges::find_if(sights_, [packet](const Sight& sight) {
    return sight.size <= packet.size() &&
           std::equal(sight.head.begin(), sight.head.begin() + sight.size, packet.begin());
  });
  if (found == sights_.end()) return std::nullopt;
  const std::chrono::nanoseconds at = found->at;
  sights_.erase(sights_.begin(), found + 1);  // those before it were dropped
  return at;
}

}  // namespace halfopen::drill

// The classic format, by ourselves: libpcap reads 4 KiB at a time and copies every packet. Its variants are
// those that libpcap knows: both byte orders, micro- and nanoseconds, and Kuznetzov's longer packet headers.
#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstring>

#include "capture/decode/frame_decoder.h"
#include "capture/decode/link_layer.h"
#include "capture/file/frame_source.h"
#include "capture/file/input_file.h"
#include "sim/base/input_error.h"

namespace halfopen {
namespace {

constexpr std::size_t kFileHeader = 24;
constexpr std::size_t kPacketHeader = 16;
constexpr std::size_t kPatchedPacketHeader =
    24;                                        // with an interface, a protocol and a packet type at its end
constexpr std::uint32_t kMaxPacket = 262'144;  // libpcap's MAXIMUM_SNAPLEN: beyond it the file lies

constexpr std::uint32_t kMicroseconds = 0xa1b2c3d4;
constexpr std::uint32_t kNanoseconds = 0xa1b23c4d;
constexpr std::uint32_t kPatched = 0xa1b2cd34;

class PcapReader : public FrameSource {
 public:
  PcapReader(InputFile& file, FrameDecoder& decoder) : file_{file}, decoder_{decoder} { read_header(); }
  bool step() override;

 private:
  // Before version 2.3 the captured length stood behind the other; some writers of 2.3 did not know yet.
  enum class Lengths : std::uint8_t { in_order, swapped, maybe_swapped };

  void read_header();
  void read_version(std::uint32_t word);
  [[nodiscard]] std::uint32_t u32(const std::uint8_t* at) const {
    std::uint32_t word = 0;
    std::memcpy(&word, at, sizeof word);
    return is_swapped_ ? __builtin_bswap32(word) : word;
  }
  [[noreturn]] void fail(std::uint64_t at, const std::string& expected, const std::string& found) const {
    throw InputError{file_.place(at), expected, found};
  }

  InputFile& file_;
  FrameDecoder& decoder_;
  bool is_swapped_ = false;  // the numbers of the file are not in this machine's byte order
  Lengths lengths_ = Lengths::in_order;
  std::size_t packet_header_ = kPacketHeader;
  std::int64_t tick_ = 1000;  // nanoseconds
  std::uint32_t link_type_ = 0;
};

// The format's version as two numbers of 16 bits.
void PcapReader::read_version(std::uint32_t word) {
  const bool major_is_high = (std::endian::native == std::endian::big) != is_swapped_;
  const std::uint32_t major = major_is_high ? word >> 16 : word & 0xffff;
  const std::uint32_t minor = major_is_high ? word & 0xffff : word >> 16;
  const bool is_dgux = major == 543 && minor == 0;  // DG/UX tcpdump
  if (!is_dgux && (major != 2 || minor > 4)) {
    fail(4, "pcap version 2.0 to 2.4", fmt::format("{}.{}", major, minor));
  }
  if (is_dgux || minor < 3) {
    lengths_ = Lengths::swapped;
  } else if (minor == 3) {
    lengths_ = Lengths::maybe_swapped;
  }
}

void PcapReader::read_header() {
  const auto header = file_.peek(kFileHeader);
  if (header.size() < kFileHeader)
    fail(0, "a pcap file header of 24 bytes", fmt::format("{}", header.size()));
  const auto is_known = [](std::uint32_t magic) {
    return magic == kMicroseconds || magic == kNanoseconds || magic == kPatched;
  };
  is_swapped_ = !is_known(u32(header.data()));
  const std::uint32_t magic = u32(header.data());
  if (magic == kNanoseconds) tick_ = 1;
  if (magic == kPatched) packet_header_ = kPatchedPacketHeader;
  read_version(u32(&header[4]));
  link_type_ = u32(&header[20]) & 0xffff;  // above it: how long the frame check sequences are
  file_.consume(kFileHeader);
  if (!is_known_link_type(link_type_))
    throw InputError{file_.name(), kKnownLinkTypes, describe_link_type(link_type_)};
}

bool PcapReader::step() {
  const std::uint64_t at = file_.offset();
  const auto header = file_.peek(packet_header_);
  if (header.empty()) return false;
  const auto cut = [&](std::size_t there) {
    fail(at + there, fmt::format("the whole of packet {}", decoder_.frames() + 1), "the end of the file");
  };
  if (header.size() < packet_header_) cut(header.size());
  std::uint32_t captured = u32(&header[8]);
  std::uint32_t size = u32(&header[12]);
  if (lengths_ == Lengths::swapped || (lengths_ == Lengths::maybe_swapped && captured > size)) {
    std::swap(captured, size);
  }
  if (captured > kMaxPacket) {
    fail(at, fmt::format("packet {} of at most {} bytes", decoder_.frames() + 1, kMaxPacket),
         fmt::format("a captured length of {}", captured));
  }
  Frame frame;
  frame.link_type = link_type_;
  frame.wire_size = size;
  frame.time = std::int64_t{u32(header.data())} * 1'000'000'000 + std::int64_t{u32(&header[4])} * tick_;
  const auto record = file_.peek(packet_header_ + captured);
  if (record.size() < packet_header_ + captured) cut(record.size());
  file_.consume(record.size());
  frame.bytes = record.subspan(packet_header_);
  decoder_.on_frame(frame);
  return true;
}

}  // namespace

std::unique_ptr<FrameSource> open_pcap(InputFile& file, FrameDecoder& decoder) {
  return std::make_unique<PcapReader>(file, decoder);
}

}  // namespace halfopen

#include "capture/file/reader.h"

#include <fmt/format.h>

#include <array>

#include "capture/decode/frame_decoder.h"
#include "capture/file/frame_source.h"
#include "capture/file/input_file.h"
#include "sim/wire/bytes.h"

namespace halfopen {
namespace {

const std::string kExpected = "a pcap or pcapng file";

enum class Format : std::uint8_t { pcap, pcapng };

struct Magic {
  std::uint32_t number;  // the first four bytes, big-endian
  std::string_view what;
};
constexpr auto kPcapMagics =
    std::to_array({0xa1b2c3d4u, 0xd4c3b2a1u, 0xa1b23c4du, 0x4d3cb2a1u, 0xa1b2cd34u, 0x34cdb2a1u});
constexpr std::uint32_t kPcapngMagic = 0x0a0d0d0a;
// Of what is packed, xz stands for itself, and the others for what was packed twice.
constexpr auto kOthers = std::to_array<Magic>({{0x28b52ffd, "zstd data: unpack it first"},
                                               {0xfd377a58, "xz data: unpack it first"},
                                               {0x04224d18, "lz4 data: unpack it first"},
                                               {0x736e6f6f, "a snoop capture: convert it with editcap"}});

std::string describe_bytes(std::span<const std::uint8_t> head) {
  const std::uint32_t magic = wire::get32(head.data());
  for (const auto& [number, what] : kOthers) {
    if (number == magic) return std::string{what};
  }
  if (magic >> 16 == 0x1f8b) return "gzip data: unpack it first";
  return fmt::format("the bytes {:02x} {:02x} {:02x} {:02x}", head[0], head[1], head[2], head[3]);
}

Format format_of(InputFile& file) {
  const auto head = file.peek(4);
  const std::string place = file.place(0);
  if (head.empty()) throw InputError{file.name(), kExpected, "an empty file"};
  if (head.size() < 4) throw InputError{place, kExpected, fmt::format("a file of {} bytes", head.size())};
  const std::uint32_t magic = wire::get32(head.data());
  if (magic == kPcapngMagic) return Format::pcapng;
  for (const std::uint32_t number : kPcapMagics) {
    if (number == magic) return Format::pcap;
  }
  throw InputError{place, kExpected, describe_bytes(head)};
}

}  // namespace

struct CaptureReader::Parts {
  Parts(const std::string& path, const CaptureHandlers& handlers)
      : file{path},
        format{format_of(file)},
        decoder{handlers, format == Format::pcap ? "pcap" : "pcapng"},
        source{format == Format::pcap ? open_pcap(file, decoder) : open_pcapng(file, decoder)} {}

  InputFile file;
  Format format;
  FrameDecoder decoder;
  std::unique_ptr<FrameSource> source;
  bool is_over = false;
};

CaptureReader::CaptureReader(const std::string& path, const CaptureHandlers& handlers)
    : parts_{std::make_unique<Parts>(path, handlers)} {}
CaptureReader::~CaptureReader() = default;
CaptureReader::CaptureReader(CaptureReader&&) noexcept = default;
CaptureReader& CaptureReader::operator=(CaptureReader&&) noexcept = default;

bool CaptureReader::step() {
  if (parts_->is_over) return false;
  parts_->is_over = true;  // unless it turns out otherwise: an error is told once
  parts_->is_over = !parts_->source->step();
  if (parts_->is_over) parts_->decoder.finish();
  return !parts_->is_over;
}

const CaptureCounts& CaptureReader::counts() const { return parts_->decoder.counts(); }

std::vector<std::string> CaptureReader::remarks() const { return parts_->decoder.remarks().lines(); }

CaptureCounts read_capture(const std::string& path, const CaptureHandlers& handlers) {
  CaptureReader reader{path, handlers};
  while (reader.step()) {
  }
  return reader.counts();
}

}  // namespace halfopen

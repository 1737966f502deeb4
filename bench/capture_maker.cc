#include "bench/capture_maker.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

#include "sim/base/rng.h"
#include "sim/wire/packet.h"

namespace halfopen::bench {
namespace {

constexpr std::uint32_t kSnapLength = 96;
constexpr std::uint32_t kMss = 1448;  // with timestamps, on Ethernet
constexpr std::uint32_t kPacketsEach = 200;
constexpr std::uint32_t kEthernet = 1;
constexpr std::array<std::uint8_t, 14> kEthernetHeader{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00};
constexpr std::uint64_t kGap = 1000;  // nanoseconds between packets
constexpr std::uint32_t kEpoch = 1'577'836'800;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

class Writer {
 public:
  Writer(const std::string& path, std::uint32_t link_type)
      : file_{path == "-" ? stdout : std::fopen(path.c_str(), "wb")},
        header_{link_type == kEthernet ? std::span<const std::uint8_t>{kEthernetHeader}
                                       : std::span<const std::uint8_t>{}} {
    if (!file_) throw std::runtime_error{"cannot write " + path};
    put({0xa1b23c4d, 0x0004'0002, 0, 0, kSnapLength + static_cast<std::uint32_t>(header_.size()), link_type});
  }
  // False if it cannot be written.
  bool packet(const Packet& packet) {
    const auto size = static_cast<std::uint32_t>(wire_size(packet) + header_.size());
    const std::uint64_t time = kGap * count_++;
    const std::size_t kept = emit(packet, bytes_);
    put({kEpoch + static_cast<std::uint32_t>(time / 1'000'000'000),
         static_cast<std::uint32_t>(time % 1'000'000'000), static_cast<std::uint32_t>(kept + header_.size()),
         size});
    std::fwrite(header_.data(), 1, header_.size(), file_.get());
    return std::fwrite(bytes_.data(), 1, kept, file_.get()) == kept;
  }

 private:
  void put(std::initializer_list<std::uint32_t> words) {
    for (const std::uint32_t word : words) std::fwrite(&word, sizeof word, 1, file_.get());
  }
  std::unique_ptr<std::FILE, CloseFile> file_;
  std::span<const std::uint8_t> header_;
  std::array<std::uint8_t, kSnapLength> bytes_{};
  std::uint64_t count_ = 0;
};

// One connection: handshake, data from the server with an ACK for every other segment, an orderly end.
class Download {
 public:
  explicit Download(std::uint32_t number)
      : number_{number}, isn_{static_cast<std::uint32_t>(Rng::mix(number))} {}

  // Fills in the next packet; `payload` is a full segment's.
  void next(Packet& packet, const Payload& payload, Rng& rng) {
    const std::uint32_t step = step_++;
    using namespace tcp_flag;
    if (step == 0) return fill(packet, client_sends, syn, {});
    if (step == 1) return fill(packet, server_sends, syn | ack, {});
    if (step == kPacketsEach - 4) return fill(packet, server_sends, fin | ack, {});
    if (step == kPacketsEach - 2) return fill(packet, client_sends, fin | ack, {});
    if (step == kPacketsEach - 1) return fill(packet, server_sends, ack, {});
    const bool is_data = step >= 3 && step < kPacketsEach - 4 && step % 3 != 2;
    if (!is_data) return fill(packet, client_sends, ack, {});
    constexpr std::uint64_t kLoss = 300;
    if (rng.below(kLoss) == 0 && sent_[1] > kMss) sent_[1] -= kMss;
    fill(packet, server_sends, ack, payload);
  }
  [[nodiscard]] bool is_over() const { return step_ == kPacketsEach; }

 private:
  static constexpr std::uint8_t client_sends = 0;
  static constexpr std::uint8_t server_sends = 1;

  void fill(Packet& packet, std::uint8_t sender, int flags, const Payload& payload) {
    const auto byte = [&](unsigned shift) { return static_cast<std::uint8_t>(number_ >> shift); };
    const IpAddress client = IpAddress::v4({10, 1, byte(16), byte(8)});
    const IpAddress server = IpAddress::v4({10, 2, 0, byte(0)});
    packet.ip.source = sender == 0 ? client : server;
    packet.ip.destination = sender == 0 ? server : client;
    Segment segment;
    constexpr std::uint16_t kServerPort = 80;
    const auto client_port = static_cast<std::uint16_t>(32768 + number_ % 28'000);
    segment.source_port = sender == 0 ? client_port : kServerPort;
    segment.destination_port = sender == 0 ? kServerPort : client_port;
    segment.flags = static_cast<std::uint8_t>(flags);
    segment.seq = Seq{isn_} + sent_[sender];
    segment.window = 64240;
    if (segment.has(tcp_flag::ack)) segment.ack = Seq{isn_} + sent_[1 - sender];
    if (segment.has(tcp_flag::syn)) {
      segment.options.add_mss(1460);
      segment.options.add_sack_permitted();
    } else {
      segment.options.add_nop();
      segment.options.add_nop();
    }
    segment.options.add_timestamps({TsVal{step_}, TsVal{step_}});
    if (segment.has(tcp_flag::syn)) {
      segment.options.add_nop();
      segment.options.add_window_scale(7);
    }
    segment.payload = payload;
    sent_[sender] += segment.length();
    packet.body = std::move(segment);
  }

  std::uint32_t number_;
  std::uint32_t isn_;
  std::uint32_t step_ = 0;
  std::array<std::uint32_t, 2> sent_{};
};

}  // namespace

void make_capture(const std::string& path, const CaptureShape& shape) {
  Writer writer{path, shape.link_type};
  BlockPool pool;
  const Payload payload{pool, std::vector<std::uint8_t>(kMss)};
  Rng rng{1};
  std::vector<Download> downloads;
  std::uint32_t started = 0;
  while (downloads.size() < shape.connections) downloads.emplace_back(started++);
  Packet packet;
  for (std::uint64_t n = 0; shape.packets == 0 || n < shape.packets; ++n) {
    Download& download = downloads[n % downloads.size()];
    if (download.is_over()) download = Download{started++};
    download.next(packet, payload, rng);
    if (!writer.packet(packet)) return;
  }
}

}  // namespace halfopen::bench

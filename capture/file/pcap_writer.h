// Writes packets to a pcap file through libpcap: raw IP (link type 101), nanoseconds. Notes and reasons have
// no place in this format; the pcapng writer keeps them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "capture/file/capture_file.h"

namespace halfopen {

class PcapWriter final : public CaptureSink {
 public:
  PcapWriter(const std::string& name, const CaptureOptions& options);
  ~PcapWriter() override;

  [[nodiscard]] bool wants(NoteKind) const override { return false; }
  void on_packet(const PacketNote& note) override;
  void on_note(const Note&) override {}
  void finish() override;

 private:
  struct Dump;  // libpcap's half
  std::unique_ptr<Dump> dump_;
  CaptureOptions options_;
  std::vector<std::uint8_t> bytes_;  // of the packet being written
};

}  // namespace halfopen

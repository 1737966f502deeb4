// Writes the trace to a pcapng file, by ourselves: libpcap cannot write the format. Each packet has a comment
// on why it was sent, and one for each headline since the packet before it; notes are blocks of their own
// between the packets, in order of time. docs/capture.md describes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "capture/file/capture_file.h"
#include "capture/file/pcapng_format.h"
#include "capture/note/headlines.h"
#include "capture/note/run_info.h"

namespace halfopen {

class PcapngWriter final : public CaptureSink {
 public:
  PcapngWriter(const std::string& name, const RunInfo& run, const CaptureOptions& options);

  void on_packet(const PacketNote& note) override;
  void on_note(const Note& note) override;
  void finish() override;

 private:
  void write_section(const RunInfo& run);
  void write_interface();
  void write_names(const RunInfo& run);
  void write_block();  // the one in block_
  void write(std::span<const std::uint8_t> block);
  void put_headlines();

  CaptureOptions options_;
  HostId tap_;
  pcapng::BlockBuilder block_;
  pcapng::BlockBuilder packet_;  // the last one, as it was written
  std::size_t packet_at_ = 0;    // where in the file; 0: there is none
  Headlines headlines_;          // since then
};

}  // namespace halfopen

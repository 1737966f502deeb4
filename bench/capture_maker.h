// Big captures to read, the same in every run: headers of a download over each of many connections, all
// interleaved.
#pragma once

#include <cstdint>
#include <string>

namespace halfopen::bench {

struct CaptureShape {
  std::uint32_t link_type = 101;       // raw IP, or 1: Ethernet
  std::uint64_t packets = 2'000'000;   // 0: without end
  std::uint32_t connections = 10'000;  // at once; each has 200 packets, then the next takes its place
};

// Writes a pcap in nanoseconds with a snap length of 96 bytes of IP packet, IPv4 with timestamps, valid
// checksums of whole segments of 1448 bytes, and a retransmission in 300. "-" is standard output. Throws
// std::runtime_error if it cannot, returns early if a reader leaves.
void make_capture(const std::string& path, const CaptureShape& shape);

}  // namespace halfopen::bench

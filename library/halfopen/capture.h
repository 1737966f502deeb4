// A capture file that Wireshark, tcpdump and `halfopen show` read.
#pragma once

#include <halfopen/api.h>
#include <halfopen/time.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace ho {

class HO_API Capture {
 public:
  // Opens FILE.pcapng (comments and notes are kept) or FILE.pcap (packets only), "-" is pcapng on standard
  // output. It is written as FILE.partial and gets its name in finish(). Throws std::runtime_error if the
  // file cannot be made or has another ending; so do write() and finish() if it cannot be written.
  explicit Capture(const std::string& file);
  ~Capture();
  Capture(Capture&&) noexcept;
  Capture& operator=(Capture&&) noexcept;

  // A raw IPv4 or IPv6 packet that was seen at `at`, which never runs back. `outbound`: it leaves the host at
  // whose device the capture is taken. Throws std::invalid_argument for bytes that are no IP packet.
  void write(Time at, std::span<const std::uint8_t> packet, bool outbound);
  // Completes the file. Without it nothing is left when the capture goes. Nothing is written afterwards.
  void finish();

 private:
  friend class Host;
  friend class World;
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace ho

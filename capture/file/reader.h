// Reads capture files: ours, with the reasons and notes in them, and anybody's pcap and pcapng.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "capture/decode/captured.h"
#include "sim/base/input_error.h"

namespace halfopen {

// A capture that is read as fast as its reader asks, so that two can be read side by side.
class CaptureReader {
 public:
  // "-" is standard input. Throws InputError for what is no capture.
  CaptureReader(const std::string& path, const CaptureHandlers& handlers);
  ~CaptureReader();
  CaptureReader(CaptureReader&&) noexcept;
  CaptureReader& operator=(CaptureReader&&) noexcept;

  // Reads one frame or block and calls the handlers that want it, and `info` before the first. False at the
  // end. Throws InputError, after everything that was readable, where the file itself is broken: cut off, not
  // a capture, lying about lengths. Time and memory are bounded by the block's size. After the end or an
  // error it stays at the end.
  bool step();
  [[nodiscard]] const CaptureCounts& counts() const;  // so far
  // What of the capture no packet tells, so far, a line each: "3 packets of interface 1 passed over: link
  // type 6 (IEEE802) is not read".
  [[nodiscard]] std::vector<std::string> remarks() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// Reads the capture at `path` from front to end; everything as CaptureReader has it.
CaptureCounts read_capture(const std::string& path, const CaptureHandlers& handlers);

}  // namespace halfopen

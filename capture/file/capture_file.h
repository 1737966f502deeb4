// What the writers of capture files have in common, and the one that fits a name.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "capture/file/output_file.h"
#include "capture/note/run_info.h"
#include "sim/trace/observe.h"

namespace halfopen {

// 2020-01-01T00:00:00Z is time zero in simulated captures: the same scenario gives the same bytes.
inline constexpr std::int64_t kDefaultEpoch = 1'577'836'800'000'000'000;

struct CaptureOptions {
  std::int64_t epoch = kDefaultEpoch;  // nanoseconds since 1970 at time zero
  std::uint32_t snap_length = 0;       // bytes of each packet that are kept; 0: all
};

// A subscriber of the trace that writes a file. Everything may throw CaptureError.
class CaptureSink : public Observer {
 public:
  // `name`: a path, or "-" for standard output.
  CaptureSink(const std::string& name, OutputFile::OnSignal on_signal) : file_{name, on_signal} {}

  // Completes the file. Without it nothing is left when the sink goes.
  virtual void finish() { file_.finish(); }
  // Gives what was recorded to the system: after a kill -9 NAME.partial is valid up to here.
  void flush() { file_.flush(); }
  // As NAME.partial, valid and without a packet. Another run that wants this name is refused from now on.
  void appear() { file_.appear(); }
  void keep_partial() { file_.keep_partial(); }
  [[nodiscard]] const std::string& name() const { return file_.name(); }

 protected:
  [[nodiscard]] OutputFile& file() { return file_; }

 private:
  OutputFile file_;
};

// The writer for `name`: pcapng for "-" and .pcapng, pcap for .pcap. Throws InputError for any other ending.
[[nodiscard]] std::unique_ptr<CaptureSink> open_capture(const std::string& name, const RunInfo& run,
                                                        const CaptureOptions& options = {});

}  // namespace halfopen

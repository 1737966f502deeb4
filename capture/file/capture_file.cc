#include "capture/file/capture_file.h"

#include "capture/file/pcap_writer.h"
#include "capture/file/pcapng_writer.h"
#include "sim/base/input_error.h"

namespace halfopen {
namespace {

std::unique_ptr<CaptureSink> writer_for(const std::string& name, const RunInfo& run,
                                        const CaptureOptions& options) {
  const std::string_view view{name};
  if (view == "-" || view.ends_with(".pcapng")) return std::make_unique<PcapngWriter>(name, run, options);
  if (view.ends_with(".pcap")) return std::make_unique<PcapWriter>(name, options);
  throw InputError{"capture file '" + name + "'", "a name that ends in .pcap or .pcapng", "another one"};
}

}  // namespace

std::unique_ptr<CaptureSink> open_capture(const std::string& name, const RunInfo& run,
                                          const CaptureOptions& options) {
  std::unique_ptr<CaptureSink> sink = writer_for(name, run, options);
  sink->appear();
  return sink;
}

}  // namespace halfopen

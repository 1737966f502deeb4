// The two formats of capture files, each read frame by frame.
#pragma once

#include <memory>

namespace halfopen {

class FrameDecoder;
class InputFile;

class FrameSource {
 public:
  virtual ~FrameSource() = default;
  // Gives the next frame or block to the decoder; false at the end of the file. Throws InputError where the
  // file is broken.
  virtual bool step() = 0;
};

// `file` is at the beginning; it and the decoder must outlive the source. Throws InputError for a bad header.
[[nodiscard]] std::unique_ptr<FrameSource> open_pcap(InputFile& file, FrameDecoder& decoder);
[[nodiscard]] std::unique_ptr<FrameSource> open_pcapng(InputFile& file, FrameDecoder& decoder);

}  // namespace halfopen

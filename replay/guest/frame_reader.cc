#include "replay/guest/frame_reader.h"

#include <cstring>
#include <stdexcept>

namespace halfopen::guest {

void FrameReader::feed(std::string_view bytes,
                       const std::function<void(const FrameHeader&, std::string_view)>& on_frame) {
  constexpr std::string_view kTypes = "hsoetlndkqwm";
  pending_ += bytes;
  std::string_view rest = pending_;
  while (rest.size() >= FrameHeader::kSize) {
    FrameHeader header;
    header.type = static_cast<FrameType>(rest[0]);
    std::memcpy(&header.time, rest.data() + 1, sizeof header.time);
    std::memcpy(&header.size, rest.data() + 9, sizeof header.size);
    if (kTypes.find(rest[0]) == std::string_view::npos || header.size > FrameHeader::kMaxPayload) {
      throw std::runtime_error{"the guest's messages cannot be understood"};
    }
    if (rest.size() < FrameHeader::kSize + header.size) break;
    on_frame(header, rest.substr(FrameHeader::kSize, header.size));
    rest.remove_prefix(FrameHeader::kSize + header.size);
  }
  pending_.erase(0, pending_.size() - rest.size());
}

}  // namespace halfopen::guest

// Our end of the frames that the guest's init writes.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "replay/guest/protocol.h"

namespace halfopen::guest {

class FrameReader {
 public:
  // Calls `on_frame` for every frame that is complete. Throws std::runtime_error for what is no frame.
  void feed(std::string_view bytes,
            const std::function<void(const FrameHeader&, std::string_view)>& on_frame);

 private:
  std::string pending_;
};

}  // namespace halfopen::guest

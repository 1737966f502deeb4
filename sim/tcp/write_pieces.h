// How a write reaches TCP: where the OS copies it into buffers of its own size, each of them is a sending of
// its own, and TCP knows nothing of the next one yet (4.4BSD: kern/uipc_socket.c sosend).
#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/tcp/profile.h"

namespace halfopen {

class WritePieces {
 public:
  // So many bytes were written, while there was room for `space`, not fewer. What is held goes on being held.
  void add(std::uint32_t bytes, std::uint32_t space) {
    held_ += bytes;
    space_ = space;
  }
  // Lets TCP know of the next piece; false: there is none.
  bool release(const SocketProfile& profile) {
    if (held_ == 0) return false;
    const std::uint32_t cluster = profile.write_cluster;
    std::uint32_t piece = held_;
    if (cluster != 0) {
      const bool is_large = held_ >= profile.write_cluster_least.value && space_ >= cluster;
      piece = std::min<std::uint32_t>(held_, is_large ? cluster : profile.write_mbuf.value);
      space_ -= std::min(space_, is_large ? cluster : piece);
    }
    held_ -= piece;
    return true;
  }
  void clear() { held_ = 0; }
  // Bytes at the end of the send buffer of which TCP does not know yet.
  [[nodiscard]] std::uint32_t held() const { return held_; }

 private:
  std::uint32_t held_ = 0;
  std::uint32_t space_ = 0;
};

}  // namespace halfopen

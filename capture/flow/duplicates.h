// Packets that a capture shows twice: taken on several devices (tcpdump -i any), or from two taps that were
// merged. Each counts once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "capture/decode/captured.h"

namespace halfopen {

class Duplicates {
 public:
  // Whether the packet was seen a moment ago, on another device or, within microseconds, on the same. Packets
  // come in the order of the capture; from a handler `view`.
  bool saw(const CapturedPacket& packet);
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  struct Sighting {
    std::uint64_t print = 0;
    std::int64_t at = 0;
    std::uint32_t device = 0;
  };
  // By fingerprint: as many packets as pass in a millisecond, about; a later one takes the place of an
  // earlier.
  static constexpr std::size_t kSightings = 512;
  std::array<Sighting, kSightings> sightings_{};
  std::uint64_t count_ = 0;
};

}  // namespace halfopen

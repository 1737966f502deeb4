// The TUN device between a script and a kernel: packets go in and come out, each with a header that says what
// an Ethernet card would still have to do.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "replay/base/unique_fd.h"

namespace halfopen::drill {

class ScriptDevice {
 public:
  // A device with TunHeader::offloads, non-blocking.
  explicit ScriptDevice(UniqueFd device) : device_{std::move(device)} {}

  // Throws std::system_error.
  void write(std::span<const std::uint8_t> packet);
  // The next packet, from its IP header on, as its host made it: one that is to be cut into segments is
  // whole, and its checksum is right. nullopt if there is none.
  [[nodiscard]] std::optional<std::vector<std::uint8_t>> read();
  [[nodiscard]] int fd() const { return device_.get(); }

 private:
  static constexpr std::size_t kLargest = 65'536 + 64;
  UniqueFd device_;
  std::array<std::uint8_t, kLargest> buffer_;
};

}  // namespace halfopen::drill

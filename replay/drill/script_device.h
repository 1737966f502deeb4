// The TUN device between a script and a kernel: packets go in and come out, each with a header that says what
// an Ethernet card would still have to do.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "replay/base/unique_fd.h"

namespace halfopen::drill {

class ScriptDevice {
 public:
  // A device with TunHeader::offloads, non-blocking, and a socket that listens to it (listen_to_device()) or
  // none.
  ScriptDevice(UniqueFd device, UniqueFd tap) : device_{std::move(device)}, tap_{std::move(tap)} {}

  // `mss`: of the segments from which a card has merged this one; 0: from none. Throws std::system_error.
  void write(std::span<const std::uint8_t> packet, std::uint16_t mss);
  // The next packet, from its IP header on, as its host made it: one that is to be cut into segments is
  // whole, and its checksum is right. nullopt if there is none.
  struct Read {
    std::vector<std::uint8_t> bytes;
    // When the kernel sent it, by CLOCK_REALTIME, if the tap has told: before it could be read, however late
    // that is.
    std::optional<std::chrono::nanoseconds> sent = std::nullopt;
  };
  [[nodiscard]] std::optional<Read> read();
  [[nodiscard]] int fd() const { return device_.get(); }

 private:
  // What the tap says of a packet; enough to know it again.
  struct Sight {
    std::array<std::uint8_t, 64> head{};
    std::size_t size = 0;  // of what of it is known
    std::chrono::nanoseconds at{};
  };
  void read_tap();
  [[nodiscard]] std::optional<std::chrono::nanoseconds> time_of(std::span<const std::uint8_t> packet);

  static constexpr std::size_t kLargest = 65'536 + 64;
  UniqueFd device_;
  UniqueFd tap_;
  std::deque<Sight> sights_;  // of packets that were not read yet
  std::array<std::uint8_t, kLargest> buffer_;
};

}  // namespace halfopen::drill

// The Fast Open option of a SYN or SYN-ACK (RFC 7413 section 4.1.1), and its cookie.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace halfopen {

// What a server gave a client to show next time. Empty: none, or in an option the request for one.
class FastOpenCookie {
 public:
  static constexpr std::size_t kMin = 4;  // RFC 7413 section 2
  static constexpr std::size_t kMax = 16;

  constexpr FastOpenCookie() = default;
  // At most kMax bytes.
  constexpr explicit FastOpenCookie(std::span<const std::uint8_t> bytes)
      : size_{static_cast<std::uint8_t>(bytes.size())} {
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
  }

  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
  [[nodiscard]] constexpr std::size_t size() const { return size_; }
  [[nodiscard]] constexpr std::span<const std::uint8_t> bytes() const { return {bytes_.data(), size_}; }
  friend constexpr bool operator==(const FastOpenCookie&, const FastOpenCookie&) = default;

 private:
  std::array<std::uint8_t, kMax> bytes_{};  // those beyond size_ are zero
  std::uint8_t size_ = 0;
};

struct FastOpenOption {
  FastOpenCookie cookie;
  bool experimental = false;  // kind 254 with the number 0xf989 (RFC 6994), not kind 34
  friend constexpr bool operator==(const FastOpenOption&, const FastOpenOption&) = default;
};

}  // namespace halfopen

// Positions in the 32-bit TCP sequence space (RFC 9293, section 3.4), and in the timestamp space (RFC 7323,
// section 5). A point on a circle has no total order: ask whether it is before another, or inside a span.
#pragma once

#include <cstdint>

namespace halfopen {

template <class Tag>
class Circular32 {
 public:
  constexpr Circular32() = default;
  constexpr explicit Circular32(std::uint32_t wire) : wire_{wire} {}
  [[nodiscard]] constexpr std::uint32_t wire() const { return wire_; }

  friend constexpr Circular32 operator+(Circular32 s, std::uint32_t n) { return Circular32{s.wire_ + n}; }
  friend constexpr Circular32 operator-(Circular32 s, std::uint32_t n) { return Circular32{s.wire_ - n}; }
  constexpr Circular32& operator+=(std::uint32_t n) {
    wire_ += n;
    return *this;
  }

  // Steps forward from `from` to `to`, never negative: 0 .. 2^32 - 1.
  [[nodiscard]] friend constexpr std::uint32_t distance(Circular32 from, Circular32 to) {
    return to.wire_ - from.wire_;
  }
  // Points exactly half a circle apart are not before each other.
  [[nodiscard]] constexpr bool before(Circular32 other) const {
    const auto ahead = distance(*this, other);
    return ahead != 0 && ahead < 0x8000'0000u;
  }
  [[nodiscard]] constexpr bool after(Circular32 other) const { return other.before(*this); }
  [[nodiscard]] constexpr bool at_or_before(Circular32 other) const {
    return *this == other || before(other);
  }
  [[nodiscard]] constexpr bool at_or_after(Circular32 other) const { return *this == other || after(other); }

  friend constexpr bool operator==(Circular32, Circular32) = default;
  friend auto operator<=>(Circular32, Circular32) = delete;  // use before() or a span

 private:
  std::uint32_t wire_ = 0;
};

using Seq = Circular32<struct SeqTag>;
using TsVal = Circular32<struct TsTag>;

// The later of two points less than half a circle apart.
[[nodiscard]] constexpr Seq later(Seq a, Seq b) { return a.before(b) ? b : a; }
[[nodiscard]] constexpr Seq earlier(Seq a, Seq b) { return a.before(b) ? a : b; }

// Half-open: [start, start + length).
struct SeqSpan {
  Seq start;
  std::uint32_t length = 0;
  [[nodiscard]] constexpr Seq end() const { return start + length; }
  [[nodiscard]] constexpr bool contains(Seq s) const { return distance(start, s) < length; }
  friend constexpr bool operator==(const SeqSpan&, const SeqSpan&) = default;
};

static_assert(Seq{0xffff'fff0}.before(Seq{0x10}));
static_assert(SeqSpan{Seq{0xffff'fffe}, 4}.contains(Seq{1}) && !SeqSpan{Seq{7}, 0}.contains(Seq{7}));

}  // namespace halfopen

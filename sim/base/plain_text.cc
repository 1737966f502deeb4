#include "sim/base/plain_text.h"

#include <array>
#include <cstdint>

namespace halfopen {
namespace {

bool is_printable(char c) { return c >= ' ' && c <= '~'; }

// One character: its bytes, and whether a terminal may have it.
struct Character {
  std::size_t size = 1;
  bool is_plain = false;
};

// RFC 3629 section 4: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_scalar(std::uint32_t code, std::size_t size) {
  constexpr std::array<std::uint32_t, 5> kLowest{0, 0, 0x80, 0x800, 0x1'0000};
  return code >= kLowest[size] && code <= 0x10'ffff && (code < 0xd800 || code > 0xdfff);
}

// C1 controls; and the marks that embed, override and isolate a direction (Unicode Standard Annex #9,
// section 2), behind which text reads otherwise than it is.
bool has_power(std::uint32_t code) {
  return (code >= 0x80 && code <= 0x9f) || (code >= 0x202a && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0x2028 || code == 0x2029;
}

Character first_of(std::string_view text) {
  const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return {1, is_printable(text[0])};
  const std::size_t size = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  if (byte(0) < 0xc0 || byte(0) > 0xf4 || size > text.size()) return {};
  std::uint32_t code = byte(0) & (0xffu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3fu);
  }
  if (!is_scalar(code, size)) return {};
  return {size, !has_power(code)};
}

std::string without_power(std::string_view text, std::string_view kept) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character next = first_of(text);
    if (next.is_plain || kept.find(text[0]) != std::string_view::npos) {
      out += text.substr(0, next.size);
    } else {
      out += '?';
    }
    text.remove_prefix(next.size);
  }
  return out;
}

}  // namespace

std::string plain_line(std::string_view text) { return without_power(text, {}); }

std::string plain_text(std::string_view text) { return without_power(text, "\n\t"); }

std::size_t plain_prefix(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size()) {
    const char c = text[size];
    if (is_printable(c) || c == '\n' || c == '\t') {
      ++size;
      continue;
    }
    const Character next = first_of(text.substr(size));
    if (!next.is_plain) break;
    size += next.size;
  }
  return size;
}

}  // namespace halfopen

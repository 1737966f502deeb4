#include "sim/wire/address.h"

#include <algorithm>
#include <cstring>

#include "sim/base/rng.h"

namespace halfopen {
namespace {

// Reads a dotted quad; "01" and "1.2.3" are not addresses.
std::optional<std::array<std::uint8_t, 4>> parse_quad(std::string_view text) {
  std::array<std::uint8_t, 4> bytes{};
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t end = i < 3 ? text.find('.') : text.size();
    if (end == std::string_view::npos || end == 0 || end > 3) return std::nullopt;
    const std::string_view digits = text.substr(0, end);
    if (digits.size() > 1 && digits[0] == '0') return std::nullopt;
    unsigned value = 0;
    for (const char c : digits) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
    if (value > 255) return std::nullopt;
    bytes[i] = static_cast<std::uint8_t>(value);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return bytes;
}

std::optional<unsigned> parse_group(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  unsigned value = 0;
  for (const char c : text) {
    unsigned digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<unsigned>(c - 'a') + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<unsigned>(c - 'A') + 10;
    } else {
      return std::nullopt;
    }
    value = value << 4 | digit;
  }
  return value;
}

// The groups on one side of "::", as bytes; a dotted quad may end the text of the last side.
struct Groups {
  std::array<std::uint8_t, 16> bytes{};
  std::size_t size = 0;
  bool add(unsigned group) {
    if (size + 2 > bytes.size()) return false;
    bytes[size++] = static_cast<std::uint8_t>(group >> 8);
    bytes[size++] = static_cast<std::uint8_t>(group);
    return true;
  }
};

std::optional<Groups> parse_groups(std::string_view text, bool is_last) {
  Groups groups;
  if (text.empty()) return groups;
  while (true) {
    const std::size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    if (is_last && colon == std::string_view::npos && part.find('.') != std::string_view::npos) {
      const auto quad = parse_quad(part);
      if (!quad) return std::nullopt;
      const auto high = static_cast<unsigned>((*quad)[0] << 8 | (*quad)[1]);
      const auto low = static_cast<unsigned>((*quad)[2] << 8 | (*quad)[3]);
      if (!groups.add(high) || !groups.add(low)) return std::nullopt;
      return groups;
    }
    const auto group = parse_group(part);
    if (!group || !groups.add(*group)) return std::nullopt;
    if (colon == std::string_view::npos) return groups;
    text.remove_prefix(colon + 1);
  }
}

std::optional<std::array<std::uint8_t, 16>> parse_v6(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    const auto all = parse_groups(text, true);
    if (!all || all->size != 16) return std::nullopt;
    return all->bytes;
  }
  const auto head = parse_groups(text.substr(0, gap), false);
  const auto tail = parse_groups(text.substr(gap + 2), true);
  if (!head || !tail || head->size + tail->size > 14)
    return std::nullopt;  // "::" stands for a group at least
  std::array<std::uint8_t, 16> bytes = head->bytes;
  std::copy_n(tail->bytes.begin(), tail->size, bytes.end() - static_cast<std::ptrdiff_t>(tail->size));
  return bytes;
}

std::string quad_text(const std::uint8_t* bytes) {
  std::string text;
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) text += '.';
    text += std::to_string(bytes[i]);
  }
  return text;
}

std::string group_text(unsigned group) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (int shift = 12; shift >= 0; shift -= 4) {
    const unsigned digit = group >> shift & 0xf;
    if (digit != 0 || !text.empty() || shift == 0) text += kDigits[digit];
  }
  return text;
}

// RFC 5952 section 4.2: "::" stands for the longest run of two or more zero groups, the first of equals.
struct ZeroRun {
  std::size_t begin = 8;
  std::size_t length = 0;
};
ZeroRun longest_zero_run(const std::array<unsigned, 8>& groups) {
  ZeroRun best{8, 1};
  for (std::size_t i = 0; i < 8;) {
    std::size_t end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > best.length) best = {i, end - i};
    i = std::max(end, i + 1);
  }
  return best.begin == 8 ? ZeroRun{} : best;
}

std::string v6_text(const std::uint8_t* bytes) {
  constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes)) return "::ffff:" + quad_text(bytes + 12);
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) groups[i] = static_cast<unsigned>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  const ZeroRun run = longest_zero_run(groups);
  std::string text;
  for (std::size_t i = 0; i < 8;) {
    if (i == run.begin) {
      text += "::";
      i += run.length;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    text += group_text(groups[i++]);
  }
  return text;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.find(':') != std::string_view::npos) {
    const auto bytes = parse_v6(text);
    return bytes ? std::optional{v6(*bytes)} : std::nullopt;
  }
  const auto bytes = parse_quad(text);
  return bytes ? std::optional{v4(*bytes)} : std::nullopt;
}

std::string IpAddress::to_string() const {
  return is_v6_ ? v6_text(bytes_.data()) : quad_text(bytes_.data());
}

std::uint64_t AddressRange::size() const {
  std::uint64_t difference = 0;  // last - first, from the most significant byte
  for (std::size_t i = 0; i < first.size(); ++i) {
    constexpr std::uint64_t kMost = UINT64_MAX;
    if (difference > kMost >> 8) return kMost;
    difference = (difference << 8) + last.data()[i] - first.data()[i];
  }
  return difference + 1 == 0 ? difference : difference + 1;
}

IpAddress AddressRange::at(std::uint64_t index) const {
  std::array<std::uint8_t, 16> bytes{};
  std::copy_n(first.data(), first.size(), bytes.begin());
  for (std::size_t i = first.size(); i > 0 && index > 0; --i) {
    index += bytes[i - 1];
    bytes[i - 1] = static_cast<std::uint8_t>(index);
    index >>= 8;
  }
  return first.is_v6() ? IpAddress::v6(bytes) : IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]});
}

std::size_t FourTupleHash::operator()(const FourTuple& t) const noexcept {
  std::uint64_t hash = std::uint64_t{t.local.port} << 16 | t.remote.port;
  for (const IpAddress* ip : {&t.local.ip, &t.remote.ip}) {
    std::array<std::uint64_t, 2> words{};
    std::memcpy(words.data(), ip->data(), ip->size());
    hash = Rng::mix(hash ^ words[0]);
    if (ip->is_v6()) hash = Rng::mix(hash ^ words[1]);
  }
  return static_cast<std::size_t>(hash);
}

}  // namespace halfopen

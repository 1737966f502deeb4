#include "capture/note/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace halfopen {
namespace {

// `value` in units of 10^-decimals, without zeros at the end: (1500, 3) is "1.5".
std::string decimal(std::int64_t value, int decimals) {
  std::int64_t unit = 1;
  for (int i = 0; i < decimals; ++i) unit *= 10;
  std::string text = std::to_string(value / unit);
  if (value % unit == 0) return text;
  text += fmt::format(".{:0{}}", value % unit, decimals);
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

constexpr std::int64_t rounded(std::int64_t value, std::int64_t unit) { return (value + unit / 2) / unit; }

std::string minutes_text(std::int64_t tenths) {
  std::string text = fmt::format("{} min", tenths / 600);
  if (tenths % 600 != 0) text += fmt::format(" {} s", decimal(tenths % 600, 1));
  return text;
}

std::string hours_text(std::int64_t seconds) {
  std::string text = fmt::format("{} h", seconds / 3600);
  if (seconds / 60 % 60 != 0) text += fmt::format(" {} min", seconds / 60 % 60);
  if (seconds % 60 != 0) text += fmt::format(" {} s", seconds % 60);
  return text;
}

}  // namespace

std::string human_duration(Duration duration) {
  const std::int64_t ns = duration.count();
  if (duration == Duration::max() || duration == Duration::min()) return "never";
  if (ns < 0) return fmt::format("-{}", human_duration(-duration));
  // Each unit is left for the next where rounding would reach it: 59.999 s is 1 min.
  if (ns < 1'000) return fmt::format("{} ns", ns);
  if (rounded(ns, 100) < 10'000) return decimal(rounded(ns, 100), 1) + " us";
  if (rounded(ns, 100'000) < 10'000) return decimal(rounded(ns, 100'000), 1) + " ms";
  if (rounded(ns, 10'000'000) < 6'000) return decimal(rounded(ns, 10'000'000), 2) + " s";
  if (rounded(ns, 100'000'000) < 36'000) return minutes_text(rounded(ns, 100'000'000));
  return hours_text(rounded(ns, 1'000'000'000));
}

std::string seconds_text(TimePoint at) {
  // Towards zero; and -2^63 has no positive counterpart.
  const std::int64_t micros = nanos(at) / 1000;
  const std::int64_t size = micros < 0 ? -micros : micros;
  return fmt::format("{}{}.{:06}", micros < 0 ? "-" : "", size / 1'000'000, size % 1'000'000);
}

std::string quoted(std::string_view bytes, std::size_t limit) {
  std::string text{"\""};
  for (std::size_t i = 0; i < bytes.size() && i < limit; ++i) {
    const char c = bytes[i];
    const bool digit_follows = i + 1 < bytes.size() && bytes[i + 1] >= '0' && bytes[i + 1] <= '9';
    switch (c) {
      case '"': text += "\\\""; break;
      case '\\': text += "\\\\"; break;
      case '\n': text += "\\n"; break;
      case '\r': text += "\\r"; break;
      case '\t': text += "\\t"; break;
      default:
        if (c >= ' ' && c <= '~') {
          text += c;
        } else {  // octal, with all three digits where a digit follows
          const auto byte = static_cast<unsigned>(static_cast<unsigned char>(c));
          text += digit_follows ? fmt::format("\\{:03o}", byte) : fmt::format("\\{:o}", byte);
        }
    }
  }
  text += '"';
  if (bytes.size() > limit) text += "...";
  return text;
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  std::string out;
  std::size_t room = width;
  while (width > indent && text.size() > room) {
    const std::size_t word = text.find_first_not_of(' ');
    std::size_t gap = text.rfind(' ', room);
    if (gap == std::string_view::npos || gap < word) gap = text.find(' ', word);  // a word that has no room
    if (gap == std::string_view::npos) break;
    out.append(text.substr(0, text.find_last_not_of(' ', gap) + 1)).append(1, '\n').append(indent, ' ');
    text.remove_prefix(gap + 1);
    room = width - indent;
  }
  return out.append(text);
}

std::string reflowed(std::string_view text, std::size_t width) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("\n\n"), text.size());
    std::string paragraph{text.substr(0, end)};
    text.remove_prefix(std::min(end + 2, text.size()));
    std::size_t longest = 0;
    for (std::size_t at = 0; at < paragraph.size();) {
      const std::size_t line = std::min(paragraph.find('\n', at), paragraph.size()) - at;
      longest = std::max(longest, line);
      at += line + 1;
    }
    if (width > 0 && longest > width) {
      std::ranges::replace(paragraph, '\n', ' ');
      paragraph = wrapped(paragraph, width, 0);
    }
    out.append(paragraph).append(text.empty() ? "" : "\n\n");
  }
  return out;
}

}  // namespace halfopen

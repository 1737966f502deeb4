#include "sim/script/value.h"

#include <charconv>

namespace halfopen::script {

std::string_view Value::name() const {
  if (kind != Kind::assignment || items.empty()) return {};
  return items.front().text;
}

const Value* Value::field(std::string_view wanted) const {
  for (const Value& item : items)
    if (item.kind == Kind::assignment && item.name() == wanted) return &item.items.back();
  return nullptr;
}

std::optional<std::string> unescaped(std::string_view text) {
  constexpr std::string_view kLetters = "\\\"fnrtv";
  constexpr std::string_view kMeanings = "\\\"\f\n\r\t\v";
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    if (const std::size_t known = kLetters.find(text[i]); known != std::string_view::npos) {
      bytes += kMeanings[known];
      continue;
    }
    if (text[i] != 'x' || text.size() - i < 3) return std::nullopt;
    unsigned byte = 0;
    const char* end = text.data() + i + 3;
    if (std::from_chars(text.data() + i + 1, end, byte, 16).ptr != end) return std::nullopt;
    bytes += static_cast<char>(byte);
    i += 2;
  }
  return bytes;
}

}  // namespace halfopen::script

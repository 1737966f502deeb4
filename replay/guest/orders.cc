#include "replay/guest/orders.h"

#include <charconv>

namespace halfopen::guest {
namespace {

// A record is "key=value" and a zero byte, which no path and no argument can hold.
void add(std::string& text, std::string_view key, std::string_view value) {
  text.append(key).append("=").append(value).push_back('\0');
}

void add_all(std::string& text, std::string_view key, const std::vector<std::string>& values) {
  for (const std::string& value : values) add(text, key, value);
}

bool read_number(std::string_view text, std::uint64_t& number) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && stop == text.data() + text.size();
}

bool take(Orders& orders, std::string_view key, std::string_view value) {
  if (key == "module") return orders.modules.emplace_back(value), true;
  if (key == "environment") return orders.environment.emplace_back(value), true;
  if (key == "word") return orders.words.emplace_back(value), true;
  if (key == "watched") return orders.watched.emplace_back(value), true;
  if (key == "directory") return orders.directory = value, true;
  if (key == "needs_tun") return orders.needs_tun = value == "1", true;
  if (key == "start_ms") return read_number(value, orders.start_ms);
  if (key == "limit_ms") return read_number(value, orders.limit_ms);
  return false;
}

}  // namespace

std::string to_text(const Orders& orders) {
  std::string text;
  add_all(text, "module", orders.modules);
  add(text, "needs_tun", orders.needs_tun ? "1" : "0");
  add(text, "start_ms", std::to_string(orders.start_ms));
  add(text, "limit_ms", std::to_string(orders.limit_ms));
  add(text, "directory", orders.directory);
  add_all(text, "environment", orders.environment);
  add_all(text, "word", orders.words);
  add_all(text, "watched", orders.watched);
  return text;
}

std::optional<Orders> parse_orders(std::string_view text) {
  Orders orders;
  while (!text.empty()) {
    const std::size_t end = text.find('\0');
    const std::string_view record = text.substr(0, end);
    const std::size_t equals = record.find('=');
    if (end == std::string_view::npos || equals == std::string_view::npos) return std::nullopt;
    if (!take(orders, record.substr(0, equals), record.substr(equals + 1))) return std::nullopt;
    text.remove_prefix(end + 1);
  }
  if (orders.words.empty()) return std::nullopt;
  return orders;
}

}  // namespace halfopen::guest

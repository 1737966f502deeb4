#include "sim/drill/call_arguments.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/drill/script_host.h"
#include "sim/script/meaning.h"
#include "sim/script/text.h"

namespace halfopen::drill {
namespace {

using script::Value;

constexpr std::int64_t kMostBytes = std::int64_t{64} << 20;  // of one call

const Value& without_name(const Value& value) {
  return value.kind == Value::Kind::assignment ? value.items[1] : value;
}

}  // namespace

std::int64_t number_for(const Value& value, OsFamily os) {
  if (const std::optional<std::int64_t> number = script::number_of(value, os)) return *number;
  const Value* unknown = script::unknown_word_in(value, os);
  throw NotSupported{"there is no " + (unknown != nullptr ? unknown->text : script::text_of(value))};
}

std::size_t byte_count(std::int64_t size) {
  if (size < 0 || size > kMostBytes) throw NotSupported{fmt::format("a call with {} bytes", size)};
  return static_cast<std::size_t>(size);
}

const Value& pointed_at(const Value& value) {
  return value.kind == Value::Kind::list && value.items.size() == 1 ? value.items.front() : value;
}

std::optional<std::string> expected_bytes(const Value& value) {
  if (value.kind != Value::Kind::string || value.goes_on) return std::nullopt;
  return script::unescaped(value.text);
}

std::vector<std::uint8_t> bytes_to_write(const Value& value, std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  if (value.kind == Value::Kind::string) {
    const std::string text = script::unescaped(value.text).value_or("");
    std::copy_n(text.begin(), std::min(text.size(), size), bytes.begin());
  }
  return bytes;
}

std::vector<IoBuffer> buffers_of(const Value& list, OsFamily os) {
  std::vector<IoBuffer> found;
  for (const Value& item : list.items) {
    if (item.kind != Value::Kind::structure || item.items.size() < 2)
      throw NotSupported{"a buffer like " + script::text_of(item)};
    found.push_back({.data = &without_name(item.items[0]),
                     .size = byte_count(number_for(without_name(item.items[1]), os))});
  }
  return found;
}

}  // namespace halfopen::drill

#include "sim/script/meaning.h"

#include "sim/script/constants.h"

namespace halfopen::script {
namespace {

using Kind = Value::Kind;

// The one argument of a call to `name`; nullptr for any other value.
const Value* argument_of(const Value& value, std::string_view name) {
  const bool is_it = value.kind == Kind::call && value.text == name && value.items.size() == 1;
  return is_it ? &value.items.front() : nullptr;
}

}  // namespace

std::optional<std::int64_t> number_of(const Value& value, OsFamily os) {
  switch (value.kind) {
    case Kind::decimal:
    case Kind::hexadecimal: return value.number;
    case Kind::word: return constant_of(value.text, os);
    case Kind::any_of: break;
    default: return std::nullopt;
  }
  std::uint64_t bits = 0;
  for (const Value& part : value.items) {
    const std::optional<std::int64_t> number = number_of(part, os);
    if (!number) return std::nullopt;
    bits |= static_cast<std::uint64_t>(*number);
  }
  return static_cast<std::int64_t>(bits);
}

const Value* unknown_word_in(const Value& value, OsFamily os) {
  if (value.kind == Kind::word) return constant_of(value.text, os) ? nullptr : &value;
  const std::size_t first = value.kind == Kind::assignment ? 1 : 0;  // the left side is a name
  for (std::size_t i = first; i < value.items.size(); ++i)
    if (const Value* unknown = unknown_word_in(value.items[i], os)) return unknown;
  return nullptr;
}

std::optional<IpAddress> address_of(const Value& value) {
  for (const std::string_view name : {"inet_addr", "inet6_addr"}) {
    const Value* text = argument_of(value, name);
    if (text != nullptr && text->kind == Kind::string && !text->goes_on) return IpAddress::parse(text->text);
  }
  return std::nullopt;
}

bool is_unspecified(const Value& value) {
  return value.kind == Value::Kind::word && value.text == "AF_UNSPEC";
}

std::optional<SocketAddress> socket_address_of(const Value& value) {
  const Value* family = value.field("sa_family");
  const Value* port = value.field("sin_port");
  const Value* address = value.field("sin_addr");
  if (value.kind != Kind::structure || family == nullptr || port == nullptr || address == nullptr)
    return std::nullopt;
  const Value* number = argument_of(*port, "htons");
  const std::optional<IpAddress> ip = address_of(*address);
  if (number == nullptr || number->kind != Kind::decimal || number->number < 0 || number->number > 0xffff ||
      !ip)
    return std::nullopt;
  if (family->text != (ip->is_v6() ? "AF_INET6" : "AF_INET")) return std::nullopt;
  return SocketAddress{.ip = *ip, .port = static_cast<std::uint16_t>(number->number)};
}

}  // namespace halfopen::script

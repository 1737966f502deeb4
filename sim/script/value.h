// An argument or result of a system call as a script writes it: one kind of tree for numbers, symbolic words,
// strings, lists, structures and what looks like a call. What it means to a particular call is the driver's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace halfopen::script {

// Where something stands, both from 1; the column counts bytes. It is no part of a value: any two are equal,
// so that what was read from two texts can be compared.
struct Place {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  friend constexpr bool operator==(const Place&, const Place&) { return true; }
};

struct Value {
  enum class Kind : std::uint8_t {
    ellipsis,     // `...`: anything
    decimal,      // 42
    hexadecimal,  // 0x2a; up to 64 bits, as they are
    word,         // SOCK_STREAM
    string,       // "abc", or with a tail that does not matter: "abc"...
    list,         // [a, b]
    structure,    // {a, name=b}
    call,         // htons(8080)
    any_of,       // a|b: two or more
    assignment,   // name=value; the left side is a word, or a call as in msg_iov(2)=...
  };

  Kind kind = Kind::ellipsis;
  bool goes_on = false;      // of a string: `...` follows
  std::int64_t number = 0;   // of decimal and hexadecimal
  std::string text;          // the word; the string as written, its escapes untouched; the call's name
  std::vector<Value> items;  // elements, fields, arguments, parts; of an assignment its left and right side
  Place place;

  friend bool operator==(const Value&, const Value&) = default;

  // The right side of the field `name` of a structure, be it written name=... or name(...)=...; nullptr if
  // there is none.
  [[nodiscard]] const Value* field(std::string_view name) const;
  // The word on the left side of an assignment; empty for other kinds.
  [[nodiscard]] std::string_view name() const;
};

[[nodiscard]] inline Value ellipsis() { return {}; }
[[nodiscard]] inline Value decimal(std::int64_t number) {
  Value value;
  value.kind = Value::Kind::decimal;
  value.number = number;
  return value;
}
// The kinds that have a text: word, string, and call with its arguments.
[[nodiscard]] inline Value value_of(Value::Kind kind, std::string text, std::vector<Value> items = {}) {
  Value value;
  value.kind = kind;
  value.text = std::move(text);
  value.items = std::move(items);
  return value;
}

// The bytes that a string stands for: \\ \" \f \n \r \t \v and \xHH are resolved. nullopt for any other
// escape.
[[nodiscard]] std::optional<std::string> unescaped(std::string_view text);

}  // namespace halfopen::script

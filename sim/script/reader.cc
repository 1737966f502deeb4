#include "sim/script/reader.h"

#include <charconv>
#include <limits>
#include <utility>

#include "sim/base/input_error.h"

namespace halfopen::script {
namespace {

constexpr int kDeepest = 64;
constexpr std::int64_t kLongestSeconds = std::int64_t{100} * 366 * 24 * 3600;  // a hundred years

// The value of an integer token; nullopt if 64 bits do not hold it.
std::optional<std::int64_t> value_of(std::string_view text) {
  const char* const end = text.data() + text.size();
  if (text.starts_with("0x")) {
    std::uint64_t bits = 0;
    const auto [stop, error] = std::from_chars(text.data() + 2, end, bits, 16);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return static_cast<std::int64_t>(bits);
  }
  std::int64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

std::string quoted(char symbol) { return std::string{"\""} + symbol + "\""; }

}  // namespace

Reader::Reader(Lexer lexer, std::optional<Dialect> dialect)
    : lexer_{std::move(lexer)},
      now_{lexer_.next()},
      dialect_{dialect},
      is_dialect_given_{dialect.has_value()} {}

Reader::Level::Level(Reader& reader) : reader_{reader} {
  if (reader_.depth_ == kDeepest)
    reader_.fail(reader_.now_.place, "nested more than " + std::to_string(kDeepest) + " levels deep");
  ++reader_.depth_;
}

Token Reader::take() { return std::exchange(now_, lexer_.next()); }

bool Reader::take_if(char symbol) {
  if (!at(symbol)) return false;
  take();
  return true;
}

bool Reader::take_if(std::string_view word) {
  if (!at(word)) return false;
  take();
  return true;
}

Token Reader::take(Token::Kind kind, std::string_view what) {
  if (!at(kind)) fail_expected(what);
  return take();
}

void Reader::expect(char symbol) {
  if (!take_if(symbol)) fail_expected(quoted(symbol));
}

void Reader::expect(std::string_view word) {
  if (!take_if(word)) fail_expected("\"" + std::string{word} + "\"");
}

std::int64_t Reader::number(std::int64_t low, std::int64_t high, std::string_view what) {
  const auto value = at(Token::Kind::integer) ? value_of(now_.text) : std::nullopt;
  if (!value || *value < low || *value > high)
    fail_expected(std::string{what} + " from " + std::to_string(low) + " to " + std::to_string(high));
  take();
  return *value;
}

std::int64_t Reader::any_number() {
  const auto value = at(Token::Kind::integer) ? value_of(now_.text) : std::nullopt;
  if (!value) fail_expected("a number of at most 64 bits");
  take();
  return *value;
}

Duration Reader::seconds() {
  if (!at(Token::Kind::integer) && !at(Token::Kind::fraction)) fail_expected("a time in seconds");
  std::string_view whole = now_.text;
  std::string_view decimals;
  if (at(Token::Kind::fraction)) {
    const std::size_t point = whole.find('.');
    decimals = whole.substr(point + 1);
    whole = whole.substr(0, point);
  }
  const auto value = whole.empty() ? std::optional<std::int64_t>{0} : value_of(whole);
  if (!value || whole.starts_with("0x") || whole.starts_with('-') || *value > kLongestSeconds)
    fail_expected("a time from 0 s to a hundred years");
  std::int64_t nanoseconds = 0;
  for (std::size_t place = 0; place < 9; ++place)
    nanoseconds = nanoseconds * 10 + (place < decimals.size() ? decimals[place] - '0' : 0);
  take();
  return std::chrono::seconds{*value} + Duration{nanoseconds};
}

Bytes Reader::hex_bytes(std::size_t most, std::string_view what) {
  const std::string_view digits = now_.text;
  Bytes bytes;
  bool is_hex = (at(Token::Kind::word) || at(Token::Kind::integer)) && digits.size() % 2 == 0 &&
                digits.size() / 2 <= most;
  for (std::size_t i = 0; is_hex && i < digits.size(); i += 2) {
    std::uint8_t byte = 0;
    const char* const end = digits.data() + i + 2;
    is_hex = digits[i] != '-' && std::from_chars(digits.data() + i, end, byte, 16).ptr == end;
    bytes.push_back(byte);
  }
  if (!is_hex)
    fail_expected(std::string{what} + " of at most " + std::to_string(most) +
                  " bytes, two hexadecimal digits each");
  take();
  return bytes;
}

Ports Reader::ports() {
  Ports ports;
  ports.source = number<std::uint16_t>("a port");
  expect('>');
  ports.destination = number<std::uint16_t>("a port");
  return ports;
}

void Reader::note(Dialect dialect, std::string_view construct) {
  if (!dialect_) dialect_ = dialect;
  if (is_dialect_given_ && *dialect_ != dialect)
    fail(now_.place, std::string{construct} + " is of the " + std::string{to_string(dialect)} +
                         " dialect, and this script is read as " + std::string{to_string(*dialect_)} + "'s");
}

void Reader::fail_expected(std::string_view what) const {
  throw InputError{lexer_.where(now_.place), std::string{what}, described(now_)};
}

void Reader::fail(Place place, const std::string& sentence) const {
  throw InputError{lexer_.where(place), sentence};
}

}  // namespace halfopen::script

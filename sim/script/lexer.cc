#include "sim/script/lexer.h"

#include <algorithm>
#include <utility>

#include "sim/base/input_error.h"
#include "sim/base/plain_text.h"
#include "sim/wire/address.h"

namespace halfopen::script {
namespace {

// Of the C locale, for any byte.
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr bool is_word_char(char c) { return is_digit(c) || is_letter(c) || c == '_'; }

// How many characters at the start of `text` are `wanted`.
template <class Predicate>
std::size_t run_of(std::string_view text, Predicate wanted) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, wanted) - text.begin());
}

// An IPv6 address at the start, or 0. One with less than seven single colons has a double one: `1:1001` is a
// sequence number.
std::size_t ipv6_length(std::string_view text) {
  constexpr std::size_t kLongest = 45;  // of eight groups, the last two as a dotted quad
  std::string_view span = text.substr(0, kLongest + 1);
  span = span.substr(0, run_of(span, [](char c) { return is_hex_digit(c) || c == ':' || c == '.'; }));
  if (span.find("::") == std::string_view::npos && std::ranges::count(span, ':') < 7) return 0;
  if (span.ends_with(':') && !span.ends_with("::")) span.remove_suffix(1);  // the colon after a header
  const std::optional<IpAddress> address = IpAddress::parse(span);
  return address && address->is_v6() ? span.size() : 0;
}

// Digits with a fraction after them, or without digits before it: 0.25, .5; 0 if there is no fraction.
std::size_t fraction_length(std::string_view text) {
  const std::size_t whole = run_of(text, is_digit);
  if (whole >= text.size() || text[whole] != '.') return 0;
  const std::size_t decimals = run_of(text.substr(whole + 1), is_digit);
  return decimals == 0 ? 0 : whole + 1 + decimals;
}

std::size_t ipv4_length(std::string_view text) {
  std::size_t length = 0;
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && (length >= text.size() || text[length++] != '.')) return 0;
    const std::size_t digits = run_of(text.substr(length), is_digit);
    if (digits == 0) return 0;
    length += digits;
  }
  return length;
}

bool is_integer(std::string_view text) {
  if (text.starts_with("0x") && text.size() > 2)
    return run_of(text.substr(2), is_hex_digit) == text.size() - 2;
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && run_of(text, is_digit) == text.size();
}

// Word characters, and hyphens between them.
std::size_t word_length(std::string_view text) {
  std::size_t length = run_of(text, is_word_char);
  while (is_letter(text.front()) && length + 1 < text.size() && text[length] == '-' &&
         is_word_char(text[length + 1]))
    length += 1 + run_of(text.substr(length + 1), is_word_char);
  return length;
}

bool is_between(std::string_view text, char quote) {
  return text.size() >= 2 && text.front() == quote && text.back() == quote;
}

constexpr std::string_view kIfdef = "#ifdef";
constexpr std::string_view kEndif = "#endif";

}  // namespace

std::string described(const Token& token) {
  constexpr std::size_t kLongest = 40;
  switch (token.kind) {
    case Token::Kind::end: return "the end of the script";
    case Token::Kind::string: return "a string";
    case Token::Kind::command: return "a command in backticks";
    case Token::Kind::code: return "code in %{ }%";
    case Token::Kind::option: return "\"--" + plain_line(token.text.substr(0, kLongest)) + "\"";
    default: break;
  }
  const bool is_long = token.text.size() > kLongest;
  return "\"" + plain_line(token.text.substr(0, kLongest)) + (is_long ? "...\"" : "\"");
}

Lexer::Lexer(std::string_view text, std::string name, Definitions definitions)
    : text_{text}, name_{std::move(name)}, definitions_{std::move(definitions)} {}

void Lexer::define(std::string name, std::string value) {
  own_definitions_.insert_or_assign(std::move(name), std::move(value));
}

const std::string* Lexer::definition_of(std::string_view name) const {
  for (const Definitions* definitions : {&definitions_, &own_definitions_})
    if (const auto found = definitions->find(name); found != definitions->end()) return &found->second;
  return nullptr;
}

std::string Lexer::where(Place place) const {
  return name_ + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

Place Lexer::place() const {
  return {.line = line_, .column = static_cast<std::uint32_t>(at_ - line_begin_ + 1)};
}

void Lexer::skip(std::size_t bytes) {
  for (const std::size_t end = at_ + bytes; at_ < end; ++at_) {
    if (text_[at_] != '\n') continue;
    ++line_;
    line_begin_ = at_ + 1;
  }
}

void Lexer::skip_past(std::string_view end, std::string_view of_what, Place begin) {
  const std::size_t found = rest().find(end);
  if (found == std::string_view::npos)
    throw InputError{where(begin),
                     "this " + std::string{of_what} + " has no end: expected " + std::string{end}};
  skip(found + end.size());
}

void Lexer::enter_ifdef() {
  const Place begin = place();
  if (is_in_ifdef_)
    throw InputError{where(begin), "an #ifdef within the #ifdef of line " + std::to_string(ifdef_.line)};
  has_seen_ifdef_ = true;
  skip(kIfdef.size());
  skip(run_of(rest(), [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }));
  const std::string_view name = rest().substr(0, run_of(rest(), is_word_char));
  if (name.empty() || !is_letter(name.front()))
    throw InputError{where(place()), "expected a name after #ifdef"};
  skip(name.size());
  if (definition_of(name) != nullptr) {
    is_in_ifdef_ = true;
    ifdef_ = begin;
  } else {
    skip_past(kEndif, kIfdef, begin);
  }
}

void Lexer::leave_ifdef() {
  if (!is_in_ifdef_) throw InputError{where(place()), "this #endif has no #ifdef"};
  is_in_ifdef_ = false;
  skip(kEndif.size());
}

void Lexer::skip_blanks() {
  for (;;) {
    skip(run_of(rest(), [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }));
    if (sees("//")) {
      skip(std::min(rest().find('\n'), rest().size()));
    } else if (sees("/*")) {
      skip_past("*/", "comment", place());
    } else if (sees(kIfdef)) {
      enter_ifdef();
    } else if (sees(kEndif)) {
      leave_ifdef();
    } else {
      return;
    }
  }
}

Token Lexer::token(Token::Kind kind, std::size_t bytes) {
  const Token made{.kind = kind, .text = text_.substr(at_, bytes), .name = {}, .place = place()};
  skip(bytes);
  return made;
}

Token Lexer::quoted(Token::Kind kind, std::string_view of_what) {
  const char quote = rest().front();
  std::size_t length = 1;
  while (length < rest().size() && rest()[length] != quote)
    length += rest()[length] == '\\' ? std::size_t{2} : std::size_t{1};
  if (length >= rest().size())
    throw InputError{where(place()), "this " + std::string{of_what} + " has no end: expected " + quote};
  Token made = token(kind, length + 1);
  made.text = made.text.substr(1, length - 1);
  return made;
}

Token Lexer::code() {
  constexpr std::string_view kBlanks = " \t";
  Token made{.kind = Token::Kind::code, .text = {}, .name = {}, .place = place()};
  const std::size_t begin = at_ + 2;
  skip(2);
  skip_past("}%", "code", made.place);
  made.text = text_.substr(begin, at_ - 2 - begin);
  made.text.remove_prefix(std::min(made.text.find_first_not_of(kBlanks), made.text.size()));
  made.text.remove_suffix(made.text.size() - (made.text.find_last_not_of(kBlanks) + 1));
  return made;
}

Token Lexer::substituted(Token word) const {
  const std::string* definition = definition_of(word.text);
  if (definition == nullptr || definition->empty()) return word;
  const std::string_view value = *definition;
  Token made{.kind = Token::Kind::word, .text = value, .name = word.text, .place = word.place};
  if (is_between(value, '"') || is_between(value, '`')) {
    made.kind = value.front() == '"' ? Token::Kind::string : Token::Kind::command;
    made.text = value.substr(1, value.size() - 2);
    if (made.text.find(value.front()) == std::string_view::npos && !made.text.ends_with('\\')) return made;
  } else if (is_integer(value)) {
    made.kind = Token::Kind::integer;
    return made;
  } else if (is_word_char(value.front()) && word_length(value) == value.size()) {
    return made;
  }
  throw InputError{
      where(word.place),
      "a word, a number, \"a string\" or `a command` as what " + plain_line(word.text) + " stands for",
      "\"" + plain_line(value) + "\""};
}

Token Lexer::next() {
  skip_blanks();
  if (at_ == text_.size()) {
    if (is_in_ifdef_) throw InputError{where(ifdef_), "this #ifdef has no end: expected #endif"};
    return token(Token::Kind::end, 0);
  }
  if (sees("\"")) return quoted(Token::Kind::string, "string");
  if (sees("`")) return quoted(Token::Kind::command, "command");
  if (sees("%{")) return code();
  if (sees("...")) return token(Token::Kind::ellipsis, 3);
  if (sees("--") && rest().size() > 2 && is_word_char(rest()[2])) {
    Token made = token(Token::Kind::option,
                       2 + run_of(rest().substr(2), [](char c) { return is_word_char(c) || c == '-'; }));
    made.text.remove_prefix(2);
    return made;
  }
  if (const std::size_t length = ipv6_length(rest())) return token(Token::Kind::ipv6, length);
  if (const std::size_t length = ipv4_length(rest())) return token(Token::Kind::ipv4, length);
  const std::size_t sign = sees("-") ? 1 : 0;
  const std::string_view unsigned_rest = rest().substr(sign);
  if (const std::size_t length = fraction_length(unsigned_rest))
    return token(Token::Kind::fraction, sign + length);
  if (sign == 1) {
    const std::size_t digits = run_of(unsigned_rest, is_digit);
    return digits == 0 ? token(Token::Kind::symbol, 1) : token(Token::Kind::integer, 1 + digits);
  }
  if (!is_word_char(rest().front())) return token(Token::Kind::symbol, 1);
  const Token word = token(Token::Kind::word, word_length(rest()));
  if (!is_integer(word.text)) return substituted(word);
  return {.kind = Token::Kind::integer, .text = word.text, .name = {}, .place = word.place};
}

}  // namespace halfopen::script

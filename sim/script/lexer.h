// A script's text as tokens. Blanks and comments are gone, words that are defined are what they stand for,
// and of `#ifdef NAME ... #endif` only what applies is left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "sim/script/value.h"

namespace halfopen::script {

// NAME to what it stands for: a word, a number, "a string" or `a command`, with their quotes. Empty: the name
// is known to #ifdef only.
using Definitions = std::map<std::string, std::string, std::less<>>;

struct Token {
  enum class Kind : std::uint8_t {
    end,
    word,      // SYN, tcp_info; also with hyphens inside: exp-FO
    integer,   // 42, -1, 0x2a
    fraction,  // 0.25, .5, -.5
    string,    // without its quotes, escapes untouched
    command,   // without its backticks
    code,      // without %{ and }% and the blanks beside them
    option,    // --mtu, without the hyphens
    ipv4,
    ipv6,
    ellipsis,
    symbol,  // any other character
  };
  Kind kind = Kind::end;
  std::string_view text;  // of the script or of a definition; lives as long as they do
  std::string_view name;  // the word in the script for which a definition's text stands; else empty
  Place place;

  [[nodiscard]] bool is(char symbol) const { return kind == Kind::symbol && text.front() == symbol; }
  [[nodiscard]] bool is(std::string_view word) const { return kind == Kind::word && text == word; }
};

// For messages: "\"win\"", "the end of the script", "a string". One short line.
[[nodiscard]] std::string described(const Token& token);

class Lexer {
 public:
  // `text` must outlive the lexer and its tokens. `name` is the script's, for errors.
  Lexer(std::string_view text, std::string name, Definitions definitions);

  // The next token; Kind::end again and again at the end. Throws InputError for what has no end: a string, a
  // command, code, a comment, an #ifdef.
  [[nodiscard]] Token next();
  // From the next token on; not for a name that the constructor was given.
  void define(std::string name, std::string value);
  [[nodiscard]] bool has_seen_ifdef() const { return has_seen_ifdef_; }
  // "NAME:line:column".
  [[nodiscard]] std::string where(Place place) const;

 private:
  [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }
  [[nodiscard]] bool sees(std::string_view what) const { return rest().starts_with(what); }
  [[nodiscard]] Place place() const;
  void skip(std::size_t bytes);  // and counts the lines
  void skip_blanks();
  void skip_past(std::string_view end, std::string_view of_what, Place begin);
  void enter_ifdef();
  void leave_ifdef();
  [[nodiscard]] Token token(Token::Kind kind, std::size_t bytes);
  [[nodiscard]] Token quoted(Token::Kind kind, std::string_view of_what);
  [[nodiscard]] Token code();
  [[nodiscard]] const std::string* definition_of(std::string_view name) const;
  [[nodiscard]] Token substituted(Token word) const;

  std::string_view text_;
  std::string name_;
  Definitions definitions_;      // as given
  Definitions own_definitions_;  // of the script
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  std::size_t line_begin_ = 0;
  Place ifdef_;  // where the one that is open begins
  bool is_in_ifdef_ = false;
  bool has_seen_ifdef_ = false;
};

}  // namespace halfopen::script

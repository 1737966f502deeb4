// What the sources of the parser share: the token at hand, ways to take it, and the one line for what is
// wrong. A recursive descent: each function reads one rule of the grammar and leaves the token after it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/base/time.h"
#include "sim/script/lexer.h"
#include "sim/script/script.h"

namespace halfopen::script {

class Reader {
 public:
  // With a dialect, what only the other has is refused; without, the first such thing tells which it is.
  Reader(Lexer lexer, std::optional<Dialect> dialect);

  [[nodiscard]] const Token& now() const { return now_; }
  [[nodiscard]] bool at(Token::Kind kind) const { return now_.kind == kind; }
  [[nodiscard]] bool at(char symbol) const { return now_.is(symbol); }
  [[nodiscard]] bool at(std::string_view word) const { return now_.is(word); }

  // The token at hand; the next one is at hand then.
  Token take();
  // Takes it if it is that.
  bool take_if(char symbol);
  bool take_if(std::string_view word);
  // Takes it, or fails. `what` is what stands there, for the message: "a TCP option".
  Token take(Token::Kind kind, std::string_view what);
  void expect(char symbol);
  void expect(std::string_view word);

  // A decimal or hexadecimal number from `low` to `high`.
  std::int64_t number(std::int64_t low, std::int64_t high, std::string_view what);
  template <class Unsigned>
  Unsigned number(std::string_view what) {
    static_assert(sizeof(Unsigned) <= 4);
    return static_cast<Unsigned>(number(0, static_cast<Unsigned>(-1), what));
  }
  // Of 64 bits; a hexadecimal one may use the sign's.
  std::int64_t any_number();
  // Seconds with decimals; what is finer than a nanosecond is dropped.
  Duration seconds();
  // Two hexadecimal digits a byte, at most `most` bytes.
  Bytes hex_bytes(std::size_t most, std::string_view what);
  // "a > b".
  Ports ports();

  // `construct` is at hand, and belongs to `dialect` alone.
  void note(Dialect dialect, std::string_view construct);
  [[nodiscard]] std::optional<Dialect> dialect() const { return dialect_; }

  Lexer& lexer() { return lexer_; }

  // "NAME:line:column: expected (what), found (the token at hand)".
  [[noreturn]] void fail_expected(std::string_view what) const;
  [[noreturn]] void fail(Place place, const std::string& sentence) const;

  // Alive while the reader is one level deeper; fails when that is too deep.
  class Level {
   public:
    explicit Level(Reader& reader);
    ~Level() { --reader_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Reader& reader_;
  };

 private:
  Lexer lexer_;
  Token now_;
  std::optional<Dialect> dialect_;
  bool is_dialect_given_;
  int depth_ = 0;
};

// The rules, each in the source of its name.
PacketSpec read_packet(Reader& in);              // read_packet.cc
std::optional<IpInfo> read_ip_info(Reader& in);  // read_headers.cc: nothing if there is none
std::vector<OuterHeader> read_outer_headers(Reader& in);
TcpOptionsSpec read_tcp_options(Reader& in, Direction direction);  // read_tcp_options.cc
Value read_value(Reader& in);                                      // read_value.cc
CallSpec read_call(Reader& in);

}  // namespace halfopen::script

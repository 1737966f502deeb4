// Where people read: standard output or standard error, in colour when a person looks at a terminal.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace halfopen {

enum class Style : std::uint8_t { plain, title, heading, good, bad, faint };

// What the user wants of colours; `automatic` is the rule below.
enum class ColourWish : std::uint8_t { automatic, always, never };
// For everything that is printed from here on: before the first Prose is made.
void wish_for_colour(ColourWish wish);

// Colours as was wished for; else on a terminal, unless NO_COLOR is set (https://no-color.org) or TERM is
// "dumb"; anywhere where CLICOLOR_FORCE is set and not "0" (https://bixense.com/clicolors) and NO_COLOR is
// not.
[[nodiscard]] bool wants_colour(std::FILE* out);

class Prose {
 public:
  explicit Prose(std::FILE* out) : Prose{out, wants_colour(out)} {}
  Prose(std::FILE* out, bool colour) : out_{out}, colour_{colour} {}

  // What may be a stranger's goes through plain_text() here, wherever it comes from; of escape sequences only
  // the colours that paint() and the ladder set pass, and only where colours are on.
  void write(std::string_view text);
  void line(std::string_view text = {});
  // "NAME: WHAT", the name as a title, in lines of `width` columns; 0: in one line.
  void headline(std::string_view name, std::string_view what, std::size_t width);
  // Text in a style where colours are on, the text as it is elsewhere.
  [[nodiscard]] std::string paint(Style style, std::string_view text) const;
  [[nodiscard]] bool colour() const { return colour_; }
  // What is written from here on is dropped: nobody reads it.
  [[nodiscard]] bool reader_left() const { return reader_left_; }

  // Hands everything to the system. Throws Trouble if it cannot be written; a reader who has left (a pipe
  // into head) is not trouble: the rest is dropped in silence.
  void flush();

 private:
  void put(std::string_view text);

  std::FILE* out_;
  bool colour_;
  bool reader_left_ = false;
};

}  // namespace halfopen

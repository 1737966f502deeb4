#include "cli/tell/prose.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "capture/note/text.h"
#include "cli/tell/stream.h"
#include "sim/base/plain_text.h"

namespace halfopen {
namespace {

// The bytes of the colour that `text` begins with, if it is one of those that we set (SGR: reset, bold,
// faint, foreground colours, two of them at most); else 0.
std::size_t colour_at(std::string_view text) {
  constexpr std::string_view kBegins = "\x1b[";
  if (!text.starts_with(kBegins)) return 0;
  const std::size_t end = text.substr(0, 8).find('m');
  if (end == std::string_view::npos) return 0;
  std::string_view codes = text.substr(kBegins.size(), end - kBegins.size());
  while (!codes.empty()) {
    const std::string_view code = codes.substr(0, codes.find(';'));
    const bool is_ours = code == "0" || code == "1" || code == "2" ||
                         (code.size() == 2 && code[0] == '3' && code[1] >= '1' && code[1] <= '6');
    if (!is_ours) return 0;
    codes.remove_prefix(std::min(code.size() + 1, codes.size()));
  }
  return end + 1;
}

// One for the process, as its standard output is.
ColourWish wished_colour = ColourWish::automatic;

}  // namespace

void Prose::write(std::string_view text) {
  while (!text.empty()) {
    std::size_t plain = plain_prefix(text);
    if (plain == 0 && colour_) plain = colour_at(text);
    if (plain > 0) {
      put(text.substr(0, plain));
      text.remove_prefix(plain);
    } else {  // of a stranger's text
      put("?");
      text.remove_prefix(1);
    }
  }
}

void Prose::put(std::string_view text) {
  if (!reader_left_) reader_left_ = !halfopen::put(out_, text);
}

void Prose::line(std::string_view text) {
  write(text);
  write("\n");
}

void Prose::headline(std::string_view name, std::string_view what, std::size_t width) {
  const std::string text = wrapped(std::string{name}.append(": ").append(what), width, 2);
  line(paint(Style::title, name) + text.substr(name.size()));
}

std::string Prose::paint(Style style, std::string_view text) const {
  if (!colour_ || style == Style::plain) return std::string{text};
  const char* code = "";
  switch (style) {
    case Style::plain: break;
    case Style::title: code = "1"; break;
    case Style::heading: code = "1;36"; break;
    case Style::good: code = "32"; break;
    case Style::bad: code = "1;31"; break;
    case Style::faint: code = "2"; break;
  }
  return std::string{"\x1b["} + code + "m" + std::string{text} + "\x1b[0m";
}

void Prose::flush() {
  if (!reader_left_) reader_left_ = !halfopen::flush(out_);
}

void wish_for_colour(ColourWish wish) { wished_colour = wish; }

bool wants_colour(std::FILE* out) {
  if (wished_colour != ColourWish::automatic) return wished_colour == ColourWish::always;
  const char* no_colour = std::getenv("NO_COLOR");
  if (no_colour != nullptr && *no_colour != '\0') return false;
  const char* forced = std::getenv("CLICOLOR_FORCE");
  if (forced != nullptr && *forced != '\0' && std::string_view{forced} != "0") return true;
  const char* terminal = std::getenv("TERM");
  return isatty(fileno(out)) == 1 && terminal != nullptr && std::string_view{terminal} != "dumb";
}

}  // namespace halfopen

#include "cli/tell/prose.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "cli/tell/exit_code.h"

namespace halfopen {

void Prose::write(std::string_view text) {
  if (reader_left_ || text.empty()) return;
  if (std::fwrite(text.data(), 1, text.size(), out_) != text.size()) fail();
}

void Prose::line(std::string_view text) {
  write(text);
  write("\n");
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
  if (!reader_left_ && std::fflush(out_) != 0) fail();
}

void Prose::fail() {
  const int error = errno;
  if (error != EPIPE)
    throw Trouble{std::string{"cannot write to "} +
                  (out_ == stdout ? "standard output: " : "standard error: ") + std::strerror(error)};
  reader_left_ = true;
}

bool wants_colour(std::FILE* out) {
  const char* no_colour = std::getenv("NO_COLOR");
  if (no_colour != nullptr && *no_colour != '\0') return false;
  const char* forced = std::getenv("CLICOLOR_FORCE");
  if (forced != nullptr && *forced != '\0' && std::string_view{forced} != "0") return true;
  const char* terminal = std::getenv("TERM");
  return isatty(fileno(out)) == 1 && terminal != nullptr && std::string_view{terminal} != "dumb";
}

}  // namespace halfopen

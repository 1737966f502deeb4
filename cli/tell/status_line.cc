#include "cli/tell/status_line.h"

#include <unistd.h>

#include <cstdio>

#include "cli/tell/terminal.h"
#include "sim/base/plain_text.h"

namespace halfopen {
namespace {

constexpr std::string_view kErase = "\r\x1b[K";

bool is_shown = false;

void write_to_terminal(std::string_view bytes) {
  std::fwrite(bytes.data(), 1, bytes.size(), stderr);
  std::fflush(stderr);
}

std::size_t terminal_columns() {
  constexpr std::size_t kUsual = 80;
  const std::size_t width = terminal_width(stderr);
  return width > 0 ? width : kUsual;
}

}  // namespace

bool is_status_wanted() { return isatty(STDERR_FILENO) == 1; }

void show_status(std::string_view text) {
  if (!is_status_wanted()) return;
  is_shown = true;
  const std::string plain = plain_line(text);
  // In the last column a terminal may go on to the next line.
  write_to_terminal(std::string{kErase}.append(cut_to_columns(plain, terminal_columns() - 1)));
}

void clear_status() {
  if (!is_shown) return;
  is_shown = false;
  write_to_terminal(kErase);
}

std::string_view cut_to_columns(std::string_view text, std::size_t columns) {
  std::size_t end = 0;
  for (std::size_t taken = 0; end < text.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(text[end]) & 0xc0u) != 0x80u;
    if (begins && taken++ == columns) break;
  }
  return text.substr(0, end);
}

}  // namespace halfopen

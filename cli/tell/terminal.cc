#include "cli/tell/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>

#include "capture/note/text.h"

namespace halfopen {

std::size_t terminal_width(std::FILE* out) {
  const int fd = fileno(out);
  if (isatty(fd) != 1) return 0;
  if (const char* columns = std::getenv("COLUMNS"); columns != nullptr) {
    const std::string_view text{columns};
    std::size_t width = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), width);
    if (error == std::errc{} && end == text.data() + text.size() && width > 0) return width;
  }
  winsize size{};
  return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

std::string left_out_text(std::size_t width, std::string_view what) {
  return wrapped(fmt::format("({} left out to fit {} columns; COLUMNS=200 or a pipe has them)", what, width),
                 width, 1);
}

}  // namespace halfopen

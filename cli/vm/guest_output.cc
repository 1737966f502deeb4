#include "cli/vm/guest_output.h"

#include <utility>

#include "cli/tell/prose.h"
#include "cli/tell/stream.h"

namespace halfopen {
namespace {

// Whether bytes that begin with ESC are such a sequence, can become one, or neither.
enum class Match { whole, start, none };

Match match(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (i == 0) continue;
    if (i == 1 && c != '[') return Match::none;
    if (i > 1 && c == 'm') return Match::whole;
    if (i > 1 && c != ';' && (c < '0' || c > '9')) return Match::none;
  }
  return Match::start;
}

}  // namespace

std::string ColourFilter::pass(std::string_view bytes) {
  std::string passed;
  for (const char c : bytes) {
    if (held_.empty() && c != '\x1b') {
      passed += c;
      continue;
    }
    held_ += c;
    switch (match(held_)) {
      case Match::start: break;
      case Match::whole: held_.clear(); break;
      case Match::none:
        // It may be that another one begins with this very byte.
        passed += std::exchange(held_, c == '\x1b' ? "\x1b" : "");
        if (c == '\x1b') passed.pop_back();
        break;
    }
  }
  return passed;
}

std::string ColourFilter::rest() { return std::exchange(held_, {}); }

GuestStream::GuestStream(std::FILE* out, bool raw) : out_{out}, filters_{!raw && !wants_colour(out)} {}

void GuestStream::write(std::string_view bytes) { put(filters_ ? filter_.pass(bytes) : std::string{bytes}); }

void GuestStream::finish() { put(filter_.rest()); }

void GuestStream::put(std::string_view bytes) {
  if (!reader_left_) reader_left_ = !halfopen::put(out_, bytes) || !flush(out_);
}

}  // namespace halfopen

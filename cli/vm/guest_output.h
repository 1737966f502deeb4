// What a command in a guest writes, on its way to our own streams. In the guest it always writes colours, so
// that they make no difference to its run; here they are taken away where nobody wants them.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace halfopen {

// Takes the sequences that set colours ("\x1b[1;31m") out of a stream of bytes, also where a piece ends in
// the middle of one.
class ColourFilter {
 public:
  [[nodiscard]] std::string pass(std::string_view bytes);
  // What was held back at the end of the stream.
  [[nodiscard]] std::string rest();

 private:
  std::string held_;  // the start of what may become such a sequence
};

// One of our two streams. A reader who left is no trouble: what it does not read is dropped.
class GuestStream {
 public:
  // `raw`: bytes pass as they are.
  GuestStream(std::FILE* out, bool raw);

  // Throws Trouble for what cannot be written.
  void write(std::string_view bytes);
  void finish();

 private:
  void put(std::string_view bytes);

  std::FILE* out_;
  bool filters_;
  bool reader_left_ = false;
  ColourFilter filter_;
};

}  // namespace halfopen

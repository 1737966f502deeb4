// What a fuzz target is: a function that takes any bytes, and must neither crash, nor hang, nor break a
// promise of the code that it feeds. The same functions run under libFuzzer (driver_libfuzzer.cc) and, over
// the corpus that is kept, as an ordinary test (corpus_test.cc). docs/reliability.md tells of each.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace halfopen::fuzz {

using Bytes = std::span<const std::uint8_t>;

struct Target {
  std::string_view name;  // of its folder in corpus/, too
  void (*run)(Bytes input);
};

// All of them, in the order of docs/reliability.md.
[[nodiscard]] const std::vector<Target>& targets();

// A promise that was broken, whatever the build: std::logic_error ends both drivers with its text.
inline void require(bool holds, std::string_view promise) {
  if (!holds) throw std::logic_error{std::string{promise}};
}

[[nodiscard]] inline std::string_view text_of(Bytes input) {
  return {reinterpret_cast<const char*>(input.data()), input.size()};
}

// Takes an input apart: numbers while there are bytes, zeros after them.
class Script {
 public:
  explicit Script(Bytes bytes) : rest_{bytes} {}

  [[nodiscard]] bool is_over() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const std::uint8_t first = rest_.front();
    rest_ = rest_.subspan(1);
    return first;
  }
  std::uint16_t word() { return static_cast<std::uint16_t>(byte() << 8 | byte()); }
  std::uint32_t number() { return std::uint32_t{word()} << 16 | word(); }
  // The next `most` bytes, or what is left.
  Bytes bytes(std::size_t most) {
    const Bytes taken = rest_.first(std::min(most, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  Bytes rest() { return bytes(rest_.size()); }

 private:
  Bytes rest_;
};

// The targets, each in the file of its kind.
void fuzz_capture(Bytes input);       // captures.cc
void fuzz_link_layer(Bytes input);    // captures.cc
void fuzz_compare(Bytes input);       // captures.cc
void fuzz_note_json(Bytes input);     // captures.cc
void fuzz_filter(Bytes input);        // captures.cc
void fuzz_tcp_options(Bytes input);   // packets.cc
void fuzz_packet(Bytes input);        // packets.cc
void fuzz_scenario(Bytes input);      // texts.cc
void fuzz_override(Bytes input);      // texts.cc
void fuzz_manifest(Bytes input);      // texts.cc
void fuzz_plain_text(Bytes input);    // texts.cc
void fuzz_script(Bytes input);        // texts.cc
void fuzz_guest_frames(Bytes input);  // guests.cc
void fuzz_elf(Bytes input);           // guests.cc
void fuzz_cpio(Bytes input);          // guests.cc
void fuzz_endpoint(Bytes input);      // endpoint.cc
void fuzz_host(Bytes input);          // host.cc
void fuzz_streams(Bytes input);       // streams.cc

}  // namespace halfopen::fuzz

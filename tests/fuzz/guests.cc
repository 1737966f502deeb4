// What comes out of a guest or goes into it. What is read may be hostile.
#include <map>

#include "replay/guest/cpio.h"
#include "replay/guest/elf_file.h"
#include "replay/guest/frame_reader.h"
#include "replay/guest/orders.h"
#include "tests/fuzz/target.h"

namespace halfopen::fuzz {

// The first byte says where the stream is cut: frames are the same however they arrive.
void fuzz_guest_frames(Bytes input) {
  Script script{input};
  const std::size_t cut = script.byte();
  const std::string_view stream = text_of(script.rest());
  const auto heard = [&](std::initializer_list<std::string_view> pieces) {
    guest::FrameReader reader;
    std::string all;
    try {
      for (const std::string_view piece : pieces) {
        reader.feed(piece, [&all](const guest::FrameHeader& header, std::string_view payload) {
          require(payload.size() == header.size, "a frame's payload is as long as it says");
          require(payload.size() <= guest::FrameHeader::kMaxPayload, "no payload is longer than allowed");
          all += static_cast<char>(header.type);
          all += payload;
        });
      }
    } catch (const std::logic_error&) {
      throw;
    } catch (const std::runtime_error&) {
      all += "!";
    }
    return all;
  };
  const std::size_t at = std::min(cut, stream.size());
  require(heard({stream}) == heard({stream.substr(0, at), stream.substr(at)}),
          "frames are the same however they are cut");
  if (const auto orders = guest::parse_orders(stream)) {
    const std::string text = guest::to_text(*orders);
    const auto again = guest::parse_orders(text);
    require(again && guest::to_text(*again) == text, "orders that are written and read are the same");
  }
}

void fuzz_elf(Bytes input) {
  const auto elf = guest::parse_elf(text_of(input));
  require(!elf || guest::is_elf(text_of(input)), "what is read as ELF is ELF");
  if (!elf) return;
  std::size_t all = elf->interpreter.size() + elf->modinfo.size();
  for (const std::string& name : elf->needed) all += name.size();
  require(all <= input.size() * 64, "an ELF file does not grow");
}

// Entries are taken from the input, written, and found again in the archive.
void fuzz_cpio(Bytes input) {
  Script script{input};
  std::string archive;
  std::vector<std::string> contents;
  guest::CpioWriter writer{[&archive](std::string_view bytes) { archive += bytes; }};
  while (!script.is_over() && contents.size() < 50) {
    std::string name{text_of(script.bytes(1 + script.byte() % 40))};
    std::erase_if(name, [](char c) { return c == '\0' || c == '/'; });
    if (name.empty()) name = "x";
    contents.emplace_back(text_of(script.bytes(script.word() % 300)));
    writer.add(name, 0100644, contents.back());
  }
  writer.finish();
  const auto hex = [&archive](std::size_t at) { return std::stoul(archive.substr(at, 8), nullptr, 16); };
  const auto round_up = [](std::size_t n) { return (n + 3) / 4 * 4; };
  std::size_t at = 0;
  for (const std::string& content : contents) {
    require(archive.compare(at, 6, "070701") == 0, "an entry begins where the one before ended");
    const std::size_t size = hex(at + 54);
    const std::size_t data = round_up(at + 110 + hex(at + 94));
    require(size == content.size() && archive.compare(data, size, content) == 0, "an entry holds its bytes");
    at = round_up(data + size);
  }
  require(archive.compare(at, 6, "070701") == 0 && archive.find("TRAILER!!!", at) != std::string::npos,
          "an archive ends with its trailer");
}

}  // namespace halfopen::fuzz

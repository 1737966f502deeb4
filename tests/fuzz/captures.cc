// Captures of strangers, and what is asked about them.
#include <sys/mman.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "capture/compare/compare.h"
#include "capture/decode/link_layer.h"
#include "capture/file/reader.h"
#include "capture/flow/flow_table.h"
#include "capture/flow/packet_filter.h"
#include "capture/note/note_json.h"
#include "capture/note/note_text.h"
#include "capture/tell/ladder.h"
#include "sim/base/plain_text.h"
#include "tests/fuzz/target.h"

namespace halfopen::fuzz {
namespace {

// A file without a name that holds `bytes`.
class MemoryFile {
 public:
  explicit MemoryFile(Bytes bytes) : fd_{memfd_create("input", MFD_CLOEXEC)} {
    while (fd_ >= 0 && !bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written <= 0) break;
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    require(fd_ >= 0 && bytes.empty(), "there is memory for the input");
  }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

}  // namespace

// Read, followed and told, as `show --explain` does.
void fuzz_capture(Bytes input) {
  const MemoryFile file{input};
  std::optional<LadderText> ladder;
  std::size_t told = 0;
  CaptureHandlers handlers;
  handlers.info = [&](const CaptureInfo& info) {
    LadderOptions options;
    options.explain = true;
    options.family.fill(OsFamily::rfc);
    ladder.emplace(info.names, options);
  };
  handlers.packet = [&](const CapturedPacket& packet) {
    require(packet.ip.size() <= input.size() || packet.wire_size <= kMaxPacketSize,
            "no packet is longer than what was read");
    told += ladder->format_rung(packet.note).size();
  };
  handlers.note = [&](const Note& note) { told += ladder->format_note(note).size(); };
  handlers.malformed = [&](const MalformedPacket& packet) { told += packet.message.size(); };
  try {
    CaptureReader reader{file.path(), handlers};
    try {
      while (reader.step()) {
      }
    } catch (const InputError&) {
    }
    require(!reader.step(), "after an error a capture stays at its end");
    for (const std::string& remark : reader.remarks()) told += remark.size();
  } catch (const InputError&) {
  }
}

void fuzz_link_layer(Bytes input) {
  Script script{input};
  const std::uint32_t link_type = script.word();
  const Bytes frame = script.rest();
  std::string issue;
  const auto unwrapped = unwrap(link_type, frame, issue);
  if (!is_known_link_type(link_type)) return;
  if (!unwrapped) {
    require(!issue.empty(), "a frame that cannot be read says why");
    return;
  }
  const Bytes ip = unwrapped->ip;
  require(ip.empty() || (ip.data() >= frame.data() && ip.data() + ip.size() <= frame.data() + frame.size()),
          "an IP packet lies within its frame");
}

// Two captures, the first as long as the first two bytes say.
void fuzz_compare(Bytes input) {
  Script script{input};
  const std::size_t size = script.word();
  const MemoryFile a{script.bytes(size)};
  const MemoryFile b{script.rest()};
  for (const auto& [one, two] : {std::pair{&a, &b}, std::pair{&a, &a}}) {
    try {
      const Comparison comparison = compare_captures(one->path(), two->path(), {});
      if (one == two) require(comparison.is_same(), "a capture is the same as itself: " + comparison.first);
    } catch (const InputError&) {
    }
  }
}

// An expression up to the first newline, then a packet.
void fuzz_filter(Bytes input) {
  const std::string_view all = text_of(input);
  const std::size_t end = std::min(all.find('\n'), all.size());
  try {
    const PacketFilter filter{std::string{all.substr(0, end)}};
    const Bytes packet = input.subspan(std::min(end + 1, all.size()));
    static_cast<void>(filter.matches(packet, static_cast<std::uint32_t>(packet.size())));
  } catch (const InputError&) {
  }
}

// What is read and written again is the same; words of a note command no terminal.
void fuzz_note_json(Bytes input) {
  const std::string_view text = text_of(input);
  if (const auto note = note_from_json(text)) {
    const std::string written = compact(json_of(*note));
    const auto again = note_from_json(written);
    require(again && compact(json_of(*again)) == written, "a note that is written and read is the same");
    Names names;
    const std::string told = note_text(*note, names);
    require(plain_line(told) == told, "a note's words are plain");
  }
  if (const auto run = run_from_json(text)) {
    const std::string written = compact(json_of(run->run, run->epoch));
    const auto again = run_from_json(written);
    require(again && compact(json_of(again->run, again->epoch)) == written,
            "a run's facts that are written and read are the same");
  }
  static_cast<void>(packet_facts_from_json(text));
}

}  // namespace halfopen::fuzz

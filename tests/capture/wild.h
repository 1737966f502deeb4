// Captures of other people: made in code or of tests/captures, and what reading one tells.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "capture/file/reader.h"
#include "tests/support/packets.h"
#include "tests/support/scratch.h"

namespace halfopen::test {

using Bytes = std::vector<std::uint8_t>;

[[nodiscard]] inline std::string shipped_capture(const std::string& name) {
  return std::string{HALFOPEN_SOURCE_DIR} + "/tests/captures/" + name;
}

[[nodiscard]] inline Bytes operator+(Bytes head, const Bytes& rest) {
  head.insert(head.end(), rest.begin(), rest.end());
  return head;
}

// A frame of a capture: its bytes, when it came, and what the file says that it was on the wire (0: the
// same).
struct WildFrame {
  Bytes bytes;
  std::uint32_t seconds = 0;
  std::uint32_t wire_size = 0;
};

// A little-endian pcap in microseconds.
[[nodiscard]] inline Bytes pcap_of(std::uint32_t link_type, const std::vector<WildFrame>& frames) {
  Bytes bytes;
  const auto put = [&](std::uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::uint8_t>(value >> shift));
  };
  for (const std::uint32_t word : {0xa1b2c3d4u, 0x00040002u, 0u, 0u, 262'144u, link_type}) put(word);
  for (const WildFrame& frame : frames) {
    const auto size = static_cast<std::uint32_t>(frame.bytes.size());
    for (const std::uint32_t word : {frame.seconds, 0u, size, frame.wire_size == 0 ? size : frame.wire_size})
      put(word);
    bytes.insert(bytes.end(), frame.bytes.begin(), frame.bytes.end());
  }
  return bytes;
}

// What was told of each packet that was read.
struct WildPacket {
  std::uint64_t number = 0;
  bool is_tcp = false;
  std::uint32_t payload = 0;  // of TCP
  std::uint32_t payload_captured = 0;
  std::uint32_t wire_size = 0;
  std::uint32_t value_payload = 0;  // of the packet's value
  Bytes ip;
};

struct WildCapture {
  CaptureInfo info;
  CaptureCounts counts;
  std::vector<WildPacket> packets;
  std::vector<std::string> malformed;
  std::vector<std::string> remarks;
  std::string error = "none";  // where the file is broken
};

[[nodiscard]] inline WildCapture read_wild_file(const std::string& path) {
  WildCapture all;
  CaptureHandlers handlers;
  handlers.info = [&](const CaptureInfo& info) { all.info = info; };
  handlers.packet = [&](const CapturedPacket& packet) {
    WildPacket told{.number = packet.number,
                    .is_tcp = packet.view->is_tcp(),
                    .payload_captured = packet.payload_captured,
                    .wire_size = packet.wire_size,
                    .ip = {packet.ip.begin(), packet.ip.end()}};
    if (told.is_tcp) told.payload = packet.view->tcp().payload_size();
    if (const Segment* segment = packet.note.packet->segment()) told.value_payload = segment->payload.size();
    all.packets.push_back(std::move(told));
  };
  handlers.malformed = [&](const MalformedPacket& packet) { all.malformed.push_back(packet.message); };
  try {
    CaptureReader reader{path, handlers};
    try {
      while (reader.step()) {
      }
    } catch (const InputError& error) {
      all.error = error.what();
    }
    all.counts = reader.counts();
    all.remarks = reader.remarks();
  } catch (const InputError& error) {
    all.error = error.what();
  }
  return all;
}

[[nodiscard]] inline WildCapture read_wild(const Bytes& file) {
  const Scratch scratch;
  write_file(scratch.file("x"), file);
  WildCapture all = read_wild_file(scratch.file("x"));
  if (all.error.starts_with(scratch.file("x"))) all.error.erase(0, scratch.file("x").size());
  return all;
}

}  // namespace halfopen::test

// From a frame of a capture file to the packet, for both file formats.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "capture/decode/captured.h"
#include "capture/decode/fragment_reassembly.h"
#include "capture/decode/link_layer.h"
#include "capture/decode/remarks.h"
#include "capture/note/note_json.h"
#include "sim/wire/payload.h"

namespace halfopen {

struct Frame {
  std::uint32_t link_type = 0;
  std::uint32_t interface = 0;
  std::span<const std::uint8_t> bytes;  // as far as they were captured
  std::uint64_t wire_size = 0;          // what they were on the wire
  std::int64_t time = 0;                // nanoseconds since 1970
  std::string_view comment;
  std::optional<PacketFacts> facts;  // of captures of ours
};

class FrameDecoder {
 public:
  FrameDecoder(CaptureHandlers handlers, std::string format);

  // Before the first frame or note.
  void set_run(RunAndEpoch run);
  void add_name(const IpAddress& address, std::string_view name);

  void on_frame(const Frame& frame);
  void on_note(const Note& note);
  // A packet of an interface whose link type is not read: it is counted and passed over.
  void on_unsupported(std::uint32_t link_type, std::uint32_t interface);
  // At the end: an empty capture has its info, too.
  void finish() { tell_info(0); }

  [[nodiscard]] const CaptureCounts& counts() const { return counts_; }
  [[nodiscard]] const Remarks& remarks() const { return remarks_; }
  [[nodiscard]] std::uint64_t frames() const { return frames_; }

 private:
  void tell_info(std::int64_t first_time);
  HostId sender_of(const PacketView& packet);
  // `depth`: how many packets are around this one.
  void on_other_packet(const Frame& frame, std::uint32_t interface, const PacketView& view, int depth);
  bool on_tunnel(const Frame& frame, std::uint32_t interface, const PacketView& view, int depth);
  void on_fragment(const Frame& frame, std::uint32_t interface, const PacketView& view, int depth);
  void tell_packet(const Frame& frame, std::uint32_t interface, const PacketView& view);
  void malformed(const Frame& frame, std::string message);
  [[nodiscard]] TimePoint at(std::int64_t time) const;

  CaptureHandlers handlers_;
  CaptureInfo info_;
  bool told_info_ = false;
  BlockPool pool_;
  CaptureCounts counts_;
  Remarks remarks_;
  FragmentReassembly reassembly_;
  std::uint64_t frames_ = 0;
  std::optional<SocketAddress> server_;  // of a capture without names: whom the first SYN was sent to
};

}  // namespace halfopen

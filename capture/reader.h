// Reads capture files: ours, with the reasons and notes in them, and anybody's pcap and pcapng.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "capture/names.h"
#include "capture/run_info.h"
#include "sim/input_error.h"
#include "sim/observe.h"
#include "sim/wire/packet.h"

namespace halfopen {

// What is known before the first packet.
struct CaptureInfo {
  std::string format;          // "pcap", "pcapng"
  std::optional<RunInfo> run;  // of a pcapng of ours; others do not record outcomes
  Names names;
  std::int64_t epoch = 0;  // nanoseconds since 1970 at time zero: the run's, else the first packet's
};

struct CapturedPacket {
  std::uint64_t number = 0;  // counted from 1, as Wireshark does
  PacketNote note;           // valid during the call; `why` is known of captures of ours only
  std::string_view comment;  // the first one, if any
};

// A packet that cannot be read, inside a capture that can.
struct MalformedPacket {
  std::uint64_t number = 0;
  TimePoint at;
  std::string message;  // "TCP data offset 3, expected 5 to 15"
};

// What a reader of captures wants to hear; what is empty is left out. In the order of the file.
struct CaptureHandlers {
  std::function<void(const CaptureInfo&)> info = {};  // once, before everything else
  std::function<void(const CapturedPacket&)> packet = {};
  std::function<void(const Note&)> note = {};
  std::function<void(const MalformedPacket&)> malformed = {};
};

struct CaptureCounts {
  std::uint64_t packets = 0;  // that were read
  std::uint64_t malformed = 0;
  std::uint64_t other = 0;  // not IP: ARP and the like, passed over
  std::uint64_t notes = 0;
};

// Reads the capture at `path`, "-" for standard input. Throws InputError, after everything that was readable,
// where the file itself is broken: cut off, not a capture, lying about lengths. Time and memory are bounded
// by the file's size and by a packet's.
CaptureCounts read_capture(const std::string& path, const CaptureHandlers& handlers);

}  // namespace halfopen

// What a reader of captures hears: packets as they lie in the file, notes, and what could not be read.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "capture/note/names.h"
#include "capture/note/run_info.h"
#include "sim/trace/observe.h"
#include "sim/wire/packet_view.h"

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
  // Of a packet in fragments the last one's to come. Valid during the call. `why` is known of captures of
  // ours only. note.packet is made for the handler `packet` alone, with zeros for what a snap length left
  // out; so is note.from of captures that are not ours.
  PacketNote note;
  std::string_view comment;          // the first one, if any
  const PacketView* view = nullptr;  // the packet where it lies in the file; valid during the call

  // The packet's bytes as captured, from its IP header on and without padding; valid during the call.
  std::span<const std::uint8_t> ip;
  std::uint32_t wire_size = 0;  // what the packet claims to be: more than `ip` where a snap length cut it
  std::uint32_t payload_captured = 0;  // bytes of a TCP payload that are there
  std::uint32_t interface = 0;         // counted from 0 in the file; of Linux cooked v2 the system's number
  std::uint32_t link_type = 0;         // the number in the file
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
  std::function<void(const CapturedPacket&)> view = {};  // the same before it, and cheaper: no value is made
  std::function<void(const Note&)> note = {};
  std::function<void(const MalformedPacket&)> malformed = {};
};

struct CaptureCounts {
  std::uint64_t packets = 0;  // that were read
  std::uint64_t malformed = 0;
  std::uint64_t other = 0;  // not IP: ARP and the like, passed over
  std::uint64_t notes = 0;
  std::uint64_t fragments = 0;    // of IP packets, which are told once they are whole
  std::uint64_t unfinished = 0;   // packets of which not all fragments were there: passed over
  std::uint64_t unsupported = 0;  // of interfaces whose link type is not read; the reader's remarks say which
};

}  // namespace halfopen

// One of the two traces of a comparison: a capture, read step by step, as connections and their packets.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "capture/compare/event.h"
#include "capture/compare/origin.h"
#include "capture/file/reader.h"
#include "capture/flow/duplicates.h"
#include "capture/flow/flow_table.h"
#include "capture/flow/packet_filter.h"

namespace halfopen::compare {

// What one end of a connection said of itself in its SYN.
struct EndConfig {
  bool has_syn = false;
  std::optional<std::uint16_t> mss;
  std::optional<std::uint8_t> window_scale;
  bool sack = false;
  bool timestamps = false;
};

struct SideConnection {
  std::uint64_t number = 0;  // in this capture, from 1, in order of the first packets
  std::uint64_t flow = 0;    // as FlowTable counts
  std::uint32_t slot = 0;    // and where it has it
  SocketAddress client;
  SocketAddress server;
  bool has_handshake = false;  // its SYN was seen, so that it is known who is the client
  bool is_quiet = false;       // closed: both FINs acknowledged, or reset
  bool is_selected = true;     // the filter lets its first packet pass
  std::uint64_t events = 0;
  std::array<EndConfig, 2> config;  // client, server

  std::optional<TimePoint> first_syn;      // of the client
  std::optional<Duration> answered_after;  // from it to the first SYN-ACK

  std::optional<TimePoint> last;
  std::array<std::optional<TimePoint>, kStreams> last_of;
  OriginTracker origins;

  SideConnection(Stream tap, const OsProfile& profile) : origins{tap, profile} {}
};

class SideListener {
 public:
  virtual ~SideListener() = default;
  virtual void on_opened(SideConnection& connection) = 0;
  virtual void on_event(SideConnection& connection, TraceEvent event) = 0;
  virtual void on_note(const Note& note) = 0;
};

class Side {
 public:
  // `name` is for messages, `path` is read ("-" is standard input). `filter`, which may be null, outlives the
  // side, as the listener does. Throws InputError where the file cannot be opened or is no capture.
  Side(std::string name, const std::string& path, const PacketFilter* filter, SideListener& listener);

  // Reads the beginning, so that run() and profile() are known.
  void peek();
  // Reads on by a frame or a note. False at the end, also where the file breaks off: faults() then says so.
  bool step();
  [[nodiscard]] bool is_over() const { return is_over_; }
  // How far it is, since its first packet.
  [[nodiscard]] Duration progress() const { return first_at_ ? now_ - *first_at_ : Duration::zero(); }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::optional<RunInfo>& run() const { return info_.run; }
  // Of the host at the tap: what the run says, else the newest Linux.
  [[nodiscard]] const OsProfile& profile() const { return *profile_; }
  // The run says which; of a capture of anybody's it is a guess.
  [[nodiscard]] bool knows_profile() const { return knows_profile_; }
  // Whose clock the trace has: the model's, in which code takes no time; a guest's, in which an instruction
  // takes a nanosecond; or a real one.
  enum class Clock : std::uint8_t { model, guest, real };
  [[nodiscard]] Clock clock() const;

  // Frees a connection; a later packet of its addresses begins a new one.
  void forget(const SideConnection& connection);

  // What a reader should know, each a sentence.
  [[nodiscard]] std::vector<std::string> remarks() const;
  // What makes any answer doubtful: the file is broken, holds no TCP, or its time runs back.
  [[nodiscard]] std::vector<std::string> faults(Duration tolerated_backstep) const;

 private:
  void on_info(const CaptureInfo& info);
  void on_packet(const CapturedPacket& captured);
  void on_segment(const CapturedPacket& captured, TraceEvent event);
  void on_icmp(TraceEvent event);
  void note_time(const CapturedPacket& captured);
  SideConnection& connection_of(const CapturedPacket& captured, const FlowFacts& facts);
  void finish_event(SideConnection& connection, TraceEvent event);
  static void note_unreachable(SideConnection& connection, const TraceEvent& event);
  static void note_config(SideConnection& connection, const TraceEvent& event);

  std::string name_;
  const PacketFilter* filter_;
  SideListener& listener_;
  CaptureHandlers handlers_;
  CaptureReader reader_;
  CaptureInfo info_;
  const OsProfile* profile_;
  bool knows_profile_ = false;
  Stream tap_ = Stream::from_client;
  FlowTable flows_;
  std::unordered_map<std::uint64_t, std::unique_ptr<SideConnection>> connections_;  // by flow
  std::unordered_map<FourTuple, SideConnection*, FourTupleHash> by_ends_;           // client first
  std::optional<TimePoint> first_at_;
  TimePoint now_ = kTimeZero;
  bool knows_info_ = false;
  bool is_over_ = false;
  std::string broken_;  // what the reader complained of

  std::uint64_t numbers_ = 0;
  std::uint64_t segments_ = 0;
  std::uint64_t cut_ = 0;
  Duplicates duplicates_;
  std::uint64_t malformed_ = 0;
  std::string first_malformed_;
  std::uint64_t stray_icmp_ = 0;
  std::uint64_t backsteps_ = 0;
  std::uint64_t first_backstep_ = 0;  // the packet's number
  Duration worst_backstep_{};
};

}  // namespace halfopen::compare

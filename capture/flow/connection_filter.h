// Which connections of a capture a filter chooses: those of which it matches the first packet that is seen. A
// chosen connection is chosen wholly, with its notes and the ICMP errors that quote it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "capture/decode/captured.h"
#include "capture/flow/flow_table.h"
#include "capture/flow/packet_filter.h"
#include "sim/trace/observe.h"

namespace halfopen {

class ConnectionFilter {
 public:
  // `expression` is libpcap's (packet_filter.h; throws InputError). `flows` knows the connections, and
  // outlives the filter. What is chosen of the notes goes to `note`, in the order of the file; a note from
  // before the first packet of its connection waits for that.
  ConnectionFilter(const std::string& expression, const FlowTable& flows,
                   std::function<void(const Note&)> note);

  // Whether a packet is chosen: a segment with its facts, which `flows` has just given, or another packet
  // with what it quotes, if that is known.
  bool chooses(const CapturedPacket& packet, const FlowFacts& facts);
  bool chooses(const CapturedPacket& packet, const std::optional<FlowTable::Quote>& quote);
  [[nodiscard]] bool has_chosen(std::uint32_t slot, std::uint64_t number) const;
  // System calls and processes are dropped, since they do not say of which connection they are. What the
  // timeline did to all, and remarks, pass.
  void on_note(const Note& note);

  [[nodiscard]] std::uint64_t chosen_packets() const { return chosen_packets_; }
  [[nodiscard]] std::uint64_t connections() const { return connections_; }
  [[nodiscard]] std::uint64_t chosen_connections() const { return chosen_connections_; }

 private:
  void release_notes(std::uint32_t slot, bool is_chosen);

  PacketFilter filter_;
  const FlowTable& flows_;
  std::function<void(const Note&)> note_;
  struct Judged {
    std::uint64_t number = 0;
    bool is_chosen = false;
  };
  std::vector<Judged> judged_;  // by slot
  struct Held {
    FourTuple ends;
    Note note;
  };
  std::deque<Held> held_;  // of connections without a packet so far
  std::uint64_t chosen_packets_ = 0;
  std::uint64_t connections_ = 0;
  std::uint64_t chosen_connections_ = 0;
};

}  // namespace halfopen

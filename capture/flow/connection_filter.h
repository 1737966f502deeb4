// Which connections of a capture a filter chooses: those of which it matches the first packet that is seen. A
// chosen connection is chosen wholly, with its notes and the ICMP errors that quote it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

#include "capture/file/reader.h"
#include "capture/flow/packet_filter.h"
#include "sim/trace/observe.h"

namespace halfopen {

class ConnectionFilter {
 public:
  // The connections that are remembered; of more, the least recently seen is judged anew.
  static constexpr std::size_t kMostConnections = std::size_t{1} << 18;

  // `expression` is libpcap's (packet_filter.h; throws InputError). What is chosen goes to `packet` and
  // `note`, in the order of the file; a note from before the first packet of its connection waits for that.
  ConnectionFilter(const std::string& expression, std::function<void(const CapturedPacket&)> packet,
                   std::function<void(const Note&)> note);

  void on_packet(const CapturedPacket& packet);
  // System calls and processes are dropped, since they do not say of which connection they are. What the
  // timeline did to all, and remarks, pass.
  void on_note(const Note& note);

  [[nodiscard]] std::uint64_t chosen_packets() const { return chosen_packets_; }
  [[nodiscard]] std::uint64_t connections() const { return connections_; }
  [[nodiscard]] std::uint64_t chosen_connections() const { return chosen_connections_; }

 private:
  struct Connection {
    FourTuple key;                          // the smaller end is the local one
    std::array<std::optional<Seq>, 2> syn;  // by end: the number of its SYN
    bool is_chosen = false;
  };
  using List = std::list<Connection>;

  [[nodiscard]] bool chooses(const CapturedPacket& packet);
  [[nodiscard]] bool chooses_segment(const CapturedPacket& packet, const Segment& segment);
  void release_notes(const FourTuple& key, bool is_chosen);

  PacketFilter filter_;
  std::function<void(const CapturedPacket&)> packet_;
  std::function<void(const Note&)> note_;
  List list_;  // most recently seen first
  std::unordered_map<FourTuple, List::iterator, FourTupleHash> table_;
  struct Held {
    FourTuple key;
    Note note;
  };
  std::deque<Held> held_;  // of connections without a packet so far
  std::uint64_t chosen_packets_ = 0;
  std::uint64_t connections_ = 0;
  std::uint64_t chosen_connections_ = 0;
};

}  // namespace halfopen

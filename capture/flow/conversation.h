// The TCP connections in a stream of packets, told from the packets alone: relative sequence numbers, scaled
// windows, repeated segments. Memory is bounded: the least recently seen connections are forgotten, closed
// ones first.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "capture/flow/flow_index.h"
#include "sim/wire/packet_view.h"

namespace halfopen {

// A segment as its conversation sees it. A SYN is at 0 and data begins at 1; of a connection joined in the
// middle the first byte seen is 1.
struct SegmentView {
  std::uint64_t conversation = 0;  // 1, 2, ... in order of appearance; a reopened one counts anew
  // Where whoever follows connections may keep what it knows of this one: counted from 0, below the number of
  // connections that were ever kept at once, and used again when a connection was forgotten.
  std::uint32_t slot = 0;
  bool from_initiator = false;  // its sender sent the SYN, or was seen first
  std::uint32_t seq = 0;
  std::uint32_t end = 0;          // seq and payload: SYN and FIN add nothing, in tcpdump's manner
  std::uint32_t ack = 0;          // meaningful if the segment has the ACK bit
  std::uint32_t window = 0;       // in bytes if the scale is known, else the field as sent
  bool window_is_scaled = false;  // both SYNs were seen, or this is one
  bool is_repeated = false;  // it begins with sequence space that was sent before; keepalives do not count
  Seq peer_base;             // the sequence number that is 0 of the other end
  // A number of the other end's space, e.g. the edge of a SACK block.
  [[nodiscard]] std::uint32_t relative_to_peer(Seq seq_of_peer) const {
    return distance(peer_base, seq_of_peer);
  }
};

// What a conversation needs to know of a segment, be it a value or a view.
struct SegmentFacts {
  SocketAddress source;
  SocketAddress destination;
  Seq seq;
  Seq ack;
  std::uint8_t flags = 0;
  std::uint16_t window = 0;  // the field as sent
  std::uint32_t payload = 0;
  std::optional<std::uint8_t> window_scale;  // of a SYN

  [[nodiscard]] bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  // SEG.LEN of RFC 9293.
  [[nodiscard]] std::uint32_t length() const {
    return payload + (has(tcp_flag::syn) ? 1 : 0) + (has(tcp_flag::fin) ? 1 : 0);
  }
  [[nodiscard]] Seq end() const { return seq + length(); }
};
// Of a packet that carries a segment.
[[nodiscard]] SegmentFacts facts_of(const Packet& packet);
[[nodiscard]] SegmentFacts facts_of(const PacketView& packet);

class Conversations {
 public:
  struct Limits {
    std::size_t open = std::size_t{1} << 18;
    std::size_t closed = 1024;
  };
  Conversations() : Conversations(Limits{}) {}
  explicit Conversations(Limits limits) : limits_{limits} {}

  // The next segment of the stream.
  SegmentView see(const SegmentFacts& segment);
  SegmentView see(const Packet& packet) { return see(facts_of(packet)); }

  // What an ICMP error quotes; nullopt for a connection that was never seen.
  struct Quote {
    std::uint32_t slot = 0;  // as in SegmentView
    std::uint64_t conversation = 0;
    std::uint32_t seq = 0;
    std::optional<std::uint32_t> length;  // if the last data of that end began there
  };
  [[nodiscard]] std::optional<Quote> find_quoted(const QuotedSegment& quoted) const;

  [[nodiscard]] std::size_t size() const { return index_.size(); }

 private:
  struct End {  // what one end has sent
    Seq base;
    Seq old_base;  // of the incarnation before, whose segments may still be under way
    Seq next;      // the end of what it sent
    Seq acked;     // what the other end acknowledged
    Seq fin_end;
    Seq last_seq;  // where the last segment that carried data began
    std::uint32_t last_length = 0;
    std::uint8_t shift = 0;
    bool is_known = false;  // base is meaningful
    bool was_reopened = false;
    bool sent_syn = false;
    bool sent_fin = false;
    bool offered_scale = false;
    bool was_acked = false;
  };
  struct Connection {
    FourTuple key;
    std::uint64_t number = 0;
    std::array<End, 2> ends;  // 0: key.local
    std::uint8_t initiator = 0;
    bool is_closed = false;
    std::uint32_t hash = 0;
    std::uint32_t newer = kNone;  // in the list that it is in
    std::uint32_t older = kNone;
  };
  struct List {  // by when they were last seen
    std::uint32_t newest = kNone;
    std::uint32_t oldest = kNone;
    std::size_t size = 0;
  };
  static constexpr std::uint32_t kNone = FlowIndex::kNone;

  [[nodiscard]] std::uint32_t find(const FourTuple& key, std::uint32_t hash) const;
  std::uint32_t find_or_add(const FourTuple& key, std::uint8_t sender);
  void make_room();
  void forget_oldest(List& list);
  void put_first(List& list, std::uint32_t slot);
  void take_out(List& list, std::uint32_t slot);
  List& list_of(const Connection& connection) { return connection.is_closed ? closed_ : open_; }
  void set_closed(Connection& connection, bool is_closed);
  static Seq base_for(const End& end, Seq seq);
  void note_syn(Connection& connection, std::uint8_t sender, const SegmentFacts& segment);
  static void note_bases(Connection& connection, std::uint8_t sender, const SegmentFacts& segment);
  static bool note_sent(End& end, const SegmentFacts& segment);
  static void note_ack(End& peer, const SegmentFacts& segment);
  void note_closing(Connection& connection, std::uint8_t sender, const SegmentFacts& segment);

  Limits limits_;
  std::uint64_t numbers_ = 0;
  std::vector<Connection> connections_;
  std::vector<std::uint32_t> free_;  // of them
  FlowIndex index_;
  List open_;
  List closed_;
};

// True if this packet is a retransmission: by what its sender says (Why), or, of a kernel's packet, by what
// the conversation shows. Window and keepalive probes are none.
[[nodiscard]] bool is_retransmission(const Packet& packet, const SegmentView& view);

}  // namespace halfopen

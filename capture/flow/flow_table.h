// The TCP connections in a stream of packets, told from the packets alone. Memory is bounded: those that were
// not seen for long are forgotten, and first of them what is over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "capture/flow/flow.h"
#include "capture/flow/flow_index.h"

namespace halfopen {

class FlowTable {
 public:
  struct Limits {
    std::size_t open = std::size_t{1} << 18;
    std::size_t over = 1024;
  };
  // Hears of every flow once, when all is known of it: when a new one takes its ports and it was over, when
  // it makes room, and from finish().
  using Tell = std::function<void(std::uint32_t slot, const Flow&)>;

  FlowTable() : FlowTable(Limits{}) {}
  explicit FlowTable(Limits limits, Tell tell = {}) : limits_{limits}, tell_{std::move(tell)} {}

  // The next segment of the stream, at its time; times matter only to what is told of them. Without one all
  // come at time zero.
  FlowFacts see(const FlowSegment& segment, TimePoint at = kTimeZero);
  FlowFacts see(const Packet& packet, TimePoint at = kTimeZero) { return see(flow_segment(packet), at); }
  // Tells of the flows that are left, in order of appearance. Nothing may be seen after it.
  void finish();

  // What an ICMP error quotes; nullopt for a connection that was never seen.
  struct Quote {
    std::uint32_t slot = 0;  // as in FlowFacts
    std::uint64_t number = 0;
    std::uint32_t seq = 0;
    std::optional<std::uint32_t> length;  // if the last data of that end began there
  };
  [[nodiscard]] std::optional<Quote> find_quoted(const QuotedSegment& quoted) const;
  // An ICMP error: it counts for the flow that it quotes.
  std::optional<Quote> see_error(const QuotedSegment& quoted, IcmpTypeCode what);

  // The newest flow between these ends, in whichever order; kNone if there is none.
  static constexpr std::uint32_t kNone = FlowIndex::kNone;
  [[nodiscard]] std::uint32_t slot_of(const FourTuple& ends) const;
  [[nodiscard]] const Flow& at(std::uint32_t slot) const { return room(slot).flow; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Room {
    Flow flow;
    std::uint32_t hash = 0;
    std::uint32_t newer = kNone;  // in the list that it is in
    std::uint32_t older = kNone;
    std::uint32_t before = kNone;    // the incarnation before it, if flow.has_predecessor
    std::uint64_t packets_then = 0;  // of the flow, when it was put where it is in its list
    bool is_told = false;
    bool is_over = false;        // in the list of those
    bool is_superseded = false;  // the index has its successor
  };
  // In order of age, but that whoever was seen meanwhile gets a second chance when its turn to go has come
  // (the clock algorithm): to be seen costs nothing, not even a look at a neighbour.
  struct List {
    std::uint32_t newest = kNone;
    std::uint32_t oldest = kNone;
    std::size_t size = 0;
  };

  static constexpr std::uint32_t kChunk = 64;  // rooms that are made at a time, and stay where they are
  [[nodiscard]] Room& room(std::uint32_t slot) { return chunks_[slot / kChunk][slot % kChunk]; }
  [[nodiscard]] const Room& room(std::uint32_t slot) const { return chunks_[slot / kChunk][slot % kChunk]; }
  std::uint32_t take_room();
  [[nodiscard]] std::uint32_t find(const SocketAddress& local, const SocketAddress& remote,
                                   std::uint32_t hash) const;
  std::uint32_t add(const FourTuple& key, std::uint32_t hash, std::uint8_t sender, const FlowSegment& segment,
                    TimePoint at);
  std::uint32_t supersede(std::uint32_t slot, std::uint8_t sender, const FlowSegment& segment, TimePoint at,
                          FlowFacts& facts);
  [[nodiscard]] static bool opens_anew(const Flow& flow, std::uint8_t sender, const FlowSegment& segment);
  [[nodiscard]] bool is_of_the_one_before(const Room& newest, std::uint8_t sender,
                                          const FlowSegment& segment) const;
  void tell(std::uint32_t slot);
  void make_room();
  void forget_oldest(List& list);
  void forget(std::uint32_t slot);
  void file(std::uint32_t slot);
  void put_first(List& list, std::uint32_t slot);
  void take_out(List& list, std::uint32_t slot);
  List& list_of(const Room& room) { return room.is_over ? over_ : open_; }

  Limits limits_;
  Tell tell_;
  std::uint64_t numbers_ = 0;
  std::size_t size_ = 0;
  std::vector<std::unique_ptr<Room[]>> chunks_;
  std::uint32_t made_ = 0;        // rooms that were ever used
  std::uint32_t latest_ = kNone;  // what was seen last: packets come in trains
  std::vector<std::uint32_t> free_;
  FlowIndex index_;
  List open_;
  List over_;
};

// True if this packet is a retransmission: by what its sender says (Why), or, of a kernel's packet, by what
// the flow shows. Window and keepalive probes are none.
[[nodiscard]] bool is_retransmission(const Packet& packet, const FlowFacts& facts);

}  // namespace halfopen

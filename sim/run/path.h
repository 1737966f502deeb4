// The path between the two hosts: two directions, each with delay, loss, a rate and a queue, and a router in
// the middle that may answer ICMP. A packet's fate is decided at the moment it leaves its sender; what is in
// flight when the path is cut still arrives. The same object serves virtual and real time.
//
// In each direction, in this order: the router's answer, the cut, drops by match, the MTU, the queue and its
// rate, random loss, then delay, jitter, delays by match, reordering and duplication.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "sim/base/ring.h"
#include "sim/base/rng.h"
#include "sim/base/time.h"
#include "sim/scenario/path_config.h"
#include "sim/trace/observe.h"
#include "sim/wire/packet.h"

namespace halfopen {

// Packets of one direction. Conservation: sent + duplicated + from_router ==
// delivered + lost + cut + dropped_by_match + queue_full + too_big + in flight.
struct PathCounters {
  std::uint64_t sent = 0;         // given by the host at this end
  std::uint64_t duplicated = 0;   // extra copies made
  std::uint64_t from_router = 0;  // ICMP put in by the router
  std::uint64_t delivered = 0;
  std::uint64_t lost = 0;
  std::uint64_t cut = 0;  // by a cut, or by a router that does not let it through
  std::uint64_t dropped_by_match = 0;
  std::uint64_t queue_full = 0;
  std::uint64_t too_big = 0;
};

class Path {
 public:
  Path(const PathConfig& config, std::uint64_t seed);

  // What judge() decided for one packet.
  struct Passage {
    HostId from = HostId::client;
    PacketFate fate = PacketFate::delivered;
    TimePoint arrival = kNever;       // if delivered
    TimePoint copy_arrival = kNever;  // of the duplicate, if there is one
    std::optional<IcmpKind> answer;   // the router tells the sender this
    std::uint32_t answer_mtu = 0;
    TimePoint answer_arrival = kNever;
  };

  // A packet goes in three steps without being moved: fill draft(), let judge() decide, then carry() or lose
  // it. The draft is valid until carry(), and holds an earlier packet's fields: all are to be written. `from`
  // is client or server.
  [[nodiscard]] Packet& draft();
  [[nodiscard]] Passage judge(TimePoint now, HostId from, const Packet& packet);
  void carry(const Passage& passage);  // the draft's fate, the router's answer included
  // The three steps at once; returns the packet's fate.
  PacketFate send(TimePoint now, HostId from, Packet&& packet);

  // When the next packet reaches a host; kNever with nothing in flight.
  [[nodiscard]] TimePoint next_arrival() const {
    return lanes_[0].next < lanes_[1].next ? lanes_[0].next : lanes_[1].next;
  }
  // A packet due at `now`, in order of (arrival, sending). Valid, and to be moved from, until done() is
  // called, once, before the next poll(). nullptr when none is due.
  struct Delivery {
    HostId from = HostId::client;  // client, server or router
    HostId to = HostId::server;
    Packet* packet = nullptr;
  };
  [[nodiscard]] Delivery poll(TimePoint now);
  void done(const Delivery& delivery);

  void cut(Direction direction);
  void restore(Direction direction);
  // Drops or delays what matches; a second rule does not replace the first.
  void follow(const PacketRule& rule);
  // A second call replaces the first.
  void answer(const AnswerRule& rule);
  void stop_answering();

  [[nodiscard]] const PathCounters& counters(Direction one) const { return lanes_[lane_of(one)].counters; }
  [[nodiscard]] std::uint32_t in_flight(Direction one) const { return lanes_[lane_of(one)].flying.size(); }

 private:
  struct Flying {  // a packet in flight; `order` breaks ties between the directions
    TimePoint arrival;
    std::uint64_t order = 0;
    std::uint32_t slot = 0;
    bool from_router = false;
  };
  struct Lane {  // one direction
    LinkConfig link;
    Rng rng{0};
    Ring<Flying> flying;         // by (arrival, order)
    TimePoint next = kNever;     // flying.front().arrival
    TimePoint last_arrival{};    // jitter keeps order
    TimePoint line_free{};       // when the packet being serialised has left
    Ring<TimePoint> departures;  // of waiting packets, only with queue_packets
    bool is_cut = false;
    PathCounters counters;
  };
  static constexpr std::uint32_t kNoSlot = 0xffff'ffffu;

  [[nodiscard]] static std::size_t lane_of(Direction one) { return one == Direction::to_client ? 1 : 0; }
  [[nodiscard]] bool router_answers(TimePoint now, const Packet& packet, std::size_t size, Passage& passage);
  [[nodiscard]] bool dropped_by_rule(HostId from, const Packet& packet);
  // Counts the packet for the first rule that it falls under, and gives that rule's `late`; nullopt if it
  // passes them all.
  [[nodiscard]] static std::optional<Duration> apply(std::vector<PacketRule>& rules, HostId from,
                                                     const Packet& packet);
  [[nodiscard]] bool fits_queue(TimePoint now, Lane& lane, std::size_t size);
  void schedule(TimePoint now, Lane& lane, std::size_t size, Duration late, Passage& passage);
  void launch(Lane& lane, TimePoint arrival, std::uint32_t slot, bool from_router);
  void send_answer(const Passage& passage, const Packet& offender);
  [[nodiscard]] std::uint32_t take_slot();

  std::array<Lane, 2> lanes_;  // to the server, to the client
  IpAddress router_;
  bool router_says_too_big_;
  std::vector<PacketRule> drops_, delays_;
  std::optional<AnswerRule> answer_;
  std::deque<Packet> slots_;  // stable addresses; the free ones are listed in free_
  std::vector<std::uint32_t> free_;
  std::uint32_t draft_ = kNoSlot;
  std::uint64_t order_ = 0;
};

}  // namespace halfopen

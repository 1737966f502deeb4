// The states of both ends of every connection in a stream of packets, told from the packets alone: for
// captures that do not record states. An end is in a state when its own packets show it; that a SYN or a FIN
// was acknowledged counts for its sender as soon as the acknowledgement is seen, as if every packet arrived.
// What no packet shows stays unseen: timeouts, the end of TIME_WAIT, a host that is gone. Memory is bounded:
// the least recently seen connections are forgotten, closed ones first.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <unordered_map>

#include "capture/flow/conversation.h"
#include "sim/trace/observe.h"

namespace halfopen {

class StateFollower {
 public:
  // Hears every change. The client of a connection is who sent its first SYN; of one that was joined in the
  // middle, the end with the higher port. `why` is always unknown.
  using Tell = std::function<void(const StateNote&)>;
  explicit StateFollower(Tell tell, Conversations::Limits limits = {})
      : tell_{std::move(tell)}, limits_{limits} {}

  // The next segment of the stream; times may not matter to anybody but `tell`.
  void see(TimePoint at, const SegmentFacts& segment);

  [[nodiscard]] std::size_t size() const { return table_.size(); }  // connections that are remembered

 private:
  struct End {
    State state = State::closed;
    std::optional<Seq> iss;    // of its SYN
    std::optional<Seq> acked;  // what it acknowledged last
    std::optional<Seq> fin_end;
    bool fin_is_acked = false;
    bool is_over = false;  // closed after it was open: stray packets open nothing
  };
  struct Connection {
    FourTuple key;  // the smaller end is the local one
    std::array<End, 2> ends;
    std::uint8_t client = 0;  // index of the end
    bool is_closed = false;   // nothing but a SYN is expected
  };
  using List = std::list<Connection>;
  // A segment with its connection and its sender.
  struct Arrival {
    TimePoint at;
    Connection& connection;
    std::uint8_t sender;
    const SegmentFacts& segment;
    [[nodiscard]] End& from() const { return connection.ends[sender]; }
    [[nodiscard]] End& to() const { return connection.ends[1 - sender]; }
  };

  Connection& find_or_add(const SegmentFacts& segment, const FourTuple& key, std::uint8_t sender);
  void forget_oldest();
  void on_reset(const Arrival& arrival);
  void on_syn(const Arrival& arrival);
  void on_ack(const Arrival& arrival);
  void on_fin(const Arrival& arrival);
  void on_acknowledged(const Arrival& arrival);
  // End `which` of the connection is now in this state.
  void change(const Arrival& arrival, std::size_t which, State to);
  void file(Connection& connection);

  Tell tell_;
  Conversations::Limits limits_;
  List open_;  // most recently seen first
  List closed_;
  std::unordered_map<FourTuple, List::iterator, FourTupleHash> table_;
};

}  // namespace halfopen

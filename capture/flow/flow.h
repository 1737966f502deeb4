// One TCP connection as the packets of a capture show it, and what each of its segments was. Everybody who
// tells of connections (ladder, summary, states, comparison, filters) reads this, and nobody keeps their own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "capture/flow/flow_segment.h"
#include "capture/flow/seen_ranges.h"
#include "sim/base/time.h"
#include "sim/why/state.h"
#include "sim/wire/icmp.h"

namespace halfopen {

// What a segment was, by the packets before it.
enum class Sending : std::uint8_t {
  ack,           // no sequence space, nothing to probe
  open,          // the first SYN or SYN-ACK
  open_again,    // the same again
  data,          // new data, or the FIN
  repeated,      // it begins with what was sent before, or fills a hole too late to have been overtaken
  out_of_order,  // it fills a hole within a round trip: overtaken on the way
  keepalive,     // at the last byte that the other end has, to make it answer (RFC 9293 section 3.8.4)
  window_probe,  // the same, or a byte more, into a closed window (section 3.8.6.1)
  reset,
};

struct StateChange {
  std::uint8_t end = 0;  // index in Flow::ends
  bool is_client = false;
  State from = State::closed;
  State to = State::closed;
};

// A segment in its flow. A SYN is at 0 and data begins at 1; of a connection joined in the middle the first
// byte seen is 1.
struct FlowFacts {
  std::uint64_t number = 0;  // of the flow: 1, 2, ... in order of appearance; a reopened one counts anew
  // Where whoever follows flows may keep what it knows of this one: counted from 0, below the number of flows
  // that were ever kept at once, and used again when a flow was forgotten.
  std::uint32_t slot = 0;
  bool is_first = false;        // the flow begins with it
  bool from_initiator = false;  // its sender is the client (see Flow::initiator)
  // It is of an incarnation before, which this capture does not show: its numbers mean nothing here.
  bool is_stray = false;
  Sending what = Sending::ack;
  bool is_oldest = false;           // it begins at or before what the other end acknowledged
  bool into_closed_window = false;  // the other end offers nothing
  bool acks_more = false;           // than any segment before it
  bool resets = false;              // a reset that its receiver has to believe
  bool is_over = false;             // afterwards: both ends closed in order, or a reset that counts
  std::uint32_t seq = 0;
  std::uint32_t end = 0;          // seq and payload: SYN and FIN add nothing, in tcpdump's manner
  std::uint32_t ack = 0;          // meaningful if the segment has the ACK bit
  std::uint32_t window = 0;       // in bytes if the scale is known, else the field as sent
  bool window_is_scaled = false;  // both SYNs were seen with all of their options, or this is one
  Seq peer_base;                  // the sequence number that is 0 of the other end
  std::uint8_t change_count = 0;
  std::array<StateChange, 4> changes{};  // at most two an end; an old flow's end, too, is gone

  // A number of the other end's space, e.g. the edge of a SACK block.
  [[nodiscard]] std::uint32_t relative_to_peer(Seq seq_of_peer) const {
    return distance(peer_base, seq_of_peer);
  }
  [[nodiscard]] bool is_repeated() const { return what == Sending::repeated || what == Sending::open_again; }
  [[nodiscard]] std::span<const StateChange> state_changes() const { return {changes.data(), change_count}; }
};

// What the processor loads from memory at a time. With thousands of connections each segment waits for what
// is known of its own, so what every segment needs lies together: the first line of each end and of the flow.
inline constexpr std::size_t kCacheLine = 64;

// One end, by what it sent and what was said to it.
struct alignas(kCacheLine) FlowEnd {
  Seq base;      // the number that is 0
  Seq acked;     // what the other end acknowledged, if was_acked
  Seq last_seq;  // where the last segment that carried data began
  std::uint32_t last_length = 0;
  std::uint32_t tries = 0;  // retransmissions and probes since it last heard from the other end
  State state = State::closed;
  State before_reset = State::closed;  // its state when a reset ended it
  bool is_known : 1 = false;           // base is meaningful
  bool sent_syn : 1 = false;
  bool sent_fin : 1 = false;
  bool offered_scale : 1 = false;
  bool scale_is_cut : 1 = false;  // a snap length cut its SYN where the scale may have been
  bool was_acked : 1 = false;
  bool fin_is_acked : 1 = false;
  bool is_gone : 1 = false;         // closed after it was open: stray packets open nothing
  bool offers_nothing : 1 = false;  // its last window was zero
  bool is_waiting : 1 = false;      // for an acknowledgement
  bool has_probed : 1 = false;
  // Its packets are missing in the capture, though what the other end acknowledges shows that it sends.
  bool is_missing : 1 = false;
  std::uint8_t shift : 4 = 0;  // of its window, at most 14

  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  // of payload, each once
  TimePoint waiting_since;  // when it sent what is waiting, or was last acknowledged a part of it
  TimePoint last_sent;
  SeenRanges seen;

  Seq fin_end;  // behind its FIN, if sent_fin
  Seq probed;   // a byte of a window probe that nobody took yet, if has_probed
  std::uint64_t retransmissions = 0;
  std::uint64_t out_of_order = 0;
  std::uint64_t probes = 0;  // keepalives and window probes

  [[nodiscard]] Seq next() const { return seen.next(); }  // the end of what it sent
};
static_assert(sizeof(FlowEnd) == 2 * kCacheLine);

// How a connection ended, or what it is at when the capture ends.
enum class Ending : std::uint8_t {
  open,
  syn_only,     // nobody answered
  refused,      // by a reset instead of a SYN
  reset,        // by `by`
  closed,       // two FINs, both acknowledged; `by` sent the first
  closing,      // two FINs, not both acknowledged
  half_closed,  // `by` sent a FIN, the other did not
  unanswered,   // half-open: what `by` sent was not acknowledged since
  silent,       // half-open: `by` sent keepalive or window probes, and heard nothing
};

struct alignas(kCacheLine) Flow {
  FourTuple key;             // the end with the smaller port is its local one
  std::uint64_t number = 0;  // 0: none
  TimePoint last;
  // Index of the client: who sent the first SYN; of a connection that was joined in the middle, the end with
  // the higher port, or, where a system chose both ports, the one seen first.
  std::uint8_t initiator = 0;
  bool has_syn = false;          // one of the first packets; else which is the client is a guess
  bool has_predecessor = false;  // whoever keeps it keeps the one before it between the same ends, too
  bool awaits_answer = false;    // to the SYN of syn_at
  std::optional<std::uint8_t> first_fin;  // index of the end that sent it
  std::optional<std::uint8_t> reset_by;   // and of the one whose reset counts
  std::array<FlowEnd, 2> ends;            // 0: key.local

  TimePoint began;
  TimePoint syn_at;             // the last SYN, if has_syn and one was seen
  Duration round_trip{};        // of the handshake; zero: not seen
  std::array<Seq, 2> reset_at;  // the end of what each had sent when the reset came that counts
  bool reset_answers_syn = false;
  std::optional<std::uint8_t> late_reset_by;  // after both had closed in order
  std::uint32_t refusals = 0;                 // SYNs that were refused before one was answered
  std::uint32_t void_resets = 0;              // that no receiver believes
  std::uint64_t icmp_errors = 0;              // that quote it
  IcmpTypeCode last_icmp{};                   // of those

  // The next segment, from end `sender`. `facts` gets everything but slot and is_first.
  void follow(std::uint8_t sender, const FlowSegment& segment, TimePoint at, FlowFacts& facts);
  // A new incarnation takes its place: `sender` has forgotten it.
  void supersede(std::uint8_t sender, FlowFacts& facts);

  // Client and server: 0 and 1, whatever the key's order.
  [[nodiscard]] const FlowEnd& end(std::uint8_t role) const { return ends[index_of(role)]; }
  [[nodiscard]] const SocketAddress& address(std::uint8_t role) const {
    return index_of(role) == 0 ? key.local : key.remote;
  }
  [[nodiscard]] std::uint8_t role_of(std::uint8_t index) const { return index ^ initiator; }
  [[nodiscard]] std::uint64_t packets() const { return ends[0].packets + ends[1].packets; }
  [[nodiscard]] bool closed_in_order() const { return ends[0].fin_is_acked && ends[1].fin_is_acked; }
  [[nodiscard]] bool is_over() const { return reset_by || closed_in_order(); }

  struct End {
    Ending what = Ending::open;
    std::uint8_t by = 0;  // 0: client, 1: server; where `what` names one
  };
  [[nodiscard]] End ending() const;

 private:
  [[nodiscard]] std::uint8_t index_of(std::uint8_t role) const { return role ^ initiator; }
  [[nodiscard]] bool is_stray(std::uint8_t sender, const FlowSegment& segment) const;
  void note_syn(std::uint8_t sender, const FlowSegment& segment, TimePoint at);
  void note_bases(std::uint8_t sender, const FlowSegment& segment);
  [[nodiscard]] Sending classify(std::uint8_t sender, const FlowSegment& segment, bool is_new_syn) const;
  void note_sent(std::uint8_t sender, const FlowSegment& segment, TimePoint at, FlowFacts& facts);
  void note_heard(std::uint8_t sender, const FlowSegment& segment, TimePoint at, FlowFacts& facts);
  void note_missing(std::uint8_t sender, const FlowSegment& segment);
  void fill_numbers(std::uint8_t sender, const FlowSegment& segment, FlowFacts& facts) const;

  // flow_states.cc
  void follow_states(std::uint8_t sender, const FlowSegment& segment, bool is_new_syn, FlowFacts& facts);
  void on_reset(std::uint8_t sender, const FlowSegment& segment, FlowFacts& facts);
  void on_syn(std::uint8_t sender, const FlowSegment& segment, bool is_new_syn, FlowFacts& facts);
  void on_ack(std::uint8_t sender, const FlowSegment& segment, FlowFacts& facts);
  void on_fin(std::uint8_t sender, FlowFacts& facts);
  void on_acknowledged(std::uint8_t sender, const FlowSegment& segment, FlowFacts& facts);
  void revive(std::uint8_t sender, const FlowSegment& segment, FlowFacts& facts);
  void restore(std::uint8_t which, FlowFacts& facts);
  void change(std::uint8_t which, State to, FlowFacts& facts);
};

}  // namespace halfopen

// What became of each TCP connection of a capture, told from its packets alone while they stream past. Memory
// is bounded by Conversations.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "capture/file/reader.h"
#include "capture/flow/conversation.h"

namespace halfopen {

// One end of a connection, by what it sent.
struct EndRecord {
  SocketAddress address;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  // of payload, each once
  std::uint64_t retransmissions = 0;
  bool sent_syn = false;
  bool sent_fin = false;
  Seq next;                 // the end of what it sent
  Seq acked;                // how much of that the other end has acknowledged
  bool has_sent = false;    // `next` is meaningful
  bool is_waiting = false;  // for an acknowledgement
  TimePoint waiting_since;  // when it sent what is waiting, or was last acknowledged a part of it
  TimePoint last_sent;
  std::uint64_t tries = 0;  // retransmissions and probes since it last heard from the other end
};

struct ConnectionRecord {
  enum class Ending : std::uint8_t {
    open,         // when the capture ends
    syn_only,     // nobody answered
    refused,      // by a reset instead of a SYN
    reset,        // by `by`
    closed,       // two FINs, both acknowledged; `by` sent the first
    closing,      // two FINs, not both acknowledged
    half_closed,  // `by` sent a FIN, the other did not
    unanswered,   // half-open: what `by` sent was not acknowledged since
    silent,       // half-open: `by` sent keepalive or window probes, and heard nothing
  };

  std::uint64_t number = 0;  // in order of appearance, from 1
  TimePoint began;
  TimePoint last;
  bool is_from_middle = false;            // no SYN was seen: which is the client is a guess
  std::array<EndRecord, 2> ends;          // client, server
  std::optional<std::uint8_t> first_fin;  // index of the end that sent it
  std::optional<std::uint8_t> reset_by;
  std::uint64_t icmp_errors = 0;  // that quote it
  IcmpTypeCode last_icmp{};       // of those

  struct End {
    Ending what = Ending::open;
    std::uint8_t by = 0;  // 0: client, 1: server; where `what` names one
  };
  [[nodiscard]] End ending() const;
};

class ConnectionSummary {
 public:
  // `tell` gets every connection once: when it makes room for another or a new one takes its ports, and at
  // the end those that are left, in order of appearance.
  using Tell = std::function<void(const ConnectionRecord&)>;
  explicit ConnectionSummary(Tell tell) : tell_{std::move(tell)} {}

  // From a handler `view`; packets that are neither TCP nor errors about it change nothing.
  void on_packet(const CapturedPacket& packet);
  void finish();
  [[nodiscard]] std::uint64_t connections() const { return told_; }  // that were told

 private:
  ConnectionRecord& record_for(const SegmentView& view, const SegmentFacts& segment, TimePoint at);
  void on_segment(const SegmentFacts& segment, TimePoint at);
  void on_icmp(const PacketView& packet);
  void tell(ConnectionRecord& record);

  Tell tell_;
  Conversations conversations_;
  std::vector<ConnectionRecord> records_;  // by slot; number 0: none
  BlockPool pool_;
  std::uint64_t told_ = 0;
};

}  // namespace halfopen

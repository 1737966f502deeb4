// One packet of a trace as the comparison sees it: what was on the wire, normalised numbers, and what kind of
// sending it was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "capture/flow/flow_table.h"
#include "sim/base/time.h"
#include "sim/wire/packet.h"

namespace halfopen::compare {

// A connection is compared as three streams, each in its own order: what crosses on the wire may be seen in
// either order.
enum class Stream : std::uint8_t { from_client, from_server, icmp };
inline constexpr std::size_t kStreams = 3;

// What made its sender send a segment, as far as the packets alone tell.
enum class Origin : std::uint8_t {
  unknown,     // not TCP
  open,        // the first SYN or SYN-ACK
  open_again,  // the same again
  data,        // new data, or the FIN
  ack,         // no sequence space, nothing to probe
  timeout,     // a retransmission that nothing asked for; the first of them may be a tail loss probe
  fast,        // a retransmission upon duplicate ACKs or SACK
  window_probe,
  keepalive,
  reset,
};

// What the sender's connection was like when it sent: for the words of an explanation.
struct SenderFacts {
  // timeout: the how manieth retransmission of this silence; reset: how many came before it
  std::uint32_t expiries = 0;
  bool is_oldest = true;             // timeout: it repeats the oldest unacknowledged data
  std::optional<Duration> rtt;       // the last sample that the tap saw; only of the host at the tap
  std::optional<Duration> rto;       // by those samples and the profile's rule
  std::optional<TimePoint> silence;  // timeout: when its first retransmission was sent
  // Retransmissions and probes: since the one before it, or since what it repeats; and that of the one before
  // it, if nothing was acknowledged since.
  std::optional<Duration> gap;
  std::optional<Duration> gap_before;
  std::uint32_t unreachable = 0;  // ICMP errors since then that say that the other end cannot be reached
  std::uint32_t probes = 0;       // keepalive: how many before it got no answer
  std::uint32_t heard = 0;        // where the other end's data ended, as far as the trace had shown
};

// Whether a retransmission was a tail loss probe (RFC 8985 section 7): what follows it tells, and at the end
// of a trace nothing follows. For the alignment: what follows makes it likely.
enum class Tlp : std::uint8_t { no, yes, unknown };

struct TraceEvent {
  std::uint64_t number = 0;  // in its file, from 1
  std::uint64_t order = 0;   // in its connection, from 0
  TimePoint at;
  std::optional<TimePoint> before;       // the connection's packet before this one
  std::optional<TimePoint> before_same;  // and that of this stream
  Stream stream = Stream::from_client;
  Packet packet;
  FlowFacts flow;                       // of a segment
  std::uint32_t window_unit = 1;        // bytes in which the window is counted
  std::uint32_t payload_captured = 0;   // bytes of the payload that the file holds
  bool header_captured = true;          // the options are whole
  std::optional<std::uint32_t> quoted;  // ICMP: where the quoted segment begins
  bool is_quote_from_client = true;
  Origin origin = Origin::unknown;
  SenderFacts sender;
  Tlp tlp = Tlp::unknown;  // as far as known when it was aligned
  // And so it must be: its sender says so, or no timeout is like that.
  bool is_surely_probe = false;

  [[nodiscard]] bool has(std::uint8_t flag) const { return packet.segment()->has(flag); }
  [[nodiscard]] std::uint32_t payload() const { return packet.segment()->payload.size(); }
};

// Whether `event` was one; `next` is the packet after it in its stream, null for none.
[[nodiscard]] Tlp is_tail_loss_probe(const TraceEvent& event, const TraceEvent* next);
// Whether nothing else can be: `next` follows as the first timeout does on a probe, and `third` after twice
// that, so that it is not a stack that does not back off.
[[nodiscard]] bool is_surely_probe(const TraceEvent& event, const TraceEvent* next, const TraceEvent* third);
// Whether a retransmission came about as long after the last one as that after what was before: nothing
// doubled. False for the first, of which there is nothing to tell.
[[nodiscard]] bool is_not_doubled(const SenderFacts& sender);

}  // namespace halfopen::compare

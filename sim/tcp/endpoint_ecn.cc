// Explicit congestion notification (RFC 3168): agreed on in the handshake, marked on new data, echoed until
// the sender says that it has slowed down.
#include <algorithm>

#include "sim/tcp/endpoint.h"

namespace halfopen {

// RFC 3168 section 6.1.1; a SYN that was lost may have been lost for asking (section 6.1.1.1).
std::uint8_t Endpoint::ecn_flags_of_syn(const SentSegment& syn) {
  if (state_ == State::syn_received) return ecn_.agreed ? tcp_flag::ece : 0;
  if (state_ != State::syn_sent || os().congestion.ecn.value != EcnUse::always) return 0;
  ecn_.asked = syn.transmissions <= os().congestion.ecn_syn_retries;
  return ecn_.asked ? tcp_flag::ece | tcp_flag::cwr : 0;
}

// New data may be marked by routers; repeated data, bare ACKs and probes may not (RFC 3168 sections 6.1.4 and
// 6.1.5).
void Endpoint::mark_ecn(Packet& out, const SentSegment& sent) {
  Segment& segment = *out.segment();
  if (sent.transmissions > 0 || segment.payload.empty()) return;
  out.ip.traffic_class = static_cast<std::uint8_t>((out.ip.traffic_class & ~ip_ecn::mask) | ip_ecn::ect0);
  if (!ecn_.owes_cwr) return;
  ecn_.owes_cwr = false;
  segment.flags |= tcp_flag::cwr;
}

// RFC 3168 section 6.1.3. A packet that was marked is acknowledged without delay (net/ipv4/tcp_input.c
// __tcp_ecn_check_ce), and so is a CWR (tcp_ecn_accept_cwr; netinet/tcp_ecn.c).
void Endpoint::take_ecn(const Arrival& arrival) {
  const Segment& segment = arrival.segment;
  ecn_.congested = segment.has(tcp_flag::ece);
  if (segment.has(tcp_flag::cwr)) {
    ecn_.echoes = false;
    if (segment.length() > 0) ack_now(Cause::ack_now);
  }
  if (segment.payload.empty()) return;
  const int codepoint = arrival.traffic_class & ip_ecn::mask;
  if (codepoint != 0) ecn_.seen_ect = true;
  if (codepoint != ip_ecn::ce) return;
  ecn_.echoes = true;
  ack_now(Cause::ack_now);
}

// Our packets met congestion: the window falls as for a loss, once a round trip (RFC 3168 section 6.1.2).
// Where the OS has PRR it falls bit by bit (net/ipv4/tcp_input.c tcp_enter_cwr).
void Endpoint::enter_cwr(const AckResult& result) {
  const bool segments = os().congestion.unit.value == CwndUnit::segments;
  prr_prior_ = std::max(segments ? congestion_.cwnd() : out_, 1u);
  prr_delivered_ = prr_out_ = 0;
  high_seq_ = snd_nxt_;
  congestion_.on_loss(os().congestion, out_ + result.acked);
  if (!segments || !os().congestion.prr) congestion_.set_cwnd(congestion_.ssthresh());
  phase_ = Phase::cwr;
  ecn_.owes_cwr = true;
}

void Endpoint::recover_from_cwr(TimePoint now, const AckResult& result) {
  detect_loss(now, result);
  if (lost_ > retrans_) return enter_recovery(now, Cause::retransmit_fast);
  if (snd_una_.at_or_after(high_seq_)) {
    congestion_.set_cwnd(congestion_.ssthresh());
    phase_ = Phase::open;
    return;
  }
  const bool gradual = os().congestion.unit.value == CwndUnit::segments && os().congestion.prr;
  if (gradual) prr_update(result);
}

}  // namespace halfopen

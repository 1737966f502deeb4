// Explicit congestion notification: agreed on in the handshake, in whichever form; RFC 3168's is marked on
// new data, and echoed until the sender says that it has slowed down.
#include <algorithm>

#include "sim/tcp/endpoint.h"

namespace halfopen {
namespace {

// SYNs that ask for Accurate ECN, and SYN-ACKs that grant it, before it is taken to be what they are lost for
// (RFC 9768 section 3.1.4; the kernel's selftests).
constexpr int kAccurateSyns = 2;

}  // namespace

// RFC 3168 section 6.1.1 and RFC 9768 section 3.1.1; a SYN that was lost may have been lost for asking
// (RFC 3168 section 6.1.1.1), and what its answer says counts all the same.
void Endpoint::mark_syn(Segment& segment, const SentSegment& syn) {
  const EcnUse use = os().congestion.ecn;
  if (state_ == State::syn_received) {
    if (ecn_.agreed) segment.flags |= tcp_flag::ece;
    if (acc_ecn_ == nullptr) return;
    if (syn.transmissions < kAccurateSyns || !passive_)
      set_ace(segment, ace_for_mark(acc_ecn_->handshake_mark()));
    else
      acc_ecn_->distrusts_marks = true;
    return;
  }
  const int retries =
      std::max<int>(os().congestion.ecn_syn_retries, use == EcnUse::accurate ? kAccurateSyns - 1 : 0);
  if (!asks_for_ecn(use) || syn.transmissions > retries) return;
  ecn_.asked = true;
  ecn_.asked_accurately = use == EcnUse::accurate;
  segment.flags |= tcp_flag::ece | tcp_flag::cwr;
  segment.ae = ecn_.asked_accurately;
}

// A SYN came, to a listener or to meet ours: RFC 3168 section 6.1.1, RFC 9768 section 3.1.2
// (net/ipv4/tcp_input.c tcp_ecn_create_request; include/net/tcp_ecn.h tcp_ecn_rcv_syn).
void Endpoint::agree_on_ecn(const Arrival& syn) {
  const EcnUse use = os().congestion.ecn;
  const Segment& segment = syn.segment;
  const bool knows_accurate = passive_ ? grants_acc_ecn(use) : ecn_.asked_accurately;
  if (knows_accurate && asks_for_acc_ecn(segment)) {
    acc_ecn_ = std::make_unique<AccEcn>(syn.traffic_class);
    return;
  }
  const bool grants = passive_ || os().congestion.ecn_of_crossing_syn;
  const bool knows_classic = ecn_.asked || (grants && use != EcnUse::off);
  ecn_.agreed = knows_classic && segment.has(tcp_flag::ece) && segment.has(tcp_flag::cwr);
}

// The SYN-ACK to a SYN that asked (RFC 9768 section 3.1, table 2). Where Accurate ECN is known it counts as
// granted also if only RFC 3168's was asked for (include/net/tcp_ecn.h tcp_ecn_rcv_synack; measured on 6.18).
void Endpoint::take_ecn_answer(const Arrival& syn_ack) {
  const Segment& segment = syn_ack.segment;
  const std::uint8_t ace = ace_of(segment);
  if (!os().congestion.knows_acc_ecn || ace == 1 || (ace == 5 && !ecn_.asked_accurately)) {
    ecn_.agreed = segment.has(tcp_flag::ece) && !segment.has(tcp_flag::cwr);
  } else if (ace != 0 && ace != 7) {  // a peer without ECN; one that sends back what it got
    begin_acc_ecn(syn_ack);
  }
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
  // A packet that cannot have been marked, after others could: it was probably sent again.
  if (codepoint == 0 && ecn_.seen_ect) ack_.enter_quick(os().ack);
  if (codepoint != 0) ecn_.seen_ect = true;
  if (codepoint != ip_ecn::ce) return;
  ecn_.echoes = true;
  ack_now(Cause::ack_now);
}

}  // namespace halfopen

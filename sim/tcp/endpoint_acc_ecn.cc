// Accurate ECN (RFC 9768) as an endpoint uses it: every packet that comes is counted by its mark, every
// packet that leaves may be marked and says what was counted. What is counted and how it is told:
// sim/tcp/acc_ecn.h.
#include <algorithm>

#include "sim/tcp/endpoint.h"

namespace halfopen {

// --- The handshake

// The SYN-ACK grants it. The ACK that answers says which mark the SYN-ACK bore (section 3.1.1).
void Endpoint::begin_acc_ecn(const Arrival& syn_ack) {
  const std::uint8_t mark = syn_ack.traffic_class & ip_ecn::mask;
  acc_ecn_ = std::make_unique<AccEcn>(mark);
  acc_ecn_->reflects = true;
  if (const auto option = syn_ack.segment.options.acc_ecn()) {
    acc_ecn_->look_at_first_option(*option);
    acc_ecn_->demand(2);
  }
  if (mark == ip_ecn::ce && believes_handshake(ace_of(syn_ack.segment))) acc_ecn_->count_ce_of_handshake();
}

// The peer's SYN again: the SYN-ACK tells its mark. A SYN-ACK again: the challenge ACK tells as the ACK of
// the first one did (net/ipv4/tcp_input.c tcp_validate_incoming; measured on 6.18).
void Endpoint::note_syn_again(const Arrival& syn) {
  if (state_ == State::syn_received) {
    acc_ecn_->set_handshake_mark(syn.traffic_class);
    if (ace_of(syn.segment) == 0) acc_ecn_->distrusts_marks = true;  // it asks no more
    return;
  }
  acc_ecn_->reflects = true;
  if (const auto option = syn.segment.options.acc_ecn()) {
    acc_ecn_->look_at_first_option(*option);
    acc_ecn_->demand(1);
  }
}

// Our SYNs and SYN-ACKs cannot be marked: a peer that says they were has been told so by the path (section
// 3.2.2.3).
bool Endpoint::believes_handshake(std::uint8_t ace) {
  if (os().congestion.ecn_syn_retries == kNoEcnFallback || mark_behind_ace(ace) == 0) return true;
  acc_ecn_->distrusts_marks = true;
  return false;
}

// The ACK that completes a passive handshake (section 3.2.2.1, table 4; include/net/tcp_ecn.h
// tcp_accecn_third_ack).
void Endpoint::look_at_last_ack(const Segment& ack) {
  AccEcn& acc = *acc_ecn_;
  if (const auto option = ack.options.acc_ecn()) acc.look_at_first_option(*option);
  acc.set_last_mark(acc.handshake_mark());
  acc.demand(1);
  const std::uint8_t ace = ace_of(ack);
  if (ace == 0) acc.distrusts_marks = true;
  const bool speaks_of_syn_ack = ace == ace_for_mark(mark_behind_ace(ace)) && ack.length() == 0;
  if (!speaks_of_syn_ack || !believes_handshake(ace)) return;
  if (mark_behind_ace(ace) == ip_ecn::ce && delivered_marked_ == 0) delivered_marked_ = 1;
}

// --- What arrives

// Once either end has sent its FIN nothing is counted any more (net/ipv4/tcp_input.c tcp_rcv_state_process;
// measured on 6.18).
void Endpoint::take_acc_ecn(const Arrival& arrival) {
  const std::uint8_t mark = arrival.traffic_class & ip_ecn::mask;
  const std::uint32_t bytes = arrival.segment.payload.size();
  ecn_.congested = false;
  if (state_ == State::syn_received && passive_) look_at_last_ack(arrival.segment);
  if (state_ != State::syn_received && state_ != State::established) return;
  if (acc_ecn_->take_packet(mark, bytes)) acc_ecn_->hurries = true;
  if (mark != 0) {
    ecn_.seen_ect = true;
  } else if (bytes > 0 && ecn_.seen_ect) {
    ack_.enter_quick(os().ack);
  }
}

// What the ACK says of marks on our packets, if it is no older than what was heard before (section 3.2.2.5;
// net/ipv4/tcp_input.c tcp_accecn_process). During the handshake the field says something else.
void Endpoint::take_ace(const Segment& segment, const AckResult& result) {
  AccEcn& acc = *acc_ecn_;
  const bool is_news = result.advanced || result.sacked || acc.ts_advanced;
  acc.ts_advanced = false;
  if (!is_news || state_ == State::syn_received) return;
  const auto option = segment.options.acc_ecn();
  const bool steady = sack_ok_ || repair_.is_open() || repair_.phase() == Repair::Phase::cwr;
  const std::uint32_t marked = acc.take_ack(ace_of(segment), option ? &*option : nullptr,
                                            {.packets = result.packets,
                                             .bytes = result.bytes,
                                             .mss = send_mss(),
                                             .ce_before = delivered_marked_,
                                             .steady = steady});
  if (acc.must_report()) acc.hurries = true;
  delivered_marked_ += marked;
  ecn_.congested = marked > 0;
}

// --- What leaves

void Endpoint::mark_accurately(Packet& out, Cause cause) {
  AccEcn& acc = *acc_ecn_;
  if (!acc.distrusts_marks)
    out.ip.traffic_class = static_cast<std::uint8_t>((out.ip.traffic_class & ~ip_ecn::mask) | ip_ecn::ect0);
  const bool answers_handshake = cause == Cause::handshake_complete || cause == Cause::challenge_ack;
  const bool reflects = acc.reflects && answers_handshake;
  acc.reflects = false;
  // What waits in the kernel without a socket has no counters (net/ipv4/tcp_ipv4.c tcp_v4_timewait_ack).
  if (orphan_ && (state_ == State::fin_wait_2 || state_ == State::time_wait)) return;
  set_ace(*out.segment(), reflects ? ace_for_mark(acc.handshake_mark()) : acc.ace());
  if (!reflects) acc.note_ace_sent();
}

bool Endpoint::is_acc_ecn_option_due(TimePoint now) const {
  const CongestionProfile& rule = os().congestion;
  if (rule.acc_ecn_option.value == AccEcnOptionUse::never || !acc_ecn_->peer_sends_option()) return false;
  if (rule.acc_ecn_option.value == AccEcnOptionUse::always || acc_ecn_->is_demanded()) return true;
  if (rule.acc_ecn_beacon == 0) return false;
  return !acc_ecn_->option_sent_within(now, rtt_.srtt(os().rtt) / rule.acc_ecn_beacon.value);
}

// Of a SYN-ACK. One that was lost may have been lost for it (section 3.2.3.2.2; the kernel's selftests).
bool Endpoint::offers_acc_ecn_option() const {
  const bool may = passive_ ? board_.front().transmissions == 0 : patience_.expiries() < 2;
  return may && os().congestion.acc_ecn_option.value != AccEcnOptionUse::never;
}

}  // namespace halfopen

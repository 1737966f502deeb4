// Opening: active, passive and simultaneous (RFC 9293 sections 3.5 and 3.10.7.3).
#include <algorithm>

#include "sim/tcp/endpoint.h"

namespace halfopen {

void Endpoint::connect(TimePoint now) {
  state_before_ = state_;
  input_ = Input::process;
  init_receive_window(false);
  queue_syn(now);
  set_state(now, State::syn_sent, Cause::active_open);
  arm_connect(now);
  arm_user_timeout(now);
}

void Endpoint::open_passively(TimePoint now, const Arrival& syn, const FastOpenReply& reply) {
  state_before_ = State::listen;
  state_ = State::listen;
  passive_ = true;
  if (reply.takes_data || reply.option) {
    fast_open_ = std::make_unique<FastOpenState>();
    fast_open_->option = reply.option;
  }
  enter_syn_received(now, syn, Cause::passive_open);
  if (reply.takes_data) begin_early(now, syn);
}

// The SYN-ACK has been sent; when is not known, so that only an echo of its timestamp gives a sample.
void Endpoint::open_by_cookie(TimePoint now, const Arrival& syn) {
  options_.defer_accept = 0;  // the ACK is not waited for any more (net/ipv4/syncookies.c cookie_v4_check)
  open_passively(now, syn);
  syn_pending_ = false;
  board_.note_sent(0, now);
}

// The SYN takes its place in sequence space; poll_segment() sends it.
void Endpoint::queue_syn(TimePoint now) {
  syn_pending_ = true;
  board_.append({.sent = now, .first_sent = now, .start = iss_, .length = 1, .flags = SentSegment::syn});
  snd_nxt_ = iss_ + 1;
}

void Endpoint::take_syn_options(const Segment& syn, TimePoint now) {
  const TcpOptions& options = syn.options;
  const OptionsProfile& mine = os().options;
  peer_mss_ = std::max<std::uint32_t>(options.mss().value_or(default_mss()), mine.least_mss.value);
  // TCP_NOOPT: the peer's are passed over, too.
  const bool plain = options_.no_options || sends_bare_syn();
  ts_ok_ = mine.timestamps && options.has_timestamps() && !plain;
  if (ts_ok_) {
    gate_.start_timestamps(options.timestamps().value, now);
  }
  sack_ok_ = mine.sack && options.sack_permitted() && !plain;
  scale_ok_ = mine.window_scaling && options.window_scale().has_value() && !plain;
  snd_scale_ = scale_ok_ ? std::min<std::uint8_t>(*options.window_scale(), 14) : 0;  // RFC 7323 section 2.3
  // Where the answer to a crossing SYN offers a scale whatever the peer did, it is kept, too (measured
  // on 6.18).
  const bool crosses = !passive_ && !syn.has(tcp_flag::ack);
  if (!scale_ok_ && !(crosses && mine.crossing_syn_ack_offers)) window_.stop_scaling();
}

void Endpoint::enter_syn_received(TimePoint now, const Arrival& arrival, Cause why) {
  const Segment& syn = arrival.segment;
  irs_ = syn.seq;
  rcv_nxt_ = irs_ + 1;
  window_.acknowledge(rcv_nxt_);
  take_syn_options(syn, now);
  // A SYN's window is never scaled (RFC 7323 section 2.2).
  snd_wnd_ = max_snd_wnd_ = syn.window;
  snd_wl1_ = syn.seq;
  snd_wl2_ = iss_;
  last_received_ = now;
  agree_on_ecn(arrival);
  if (passive_) {
    init_receive_window(true);
    queue_syn(now);
  } else {
    if (os().window.round_to_mss)
      settle_receive_window(now);  // BSD rounds as soon as it knows the peer's MSS
    syn_pending_ = true;           // the same SYN again, now with an ACK
  }
  set_state(now, State::syn_received, why);
  if (passive_) arm_connect(now);
}

// TCP_KEEPINIT, and what the OS has without it.
void Endpoint::arm_connect(TimePoint now) {
  const Duration usual = os().retransmit.connect_limit;
  if (usual == Duration{0}) return;
  arm(now, Timer::connect,
      options_.connect_limit != 0 ? Duration{std::chrono::seconds{options_.connect_limit}} : usual);
}

// A timestamp that is echoed is one of ours since the first SYN.
bool Endpoint::echoes_our_syn(TimePoint now, const TcpOptions& options) const {
  if (!options.has_timestamps() || options.timestamps().echo.wire() == 0) return true;
  const TsVal echo = options.timestamps().echo;
  return !echo.before(ts_now(board_.front().first_sent)) && !echo.after(ts_now(now));
}

// RFC 9293 section 3.10.7.3.
void Endpoint::on_syn_sent(TimePoint now, const Arrival& arrival) {
  const Segment& segment = arrival.segment;
  const bool has_ack = segment.has(tcp_flag::ack);
  if (has_ack && (segment.ack.at_or_before(iss_) || segment.ack.after(snd_nxt_))) {
    // Linux asks again at once: the other end had a connection of these addresses, and the reset ends it.
    const std::uint8_t ticks = os().retransmit.syn_again_ticks;
    if (ticks > 0 && patience_.expiries() == 0) arm(now, Timer::retransmit, ticks * env_->clock.tick());
    reply_reset(arrival, Cause::rst_bad_ack);
    return;
  }
  if (has_ack && os().check.echo_of_syn && !echoes_our_syn(now, segment.options))
    return reply_reset(arrival, Cause::rst_bad_ack);
  if (segment.has(tcp_flag::rst)) {
    if (has_ack)
      finish(now, Cause::rst_received, os().socket.rst_error.value[static_cast<std::size_t>(state_)]);
    return;
  }
  if (!segment.has(tcp_flag::syn)) return;
  if (!has_ack) {
    enter_syn_received(now, arrival, Cause::simultaneous_open);
    return hold_text_of_syn(arrival);
  }
  irs_ = segment.seq;
  rcv_nxt_ = irs_ + 1;
  window_.acknowledge(rcv_nxt_);
  take_syn_options(segment, now);
  if (ecn_.asked) take_ecn_answer(arrival);
  snd_wnd_ = max_snd_wnd_ = segment.window;
  snd_wl1_ = segment.seq;
  snd_wl2_ = segment.ack;
  last_received_ = now;
  AckResult result = clean_scoreboard(now, segment, std::nullopt);
  take_rtt(now, segment, result);
  establish(now);
  if (fast_open_ != nullptr && take_fast_open_answer(now, segment)) return;  // the ACK rides on the data
  acknowledge_syn_ack(now);
  if (!segment.payload.empty() || segment.has(tcp_flag::fin)) {
    // Data in a SYN-ACK counts from the sequence number behind the SYN.
    Segment rest = segment;
    rest.flags = static_cast<std::uint8_t>(rest.flags & ~tcp_flag::syn);
    rest.seq += 1;
    take_data(now, Arrival{rest, arrival.truesize, arrival.traffic_class});
  }
}

// What a SYN that crossed ours carries waits until the connection is established (RFC 9293
// section 3.10.7.3).
void Endpoint::hold_text_of_syn(const Arrival& syn) {
  const SynText rule = os().check.crossing_syn;
  const bool fin = rule == SynText::all && syn.segment.has(tcp_flag::fin);
  if (rule == SynText::dropped || (syn.segment.payload.empty() && !fin)) return;
  Payload payload = syn.segment.payload;
  const bool fits = payload.size() <= window_.advertised();
  if (!fits) payload.trim(0, window_.advertised());
  receive_.insert(rcv_nxt_, std::move(payload), fin && fits, charged_truesize(syn));
}

void Endpoint::take_text_of_syn(TimePoint now, const Segment& ack) {
  bool fin = false;
  const Seq end = receive_.pull(rcv_nxt_, fin);
  const std::uint32_t bytes = distance(rcv_nxt_, end);
  rcv_nxt_ = end;
  if (bytes > 0) {
    ever_received_data_ = true;
    ++news_.in;
    owe_ack(now, ack, bytes, false, fin);
  }
  if (fin) take_fin(now);
}

// Our SYN is acknowledged and theirs is here.
void Endpoint::establish(TimePoint now) {
  const bool lost_syn = patience_.expiries() > 1;
  stop(Timer::retransmit);
  stop(Timer::connect);
  stop(Timer::user_timeout);
  if (!rtt_.has_sample()) rtt_.use_fallback();
  patience_.on_established();
  repair_.forget_stamp();
  if (!is_early()) begin_transfer(now, lost_syn);
  set_state(now, State::established, Cause::handshake_complete);
  if (fin_queued_) {
    set_state(now, State::fin_wait_1, fin_cause_);
  }
}

// Both MSS are known: windows and estimates begin.
void Endpoint::begin_transfer(TimePoint now, bool lost_syn) {
  settle_receive_window(now);
  const std::uint32_t one = os().congestion.unit == CwndUnit::segments ? 1 : full_mss();
  congestion_.start(os().congestion, one, snd_una_, lost_syn);
  if (env_->route.initial_window != 0 && !lost_syn) congestion_.set_cwnd(env_->route.initial_window * one);
  window_.assume_segment(std::min<std::uint32_t>(send_mss(), os().options.default_mss.value));
  repair_.start(os(), snd_una_);
  last_sent_ = now;
  if (os().window.burst_cost != 0) send_limit_ = wanted_send_limit();
  ack_.start(env_->clock.jiffy(now));
}

// At once, unless a write waits whose data can carry the ACK, or the process asked for such a delay
// (net/ipv4/tcp_input.c tcp_rcv_synsent_state_process: sk_write_pending).
void Endpoint::acknowledge_syn_ack(TimePoint now) {
  const bool may_wait = write_expected_ || options_.defer_accept != 0 || !ack_.is_quick();
  if (!may_wait || os().ack.style.value != AckStyle::quickack) return ack_now(Cause::handshake_complete);
  arm_delayed_ack(now, ack_.on_awaited_write(os().ack, ack_clock(now)));
}

}  // namespace halfopen

// What to send: the one place where it is decided (RFC 9293 section 3.10.2, RFC 896, RFC 5681). Inputs only
// leave wishes behind; poll_segment() grants them in this order: reset, SYN, repair, probes, new data, bare
// ACK.
#include <algorithm>

#include "sim/tcp/endpoint.h"
#include "sim/wire/bytes.h"

namespace halfopen {

bool Endpoint::poll_segment(TimePoint now, Packet& out) {
  const bool is_silent =
      state_ == State::closed || state_ == State::listen || (state_ == State::syn_sent && !syn_pending_);
  if (is_silent && !reset_pending_) return sends_on_ = false;
  bool sent = decide(now, out);
  while (!sent && pieces_.release(os().socket)) {
    start_persist_if_stuck(now);
    sent = decide(now, out);
  }
  if (!sent) {
    if (sends_bursts() && unsent() > 0 && is_held_by_cwnd(send_view(now))) note_use(true);
    if (looks_for_space_) look_for_space();
    count_time(now);
    return false;
  }
  const Deadline next = next_deadline();
  out.why.next_timer = next.why;
  out.why.next_deadline = next.when;
  return true;
}

// The next packet of what one occasion lets go.
bool Endpoint::decide(TimePoint now, Packet& out) {
  if (acc_ecn_ != nullptr) acc_ecn_->wants_option = is_acc_ecn_option_due(now);
  if (!sends_on_) {
    began_idle_ = board_.empty();
    repairs_only_ = false;
  }
  sends_on_ = true;
  if (reset_pending_) {
    repairs_first_ = false;
    return send_reset(now, out);
  }
  if (syn_pending_) {
    syn_pending_ = false;
    const Cause again = ack_.take_cause() == Cause::syn_again ? Cause::syn_again : repair_.cause();
    Cause cause = board_.front().transmissions > 0 ? again : Cause::active_open;
    if (state_ == State::syn_received && cause == Cause::active_open) cause = Cause::passive_open;
    if (state_ == State::syn_received && !passive_ && patience_.expiries() == 0)
      cause = Cause::simultaneous_open;
    transmit(now, out, 0, cause);
    if (fast_open_ != nullptr) add_syn_data(out);
    if (!running(Timer::retransmit)) arm(now, Timer::retransmit, rto());
    return true;
  }
  if (env_->device_is_full) return sends_on_ = send_into_full_device(now, out);
  if (send_retransmission(now, out)) return true;
  repairs_first_ = false;
  sends_on_ = send_probe(now, out) || (!repairs_only_ && send_new(now, out)) || send_ack(now, out);
  return sends_on_;
}

std::uint32_t Endpoint::usable_window() const {
  const std::uint32_t outstanding = distance(snd_una_, snd_nxt_);
  return snd_wnd_ > outstanding ? snd_wnd_ - outstanding : 0;
}

std::uint32_t Endpoint::unsent() const {
  std::uint32_t sent = distance(snd_una_, snd_nxt_);
  if (board_.has_syn() && sent > 0) --sent;
  if (fin_sent_ && sent > 0) --sent;
  const std::uint32_t known = send_.size() - pieces_.held();
  return known - std::min(sent, known);
}

// --- Building

void Endpoint::fill(TimePoint now, Packet& out, Seq seq, std::uint8_t flags, Cause cause) {
  out.ip = IpHeader{.source = addresses_.local.ip,
                    .destination = addresses_.remote.ip,
                    .hop_limit = options_.hop_limit != 0 ? options_.hop_limit : os().ip.ttl.value,
                    .traffic_class = options_.traffic_class,
                    .dont_fragment = may_not_be_fragmented()};
  const bool bare =
      os().ip.zero_id_without_socket &&
      (state_ == State::time_wait || (state_ == State::syn_received && passive_ && !is_early()));
  if (!bare) out.ip.id = os().ip.id == IpIdPolicy::per_connection ? ip_id_++ : env_->next_ip_id++;
  out.why = Why{.cause = cause, .before = state_before_, .after = state_};
  // Reused by every packet: assigning into the live Segment keeps the variant from being rebuilt.
  Segment* segment = out.segment();
  if (segment == nullptr) segment = &out.body.emplace<Segment>();
  segment->source_port = addresses_.local.port;
  segment->destination_port = addresses_.remote.port;
  segment->seq = seq;
  segment->flags = flags;
  segment->ae = false;
  segment->urgent = 0;
  segment->options = TcpOptions{};
  segment->payload = Payload{};
  const bool acks = (flags & tcp_flag::ack) != 0;
  segment->ack = !acks ? Seq{0} : repairs_first_ ? window_.acknowledged() : rcv_nxt_;
  if ((flags & tcp_flag::syn) != 0) {
    segment->window = static_cast<std::uint16_t>(std::min(window_.advertised(), 65535u));
    add_syn_options(now, *segment);
  } else {
    // Until then the SYN's window stands.
    if (state_ != State::syn_sent && !repairs_first_) window_.advertise(choose_window());
    segment->window = static_cast<std::uint16_t>(std::min(window_.advertised() >> window_.scale(), 65535u));
    if ((flags & tcp_flag::rst) != 0 && os().close.zero_window_on_rst) segment->window = 0;
    const bool bare_reset = (flags & tcp_flag::rst) != 0 && !os().options.timestamps_on_rst;
    if (!bare_reset) add_options(now, *segment);
    if (is_urgent()) mark_urgent(*segment);
    if (ecn_.echoes && (flags & tcp_flag::rst) == 0) segment->flags |= tcp_flag::ece;
    if (acc_ecn_ != nullptr) mark_accurately(out, cause);
  }
  if (acks && !repairs_first_) {
    window_.acknowledge(rcv_nxt_);
    after_ack_sent();
  }
}

void Endpoint::after_ack_sent() {
  ack_.on_ack_sent(os().ack);
  if (acc_ecn_ != nullptr) acc_ecn_->hurries = false;
  stop(Timer::delayed_ack);
}

// Sends or resends what the scoreboard entry stands for.
void Endpoint::transmit(TimePoint now, Packet& out, std::uint32_t index, Cause cause) {
  const SentSegment& sent = board_[index];
  std::uint8_t flags = 0;
  if (sent.is(SentSegment::syn)) flags = tcp_flag::syn;
  if (sent.is(SentSegment::fin)) flags |= tcp_flag::fin;
  if (sent.is(SentSegment::psh)) flags |= tcp_flag::psh;
  if (state_ != State::syn_sent) flags |= tcp_flag::ack;
  fill(now, out, sent.start, flags, cause);
  if (sent.is(SentSegment::syn)) mark_syn(*out.segment(), sent);
  const bool syn_outstanding = board_.has_syn() && !sent.is(SentSegment::syn);
  const std::uint32_t control = (sent.is(SentSegment::syn) ? 1u : 0u) + (sent.is(SentSegment::fin) ? 1u : 0u);
  if (sent.length > control) {
    const std::uint32_t offset = distance(snd_una_, sent.start) - (syn_outstanding ? 1 : 0);
    out.segment()->payload = send_.slice(env_->pool, offset, sent.length - control);
  }
  if (ecn_.agreed) mark_ecn(out, sent);
  if (marks_ != nullptr && sent.transmissions == 0 && marks_->on_sent(now, sent.end())) ++news_.errors;
  out.why.retransmission = sent.transmissions;
  if (sent.transmissions > 0) {
    ++total_retransmissions_;
    ++env_->counters.retransmitted;
  }
  board_.note_sent(index, now);
  last_sent_ = now;
}

// --- Probes

bool Endpoint::send_probe(TimePoint now, Packet& out) {
  const Probe probe = probe_;
  probe_ = Probe::none;
  switch (probe) {
    case Probe::none: return false;
    case Probe::keepalive:
      fill(now, out, snd_una_ - 1, tcp_flag::ack, Cause::keepalive_probe);
      if (!os().keepalive.timestamps) out.segment()->options = TcpOptions{};
      return true;
    case Probe::window: return send_window_probe(now, out);
    case Probe::tail_loss: {
      if (board_.empty()) return false;
      const std::uint32_t length = std::min({unsent(), data_room(), usable_window()});
      if (length > 0) {  // new data asks as well, whatever the congestion window
        congestion_.set_cwnd(std::max(congestion_.cwnd(), board_.in_flight() + board_.units(length)));
        const bool sent = send_new(now, out, length);
        out.why.cause = Cause::tail_loss_probe;
        repair_.on_probe_sent(snd_nxt_, true);
        return sent;
      }
      const std::uint32_t tail = board_.size() - 1;
      cut_to_fit(tail);
      transmit(now, out, tail, Cause::tail_loss_probe);
      repair_.on_probe_sent(snd_nxt_, false);
      repair_.on_resent(board_[tail]);
      return true;
    }
  }
  return false;
}

bool Endpoint::send_window_probe(TimePoint now, Packet& out) {
  const std::uint32_t fits = std::min({unsent(), data_room(), usable_window()});
  if (fits > 0) {
    // A window too small for a whole segment: long enough was waited, what fits goes (RFC 9293
    // section 3.8.6.2.1).
    patience_.on_window_used();
    if (!send_new(now, out, fits)) return false;
    if (os().persist.style.value == ProbeStyle::old_sequence) {  // net/ipv4/tcp_output.c tcp_write_wakeup
      board_.push(board_.size() - 1);
      out.segment()->flags |= tcp_flag::psh;
    }
    return true;
  }
  const bool with_byte = os().persist.style.value == ProbeStyle::one_byte && unsent() > 0;
  if (with_byte) {
    fill(now, out, snd_nxt_, tcp_flag::ack, Cause::window_probe_data);
    out.segment()->payload = send_.slice(env_->pool, send_.size() - pieces_.held() - unsent(), 1);
    window_probe_byte_ = true;
    window_probe_end_ = snd_nxt_ + 1;
  } else {
    fill(now, out, snd_una_ - 1, tcp_flag::ack, Cause::window_probe);
  }
  out.why.retransmission = patience_.probes() > 0 ? static_cast<std::uint8_t>(patience_.probes() - 1) : 0;
  return true;
}

// --- New data

// So much data that no more goes into a segment beside the options that it carries (net/ipv4/tcp_output.c
// tcp_current_mss).
bool Endpoint::is_full(std::uint32_t length) const { return length >= send_mss() || length >= data_room(); }

// Nagle: a small segment waits for the ACK of what is out; in Minshall's reading only for that of an earlier
// small one. The last segment before a FIN goes at once.
bool Endpoint::nagle_allows(std::uint32_t length, bool last) const {
  if (is_full(length) || haste_ == Haste::pushes || (last && fin_queued_)) return true;
  if (options_.cork || haste_ == Haste::holds) return false;
  const bool looks_once = os().congestion.nagle.value == NagleStyle::once && sends_on_;
  if (options_.nodelay || (looks_once ? began_idle_ : board_.empty())) return true;
  if (os().congestion.nagle.value == NagleStyle::minshall)
    return !(small_end_.after(snd_una_) && small_end_.at_or_before(snd_nxt_));
  return false;
}

SendView Endpoint::send_view(TimePoint now) const {
  const std::uint32_t all = unsent();
  const auto record = marks_ != nullptr ? marks_->record_end_behind(snd_nxt_) : std::nullopt;
  const std::uint32_t waiting = record ? std::min(all, distance(snd_nxt_, *record)) : all;
  const std::uint32_t mss = data_room();
  SendView view{.waiting = waiting,
                .more = waiting < all,
                .segment = mss,
                .full = os().options.mss_counts_options ? full_mss() : mss,
                .window = usable_window(),
                .whole_window = snd_wnd_,
                .max_window = max_snd_wnd_,
                .cwnd = congestion_.cwnd(),
                .in_flight = board_.in_flight(),
                .small_may_go = nagle_allows(1, waiting == all) || is_urgent(),
                .ends = waiting < all || fin_queued_,
                .now = now,
                .last_sent = last_sent_,
                .oldest_sent = board_.empty() ? kNever : board_.front().sent,
                .srtt = rtt_.srtt(os().rtt)};
  if (!sends_bursts()) return view;
  view.pace = is_urgent() ? 1 : pace();
  view.may_wait = haste_ != Haste::pushes && (repair_.is_open() || repair_.phase() == Repair::Phase::cwr);
  return view;
}

// Segments in a burst.
std::uint32_t Endpoint::pace() const {
  return burst_segments(os().congestion.burst_least, data_room(), congestion_.cwnd(),
                        congestion_.is_far_below_ssthresh(), rtt_.srtt(os().rtt),
                        os().congestion.burst_by_rtt ? min_rtt_ : Duration::max());
}

// Bytes that may go now: a segment, or a burst of them. 0: none.
std::uint32_t Endpoint::new_data_length(TimePoint now) const {
  if (unsent() == 0) return 0;
  const SendView view = send_view(now);
  return sends_bursts() ? plan_burst(view) : plan_segment(view, os().congestion.unit);
}

// Of the next segment of the burst that is leaving, else of a new one.
std::uint32_t Endpoint::next_length(TimePoint now) {
  if (!burst_end_.after(snd_nxt_)) burst_end_ = snd_nxt_ + new_data_length(now);
  const std::uint32_t left = distance(snd_nxt_, burst_end_);
  const std::uint32_t length = std::min(left, data_room());
  burst_is_long_ = burst_is_long_ || left > length;
  return length;
}

bool Endpoint::fin_waits_for_window() const {
  return !os().congestion.fin_ignores_cwnd && board_.in_flight() >= congestion_.cwnd();
}

// BSD looks at how long nothing came, in ticks; others at how long nothing went.
void Endpoint::restart_after_idle(TimePoint now) {
  const TickClock& clock = env_->clock;
  const bool in_ticks = os().congestion.idle_restart.value == IdleRestart::one_segment;
  const Duration silence =
      (clock.ticks(counted(now)) - clock.ticks(last_received_ - Duration{1})) * clock.tick();
  congestion_.on_idle(os().congestion, in_ticks ? silence : now - last_sent_, rto());
}

// `forced`: so many bytes whatever Nagle, the congestion window and silly-window avoidance say; they fit the
// window.
bool Endpoint::send_new(TimePoint now, Packet& out, std::uint32_t forced) {
  if (fin_sent_ || (!is_synchronized(state_) && !is_early())) return false;
  const bool was_idle = board_.empty();
  if (was_idle && unsent() > 0 && !restarts_at_write()) restart_after_idle(now);
  const bool joined = burst_is_long_;
  const std::uint32_t length = forced != 0 ? forced : next_length(now);
  const bool last = length == unsent();
  const bool fin = fin_queued_ && last;
  if (length == 0 && (!fin || fin_waits_for_window())) return false;

  SentSegment entry{.sent = now, .first_sent = now, .start = snd_nxt_, .length = length + (fin ? 1 : 0)};
  if (fin) entry.flags |= SentSegment::fin;
  if (joined) entry.flags |= SentSegment::joined;
  if (length > 0 && ends_push(entry.start + length, last)) entry.flags |= SentSegment::psh;
  repair_.on_new_sent(board_.units(entry.length));
  snd_nxt_ += entry.length;
  if (length > 0 && !is_full(length)) small_end_ = snd_nxt_;
  if (length > 0) ack_.on_data_sent(env_->clock.jiffy(now));
  const Cause cause = length == 0 ? fin_cause_ : fin ? Cause::data_and_fin : Cause::new_data;
  if (fin) fin_sent_ = true;
  board_.append(entry);
  if (sends_bursts()) note_use(board_.in_flight() >= congestion_.cwnd());
  transmit(now, out, board_.size() - 1, cause);
  // A burst of several ends with PSH; what of it is sent again does not (net/ipv4/tcp_output.c
  // __tcp_transmit_skb).
  if (snd_nxt_.at_or_after(burst_end_)) {
    if (burst_is_long_) out.segment()->flags |= tcp_flag::psh;
    burst_is_long_ = false;
    if (looks_for_space_) look_for_space();
  }
  on_new_data_sent(now, was_idle);
  return true;
}

// PSH goes with the end of a write, of a record, and of all there is unless more was announced.
bool Endpoint::ends_push(Seq end, bool last) const {
  if (os().retransmit.recuts) return last;
  if (end == push_end_ || (last && !more_announced_)) return true;
  if (os().congestion.pushes_within_writes && end.after(push_base_) &&
      distance(push_base_, end) % push_stride() == 0)
    return true;
  return marks_ != nullptr && marks_->record_end_behind(end - 1) == end;
}

void Endpoint::on_new_data_sent(TimePoint now, bool was_idle) {
  stop(Timer::persist);
  if (was_idle || running(Timer::loss_probe)) {
    arm_retransmit_or_probe(now, false);
  } else if (!running(Timer::retransmit) && !running(Timer::reorder)) {
    arm_retransmit(now);
  }
  if (!running(Timer::user_timeout)) arm_user_timeout(now);
}

// --- ACK and RST

// What the windows let go, whatever the rules say that hold small segments back.
std::uint32_t Endpoint::data_beside_ack() const {
  const std::uint32_t flight = board_.in_flight();
  const std::uint32_t open = congestion_.cwnd() > flight ? congestion_.cwnd() - flight : 0;
  return std::min({unsent(), data_room(), usable_window(), open});
}

bool Endpoint::send_ack(TimePoint now, Packet& out) {
  if (!ack_.is_pending()) return false;
  if (os().ack.takes_data) {
    const std::uint32_t length = data_beside_ack();
    if (length > 0 && send_new(now, out, length)) return true;
  }
  const Cause cause = ack_.take_cause();
  // A challenge ACK is made without the socket (netinet/tcp_subr.c tcp_respond).
  const bool fin = os().close.fin_with_acks && fin_out() && cause != Cause::challenge_ack;
  const std::uint8_t flags = fin ? tcp_flag::ack | tcp_flag::fin : tcp_flag::ack;
  fill(now, out, fin ? snd_nxt_ - 1 : snd_nxt_, flags, cause);
  return true;
}

bool Endpoint::send_reset(TimePoint now, Packet& out) {
  reset_pending_ = false;
  if (!reset_is_reply_) {
    fill(now, out, reset_.seq, tcp_flag::rst | tcp_flag::ack, reset_cause_);
    const std::uint32_t length = os().ack.takes_data ? data_beside_ack() : 0;
    if (length > 0)
      out.segment()->payload = send_.slice(env_->pool, send_.size() - pieces_.held() - unsent(), length);
    send_.clear();
    pieces_.clear();
    board_.reset();
    return true;
  }
  write_reset(out, addresses_, reset_, os().ip, env_->next_ip_id);
  out.why = Why{.cause = reset_cause_, .before = state_before_, .after = state_};
  return true;
}

}  // namespace halfopen

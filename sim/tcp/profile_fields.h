// Every constant of a profile by name: for printing them, for checking that each has its source, and for
// tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/tcp/profile.h"

namespace halfopen {

template <class Profile, class F>
constexpr void visit_timing_fields(Profile& p, F& f) {
  f("clock", "timer style", p.clock.style);
  f("clock", "ticks a second", p.clock.hz);
  f("clock", "slow tick", p.clock.slow_tick);
  f("clock", "fast tick", p.clock.fast_tick);
  f("clock", "a tick counts after its timers", p.clock.counts_after_timers);
  f("timeout", "round-trip estimator", p.rtt.estimator);
  f("timeout", "initial", p.rtt.rto_initial);
  f("timeout", "without a sample", p.rtt.rto_fallback);
  f("timeout", "smallest", p.rtt.rto_min);
  f("timeout", "largest", p.rtt.rto_max);
  f("timeout", "added to each", p.rtt.rto_slop);
  f("timeout", "granularity", p.rtt.granularity);
}

template <class Profile, class F>
constexpr void visit_repair_fields(Profile& p, F& f) {
  f("retransmission", "gives up", p.retransmit.give_up);
  f("retransmission", "retries", p.retransmit.retries);
  f("retransmission", "R2", p.retransmit.r2);
  f("retransmission", "retries without a process", p.retransmit.orphan_retries);
  f("retransmission", "backoff", p.retransmit.backoff);
  f("retransmission", "reset on giving up", p.retransmit.rst_on_give_up);
  f("retransmission", "SYN retries", p.retransmit.syn_retries);
  f("retransmission", "SYN timeouts that do not double", p.retransmit.syn_linear);
  f("retransmission", "ticks to a SYN after a bad ACK", p.retransmit.syn_again_ticks);
  f("retransmission", "expiries before a SYN without options", p.retransmit.bare_syn_after);
  f("retransmission", "SYN-ACK retries", p.retransmit.synack_retries);
  f("retransmission", "limit on connecting", p.retransmit.connect_limit);
  f("retransmission", "tail loss probe", p.retransmit.tail_loss_probe);
  f("retransmission", "loss recovery", p.retransmit.recovery);
  f("retransmission", "duplicate ACK threshold", p.retransmit.dup_threshold);
  f("retransmission", "largest threshold", p.retransmit.most_reordering);
  f("retransmission", "F-RTO", p.retransmit.frto);
  f("retransmission", "needless repairs are undone", p.retransmit.undo);
  f("retransmission", "small segments merge", p.retransmit.collapse);
  f("retransmission", "cut anew", p.retransmit.recuts);
  f("retransmission", "before data is taken", p.retransmit.repairs_before_data);
  f("retransmission", "forgets the SRTT beyond expiry", p.retransmit.forget_srtt_after);
  f("congestion", "algorithm", p.congestion.algorithm);
  f("congestion", "window counted in", p.congestion.unit);
  f("congestion", "initial window", p.congestion.initial_window);
  f("congestion", "after idling", p.congestion.idle_restart);
  f("congestion", "proportional rate reduction", p.congestion.prr);
  f("congestion", "HyStart", p.congestion.hystart);
  f("congestion", "a FIN may exceed the window", p.congestion.fin_ignores_cwnd);
  f("congestion", "small segments wait", p.congestion.nagle);
  f("congestion", "segments in a burst, at least", p.congestion.burst_least);
  f("congestion", "bursts grow on short paths", p.congestion.burst_by_rtt);
  f("congestion", "PSH within a long write", p.congestion.pushes_within_writes);
  f("congestion", "ECN", p.congestion.ecn);
  f("congestion", "repeated SYNs that ask for ECN", p.congestion.ecn_syn_retries);
  f("congestion", "a crossing SYN is granted ECN", p.congestion.ecn_of_crossing_syn);
  f("congestion", "Accurate ECN", p.congestion.knows_acc_ecn);
  f("congestion", "its option", p.congestion.acc_ecn_option);
  f("congestion", "its option in a round trip", p.congestion.acc_ecn_beacon);
}

template <class Profile, class F>
constexpr void visit_flow_fields(Profile& p, F& f) {
  f("acknowledgment", "style", p.ack.style);
  f("acknowledgment", "delay", p.ack.delay_min);
  f("acknowledgment", "longest delay", p.ack.delay_max);
  f("acknowledgment", "quick ACKs", p.ack.quick);
  f("acknowledgment", "SACKs that one stands for, at most", p.ack.compress_most);
  f("acknowledgment", "its delay", p.ack.compress_delay);
  f("acknowledgment", "its share of a round trip", p.ack.compress_share);
  f("acknowledgment", "its slack", p.ack.compress_slack);
  f("acknowledgment", "takes waiting data along", p.ack.takes_data);
  f("window", "style", p.window.style);
  f("window", "receive buffer", p.window.rcvbuf);
  f("window", "receive buffer may grow to", p.window.rcvbuf_max);
  f("window", "send buffer", p.window.sndbuf);
  f("window", "send buffer may grow to", p.window.sndbuf_max);
  f("window", "scale reaches", p.window.scale_reaches);
  f("window", "rounded up to its scale", p.window.rounds_up);
  f("window", "buffers in whole segments", p.window.round_to_mss);
  f("window", "memory's payload is measured", p.window.ratio_adapts);
  f("window", "clamp moves the threshold", p.window.clamp_moves_threshold);
  f("window", "begins beyond what a SYN can tell", p.window.begins_beyond_field);
  f("window", "what waits unread counts", p.window.counts_unread);
  f("window", "a shorter round trip counts at once", p.window.takes_least_rtt);
  f("window", "segments beside what was read", p.window.autotune_margin);
  f("window", "memory cost of a small packet", p.window.truesize_small);
  f("window", "memory cost of a full packet", p.window.truesize_full);
  f("window", "SO_SNDBUF is doubled, at least", p.window.sndbuf_least);
  f("window", "SO_RCVBUF is doubled, at least", p.window.rcvbuf_least);
  f("window", "memory cost of a burst to send", p.window.burst_cost);
  f("window", "writable below unsent bytes", p.window.unsent_low);
  f("options", "timestamps", p.options.timestamps);
  f("options", "SACK", p.options.sack);
  f("options", "DSACK", p.options.dsack);
  f("options", "DSACK at once", p.options.dsack_at_once);
  f("options", "SACK of a FIN", p.options.sack_counts_fin);
  f("options", "window scaling", p.options.window_scaling);
  f("options", "timestamp clock", p.options.ts_clock);
  f("options", "order in a SYN", p.options.syn_layout);
  f("options", "segment size when none is offered", p.options.default_mss);
  f("options", "segment size when none is offered, IPv6", p.options.default_mss_v6);
  f("options", "smallest segment size", p.options.least_mss);
  f("options", "a full segment counts them", p.options.mss_counts_options);
  f("options", "timestamps on resets", p.options.timestamps_on_rst);
  f("options", "NOPs before a SACK-permitted alone", p.options.aligns_sack_permitted);
  f("options", "a crossing SYN's answer offers all", p.options.crossing_syn_ack_offers);
  f("Fast Open", "asked for by", p.fast_open.calls);
  f("Fast Open", "client", p.fast_open.client);
  f("Fast Open", "server", p.fast_open.server);
  f("Fast Open", "client without a cookie", p.fast_open.client_without_cookie);
  f("Fast Open", "server without a cookie", p.fast_open.server_without_cookie);
  f("Fast Open", "every listener", p.fast_open.every_listener);
  f("Fast Open", "cookie of both addresses", p.fast_open.cookie_of_both_ends);
  f("Fast Open", "NOPs behind its option", p.fast_open.nop_padding);
  f("Fast Open", "pause after a black hole", p.fast_open.pause_of_blackhole);
  f("Fast Open", "pause for a server without cookies", p.fast_open.pause_of_path);
  f("Fast Open", "a cookie with each SYN-ACK", p.fast_open.cookie_each_time);
  f("Fast Open", "cookie of a port", p.fast_open.cookie_by_port);
  f("Fast Open", "client off forgets cookies", p.fast_open.off_forgets);
}

template <class Profile, class F>
constexpr void visit_ending_fields(Profile& p, F& f) {
  f("keepalive", "style", p.keepalive.style);
  f("keepalive", "always on", p.keepalive.always);
  f("keepalive", "idle time", p.keepalive.idle);
  f("keepalive", "interval", p.keepalive.interval);
  f("keepalive", "probes", p.keepalive.probes);
  f("keepalive", "reset at the end", p.keepalive.rst_on_death);
  f("keepalive", "timestamps", p.keepalive.timestamps);
  f("zero window", "probe style", p.persist.style);
  f("zero window", "shortest interval", p.persist.min);
  f("zero window", "longest interval", p.persist.max);
  f("zero window", "gives up", p.persist.give_up);
  f("close", "reset on unread data", p.close.rst_on_unread);
  f("close", "FIN_WAIT_2", p.close.fin_wait_2);
  f("close", "FIN_WAIT_2 looked at again", p.close.fin_wait_2_recheck);
  f("close", "FIN_WAIT_2 idle limit", p.close.fin_wait_2_idle);
  f("close", "TIME_WAIT", p.close.time_wait);
  f("close", "reset on data after close", p.close.rst_on_data_after_close);
  f("close", "zero window on RST", p.close.zero_window_on_rst);
  f("close", "FIN with ACKs", p.close.fin_with_acks);
}

template <class Profile, class F>
constexpr void visit_input_fields(Profile& p, F& f) {
  f("checks", "reset counts", p.check.rst);
  f("checks", "SYN when connected", p.check.syn);
  f("checks", "a SYN-ACK's timestamp echo", p.check.echo_of_syn);
  f("checks", "DSACK of a SYN that crossed", p.check.dsack_of_crossing_syn);
  f("checks", "range of ACKs", p.check.ack_range);
  f("checks", "ACKs of what was never sent are answered", p.check.answers_unsent);
  f("checks", "challenge ACKs", p.check.challenge_count);
  f("checks", "in a time of", p.check.challenge_interval);
  f("checks", "challenge ACKs count as answers", p.check.challenges_as_answers);
  f("checks", "ACKs of stray segments, one in", p.check.out_of_window_interval);
  f("checks", "data beyond the window", p.check.right_edge);
  f("checks", "window as far as there is room", p.check.whole_window);
  f("checks", "SYN with FIN", p.check.syn_fin);
  f("checks", "listeners pass over a SYN-ACK", p.check.drops_syn_ack);
  f("checks", "what a SYN that crossed carries", p.check.crossing_syn);
  f("checks", "TS.Recent of bare ACKs", p.check.recent_of_bare_ack);
  f("checks", "window of an ACK without news", p.check.window_update);
  f("checks", "in TIME-WAIT", p.check.time_wait);
  f("ICMP", "errors", p.icmp.rows);
  f("ICMP", "path MTU that is no news while opening, IPv4", p.icmp.v4_mtu_while_opening);
  f("ICMP", "undoes a backoff", p.icmp.undo_backoff);
  f("ICMP", "a quote of SND.NXT counts", p.icmp.quote_of_next_counts);
  f("ICMP", "expiries before a repeated soft error aborts", p.icmp.embryonic_soft_limit);
  f("black holes", "are looked for", p.blackhole.search);
  f("black holes", "segment size that is tried", p.blackhole.mss_v4);
  f("black holes", "segment size that is tried, IPv6", p.blackhole.mss_v6);
  f("black holes", "retries before it is tried", p.blackhole.retries);
  f("black holes", "smallest segment size that is tried", p.blackhole.least_mss);
  f("sockets", "error of a reset", p.socket.rst_error);
  f("sockets", "end of input beats the error", p.socket.eof_beats_error);
  f("sockets", "EPIPE beats the error", p.socket.pipe_beats_error);
  f("sockets", "TCP_USER_TIMEOUT", p.socket.user_timeout);
  f("sockets", "TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT", p.socket.keepalive_tuning);
  f("sockets", "SO_PEEK_OFF", p.socket.peek_offset);
  f("sockets", "data after SHUT_RD is kept", p.socket.keeps_after_shut);
  f("sockets", "TCP_MAXSEG only shrinks, not below", p.socket.maxseg_least);
  f("sockets", "a write goes in clusters of", p.socket.write_cluster);
  f("sockets", "for at least", p.socket.write_cluster_least);
  f("sockets", "else in pieces of", p.socket.write_mbuf);
  f("sockets", "a writer goes on when there is room for", p.socket.write_low);
  f("sockets", "listen queue", p.socket.listen);
  f("sockets", "largest backlog", p.socket.somaxconn);
  f("sockets", "SYN cookies", p.socket.syn_cookies);
  f("sockets", "SYN cookies only", p.socket.only_syn_cookies);
  f("sockets", "a SYN cookie is", p.socket.syn_cookie_form);
  f("sockets", "embryos without cookies", p.socket.embryos_most);
  f("sockets", "who is woken up runs between packets", p.socket.wakeup_preemption);
  f("sockets", "a full queue resets", p.socket.rst_on_overflow);
  f("sockets", "first ephemeral port", p.socket.port_first);
  f("sockets", "last ephemeral port", p.socket.port_last);
  f("IP", "time to live", p.ip.ttl);
  f("IP", "don't fragment", p.ip.dont_fragment);
  f("IP", "identification", p.ip.id);
  f("IP", "identification 0 without a socket", p.ip.zero_id_without_socket);
  f("IP", "initial sequence number", p.ip.isn);
  f("IP", "its step when TIME_WAIT is taken over", p.ip.reuse_isn_step);
  f("TCP over UDP", "port", p.tunnel.port);
  f("TCP over UDP", "bytes of its headers", p.tunnel.overhead);
}

// Calls f(group, name, field) for each Sourced<T> of `p`, a profile or const profile, in the order of the
// header.
template <class Profile, class F>
constexpr void visit_fields(Profile& p, F&& f) {
  visit_timing_fields(p, f);
  visit_repair_fields(p, f);
  visit_flow_fields(p, f);
  visit_ending_fields(p, f);
  visit_input_fields(p, f);
}

// What no row may break, whatever its OS.
[[nodiscard]] constexpr bool is_sane(const OsProfile& p) {
  bool sourced = !p.name.empty() && !p.title.empty() && !p.story.empty();
  visit_fields(p, [&](std::string_view, std::string_view, const auto& field) {
    sourced = sourced && !field.source.empty();
  });
  const bool timeouts = Duration{0} < p.rtt.rto_min.value && p.rtt.rto_min.value <= p.rtt.rto_initial.value &&
                        p.rtt.rto_initial.value <= p.rtt.rto_max.value;
  const bool ticking = p.clock.hz.value > 0 && p.rtt.granularity.value > Duration{0} &&
                       (p.clock.style.value != TickStyle::bsd_ticks ||
                        (p.clock.slow_tick.value > Duration{0} && p.clock.fast_tick.value > Duration{0}));
  bool backing_off = p.retransmit.backoff.value.front() == 1;
  for (std::size_t i = 1; i < p.retransmit.backoff.value.size(); ++i) {
    backing_off = backing_off && p.retransmit.backoff.value[i - 1] <= p.retransmit.backoff.value[i];
  }
  const bool limited =
      (p.retransmit.give_up.value == GiveUp::after_elapsed) == (p.retransmit.r2.value > Duration{0});
  const bool windows = p.window.rcvbuf.value <= p.window.rcvbuf_max.value &&
                       p.window.sndbuf.value <= p.window.sndbuf_max.value &&
                       (p.window.style.value != WindowStyle::truesize || p.window.truesize_full.value > 0);
  return sourced && timeouts && ticking && backing_off && limited && windows &&
         p.ack.delay_min.value <= p.ack.delay_max.value && p.persist.min.value <= p.persist.max.value &&
         p.socket.port_first.value < p.socket.port_last.value && p.ip.ttl.value > 0;
}

// One constant, for people.
struct ProfileLine {
  std::string_view group;   // "retransmission"
  std::string name;         // "retries (tcp_retries2)": with the OS's own name where it has one
  std::string value;        // "15"
  std::string_view source;  // "include/net/tcp.h TCP_RETR2"
};
// Every constant of a profile in the order of visit_fields(); a table is a line for each of its rows.
[[nodiscard]] std::vector<ProfileLine> describe_profile(const OsProfile& profile);

}  // namespace halfopen

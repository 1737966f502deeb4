#include "sim/why/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/base/units.h"

namespace halfopen {
namespace {

// Sources are relative to net/ipv4/ for Linux and to sys/netinet/ for the BSDs; empty where that OS never
// does it. The book is W. R. Stevens's, with the section in which it shows the thing.
struct Rule {
  Cause cause;
  std::string_view says;
  std::string_view standard;
  std::string_view linux_source;
  std::string_view freebsd_source;
  std::string_view bsd44_source;
  std::string_view book;
};

using enum Cause;

constexpr Rule kOpening[] = {
    {unknown, "a kernel sent it and does not say why", "", "", "", "", ""},
    {active_open, "connect(): asks for a connection", "RFC 9293 section 3.5", "tcp_output.c tcp_connect",
     "tcp_usrreq.c tcp_usr_connect", "tcp_usrreq.c tcp_usrreq: PRU_CONNECT", "TCP/IP Illustrated 1, 18.2"},
    {passive_open, "a SYN met a listener: accepts the connection", "RFC 9293 section 3.5",
     "tcp_input.c tcp_conn_request", "tcp_syncache.c syncache_add", "tcp_input.c tcp_input: TCPS_LISTEN",
     "TCP/IP Illustrated 1, 18.2"},
    {simultaneous_open, "both ends asked at once: accepts the other's SYN", "RFC 9293 section 3.5",
     "tcp_input.c tcp_rcv_synsent_state_process", "tcp_input.c tcp_do_segment",
     "tcp_input.c tcp_input: TCPS_SYN_SENT", "TCP/IP Illustrated 1, 18.8"},
    {handshake_complete, "our SYN was acknowledged: the connection stands", "RFC 9293 section 3.5",
     "tcp_input.c tcp_finish_connect", "tcp_input.c tcp_do_segment", "tcp_input.c tcp_input",
     "TCP/IP Illustrated 1, 18.2"},
    {syn_again, "a duplicate SYN: the answer to it again", "RFC 9293 section 3.10.7.4",
     "tcp_minisocks.c tcp_check_req", "tcp_syncache.c syncache_add", "tcp_input.c tcp_input", ""},
    {syn_cookie, "a SYN met a listener that gives cookies: accepts by one, and keeps nothing",
     "RFC 4987 section 3.6", "tcp_input.c tcp_conn_request; syncookies.c cookie_init_sequence",
     "tcp_syncache.c syncookie_generate", "", ""},
};

constexpr Rule kData[] = {
    {new_data, "data not sent before", "RFC 9293 section 3.8", "tcp_output.c tcp_write_xmit",
     "tcp_output.c tcp_default_output", "tcp_output.c tcp_output", "TCP/IP Illustrated 1, 20.3"},
    {data_and_fin, "the last data, and with it the end of the stream", "RFC 9293 section 3.6",
     "tcp_output.c tcp_send_fin", "tcp_output.c tcp_default_output", "tcp_output.c tcp_output", ""},
    {window_probe_data, "zero-window probe: a byte that the window has no room for",
     "RFC 9293 section 3.8.6.1", "tcp_output.c tcp_write_wakeup", "tcp_timer.c tcp_timer_persist",
     "tcp_timer.c tcp_timers: TCPT_PERSIST", "TCP/IP Illustrated 1, 22.2"},
    {window_probe, "zero-window probe: an old sequence number, to be answered with the window",
     "RFC 9293 section 3.8.6.1", "tcp_output.c tcp_xmit_probe_skb", "", "", ""},
    {ack_delayed, "the delayed-ACK timer ran out", "RFC 9293 section 3.8.6.3",
     "tcp_timer.c tcp_delack_timer_handler", "tcp_timer.c tcp_timer_delack", "tcp_timer.c tcp_fasttimo",
     "TCP/IP Illustrated 1, 19.3"},
    {ack_now, "an acknowledgment that is not delayed", "RFC 5681 section 4.2",
     "tcp_input.c __tcp_ack_snd_check", "tcp_input.c tcp_do_segment", "tcp_input.c tcp_input", ""},
    {ack_duplicate, "an old or stray segment came: says what is expected", "RFC 9293 section 3.10.7.4",
     "tcp_input.c tcp_send_dupack", "tcp_input.c tcp_do_segment", "tcp_input.c tcp_input: dropafterack", ""},
    {ack_out_of_order, "a segment came after a hole: a duplicate ACK at once", "RFC 5681 section 4.2",
     "tcp_input.c tcp_data_queue_ofo", "tcp_input.c tcp_do_segment", "tcp_input.c tcp_input",
     "TCP/IP Illustrated 1, 21.7"},
    {ack_of_fin, "acknowledges the end of the peer's stream", "RFC 9293 section 3.10.7.4",
     "tcp_input.c tcp_fin", "tcp_input.c tcp_do_segment", "tcp_input.c tcp_input",
     "TCP/IP Illustrated 1, 18.2"},
    {window_update, "the reader made room: says so", "RFC 9293 section 3.8.6.2.2", "tcp.c __tcp_cleanup_rbuf",
     "tcp_usrreq.c tcp_usr_rcvd", "tcp_usrreq.c tcp_usrreq: PRU_RCVD", ""},
    {keepalive_reply, "answers a probe: still here", "RFC 9293 section 3.8.4",
     "tcp_input.c tcp_validate_incoming", "tcp_input.c tcp_do_segment", "tcp_input.c tcp_input: dropafterack",
     "TCP/IP Illustrated 1, 23.2"},
};

constexpr Rule kRepair[] = {
    {retransmit_timeout, "the retransmission timer ran out", "RFC 6298 section 5.4",
     "tcp_timer.c tcp_retransmit_timer", "tcp_timer.c tcp_timer_rexmt", "tcp_timer.c tcp_timers: TCPT_REXMT",
     "TCP/IP Illustrated 1, 21.2"},
    {retransmit_fast, "later segments arrived, this one did not: no need to wait for the timer",
     "RFC 5681 section 3.2", "tcp_input.c tcp_fastretrans_alert", "tcp_input.c tcp_do_segment",
     "tcp_input.c tcp_input: tcprexmtthresh", "TCP/IP Illustrated 1, 21.7"},
    {retransmit_partial_ack, "the ACK stopped at the next hole", "RFC 6582 section 3.2",
     "tcp_input.c tcp_fastretrans_alert", "tcp_input.c tcp_newreno_partial_ack", "", ""},
    {retransmit_icmp, "an ICMP error: sent again without waiting for the timer",
     "RFC 6069 section 4; RFC 1191", "tcp_ipv4.c tcp_ld_RTO_revert, tcp_v4_mtu_reduced",
     "tcp_subr.c tcp_mtudisc", "", ""},
    {retransmit_syn_data, "the SYN-ACK did not acknowledge the data in the SYN: sent again at once",
     "RFC 7413 section 4.2.2", "tcp_input.c tcp_rcv_fastopen_synack", "tcp_input.c tcp_do_segment", "", ""},
    {tail_loss_probe, "tail loss probe: the last segment again, to provoke an ACK", "RFC 8985 section 7.3",
     "tcp_output.c tcp_send_loss_probe", "", "", ""},
    {keepalive_probe, "keepalive probe: is the peer still there?", "RFC 9293 section 3.8.4",
     "tcp_timer.c tcp_keepalive_timer", "tcp_timer.c tcp_timer_keep", "tcp_timer.c tcp_timers: TCPT_KEEP",
     "TCP/IP Illustrated 1, 23.2"},
};

constexpr Rule kClosing[] = {
    {close, "the process let go: the end of the stream", "RFC 9293 section 3.6", "tcp.c __tcp_close",
     "tcp_usrreq.c tcp_usr_close", "tcp_usrreq.c tcp_disconnect", "TCP/IP Illustrated 1, 18.2"},
    {shutdown, "shutdown(): nothing more will be sent", "RFC 9293 section 3.6", "tcp.c tcp_shutdown",
     "tcp_usrreq.c tcp_usr_shutdown", "tcp_usrreq.c tcp_usrreq: PRU_SHUTDOWN", "TCP/IP Illustrated 1, 18.5"},
    {fin_received, "the peer's stream ended", "RFC 9293 section 3.10.7.4", "tcp_input.c tcp_fin",
     "tcp_input.c tcp_do_segment", "tcp_input.c tcp_input", "UNIX Network Programming 1, 5.12"},
    {fin_acked, "our FIN was acknowledged", "RFC 9293 section 3.10.7.4", "tcp_input.c tcp_rcv_state_process",
     "tcp_input.c tcp_do_segment", "tcp_input.c tcp_input", "TCP/IP Illustrated 1, 18.6"},
    {time_wait_over, "twice the longest life of a segment has passed", "RFC 9293 section 3.10.8",
     "inet_timewait_sock.c tw_timer_handler", "tcp_timer.c tcp_timer_2msl",
     "tcp_timer.c tcp_timers: TCPT_2MSL", "TCP/IP Illustrated 1, 18.6"},
    {fin_wait_2_over, "the peer's FIN did not come in time",
     "against RFC 9293 section 3.6, which waits for ever", "inet_timewait_sock.c tw_timer_handler",
     "tcp_timer.c tcp_timer_2msl", "tcp_timer.c tcp_timers: TCPT_2MSL", "TCP/IP Illustrated 1, 18.6"},
    {reopened, "a new connection took over the old one's TIME_WAIT", "RFC 9293 section 3.6.1",
     "tcp_minisocks.c tcp_timewait_state_process", "tcp_timewait.c tcp_twcheck",
     "tcp_input.c tcp_input: TCPS_TIME_WAIT", ""},
};

constexpr Rule kResets[] = {
    {rst_no_connection, "a segment for a connection that is not known here: reset", "RFC 9293 section 3.5.2",
     "tcp_ipv4.c tcp_v4_send_reset", "tcp_input.c tcp_dropwithreset", "tcp_input.c tcp_input: dropwithreset",
     "TCP/IP Illustrated 1, 18.7; UNIX Network Programming 1, 5.15"},
    {rst_bad_ack, "an ACK for what was never sent: reset", "RFC 9293 section 3.5.2",
     "tcp_input.c tcp_rcv_synsent_state_process", "tcp_input.c tcp_do_segment",
     "tcp_input.c tcp_input: dropwithreset", "TCP/IP Illustrated 1, 18.7"},
    {rst_after_close, "data for a process that is gone: reset", "RFC 9293 section 3.6.1",
     "tcp_input.c tcp_rcv_state_process", "tcp_input.c tcp_do_segment", "tcp_input.c tcp_input: SS_NOFDREF",
     "UNIX Network Programming 1, 5.12"},
    {rst_unread_data, "closed with data unread: reset", "RFC 9293 section 3.6.1; RFC 2525 section 2.17",
     "tcp.c __tcp_close", "", "", ""},
    {rst_linger, "closed with SO_LINGER 0: reset", "RFC 9293 section 3.10.5", "tcp.c __tcp_close",
     "tcp_usrreq.c tcp_disconnect", "tcp_usrreq.c tcp_disconnect", "TCP/IP Illustrated 1, 18.7"},
    {rst_abort, "aborted: reset", "RFC 9293 section 3.10.5", "tcp.c tcp_disconnect",
     "tcp_usrreq.c tcp_usr_abort", "tcp_usrreq.c tcp_usrreq: PRU_ABORT", "TCP/IP Illustrated 1, 18.7"},
    {rst_give_up, "given up: tells the peer with a reset", "RFC 9293 section 3.8.3", "",
     "tcp_subr.c tcp_drop", "tcp_subr.c tcp_drop", "TCP/IP Illustrated 1, 21.2"},
    {rst_keepalive, "no keepalive probe was answered: reset", "RFC 9293 section 3.8.4",
     "tcp_timer.c tcp_keepalive_timer", "tcp_subr.c tcp_drop", "tcp_subr.c tcp_drop",
     "TCP/IP Illustrated 1, 23.2"},
    {rst_syn_in_window, "a SYN within the window of a connection: reset", "RFC 793 section 3.9", "",
     "tcp_input.c tcp_do_segment", "tcp_input.c tcp_input", ""},
    {rst_backlog, "the listen queue is full: reset", "RFC 9293 section 3.5.2",
     "tcp_minisocks.c tcp_check_req", "tcp_syncache.c syncache_expand", "", ""},
    {challenge_ack, "challenge ACK: a reset or SYN must prove that it is the peer's",
     "RFC 5961 sections 3.2, 4.2, 5.2", "tcp_input.c tcp_send_challenge_ack",
     "tcp_subr.c tcp_send_challenge_ack", "", ""},
    {rst_received, "the peer reset the connection", "RFC 9293 section 3.5.3", "tcp_input.c tcp_reset",
     "tcp_input.c tcp_do_segment", "tcp_input.c tcp_input", "TCP/IP Illustrated 1, 18.7"},
};

constexpr Rule kGivingUp[] = {
    {timed_out, "no answer for too long: given up", "RFC 9293 section 3.8.3", "tcp_timer.c tcp_write_timeout",
     "tcp_timer.c tcp_timer_rexmt", "tcp_timer.c tcp_timers: TCPT_REXMT",
     "TCP/IP Illustrated 1, 21.2; UNIX Network Programming 1, 5.14"},
    {keepalive_timed_out, "no keepalive probe was answered", "RFC 9293 section 3.8.4",
     "tcp_timer.c tcp_keepalive_timer", "tcp_timer.c tcp_timer_keep", "tcp_timer.c tcp_timers: TCPT_KEEP",
     "TCP/IP Illustrated 1, 23.2"},
    {user_timed_out, "the user timeout ran out", "RFC 9293 section 3.8.3; RFC 5482",
     "tcp_timer.c tcp_write_timeout", "", "", ""},
    {icmp_received, "an ICMP error came for the connection", "RFC 9293 section 3.9.2.2",
     "tcp_ipv4.c tcp_v4_err", "tcp_subr.c tcp_ctlinput", "tcp_subr.c tcp_notify",
     "TCP/IP Illustrated 1, 21.10"},
    {host_gone, "the host forgot the connection", "RFC 9293 section 3.5.1", "", "", "",
     "TCP/IP Illustrated 1, 18.7"},
    {icmp_error, "an ICMP error for a packet that went nowhere", "RFC 792; RFC 1122 section 3.2.2",
     "icmp.c __icmp_send", "ip_icmp.c icmp_error", "ip_icmp.c icmp_error", ""},
    {icmp_reply, "answers an ICMP echo", "RFC 792; RFC 1122 section 3.2.2.6", "icmp.c icmp_reply",
     "ip_icmp.c icmp_reflect", "ip_icmp.c icmp_reflect", ""},
    {datagram, "a program sent a datagram", "RFC 768", "udp.c udp_sendmsg", "udp_usrreq.c udp_send",
     "udp_usrreq.c udp_output", "TCP/IP Illustrated 1, 11.2"},
};

// All rules, by cause.
constexpr std::array<Rule, kCauses> kRules = [] {
  std::array<Rule, kCauses> all{};
  std::size_t next = 0;
  const auto append = [&](const auto& rules) {
    for (const Rule& rule : rules) all[next++] = rule;
  };
  append(kOpening);
  append(kData);
  append(kRepair);
  append(kClosing);
  append(kResets);
  append(kGivingUp);
  return all;
}();

constexpr bool each_cause_has_its_row() {
  for (std::size_t i = 0; i < kCauses; ++i) {
    if (kRules[i].cause != static_cast<Cause>(i) || kRules[i].says.empty()) return false;
  }
  return true;
}
static_assert(each_cause_has_its_row());

const Rule& rule_of(Cause cause) { return kRules[std::min(static_cast<std::size_t>(cause), kCauses - 1)]; }

// Packets without a connection behind them have no state to tell.
constexpr bool has_state(Cause cause) {
  return cause != unknown && cause != rst_no_connection && cause != icmp_error && cause != icmp_reply &&
         cause != datagram;
}

}  // namespace

std::string_view describe(Cause cause) { return rule_of(cause).says; }

std::string rule_behind(Cause cause, OsFamily family) {
  const Rule& rule = rule_of(cause);
  std::string text{rule.standard};
  const auto add = [&](std::string_view folder, std::string_view what) {
    if (!what.empty()) text += fmt::format("{}{}{}", text.empty() ? "" : "; ", folder, what);
  };
  switch (family) {
    case OsFamily::linux_os: add("net/ipv4/", rule.linux_source); break;
    case OsFamily::freebsd: add("netinet/", rule.freebsd_source); break;
    case OsFamily::bsd44:
      add("", rule.book);
      add("netinet/", rule.bsd44_source);
      break;
    case OsFamily::rfc: break;
  }
  return text;
}

std::string explain(const Why& why, TimePoint now) {
  std::string text;
  if (has_state(why.cause)) {
    text = to_string(why.before);
    if (why.after != why.before) text += fmt::format(" to {}", to_string(why.after));
    text += ": ";
    if (why.retransmission > 0) text += fmt::format("retransmission {}, ", why.retransmission);
  }
  text += describe(why.cause);
  if (why.next_timer != Timer::count_ && why.next_deadline != kNever) {
    const Duration left = std::max(why.next_deadline - now, Duration{0});
    const Duration rounded = std::chrono::round<std::chrono::microseconds>(left);
    text += fmt::format("; next: {} {}", to_string(why.next_timer),
                        rounded == Duration{0} ? "now" : "in " + exact_duration(rounded));
  }
  return text;
}

}  // namespace halfopen

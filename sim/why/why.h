// Why a packet was sent or a state left: the facts behind each rung of a ladder. A Why travels with the
// packet inside the program and is never on the wire. Its prose and the rules behind it are in
// sim/why/rules.h.
#pragma once

#include <cstdint>

#include "sim/base/time.h"
#include "sim/why/state.h"

namespace halfopen {

// The one reason for which a packet left or a state changed.
enum class Cause : std::uint8_t {
  unknown,  // a kernel sent it: it does not say
  // opening
  active_open,         // connect(): SYN
  passive_open,        // SYN met a listener: SYN-ACK
  simultaneous_open,   // SYN met our SYN: SYN-ACK
  handshake_complete,  // our SYN was acknowledged
  syn_again,           // a duplicate SYN: SYN-ACK again, or an ACK
  syn_cookie,          // SYN met a listener without room for an embryo: SYN-ACK, of which nothing is kept
  // data and its acknowledgement
  new_data,
  data_and_fin,
  window_probe_data,  // the zero-window probe that carries data
  window_probe,       // the zero-window probe that carries none
  ack_delayed,        // the delayed-ACK timer ran out
  ack_now,            // quick ACK, every second segment, or the OS's rule for "at once"
  ack_duplicate,      // an old or out-of-window segment
  ack_out_of_order,   // a hole: duplicate ACK, with SACK where agreed
  ack_of_fin,
  window_update,    // the reader made room
  keepalive_reply,  // the peer's keepalive or window probe
  // repair
  retransmit_timeout,
  retransmit_fast,         // three duplicate ACKs, SACK or RACK
  retransmit_partial_ack,  // in recovery
  retransmit_icmp,         // an ICMP error undid a backoff (RFC 6069), or the path MTU shrank
  retransmit_syn_data,     // the SYN-ACK did not acknowledge the data in the SYN (RFC 7413)
  tail_loss_probe,
  keepalive_probe,
  // closing
  close,     // close() or exit: FIN
  shutdown,  // shutdown(SHUT_WR): FIN
  fin_received,
  fin_acked,
  time_wait_over,
  fin_wait_2_over,
  reopened,  // a new SYN took over a connection in TIME_WAIT
  // resets
  rst_no_connection,  // a stranger's segment
  rst_bad_ack,        // an ACK for what was never sent, before synchronization
  rst_after_close,    // data for a process that is gone
  rst_unread_data,    // close() with unread data
  rst_linger,         // close() with SO_LINGER 0
  rst_abort,
  rst_give_up,  // timeout, and the OS says so to the peer
  rst_keepalive,
  rst_syn_in_window,  // before RFC 5961
  rst_backlog,        // refused by a full listen queue
  challenge_ack,      // RFC 5961
  rst_received,
  // giving up
  timed_out,  // retransmissions, probes or connect
  keepalive_timed_out,
  user_timed_out,
  icmp_received,
  host_gone,  // the host forgot the connection: crash or reboot
  // not TCP
  icmp_error,
  icmp_reply,
  datagram,  // a program sent it by UDP
  count_,
};
inline constexpr std::size_t kCauses = static_cast<std::size_t>(Cause::count_);

struct Why {
  Cause cause = Cause::unknown;
  State before = State::closed;      // the sender's state when the input arrived that made it send
  State after = State::closed;       // and when the packet left
  Timer next_timer = Timer::count_;  // which timer runs out next; count_ is none
  std::uint8_t retransmission = 0;   // n-th retransmission of this sequence number; 0 is the first sending
  TimePoint next_deadline = kNever;
};

}  // namespace halfopen

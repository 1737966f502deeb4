// The device's queue takes no packet: Linux's local congestion. Data is then as if it had not been sent, and
// is tried again each half second; what is no data is sent, and lost.
#include <utility>

#include "sim/tcp/endpoint.h"

namespace halfopen {
namespace {

constexpr Duration kAgain = 500ms;  // include/net/tcp.h TCP_RESOURCE_PROBE_INTERVAL

}  // namespace

// In place of what poll_segment() does for a connection whose handshake is over.
bool Endpoint::send_into_full_device(TimePoint now, Packet& out) {
  if (repair_.may_send(around(now))) {
    meet_local_congestion(now);
    // net/ipv4/tcp_timer.c tcp_retransmit_timer.
    if (repair_.is_forced() && repair_.phase() == Repair::Phase::loss) arm(now, Timer::retransmit, kAgain);
    repair_.defer();
  }
  switch (std::exchange(probe_, Probe::none)) {
    case Probe::window:  // net/ipv4/tcp_output.c tcp_send_probe0: it does not count for the backoff
      patience_.on_probe_kept();
      arm(now, Timer::persist, patience_.within_probing(waiting(now), kAgain));
      break;
    case Probe::tail_loss: arm_retransmit(now); break;
    case Probe::keepalive:
    case Probe::none: break;
  }
  if (new_data_length(now) > 0) {
    meet_local_congestion(now);
    if (board_.empty() && !running(Timer::persist)) arm(now, Timer::persist, persist_delay(now));
  }
  return send_ack(now, out);
}

// net/ipv4/tcp_output.c __tcp_transmit_skb: the congestion window falls as for an ECN echo.
void Endpoint::meet_local_congestion(TimePoint now) {
  if (!repair_.is_open()) return;
  repair_.enter_cwr(around(now), 0);
  ecn_.owes_cwr = true;
}

}  // namespace halfopen

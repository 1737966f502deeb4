#include "sim/drill/model_tcp_info.h"

#include <array>
#include <chrono>
#include <limits>

namespace halfopen::drill {
namespace {

// Linux: include/net/tcp_states.h, by State.
constexpr std::array<std::int64_t, kStates> kTcpStates{7, 10, 2, 3, 1, 4, 5, 8, 11, 9, 6};

std::int64_t micros(Duration time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

std::int64_t millis(Duration time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

// TCPI_OPT_...
std::int64_t options_of(const Endpoint::Info& info) {
  return (info.timestamps ? 1 : 0) | (info.sack ? 2 : 0) | (info.window_scaling ? 4 : 0) |
         (info.ecn ? 8 : 0) | (info.ecn_seen ? 16 : 0) | (info.syn_data_acked ? 32 : 0);
}

}  // namespace

std::int64_t linux_state(State state) { return kTcpStates[static_cast<std::size_t>(state)]; }

std::vector<TcpInfoField> tcp_info_of(const Endpoint& endpoint, TimePoint now) {
  using By = LimitedTime::By;
  const Endpoint::Info info = endpoint.info();
  const Duration by_window = info.limits.spent(now, By::window);
  const Duration by_buffer = info.limits.spent(now, By::buffer);
  const Duration busy = info.limits.spent(now, By::busy) + by_window + by_buffer;
  return {{"tcpi_state", linux_state(info.state)},
          {"tcpi_ca_state", static_cast<std::int64_t>(info.ca_state)},
          {"tcpi_retransmits", info.retransmits},
          {"tcpi_probes", info.probes},
          {"tcpi_backoff", info.backoff},
          {"tcpi_options", options_of(info)},
          {"tcpi_snd_wscale", info.snd_scale},
          {"tcpi_rcv_wscale", info.rcv_scale},
          {"tcpi_rto", micros(info.rto)},
          {"tcpi_ato", micros(info.ato)},
          {"tcpi_snd_mss", info.mss},
          {"tcpi_rcv_mss", info.rcv_mss},
          {"tcpi_unacked", info.unacked_segments},
          {"tcpi_sacked", info.sacked_segments},
          {"tcpi_lost", info.lost_segments},
          {"tcpi_retrans", info.retransmitted_segments},
          {"tcpi_last_data_sent", millis(now - info.last_data_sent)},
          {"tcpi_last_data_recv", millis(now - info.last_data_received)},
          {"tcpi_pmtu", info.path_mtu},
          {"tcpi_rcv_ssthresh", info.rcv_ssthresh},
          {"tcpi_rtt", micros(info.srtt)},
          {"tcpi_rttvar", micros(info.rttvar)},
          {"tcpi_snd_ssthresh", info.ssthresh},
          {"tcpi_snd_cwnd", info.cwnd},
          {"tcpi_advmss", info.adv_mss},
          {"tcpi_reordering", info.reordering},
          {"tcpi_reord_seen", info.reorderings},
          {"tcpi_total_retrans", static_cast<std::int64_t>(info.total_retransmissions)},
          {"tcpi_notsent_bytes", info.unsent},
          {"tcpi_min_rtt", info.min_rtt == Duration{} ? std::int64_t{0xffff'ffff} : micros(info.min_rtt)},
          {"tcpi_busy_time", micros(busy)},
          {"tcpi_rwnd_limited", micros(by_window)},
          {"tcpi_sndbuf_limited", micros(by_buffer)},
          {"tcpi_delivered", info.delivered},
          {"tcpi_delivered_ce", info.delivered_marked},
          {"tcpi_received_ce", info.received_marked},
          {"tcpi_delivered_e1_bytes", info.delivered_bytes[0]},
          {"tcpi_delivered_e0_bytes", info.delivered_bytes[1]},
          {"tcpi_delivered_ce_bytes", info.delivered_bytes[2]},
          {"tcpi_received_e1_bytes", info.received_bytes[0]},
          {"tcpi_received_e0_bytes", info.received_bytes[1]},
          {"tcpi_received_ce_bytes", info.received_bytes[2]},
          {"tcpi_snd_wnd", info.snd_wnd},
          {"tcpi_rcv_wnd", info.rcv_wnd},
          {"tcpi_fastopen_client_fail", static_cast<std::int64_t>(info.fast_open_failure)},
          // SO_MEMINFO, as far as there is something like it.
          {"SK_MEMINFO_RCVBUF", endpoint.receive_buffer()},
          {"SK_MEMINFO_SNDBUF", endpoint.send_buffer()}};
}

std::vector<TcpInfoField> tcp_info_of_unconnected(State state) {
  return {{"tcpi_state", linux_state(state)}, {"tcpi_options", 0}, {"tcpi_fastopen_client_fail", 0}};
}

}  // namespace halfopen::drill

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

// TCPI_OPT_...
std::int64_t options_of(const Endpoint::Info& info) {
  return (info.timestamps ? 1 : 0) | (info.sack ? 2 : 0) | (info.window_scaling ? 4 : 0) |
         (info.syn_data_acked ? 32 : 0);
}

}  // namespace

std::vector<TcpInfoField> tcp_info_of(const Endpoint& endpoint) {
  const Endpoint::Info info = endpoint.info();
  return {{"tcpi_state", kTcpStates[static_cast<std::size_t>(info.state)]},
          {"tcpi_ca_state", static_cast<std::int64_t>(info.ca_state)},
          {"tcpi_retransmits", info.retransmits},
          {"tcpi_backoff", info.retransmits},
          {"tcpi_options", options_of(info)},
          {"tcpi_rto", micros(info.rto)},
          {"tcpi_snd_mss", info.mss},
          {"tcpi_unacked", info.unacked_segments},
          {"tcpi_sacked", info.sacked_segments},
          {"tcpi_lost", info.lost_segments},
          {"tcpi_retrans", info.retransmitted_segments},
          {"tcpi_rtt", micros(info.srtt)},
          {"tcpi_snd_cwnd", info.cwnd},
          {"tcpi_snd_ssthresh", info.ssthresh},
          {"tcpi_total_retrans", static_cast<std::int64_t>(info.total_retransmissions)},
          {"tcpi_fastopen_client_fail", static_cast<std::int64_t>(info.fast_open_failure)}};
}

std::vector<TcpInfoField> tcp_info_of_unconnected() {
  return {{"tcpi_state", kTcpStates[static_cast<std::size_t>(State::closed)]},
          {"tcpi_options", 0},
          {"tcpi_fastopen_client_fail", 0}};
}

}  // namespace halfopen::drill

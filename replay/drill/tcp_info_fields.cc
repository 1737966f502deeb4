#include "replay/drill/tcp_info_fields.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace halfopen::drill {
namespace {

struct Field {
  std::string_view name;
  std::uint8_t bytes;
};

// In their order, without gaps, from tcpi_rto on.
constexpr std::size_t kFirstAt = 8;
constexpr auto kFields = std::to_array<Field>({
    {"tcpi_rto", 4},
    {"tcpi_ato", 4},
    {"tcpi_snd_mss", 4},
    {"tcpi_rcv_mss", 4},
    {"tcpi_unacked", 4},
    {"tcpi_sacked", 4},
    {"tcpi_lost", 4},
    {"tcpi_retrans", 4},
    {"tcpi_fackets", 4},
    {"tcpi_last_data_sent", 4},
    {"tcpi_last_ack_sent", 4},
    {"tcpi_last_data_recv", 4},
    {"tcpi_last_ack_recv", 4},
    {"tcpi_pmtu", 4},
    {"tcpi_rcv_ssthresh", 4},
    {"tcpi_rtt", 4},
    {"tcpi_rttvar", 4},
    {"tcpi_snd_ssthresh", 4},
    {"tcpi_snd_cwnd", 4},
    {"tcpi_advmss", 4},
    {"tcpi_reordering", 4},
    {"tcpi_rcv_rtt", 4},
    {"tcpi_rcv_space", 4},
    {"tcpi_total_retrans", 4},
    {"tcpi_pacing_rate", 8},
    {"tcpi_max_pacing_rate", 8},
    {"tcpi_bytes_acked", 8},
    {"tcpi_bytes_received", 8},
    {"tcpi_segs_out", 4},
    {"tcpi_segs_in", 4},
    {"tcpi_notsent_bytes", 4},
    {"tcpi_min_rtt", 4},
    {"tcpi_data_segs_in", 4},
    {"tcpi_data_segs_out", 4},
    {"tcpi_delivery_rate", 8},
    {"tcpi_busy_time", 8},
    {"tcpi_rwnd_limited", 8},
    {"tcpi_sndbuf_limited", 8},
    {"tcpi_delivered", 4},
    {"tcpi_delivered_ce", 4},
    {"tcpi_bytes_sent", 8},
    {"tcpi_bytes_retrans", 8},
    {"tcpi_dsack_dups", 4},
    {"tcpi_reord_seen", 4},
    {"tcpi_rcv_ooopack", 4},
    {"tcpi_snd_wnd", 4},
    {"tcpi_rcv_wnd", 4},
    {"tcpi_rehash", 4},
    {"tcpi_total_rto", 2},
    {"tcpi_total_rto_recoveries", 2},
    {"tcpi_total_rto_time", 4},
    {"tcpi_received_ce", 4},
    {"tcpi_delivered_e1_bytes", 4},
    {"tcpi_delivered_e0_bytes", 4},
    {"tcpi_delivered_ce_bytes", 4},
    {"tcpi_received_e1_bytes", 4},
    {"tcpi_received_e0_bytes", 4},
    {"tcpi_received_ce_bytes", 4},
});

// In the machine's byte order.
std::int64_t number_at(std::span<const std::byte> bytes) {
  const auto as = [bytes]<class T>(T number) {
    std::memcpy(&number, bytes.data(), sizeof number);
    return static_cast<std::int64_t>(number);
  };
  switch (bytes.size()) {
    case 2: return as(std::uint16_t{});
    case 4: return as(std::uint32_t{});
    default: return as(std::uint64_t{});
  }
}

}  // namespace

std::vector<TcpInfoField> tcp_info_fields(std::span<const std::byte> given) {
  std::vector<TcpInfoField> fields;
  if (given.size() < kFirstAt) return fields;
  constexpr std::array<std::string_view, 6> kBytes{"tcpi_state",  "tcpi_ca_state", "tcpi_retransmits",
                                                   "tcpi_probes", "tcpi_backoff",  "tcpi_options"};
  for (std::size_t i = 0; i < kBytes.size(); ++i)
    fields.emplace_back(kBytes[i], std::to_integer<std::int64_t>(given[i]));
  const auto scales = std::to_integer<unsigned>(given[6]);  // bit fields, the low bits first
  const auto flags = std::to_integer<unsigned>(given[7]);
  fields.emplace_back("tcpi_snd_wscale", scales & 0xf);
  fields.emplace_back("tcpi_rcv_wscale", scales >> 4);
  fields.emplace_back("tcpi_delivery_rate_app_limited", flags & 1);
  fields.emplace_back("tcpi_fastopen_client_fail", flags >> 1 & 3);
  std::size_t at = kFirstAt;
  for (const Field& field : kFields) {
    if (at + field.bytes > given.size()) break;
    fields.emplace_back(field.name, number_at(given.subspan(at, field.bytes)));
    at += field.bytes;
  }
  return fields;
}

std::vector<TcpInfoField> memory_info_fields(std::span<const std::byte> given) {
  constexpr std::array<std::string_view, 9> kNames{
      "SK_MEMINFO_RMEM_ALLOC", "SK_MEMINFO_RCVBUF",    "SK_MEMINFO_WMEM_ALLOC",
      "SK_MEMINFO_SNDBUF",     "SK_MEMINFO_FWD_ALLOC", "SK_MEMINFO_WMEM_QUEUED",
      "SK_MEMINFO_OPTMEM",     "SK_MEMINFO_BACKLOG",   "SK_MEMINFO_DROPS"};
  constexpr std::size_t kBytes = 4;
  std::vector<TcpInfoField> fields;
  for (std::size_t i = 0; i < kNames.size() && (i + 1) * kBytes <= given.size(); ++i)
    fields.emplace_back(kNames[i], number_at(given.subspan(i * kBytes, kBytes)));
  return fields;
}

}  // namespace halfopen::drill

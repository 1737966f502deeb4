#include "replay/drill/tcp_info_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/tcp.h>

#include <cstring>

namespace halfopen::drill {
namespace {

using ::testing::Contains;
using ::testing::Key;
using ::testing::Not;

std::span<const std::byte> bytes_of(const tcp_info& info) { return std::as_bytes(std::span{&info, 1}); }

// Where the system's own header has each field.
TEST(TcpInfoFields, AreWhereTheKernelHasThem) {
  tcp_info info{};
  info.tcpi_state = 1;
  info.tcpi_options = 7;
  info.tcpi_snd_wscale = 7;
  info.tcpi_rcv_wscale = 10;
  info.tcpi_delivery_rate_app_limited = 1;
  info.tcpi_rto = 204'000;
  info.tcpi_snd_cwnd = 10;
  info.tcpi_total_retrans = 3;
  info.tcpi_max_pacing_rate = ~std::uint64_t{0};
  info.tcpi_min_rtt = 100'000;
  info.tcpi_sndbuf_limited = 5'000'000'000;
  info.tcpi_delivered = 11;
  info.tcpi_bytes_retrans = 4000;
  info.tcpi_snd_wnd = 65'535;
  const std::vector<TcpInfoField> fields = tcp_info_fields(bytes_of(info));
  for (const TcpInfoField& expected : {TcpInfoField{"tcpi_state", 1},
                                       {"tcpi_options", 7},
                                       {"tcpi_snd_wscale", 7},
                                       {"tcpi_rcv_wscale", 10},
                                       {"tcpi_delivery_rate_app_limited", 1},
                                       {"tcpi_fastopen_client_fail", 0},
                                       {"tcpi_rto", 204'000},
                                       {"tcpi_snd_cwnd", 10},
                                       {"tcpi_total_retrans", 3},
                                       {"tcpi_max_pacing_rate", -1},
                                       {"tcpi_min_rtt", 100'000},
                                       {"tcpi_sndbuf_limited", 5'000'000'000},
                                       {"tcpi_delivered", 11},
                                       {"tcpi_bytes_retrans", 4000},
                                       {"tcpi_snd_wnd", 65'535}})
    EXPECT_THAT(fields, Contains(expected));
}

TEST(TcpInfoFields, OfAnOlderKernelAreThoseThatItHas) {
  const tcp_info info{};
  const std::size_t before_rates = offsetof(tcp_info, tcpi_pacing_rate);
  const std::vector<TcpInfoField> fields = tcp_info_fields(bytes_of(info).first(before_rates + 7));
  EXPECT_THAT(fields, Contains(Key("tcpi_total_retrans")));
  EXPECT_THAT(fields, Not(Contains(Key("tcpi_pacing_rate"))));
  EXPECT_TRUE(tcp_info_fields(bytes_of(info).first(7)).empty());
}

}  // namespace
}  // namespace halfopen::drill

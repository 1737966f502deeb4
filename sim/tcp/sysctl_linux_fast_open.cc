// Linux's sysctls of TCP Fast Open (Documentation/networking/ip-sysctl.rst).
#include <charconv>
#include <optional>

#include "sim/tcp/sysctl_rows.h"

namespace halfopen {
namespace {

using std::chrono::seconds;
using enum OsFamily;

// include/net/tcp.h TFO_CLIENT_ENABLE and so on.
constexpr std::int64_t kClient = 0x1;
constexpr std::int64_t kServer = 0x2;
constexpr std::int64_t kClientWithoutCookie = 0x4;
constexpr std::int64_t kServerWithoutCookie = 0x200;
constexpr std::int64_t kEveryListener = 0x400;

template <class T>
std::optional<T> whole(std::string_view text, int base) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

bool set_fast_open(OsProfile& p, std::string_view text) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  const auto bits = whole<std::int32_t>(hex ? text.substr(2) : text, hex ? 16 : 10);
  if (!bits || *bits < 0) return false;
  assign(p.fast_open.client, (*bits & kClient) != 0);
  assign(p.fast_open.server, (*bits & kServer) != 0);
  assign(p.fast_open.client_without_cookie, (*bits & kClientWithoutCookie) != 0);
  assign(p.fast_open.server_without_cookie, (*bits & kServerWithoutCookie) != 0);
  assign(p.fast_open.every_listener, (*bits & kEveryListener) != 0);
  return true;
}

// Four words, each little-endian in the key (net/ipv4/sysctl_net_ipv4.c proc_tcp_fastopen_key). A second key,
// which is for cookies of the time before a change, may follow; the model has one.
bool set_key(OsProfile& p, std::string_view text) {
  FastOpenKey key{.bytes = {}, .is_set = true};
  for (std::size_t word = 0; word < 4; ++word) {
    const std::size_t end = word < 3 ? text.find('-') : text.size();
    const auto value =
        end == std::string_view::npos ? std::nullopt : whole<std::uint32_t>(text.substr(0, end), 16);
    if (!value) return false;
    for (std::size_t byte = 0; byte < 4; ++byte)
      key.bytes[4 * word + byte] = static_cast<std::uint8_t>(*value >> (8 * byte));
    if (word < 3) text.remove_prefix(end + 1);
  }
  p.fast_open.key = key;
  return true;
}

constexpr SysctlRow kRows[] = {
    {.name = {"tcp_fastopen", linux_os,
              "data in the SYN (RFC 7413): 1 client, 2 server, 4 and 0x200 without a cookie, 0x400 every "
              "listener"},
     .set_text = set_fast_open,
     .expected = "bits as a whole number, also in hex: 0x1 client, 0x2 server, 0x4 client without a cookie, "
                 "0x200 server without a cookie, 0x400 every listener"},
    {.name = {"tcp_fastopen_key", linux_os, "secret of the cookies of RFC 7413"},
     .set_text = set_key,
     .expected = "a key of four words in hex: \"a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4\""},
    {{"tcp_fastopen_blackhole_timeout_sec", linux_os, "no data in SYNs for so long after they got lost"},
     time<kFastOpenOf, &FastOpenProfile::pause_of_blackhole, seconds>,
     0,
     kMaxInt},
};

}  // namespace

constexpr std::span<const SysctlRow> kLinuxFastOpenSysctls = kRows;

}  // namespace halfopen

#include "sim/tcp/fast_open.h"

#include <algorithm>
#include <array>

#include "sim/base/siphash.h"

namespace halfopen {
namespace {

constexpr std::size_t kCookieSize = 8;              // Linux: TCP_FASTOPEN_COOKIE_SIZE; FreeBSD: the hash's
constexpr std::uint32_t kMostDoublingsOfPause = 6;  // net/ipv4/tcp_fastopen.c: 2^6 times the timeout

// As whose a cookie is kept.
SocketAddress owner_of(const FastOpenProfile& os, const SocketAddress& server) {
  return {server.ip, os.cookie_by_port ? server.port : std::uint16_t{0}};
}

}  // namespace

std::optional<FastOpenOption> valid_fast_open(const TcpOptions& options) {
  if (!options.has_fast_open()) return std::nullopt;
  const std::optional<FastOpenOption> option = options.fast_open();
  if (!option || option->cookie.empty()) return option;
  const std::size_t size = option->cookie.size();
  return size >= FastOpenCookie::kMin && size % 2 == 0 ? option : std::nullopt;
}

FastOpenCookie make_fast_open_cookie(const FastOpenProfile& os, const FastOpenKey& key,
                                     const IpAddress& client, const IpAddress& server) {
  std::array<std::uint8_t, 32> addresses{};
  std::size_t size = client.size();
  std::copy_n(client.data(), size, addresses.begin());
  if (os.cookie_of_both_ends) {
    std::copy_n(server.data(), server.size(), addresses.begin() + size);
    size += server.size();
  }
  const std::uint64_t hash = siphash24(key.bytes, std::span{addresses}.first(size));
  std::array<std::uint8_t, kCookieSize> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(hash >> (8 * i));
  return FastOpenCookie{bytes};
}

FastOpenCache::Choice FastOpenCache::choose(TimePoint now, const FastOpenProfile& os,
                                            const SocketAddress& server, bool without_cookie) const {
  Choice choice;
  const auto found = servers_.find(owner_of(os, server));
  const Server known = found == servers_.end() ? Server{} : found->second;
  choice.mss = known.mss;
  if (is_paused(now, os) || now < known.paused_until) return choice;
  choice.after_blackhole = blackholes_ > 0;
  choice.may_send_data = without_cookie || os.client_without_cookie || known.known.has_value();
  if (without_cookie || os.client_without_cookie) return choice;
  choice.option =
      known.known.value_or(FastOpenOption{.cookie = {}, .experimental = known.next == Attempt::experimental});
  return choice;
}

void FastOpenCache::learn(TimePoint now, const FastOpenProfile& os, const SocketAddress& server,
                          const Lesson& lesson) {
  Server& known = servers_[owner_of(os, server)];
  if (lesson.mss != 0) known.mss = lesson.mss;
  if (lesson.given) {
    known.known = lesson.given;
    return;
  }
  if (!lesson.refused || (known.known && !os.cookie_each_time)) return;
  known.known.reset();
  if (os.pause_of_path.value > Duration{0}) {
    known.mss = 0;
    known.paused_until = now + os.pause_of_path.value;
    return;
  }
  const Attempt next = lesson.asked_experimental ? Attempt::standard_again : Attempt::experimental;
  known.next = std::max(known.next, next);
}

bool FastOpenCache::is_paused(TimePoint now, const FastOpenProfile& os) const {
  const Duration pause = os.pause_of_blackhole;
  if (blackholes_ == 0 || pause == Duration{0}) return false;
  return now < blackhole_at_ + pause * (std::int64_t{1} << std::min(blackholes_ - 1, kMostDoublingsOfPause));
}

void FastOpenCache::found_blackhole(TimePoint now, const FastOpenProfile& os) {
  if (os.pause_of_blackhole.value == Duration{0}) return;
  ++blackholes_;
  blackhole_at_ = now;
}

}  // namespace halfopen

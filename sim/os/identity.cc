#include "sim/os/identity.h"

#include <chrono>

#include "sim/base/rng.h"

namespace halfopen {
namespace {

// Purposes of the keyed hash: one secret, unrelated results.
enum Purpose : std::uint64_t {
  kIsn = 1,
  kTimestamp = 2,
  kIpId = 3,
  kPort = 4,
  kFastOpen = 5,
  kSynCookie = 6
};

// 4.4BSD-Lite2, netinet/tcp_seq.h TCP_ISSINCR: half of it every slow tick, a quarter for every connection.
constexpr std::uint32_t kIssIncrement = 122 * 1024;

std::uint64_t fold(std::uint64_t hash, const SocketAddress& side) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < side.ip.size(); ++i) {
    word = (word << 8) | side.ip.data()[i];
    if (i % 8 == 7) hash = Rng::mix(hash ^ word);
  }
  return Rng::mix(hash ^ word ^ (std::uint64_t{side.port} << 40));
}

std::uint32_t low32(std::uint64_t value) { return static_cast<std::uint32_t>(value); }

}  // namespace

Identity::Identity(const OsProfile& profile, const OsRules& rules, const TickClock& clock, std::uint64_t seed,
                   std::uint32_t boots, TimePoint booted)
    : profile_{profile},
      rules_{rules},
      clock_{clock},
      secret_{Rng::mix(Rng{seed}.split("identity").next() + boots)},
      booted_{booted},
      port_count_{std::uint32_t{profile.socket.port_last} - profile.socket.port_first + 1},
      port_cursor_{rules.ports_in_order ? 0 : low32(Rng{secret_ ^ kPort}.below(port_count_))} {}

std::uint64_t Identity::keyed_hash(std::uint64_t purpose, const FourTuple& connection) const {
  return fold(fold(secret_ ^ Rng::mix(purpose), connection.local), connection.remote);
}

Seq Identity::initial_sequence(TimePoint now, const FourTuple& connection) {
  const auto since_boot = now - booted_;
  const std::uint32_t born = connections_++;
  switch (profile_.ip.isn) {
    case IsnPolicy::hash_64ns:
      return Seq{low32(keyed_hash(kIsn, connection)) + low32(static_cast<std::uint64_t>(nanos(now)) >> 6)};
    case IsnPolicy::hash_4us:
      return Seq{low32(keyed_hash(kIsn, connection)) + low32(static_cast<std::uint64_t>(nanos(now)) / 4000)};
    case IsnPolicy::counter: {
      const auto ticks = static_cast<std::uint64_t>(clock_.ticks(now) - clock_.ticks(booted_));
      return Seq{low32(secret_) + low32(ticks) * (kIssIncrement / 2) + born * (kIssIncrement / 4)};
    }
    case IsnPolicy::hash_1mbps: {
      counter_jitter_ += 4096 + low32(Rng{secret_ + born}.below(4096));
      const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(since_boot).count();
      return Seq{low32(keyed_hash(kIsn, connection)) + low32(static_cast<std::uint64_t>(micros)) +
                 counter_jitter_};
    }
  }
  return Seq{};
}

std::array<std::uint8_t, 16> Identity::key(std::uint64_t purpose) const {
  std::array<std::uint8_t, 16> bytes;
  Rng random{secret_ ^ purpose};
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.below(256));
  return bytes;
}

FastOpenKey Identity::fast_open_key() const { return {.bytes = key(kFastOpen), .is_set = true}; }

std::array<std::uint8_t, 16> Identity::syn_cookie_key() const { return key(kSynCookie); }

std::uint32_t Identity::timestamp_offset(const FourTuple& connection) const {
  if (rules_.timestamp_offset) return low32(keyed_hash(kTimestamp, connection));
  // The clock starts at 0 when the host boots, not at time zero.
  return 0u - low32(static_cast<std::uint64_t>((booted_ - kTimeZero) / profile_.options.ts_clock.value));
}

std::uint16_t Identity::ip_id(const FourTuple& connection) const {
  return static_cast<std::uint16_t>(keyed_hash(kIpId, connection));
}

std::uint16_t Identity::first_ip_id() const {
  return static_cast<std::uint16_t>(Rng::mix(secret_ ^ Rng::mix(kIpId)));
}

std::uint16_t Identity::next_port() {
  const auto port = static_cast<std::uint16_t>(profile_.socket.port_first + port_cursor_);
  port_cursor_ = (port_cursor_ + 1) % port_count_;
  return port;
}

}  // namespace halfopen

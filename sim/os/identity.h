// What a host makes up so that others cannot guess or confuse: initial sequence numbers, timestamp offsets,
// IP IDs and ephemeral ports, by the OS's policies, all from one seed. A reboot makes a new one.
#pragma once

#include <array>
#include <cstdint>

#include "sim/base/time.h"
#include "sim/os/os_rules.h"
#include "sim/tcp/profile.h"
#include "sim/tcp/tick_clock.h"
#include "sim/wire/address.h"
#include "sim/wire/seq.h"

namespace halfopen {

class Identity {
 public:
  // The `boots`-th boot, at `booted`, of a host with this seed. The references outlive it.
  Identity(const OsProfile& profile, const OsRules& rules, const TickClock& clock, std::uint64_t seed,
           std::uint32_t boots, TimePoint booted);

  // The initial send sequence number of a new connection; counts that connection where the policy counts.
  [[nodiscard]] Seq initial_sequence(TimePoint now, const FourTuple& connection);
  // What to add to the timestamp clock, which counts from time zero.
  [[nodiscard]] std::uint32_t timestamp_offset(const FourTuple& connection) const;
  // The first IP ID of a connection.
  [[nodiscard]] std::uint16_t ip_id(const FourTuple& connection) const;
  // The first IP ID of packets that belong to no connection, and of the global counter.
  [[nodiscard]] std::uint16_t first_ip_id() const;
  // The secret of cookies (RFC 7413) where nobody has set one.
  [[nodiscard]] FastOpenKey fast_open_key() const;
  // The secret of SYN cookies.
  [[nodiscard]] std::array<std::uint8_t, 16> syn_cookie_key() const;
  // The next ephemeral port to try: goes round through the profile's range.
  [[nodiscard]] std::uint16_t next_port();
  [[nodiscard]] std::uint32_t port_count() const { return port_count_; }

 private:
  [[nodiscard]] std::uint64_t keyed_hash(std::uint64_t purpose, const FourTuple& connection) const;
  [[nodiscard]] std::array<std::uint8_t, 16> key(std::uint64_t purpose) const;

  const OsProfile& profile_;
  const OsRules& rules_;
  const TickClock& clock_;
  std::uint64_t secret_;
  TimePoint booted_;
  std::uint32_t connections_ = 0;  // so far, for policies that count
  std::uint32_t counter_jitter_ = 0;
  std::uint32_t port_count_;
  std::uint32_t port_cursor_;
};

}  // namespace halfopen

// SYN cookies: a listener that has no room for another embryo answers a SYN all the same and keeps nothing.
// What it would have to remember goes out with the SYN-ACK and comes back with the last ACK of the handshake
// (RFC 4987 section 3.6). Two forms, SynCookieForm:
// - minute: a check of the addresses and the peer's MSS in the initial sequence number, its other options in
//   the low bits of the timestamp (net/ipv4/syncookies.c).
// - secrets: all in the initial sequence number, a check of 24 bits and eight for the MSS, the window scale,
//   SACK and which secret it was; timestamps are on if the ACK has one (netinet/tcp_syncache.c).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "sim/base/time.h"
#include "sim/tcp/profile.h"
#include "sim/tcp/tick_clock.h"
#include "sim/wire/address.h"
#include "sim/wire/segment.h"

namespace halfopen {

class SynCookieJar {
 public:
  // How long a listener that gave a cookie looks for one in ACKs of no connection (include/net/tcp.h
  // TCP_SYNCOOKIE_VALID).
  static constexpr Duration kValid = std::chrono::minutes{2};

  // `key` keeps others from making cookies. The references outlive it.
  SynCookieJar(const OsProfile& os, const TickClock& clock, const std::array<std::uint8_t, 16>& key)
      : os_{os}, clock_{clock}, key_{key} {}

  struct Answer {
    Segment syn;                   // as far as the answer can hold it
    Seq iss;                       // of the SYN-ACK
    std::uint32_t clock_back = 0;  // steps of the timestamp clock by which its TSval lies behind
  };
  // What answers `syn`, which came to `connection`.
  [[nodiscard]] Answer answer(TimePoint now, const FourTuple& connection, const Segment& syn) const;
  // The SYN of the handshake that `ack` completes; nullopt if it acknowledges no cookie that is still good:
  // of this minute or the one before, of this secret or the one before. `ts_offset` is what the connection
  // adds to the timestamp clock.
  [[nodiscard]] std::optional<Segment> recall(TimePoint now, const FourTuple& connection,
                                              std::uint32_t ts_offset, const Segment& ack) const;

 private:
  [[nodiscard]] Answer answer_of_minute(TimePoint now, const FourTuple& connection, const Segment& syn) const;
  [[nodiscard]] Answer answer_of_secret(TimePoint now, const FourTuple& connection, const Segment& syn) const;
  [[nodiscard]] std::optional<Segment> recall_of_minute(TimePoint now, const FourTuple& connection,
                                                        std::uint32_t ts_offset, const Segment& ack) const;
  [[nodiscard]] std::optional<Segment> recall_of_secret(TimePoint now, const FourTuple& connection,
                                                        const Segment& ack) const;
  // `period`: the minute, or how many secrets were before; `salt`: what else the hash is of.
  [[nodiscard]] std::uint32_t hash(const FourTuple& connection, std::uint32_t period,
                                   std::uint32_t salt) const;
  [[nodiscard]] std::uint32_t option_bits(const Segment& syn) const;
  bool recall_options(std::uint32_t bits, Segment& syn) const;

  const OsProfile& os_;
  const TickClock& clock_;
  std::array<std::uint8_t, 16> key_;
};

}  // namespace halfopen

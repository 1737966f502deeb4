#include "sim/os/syn_cookie.h"

#include <algorithm>
#include <span>

#include "sim/base/siphash.h"
#include "sim/tcp/acc_ecn.h"

namespace halfopen {
namespace {

// A cookie is good in the minute in which it was made and in the next (TCP_SYNCOOKIE_PERIOD,
// MAX_SYNCOOKIE_AGE). The minute is its highest byte, the rest says whether it is one.
constexpr std::uint32_t kMinutesGood = 2;
constexpr int kCheckBits = 24;
constexpr std::uint32_t kCheckMask = (1u << kCheckBits) - 1;
enum Purpose : std::uint8_t { kWhole = 0, kCheck = 1 };

// The low bits of the timestamp: the peer's window scale, 15 for none, and what else was agreed on
// (TS_OPT_WSCALE_MASK and so on).
constexpr std::uint32_t kOptionMask = 0x3f;
constexpr std::uint32_t kScaleMask = 0xf;
constexpr std::uint32_t kSack = 0x10;
constexpr std::uint32_t kEcn = 0x20;
constexpr std::uint8_t kLargestScale = 14;  // RFC 7323 section 2.3

constexpr std::uint8_t kAsksForEcn = tcp_flag::ece | tcp_flag::cwr;

// The segment sizes that a cookie can name (net/ipv4/syncookies.c msstab, net/ipv6/syncookies.c msstab).
using Sizes = std::array<std::uint16_t, 4>;
constexpr Sizes kSizes4{536, 1300, 1440, 1460};
constexpr Sizes kSizes6{1220, 1420, 1440, 8940};

const Sizes& sizes_of(const FourTuple& connection) { return connection.local.ip.is_v6() ? kSizes6 : kSizes4; }

std::uint32_t minute_of(TimePoint now) { return static_cast<std::uint32_t>((now - kTimeZero) / 1min); }

}  // namespace

std::uint32_t SynCookieJar::hash(const FourTuple& connection, std::uint32_t minute,
                                 std::uint8_t purpose) const {
  std::array<std::uint8_t, 48> text{};
  std::size_t size = 0;
  const auto add = [&](std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) text[size++] = static_cast<std::uint8_t>(value >> (8 * i));
  };
  for (const SocketAddress* end : {&connection.remote, &connection.local}) {
    size = static_cast<std::size_t>(std::copy_n(end->ip.data(), end->ip.size(), text.data() + size) -
                                    text.data());
    add(end->port, 2);
  }
  add(minute, 4);
  add(purpose, 1);
  return static_cast<std::uint32_t>(siphash24(key_, std::span{text}.first(size)));
}

std::uint32_t SynCookieJar::option_bits(const Segment& syn) const {
  const auto scale = os_.options.window_scaling ? syn.options.window_scale() : std::nullopt;
  std::uint32_t bits = scale ? std::min(*scale, kLargestScale) : kScaleMask;
  if (os_.options.sack && syn.options.sack_permitted()) bits |= kSack;
  const bool asks_classic = (syn.flags & kAsksForEcn) == kAsksForEcn;
  const bool asks_accurate = grants_acc_ecn(os_.congestion.ecn) && asks_for_acc_ecn(syn);
  if (os_.congestion.ecn.value != EcnUse::off && (asks_classic || asks_accurate)) bits |= kEcn;
  return bits;
}

SynCookieJar::Answer SynCookieJar::answer(TimePoint now, const FourTuple& connection,
                                          const Segment& syn) const {
  Answer answer{.syn = syn, .iss = {}, .clock_back = 0};
  const Sizes& sizes = sizes_of(connection);
  const std::uint16_t offered = syn.options.mss().value_or(sizes.front());
  const auto above = std::upper_bound(sizes.begin() + 1, sizes.end(), offered);
  const auto index = static_cast<std::uint32_t>(above - sizes.begin() - 1);
  const std::uint32_t minute = minute_of(now);
  answer.iss = Seq{hash(connection, 0, kWhole) + syn.seq.wire() + (minute << kCheckBits) +
                   ((hash(connection, minute, kCheck) + index) & kCheckMask)};
  if (os_.options.timestamps && syn.options.has_timestamps()) {
    const std::uint32_t clock = clock_.steps(now, os_.options.ts_clock);
    // The latest instant not after this one whose low bits are the options'.
    answer.clock_back = (clock - option_bits(syn)) & kOptionMask;
  } else {
    answer.syn.options = TcpOptions{};
    if (syn.options.mss()) answer.syn.options.add_mss(offered);
    answer.syn.flags = static_cast<std::uint8_t>(answer.syn.flags & ~kAsksForEcn);
  }
  return answer;
}

std::optional<Segment> SynCookieJar::recall(TimePoint now, const FourTuple& connection,
                                            std::uint32_t ts_offset, const Segment& ack) const {
  const Seq client = ack.seq - 1;
  const std::uint32_t cookie = (ack.ack - 1).wire() - hash(connection, 0, kWhole) - client.wire();
  const std::uint32_t minute = minute_of(now);
  const std::uint32_t age = (minute - (cookie >> kCheckBits)) & 0xff;
  if (age >= kMinutesGood) return std::nullopt;
  const std::uint32_t index = (cookie - hash(connection, minute - age, kCheck)) & kCheckMask;
  const Sizes& sizes = sizes_of(connection);
  if (index >= sizes.size()) return std::nullopt;
  Segment syn;
  syn.source_port = ack.source_port;
  syn.destination_port = ack.destination_port;
  syn.seq = client;
  syn.flags = tcp_flag::syn;
  syn.window = ack.window;
  syn.options.add_mss(sizes[index]);
  if (!ack.options.has_timestamps()) return syn;
  if (!os_.options.timestamps) return std::nullopt;
  const Timestamps& ts = ack.options.timestamps();
  syn.options.add_timestamps({.value = ts.value, .echo = TsVal{0}});
  const std::uint32_t bits = ts.echo.wire() == 0 ? 0 : ts.echo.wire() - ts_offset;
  if (!recall_options(bits, syn)) return std::nullopt;
  // Accurate ECN is recognised by what only its last ACK says (RFC 9768 section 5.1).
  syn.ae = syn.has(tcp_flag::ece) && ace_of(ack) > 1;
  return syn;
}

// False if the bits name what the host does not do: then they are not its own (cookie_timestamp_decode).
bool SynCookieJar::recall_options(std::uint32_t bits, Segment& syn) const {
  if ((bits & kSack) != 0) {
    if (!os_.options.sack) return false;
    syn.options.add_sack_permitted();
  }
  if ((bits & kEcn) != 0 && os_.congestion.ecn.value != EcnUse::off) syn.flags |= kAsksForEcn;
  const std::uint32_t scale = bits & kScaleMask;
  if (scale == kScaleMask) return true;
  if (!os_.options.window_scaling) return false;
  syn.options.add_window_scale(static_cast<std::uint8_t>(scale));
  return true;
}

}  // namespace halfopen

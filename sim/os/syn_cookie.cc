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
enum Purpose : std::uint32_t { kWhole = 0, kCheck = 1 };

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

// The other form: a secret lasts SYNCOOKIE_LIFETIME, and is good as long again. What a cookie can name is in
// tcp_sc_msstab and tcp_sc_wstab; the first scale stands for none. Eight low bits say which.
constexpr Duration kSecretLasts = 15s;
constexpr std::array<std::uint16_t, 8> kSecretSizes{216, 536, 1200, 1360, 1400, 1440, 1452, 1460};
constexpr std::array<std::uint16_t, 8> kSecretScales{0, 0, 1, 2, 4, 6, 7, 8};
constexpr std::uint32_t kBitsMask = 0xff;
constexpr int kScaleShift = 5;
constexpr int kSizeShift = 2;
constexpr std::uint32_t kIndexMask = 7;
constexpr std::uint32_t kSecretSack = 2;
constexpr std::uint32_t kOddSecret = 1;

// The largest entry that is not above `value`, the first if all are.
std::uint32_t index_of(std::span<const std::uint16_t> table, std::uint32_t value) {
  const auto above = std::upper_bound(table.begin() + 1, table.end(), value);
  return static_cast<std::uint32_t>(above - table.begin() - 1);
}

const Sizes& sizes_of(const FourTuple& connection) { return connection.local.ip.is_v6() ? kSizes6 : kSizes4; }

std::uint32_t minute_of(TimePoint now) { return static_cast<std::uint32_t>((now - kTimeZero) / 1min); }
std::uint32_t secret_of(TimePoint now) {
  return static_cast<std::uint32_t>((now - kTimeZero) / kSecretLasts);
}

// A SYN as far as an ACK that completes its handshake tells it.
Segment syn_before(const Segment& ack, std::uint16_t mss) {
  Segment syn;
  syn.source_port = ack.source_port;
  syn.destination_port = ack.destination_port;
  syn.seq = ack.seq - 1;
  syn.flags = tcp_flag::syn;
  syn.window = ack.window;
  syn.options.add_mss(mss);
  return syn;
}

}  // namespace

SynCookieJar::Answer SynCookieJar::answer(TimePoint now, const FourTuple& connection,
                                          const Segment& syn) const {
  return os_.socket.syn_cookie_form.value == SynCookieForm::minute ? answer_of_minute(now, connection, syn)
                                                                   : answer_of_secret(now, connection, syn);
}

std::optional<Segment> SynCookieJar::recall(TimePoint now, const FourTuple& connection,
                                            std::uint32_t ts_offset, const Segment& ack) const {
  return os_.socket.syn_cookie_form.value == SynCookieForm::minute
             ? recall_of_minute(now, connection, ts_offset, ack)
             : recall_of_secret(now, connection, ack);
}

std::uint32_t SynCookieJar::hash(const FourTuple& connection, std::uint32_t period,
                                 std::uint32_t salt) const {
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
  add(period, 4);
  add(salt, 4);
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

SynCookieJar::Answer SynCookieJar::answer_of_minute(TimePoint now, const FourTuple& connection,
                                                    const Segment& syn) const {
  Answer answer{.syn = syn, .iss = {}, .clock_back = 0};
  const Sizes& sizes = sizes_of(connection);
  const std::uint16_t offered = syn.options.mss().value_or(sizes.front());
  const std::uint32_t index = index_of(sizes, offered);
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

std::optional<Segment> SynCookieJar::recall_of_minute(TimePoint now, const FourTuple& connection,
                                                      std::uint32_t ts_offset, const Segment& ack) const {
  const Seq client = ack.seq - 1;
  const std::uint32_t cookie = (ack.ack - 1).wire() - hash(connection, 0, kWhole) - client.wire();
  const std::uint32_t minute = minute_of(now);
  const std::uint32_t age = (minute - (cookie >> kCheckBits)) & 0xff;
  if (age >= kMinutesGood) return std::nullopt;
  const std::uint32_t index = (cookie - hash(connection, minute - age, kCheck)) & kCheckMask;
  const Sizes& sizes = sizes_of(connection);
  if (index >= sizes.size()) return std::nullopt;
  Segment syn = syn_before(ack, sizes[index]);
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

SynCookieJar::Answer SynCookieJar::answer_of_secret(TimePoint now, const FourTuple& connection,
                                                    const Segment& syn) const {
  const auto scale = os_.options.window_scaling ? syn.options.window_scale() : std::nullopt;
  const std::uint32_t secret = secret_of(now);
  std::uint32_t bits = index_of(kSecretSizes, syn.options.mss().value_or(kSecretSizes.front())) << kSizeShift;
  if (scale) bits |= index_of(kSecretScales, *scale) << kScaleShift;
  if (os_.options.sack && syn.options.sack_permitted()) bits |= kSecretSack;
  bits |= secret & kOddSecret;
  const std::uint32_t check = hash(connection, secret, syn.seq.wire() ^ bits);
  // The bits are hidden under others of the check.
  const std::uint32_t cookie = (check & ~kBitsMask) | (bits ^ (check >> kCheckBits));
  return {.syn = syn, .iss = Seq{cookie}, .clock_back = 0};
}

std::optional<Segment> SynCookieJar::recall_of_secret(TimePoint now, const FourTuple& connection,
                                                      const Segment& ack) const {
  const std::uint32_t cookie = (ack.ack - 1).wire();
  const std::uint32_t bits = (cookie & kBitsMask) ^ (cookie >> kCheckBits);
  const std::uint32_t latest = secret_of(now);
  const std::uint32_t secret = latest - ((latest ^ bits) & kOddSecret);
  const std::uint32_t check = hash(connection, secret, (ack.seq - 1).wire() ^ bits);
  if (((cookie ^ check) & ~kBitsMask) != 0) return std::nullopt;
  Segment syn = syn_before(ack, kSecretSizes[bits >> kSizeShift & kIndexMask]);
  const std::uint32_t scale = bits >> kScaleShift & kIndexMask;
  if (scale != 0) syn.options.add_window_scale(static_cast<std::uint8_t>(kSecretScales[scale]));
  if ((bits & kSecretSack) != 0) syn.options.add_sack_permitted();
  if (ack.options.has_timestamps())
    syn.options.add_timestamps({.value = ack.options.timestamps().value, .echo = TsVal{0}});
  return syn;
}

}  // namespace halfopen

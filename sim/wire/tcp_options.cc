#include "sim/wire/tcp_options.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "sim/wire/bytes.h"

namespace halfopen {
namespace {

constexpr std::uint8_t code_of(TcpOptionKind kind) { return static_cast<std::uint8_t>(kind); }

// A known option has one length, or for SACK one of four; 0 and 1 are never right.
bool length_fits(std::uint8_t kind, std::size_t length) {
  switch (static_cast<TcpOptionKind>(kind)) {
    case TcpOptionKind::mss: return length == 4;
    case TcpOptionKind::window_scale: return length == 3;
    case TcpOptionKind::sack_permitted: return length == 2;
    case TcpOptionKind::timestamps: return length == 10;
    case TcpOptionKind::sack: return length == 10 || length == 18 || length == 26 || length == 34;
    default: return length >= 2;
  }
}

constexpr std::uint16_t kFastOpenExperiment = 0xf989;  // RFC 6994 section 4.1
constexpr std::size_t kExperimentHead = 4;             // kind, length, number
constexpr std::size_t kAccEcnField = 3;                // a counter of 24 bits
constexpr std::uint32_t kAccEcnMask = 0xff'ffff;

// Calls `use` with every option but the fillers and where it begins, up to the end of the list. `pass` is
// called with one whose length is not its kind's, and says whether to go on behind it. Returns where the walk
// ended early.
template <class Use, class Pass>
std::optional<std::size_t> walk(std::span<const std::uint8_t> wire, Use use, Pass pass) {
  if (wire.size() > TcpOptions::kMaxBytes) return TcpOptions::kMaxBytes;
  std::size_t at = 0;
  while (at < wire.size() && wire[at] != code_of(TcpOptionKind::end)) {
    if (wire[at] == code_of(TcpOptionKind::nop)) {
      ++at;
      continue;
    }
    if (at + 1 >= wire.size()) return at;
    const std::size_t length = wire[at + 1];
    if (length < 2 || length > wire.size() - at) return at;
    if (length_fits(wire[at], length)) {
      use(wire.subspan(at, length), at);
    } else if (!pass(at, length)) {
      return at;
    }
    at += length;
  }
  return std::nullopt;
}

constexpr auto kStop = [](std::size_t, std::size_t) { return false; };

}  // namespace

std::optional<TcpOptions> TcpOptions::parse(std::span<const std::uint8_t> wire, std::size_t* fault) {
  TcpOptions options;
  const auto found = walk(
      wire, [&](std::span<const std::uint8_t> option, std::size_t at) { options.decode(option, at); }, kStop);
  if (found) {
    if (fault != nullptr) *fault = *found;
    return std::nullopt;
  }
  std::copy(wire.begin(), wire.end(), options.wire_.begin());
  options.size_ = static_cast<std::uint8_t>(wire.size());
  return options;
}

TcpOptions TcpOptions::read(std::span<const std::uint8_t> wire, std::size_t whole) {
  TcpOptions options;
  whole = std::min(whole, kMaxBytes);
  wire = wire.first(std::min(wire.size(), whole));
  std::copy(wire.begin(), wire.end(), options.wire_.begin());
  const auto use = [&](std::span<const std::uint8_t> option, std::size_t at) { options.decode(option, at); };
  const auto pass = [&](std::size_t at, std::size_t length) {
    std::fill_n(options.wire_.begin() + static_cast<std::ptrdiff_t>(at), length, code_of(TcpOptionKind::nop));
    return true;
  };
  const std::size_t end = walk(wire, use, pass).value_or(wire.size());
  std::fill(options.wire_.begin() + static_cast<std::ptrdiff_t>(end),
            options.wire_.begin() + static_cast<std::ptrdiff_t>(whole), code_of(TcpOptionKind::end));
  options.size_ = static_cast<std::uint8_t>(whole);
  return options;
}

std::optional<std::size_t> TcpOptions::find_fault(std::span<const std::uint8_t> wire) {
  return walk(
      wire, [](std::span<const std::uint8_t>, std::size_t) {}, kStop);
}

std::optional<std::uint8_t> TcpOptions::find_window_scale(std::span<const std::uint8_t> wire) {
  std::optional<std::uint8_t> scale;
  const auto use = [&](std::span<const std::uint8_t> option, std::size_t) {
    if (option[0] == code_of(TcpOptionKind::window_scale)) scale = option[2];
  };
  walk(wire, use, [](std::size_t, std::size_t) { return true; });
  return scale;
}

void TcpOptions::decode(std::span<const std::uint8_t> option, std::size_t at) {
  const std::uint8_t* value = option.data() + 2;
  switch (static_cast<TcpOptionKind>(option[0])) {
    case TcpOptionKind::mss:
      mss_ = wire::get16(value);
      present_ |= kMss;
      break;
    case TcpOptionKind::window_scale:
      scale_ = value[0];
      present_ |= kScale;
      break;
    case TcpOptionKind::sack_permitted: present_ |= kSackOk; break;
    case TcpOptionKind::timestamps:
      ts_ = {TsVal{wire::get32(value)}, TsVal{wire::get32(value + 4)}};
      present_ |= kTs;
      break;
    case TcpOptionKind::sack:
      sack_count_ = static_cast<std::uint8_t>((option.size() - 2) / 8);
      for (std::size_t i = 0; i < sack_count_; ++i) {
        const Seq start{wire::get32(value + 8 * i)};
        sack_[i] = {start, distance(start, Seq{wire::get32(value + 8 * i + 4)})};
      }
      break;
    case TcpOptionKind::experiment:
      if (option.size() < kExperimentHead || wire::get16(value) != kFastOpenExperiment) break;
      [[fallthrough]];
    case TcpOptionKind::fast_open:
      fast_open_at_ = static_cast<std::uint8_t>(at);
      present_ |= kFastOpen;
      break;
    case TcpOptionKind::acc_ecn_ect0_first:
    case TcpOptionKind::acc_ecn_ect1_first:
      acc_ecn_at_ = static_cast<std::uint8_t>(at);
      present_ |= kAccEcn;
      break;
    default: break;
  }
}

std::optional<FastOpenOption> TcpOptions::fast_open() const {
  if (!has(kFastOpen)) return std::nullopt;
  const bool experimental = wire_[fast_open_at_] == code_of(TcpOptionKind::experiment);
  const std::size_t head = experimental ? kExperimentHead : 2;
  const std::span<const std::uint8_t> bytes =
      wire().subspan(fast_open_at_ + head, wire_[fast_open_at_ + 1] - head);
  if (bytes.size() > FastOpenCookie::kMax) return std::nullopt;
  return FastOpenOption{.cookie = FastOpenCookie{bytes}, .experimental = experimental};
}

std::optional<AccEcnOption> TcpOptions::acc_ecn() const {
  if (!has(kAccEcn)) return std::nullopt;
  const std::uint8_t* at = wire_.data() + acc_ecn_at_;
  AccEcnOption option{.ect1_first = at[0] == code_of(TcpOptionKind::acc_ecn_ect1_first),
                      .count = static_cast<std::uint8_t>(
                          std::min(static_cast<std::size_t>(at[1] - 2) / kAccEcnField, AccEcnOption::kMost)),
                      .counters = {}};
  for (std::size_t i = 0; i < option.count; ++i)
    option.counters[i] = wire::get32(at + 1 + kAccEcnField * i) & kAccEcnMask;
  return option;
}

std::uint8_t* TcpOptions::grow(std::size_t bytes) {
  assert(size_ + bytes <= kMaxBytes);
  std::uint8_t* at = wire_.data() + size_;
  size_ = static_cast<std::uint8_t>(size_ + bytes);
  return at;
}

void TcpOptions::add_nop() { *grow(1) = code_of(TcpOptionKind::nop); }

void TcpOptions::add_mss(std::uint16_t mss) {
  std::uint8_t* at = grow(4);
  at[0] = code_of(TcpOptionKind::mss);
  at[1] = 4;
  wire::put16(at + 2, mss);
  mss_ = mss;
  present_ |= kMss;
}

void TcpOptions::add_window_scale(std::uint8_t shift) {
  std::uint8_t* at = grow(3);
  at[0] = code_of(TcpOptionKind::window_scale);
  at[1] = 3;
  at[2] = shift;
  scale_ = shift;
  present_ |= kScale;
}

void TcpOptions::add_sack_permitted() {
  std::uint8_t* at = grow(2);
  at[0] = code_of(TcpOptionKind::sack_permitted);
  at[1] = 2;
  present_ |= kSackOk;
}

void TcpOptions::add_timestamps(Timestamps ts) {
  std::uint8_t* at = grow(10);
  at[0] = code_of(TcpOptionKind::timestamps);
  at[1] = 10;
  wire::put32(at + 2, ts.value.wire());
  wire::put32(at + 6, ts.echo.wire());
  ts_ = ts;
  present_ |= kTs;
}

void TcpOptions::add_sack(std::span<const SeqSpan> blocks) {
  assert(!blocks.empty() && blocks.size() <= kMaxSack);
  std::uint8_t* at = grow(2 + 8 * blocks.size());
  at[0] = code_of(TcpOptionKind::sack);
  at[1] = static_cast<std::uint8_t>(2 + 8 * blocks.size());
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    wire::put32(at + 2 + 8 * i, blocks[i].start.wire());
    wire::put32(at + 6 + 8 * i, blocks[i].end().wire());
    sack_[i] = blocks[i];
  }
  sack_count_ = static_cast<std::uint8_t>(blocks.size());
}

void TcpOptions::add_fast_open(const FastOpenOption& option) {
  const std::span<const std::uint8_t> cookie = option.cookie.bytes();
  const std::size_t head = option.experimental ? kExperimentHead : 2;
  fast_open_at_ = size_;
  std::uint8_t* at = grow(head + cookie.size());
  at[0] = code_of(option.experimental ? TcpOptionKind::experiment : TcpOptionKind::fast_open);
  at[1] = static_cast<std::uint8_t>(head + cookie.size());
  if (option.experimental) wire::put16(at + 2, kFastOpenExperiment);
  std::copy(cookie.begin(), cookie.end(), at + head);
  present_ |= kFastOpen;
}

void TcpOptions::add_acc_ecn(const AccEcnOption& option) {
  const std::size_t size = 2 + kAccEcnField * option.count;
  acc_ecn_at_ = size_;
  std::uint8_t* at = grow(size);
  at[0] = code_of(option.ect1_first ? TcpOptionKind::acc_ecn_ect1_first : TcpOptionKind::acc_ecn_ect0_first);
  at[1] = static_cast<std::uint8_t>(size);
  for (std::size_t i = 0; i < option.count; ++i) {
    at[2 + kAccEcnField * i] = static_cast<std::uint8_t>(option.counters[i] >> 16);
    wire::put16(at + 3 + kAccEcnField * i, option.counters[i] & 0xffff);
  }
  present_ |= kAccEcn;
}

void TcpOptions::pad() {
  while (size_ % 4 != 0) *grow(1) = code_of(TcpOptionKind::end);
}

}  // namespace halfopen

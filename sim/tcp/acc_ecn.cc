#include "sim/tcp/acc_ecn.h"

#include <algorithm>

namespace halfopen {
namespace {

constexpr std::uint8_t kEct1 = 1, kEct0 = 2, kCe = 3;
constexpr std::array<std::uint8_t, 3> kEct1First{kEct1, kCe, kEct0};
constexpr std::array<std::uint8_t, 3> kEct0First{kEct0, kCe, kEct1};

constexpr std::uint32_t kCounterMask = 0xff'ffff;
// Counters begin with these (RFC 9768 section 3.2.1).
constexpr std::uint32_t first_count(std::uint8_t mark) { return mark == kCe ? 0 : 1; }

constexpr int kOptionHead = 2;
constexpr int kFieldSize = 3;
constexpr std::size_t kBlockSize = 8;  // of SACK

constexpr std::uint32_t kAceMask = 7;
constexpr unsigned kSafetyShift = 1;  // TCP_ACCECN_SAFETY_SHIFT

}  // namespace

std::uint8_t ace_of(const Segment& segment) {
  return static_cast<std::uint8_t>((segment.ae ? 4 : 0) | (segment.has(tcp_flag::cwr) ? 2 : 0) |
                                   (segment.has(tcp_flag::ece) ? 1 : 0));
}

void set_ace(Segment& segment, std::uint8_t ace) {
  const int bits = ((ace & 2) != 0 ? tcp_flag::cwr : 0) | ((ace & 1) != 0 ? tcp_flag::ece : 0);
  segment.flags = static_cast<std::uint8_t>((segment.flags & ~(tcp_flag::cwr | tcp_flag::ece)) | bits);
  segment.ae = (ace & 4) != 0;
}

std::uint8_t ace_for_mark(std::uint8_t mark) {
  constexpr std::array<std::uint8_t, 4> kAce{2, 3, 4, 6};
  return kAce[mark & ip_ecn::mask];
}

std::uint8_t mark_behind_ace(std::uint8_t ace) {
  constexpr std::array<std::uint8_t, 8> kMark{kEct0, kEct1, 0, kEct1, kEct0, kEct1, kCe, kEct1};
  return kMark[ace & kAceMask];
}

bool asks_for_acc_ecn(const Segment& syn) {
  const std::uint8_t ace = ace_of(syn);
  return ace != 0 && ace != 3;
}

AccEcnFit fit_acc_ecn(int least, std::size_t room, std::size_t blocks, std::size_t saving) {
  std::size_t kept = blocks;
  int fields = static_cast<int>(AccEcnOption::kMost);
  while (true) {
    const auto whole = static_cast<std::size_t>(kOptionHead + kFieldSize * fields);
    const std::size_t over = whole % 4;
    const std::size_t size = whole - over + (over > saving ? 4u : 0u);
    if (size <= room) return {.fields = fields, .blocks = kept, .size = size};
    if (fields > least) {
      --fields;
    } else if (least > 0 && kept > 2) {
      --kept;
      room += kBlockSize;
      fields = static_cast<int>(AccEcnOption::kMost);
    } else {
      return {.fields = -1, .blocks = blocks, .size = 0};
    }
  }
}

bool AccEcn::take_packet(std::uint8_t mark, std::uint32_t bytes) {
  mark &= ip_ecn::mask;
  const bool is_ce = mark == kCe;
  if (is_ce) {
    ++received_ce_;
    pending_ce_ = static_cast<std::uint8_t>(std::min(pending_ce_ + 1, 15));
  }
  if (mark != 0 && bytes > 0) {
    std::uint32_t& count = received_[mark - 1u];
    const std::uint32_t before = count;
    count += bytes;
    const auto place = std::find(kEct1First.begin(), kEct1First.end(), mark) - kEct1First.begin();
    least_fields_ = std::max(least_fields_, static_cast<std::uint8_t>(place + 1));
    // The counter's 24 bits must not wrap unseen (section 3.2.3.3): every four megabytes are told of.
    if (((count ^ before) >> 22) != 0) demand(1);
  }
  const bool is_other = last_mark_ != mark;
  if (is_other || is_ce) {
    last_mark_ = mark;
    demand_ = 2;
  }
  return is_other;
}

void AccEcn::look_at_first_option(const AccEcnOption& option) {
  if (seen_ >= Seen::counters) return;
  if (option.count == 0) {
    seen_ = Seen::empty;
    return;
  }
  const bool zeroed =
      option.counters[0] == 0 || (option.count == AccEcnOption::kMost && option.counters[2] == 0);
  seen_ = zeroed ? Seen::zeroed : Seen::counters;
}

// The sender's counters as the option has them. True if they tell how many of `bytes` were marked.
bool AccEcn::take_option(const AccEcnOption* option, std::uint32_t bytes) {
  if (seen_ == Seen::zeroed) return false;
  if (option == nullptr) {
    // Between options what was delivered is taken to bear the mark of the last ones.
    if (seen_ == Seen::nothing || estimated_mark_ == 0) return false;
    delivered_[estimated_mark_ - 1u] += bytes;
    return true;
  }
  look_at_first_option(*option);
  if (seen_ == Seen::zeroed) return false;
  const std::uint8_t estimate = estimated_mark_;
  bool tells = estimate != 0;
  bool one_changed = false, ambiguous = false;
  for (std::size_t i = 0; i < option->count; ++i) {
    const std::uint8_t mark = (option->ect1_first ? kEct1First : kEct0First)[i];
    std::uint32_t& count = delivered_[mark - 1u];
    std::uint32_t delta = (option->counters[i] - first_count(mark) - count) & kCounterMask;
    const bool back = (delta & 0x80'0000) != 0;
    if (back) delta |= ~kCounterMask;  // an older option: the counter goes back
    count += delta;
    if (delta == 0) continue;
    if (back) ambiguous = true;
    if (mark == estimate) continue;
    ambiguous = ambiguous || one_changed;
    if (!one_changed) estimated_mark_ = mark;
    one_changed = true;
  }
  if (!ambiguous) return tells;
  estimated_mark_ = 0;
  return false;
}

std::uint32_t AccEcn::take_ack(std::uint8_t ace, const AccEcnOption* option, const Acked& acked) {
  const std::uint32_t ce_bytes_before = delivered_[kCe - 1u];
  const bool tells = take_option(option, acked.bytes);
  const std::uint32_t delta = (ace - kFirstCe - acked.ce_before) & kAceMask;
  if (acked.packets <= kAceMask) return delta;
  // ACE may have wrapped: as often as the packets allow, unless the bytes say otherwise.
  const std::uint32_t safe = acked.packets - ((acked.packets - delta) & kAceMask);
  if (!tells) return safe;
  const std::uint32_t ce_bytes = delivered_[kCe - 1u] - ce_bytes_before;
  if (ce_bytes == 0) return delta;
  if (acked.packets >= 2 * (kAceMask + 1) && acked.steady) {
    if (acked.bytes <= ce_bytes) return safe;
    const std::uint64_t marked = (std::uint64_t{ce_bytes} * acked.packets + acked.bytes - 1) / acked.bytes;
    return std::min(safe, delta + (static_cast<std::uint32_t>(marked) & ~kAceMask));
  }
  if (ce_bytes > delta * acked.mss) return safe;
  if (ce_bytes < safe * acked.mss >> kSafetyShift) return delta;
  return safe;
}

AccEcnOption AccEcn::option(int fields) const {
  AccEcnOption option = first_option(fields);
  for (std::size_t i = 0; i < option.count; ++i)
    option.counters[i] = (option.counters[i] + received_[kEct1First[i] - 1u]) & kCounterMask;
  return option;
}

AccEcnOption AccEcn::first_option(int fields) {
  AccEcnOption option{.ect1_first = true, .count = static_cast<std::uint8_t>(fields), .counters = {}};
  for (std::size_t i = 0; i < option.count; ++i) option.counters[i] = first_count(kEct1First[i]);
  return option;
}

void AccEcn::note_option_sent(TimePoint now) {
  least_fields_ = 0;
  option_sent_ = now;
  if (demand_ > 0) --demand_;
}

}  // namespace halfopen

#include "capture/compare/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "capture/note/text.h"
#include "capture/tell/rung.h"
#include "sim/wire/icmp.h"

namespace halfopen::compare {
namespace {

constexpr std::array<std::string_view, kFields> kNames{"flags",  "psh",    "seq",     "length",  "ack",
                                                       "window", "urgent", "options", "payload", "ttl",
                                                       "df",     "tos",    "icmp",    "mtu",     "quoted"};
static_assert(!kNames.back().empty());

constexpr std::uint8_t kSoftFlags = tcp_flag::psh | tcp_flag::ece | tcp_flag::cwr | tcp_flag::urg;
constexpr std::size_t kShownBytes = 16;

// The pieces of one step, seen as one segment.
struct Whole {
  std::span<const TraceEvent> pieces;
  const TraceEvent& first;
  const TraceEvent& last;

  explicit Whole(std::span<const TraceEvent> events)
      : pieces{events}, first{events.front()}, last{events.back()} {}
  [[nodiscard]] std::uint8_t flags() const {
    std::uint8_t all = 0;
    for (const TraceEvent& piece : pieces) all |= piece.packet.segment()->flags;
    return all;
  }
  [[nodiscard]] std::uint32_t length() const {
    std::uint32_t sum = 0;
    for (const TraceEvent& piece : pieces) sum += piece.payload();
    return sum;
  }
};

class Changes {
 public:
  template <class Value>
  void add(Field field, const Value& a, const Value& b) {
    if (a != b) list_.push_back({field, fmt::format("{}", a), fmt::format("{}", b)});
  }
  void add_text(Field field, std::string a, std::string b) {
    list_.push_back({field, std::move(a), std::move(b)});
  }
  [[nodiscard]] std::vector<FieldChange> take() { return std::move(list_); }

 private:
  std::vector<FieldChange> list_;
};

// Reads a step's payload from front to end, as far as it was captured.
class PayloadCursor {
 public:
  explicit PayloadCursor(std::span<const TraceEvent> pieces) : pieces_{pieces} {}
  // The next bytes in one piece; empty at the end of what is known.
  [[nodiscard]] std::span<const std::uint8_t> peek() {
    while (piece_ < pieces_.size()) {
      const TraceEvent& event = pieces_[piece_];
      const auto& slices = event.packet.segment()->payload.slices();
      if (at_ >= event.payload_captured) {
        if (event.payload_captured < event.payload()) return {};  // a gap: what follows is not comparable
        ++piece_;
        at_ = 0;
        continue;
      }
      const std::uint32_t known = event.payload_captured - at_;
      if (at_ < slices[0].length) {
        const auto bytes = slices[0].bytes().subspan(at_);
        return bytes.first(std::min<std::size_t>(bytes.size(), known));
      }
      const auto bytes = slices[1].bytes().subspan(at_ - slices[0].length);
      return bytes.first(std::min<std::size_t>(bytes.size(), known));
    }
    return {};
  }
  void skip(std::size_t count) { at_ += static_cast<std::uint32_t>(count); }

 private:
  std::span<const TraceEvent> pieces_;
  std::size_t piece_ = 0;
  std::uint32_t at_ = 0;
};

std::string shown(std::span<const std::uint8_t> bytes, std::size_t at) {
  const auto part = bytes.subspan(at, std::min(bytes.size() - at, kShownBytes));
  return quoted({reinterpret_cast<const char*>(part.data()), part.size()});
}

void compare_payload(std::span<const TraceEvent> a, std::span<const TraceEvent> b, Changes& changes) {
  PayloadCursor in_a{a};
  PayloadCursor in_b{b};
  std::size_t offset = 0;
  for (auto x = in_a.peek(), y = in_b.peek(); !x.empty() && !y.empty(); x = in_a.peek(), y = in_b.peek()) {
    const std::size_t count = std::min(x.size(), y.size());
    const auto differs = std::mismatch(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(count), y.begin());
    const auto at = static_cast<std::size_t>(differs.first - x.begin());
    if (at < count) {
      const std::string place = fmt::format("byte {} on: ", offset + at);
      changes.add_text(Field::payload, place + shown(x, at), shown(y, at));
      return;
    }
    in_a.skip(count);
    in_b.skip(count);
    offset += count;
  }
}

bool is_configuration(std::uint8_t kind) {
  return kind == static_cast<std::uint8_t>(TcpOptionKind::mss) ||
         kind == static_cast<std::uint8_t>(TcpOptionKind::window_scale);
}

// Kinds and order; values only where they are part of the conversation. "mss", "TS", "sack {1:15}".
std::string options_signature(const TraceEvent& event) {
  std::string text;
  std::span<const std::uint8_t> wire = event.packet.segment()->options.wire();
  const TcpOptions& options = event.packet.segment()->options;
  while (!wire.empty()) {
    const bool is_single = wire[0] <= static_cast<std::uint8_t>(TcpOptionKind::nop);
    const std::size_t length = is_single ? 1 : wire[1];
    if (!text.empty()) text += ',';
    if (is_configuration(wire[0])) {
      text += wire[0] == static_cast<std::uint8_t>(TcpOptionKind::mss) ? "mss" : "wscale";
    } else if (wire[0] == static_cast<std::uint8_t>(TcpOptionKind::timestamps)) {
      text += "TS";
    } else {
      text += option_text(wire.first(length), options, event.flow);
    }
    if (wire[0] == static_cast<std::uint8_t>(TcpOptionKind::end)) break;
    wire = wire.subspan(length);
  }
  return text.empty() ? "none" : text;
}

// Equal within one unit of the larger scale; a scale that is not known leaves nothing to compare.
void compare_window(const Whole& a, const Whole& b, Changes& changes) {
  if (!a.first.flow.window_is_scaled || !b.first.flow.window_is_scaled) return;
  const std::uint32_t x = a.last.flow.window;
  const std::uint32_t y = b.last.flow.window;
  const std::uint32_t unit = std::max(a.last.window_unit, b.last.window_unit);
  const bool one_is_closed = (x == 0) != (y == 0);
  const std::uint32_t apart = x < y ? y - x : x - y;
  if (apart >= unit || (one_is_closed && apart > 0)) changes.add(Field::window, x, y);
}

void compare_ip(const TraceEvent& a, const TraceEvent& b, Changes& changes) {
  changes.add(Field::ttl, a.packet.ip.hop_limit, b.packet.ip.hop_limit);
  if (!a.packet.ip.source.is_v6() && !b.packet.ip.source.is_v6()) {
    changes.add(Field::df, a.packet.ip.dont_fragment, b.packet.ip.dont_fragment);
  }
  changes.add(Field::traffic_class, a.packet.ip.traffic_class, b.packet.ip.traffic_class);
}

std::string icmp_name(const IcmpMessage& icmp, bool v6) {
  const auto kind = kind_of({icmp.type, icmp.code}, v6);
  return kind ? std::string{to_string(*kind)} : fmt::format("type {} code {}", icmp.type, icmp.code);
}

std::string quote_name(const TraceEvent& event) {
  if (!event.quoted) return "none";
  return fmt::format("{} {}", event.is_quote_from_client ? "client" : "server", *event.quoted);
}

void compare_icmp(const TraceEvent& a, const TraceEvent& b, Changes& changes) {
  const IcmpMessage& x = *a.packet.icmp();
  const IcmpMessage& y = *b.packet.icmp();
  changes.add(Field::icmp, icmp_name(x, a.packet.ip.source.is_v6()),
              icmp_name(y, b.packet.ip.source.is_v6()));
  const auto kind = kind_of({x.type, x.code}, a.packet.ip.source.is_v6());
  if (kind == IcmpKind::fragmentation_needed) changes.add(Field::mtu, x.rest, y.rest);
  changes.add(Field::quoted, quote_name(a), quote_name(b));
}

void compare_segments(const Whole& a, const Whole& b, Changes& changes) {
  const auto without_psh = [](const Whole& whole) {
    return flags_text(static_cast<std::uint8_t>(whole.flags() & ~tcp_flag::psh));
  };
  const auto has_psh = [](const Whole& whole) {
    return (whole.flags() & tcp_flag::psh) != 0 ? "set" : "not set";
  };
  changes.add(Field::flags, without_psh(a), without_psh(b));
  changes.add(Field::psh, std::string_view{has_psh(a)}, std::string_view{has_psh(b)});
  changes.add(Field::seq, a.first.flow.seq, b.first.flow.seq);
  changes.add(Field::length, a.length(), b.length());
  changes.add(Field::ack, a.last.flow.ack, b.last.flow.ack);
  compare_window(a, b, changes);
  changes.add(Field::urgent, a.last.packet.segment()->urgent, b.last.packet.segment()->urgent);
  if (a.first.header_captured && b.first.header_captured) {
    changes.add(Field::options, options_signature(a.first), options_signature(b.first));
  }
  if (a.length() == b.length()) compare_payload(a.pieces, b.pieces, changes);
}

bool agrees(Tlp a, Tlp b) { return a == b || a == Tlp::unknown || b == Tlp::unknown; }

bool same_icmp(const TraceEvent& a, const TraceEvent& b) {
  const IcmpMessage& x = *a.packet.icmp();
  const IcmpMessage& y = *b.packet.icmp();
  return x.type == y.type && x.code == y.code && a.quoted == b.quoted &&
         a.is_quote_from_client == b.is_quote_from_client;
}

std::uint8_t hard_flags(const TraceEvent& event) {
  return static_cast<std::uint8_t>(event.packet.segment()->flags & ~kSoftFlags);
}

}  // namespace

std::string_view to_string(Field field) { return kNames[static_cast<std::size_t>(field)]; }

std::vector<FieldChange> changed_fields(std::span<const TraceEvent> a, std::span<const TraceEvent> b) {
  Changes changes;
  if (a.front().stream == Stream::icmp) {
    compare_icmp(a.front(), b.front(), changes);
  } else {
    compare_segments(Whole{a}, Whole{b}, changes);
  }
  compare_ip(a.front(), b.front(), changes);
  return changes.take();
}

bool is_same_step(const TraceEvent& a, const TraceEvent* next_a, const TraceEvent& b,
                  const TraceEvent* next_b) {
  if (a.stream == Stream::icmp) return same_icmp(a, b);
  return hard_flags(a) == hard_flags(b) && a.flow.seq == b.flow.seq && a.payload() == b.payload() &&
         a.flow.ack == b.flow.ack && agrees(is_tail_loss_probe(a, next_a), is_tail_loss_probe(b, next_b));
}

int dissimilarity(const TraceEvent& a, const TraceEvent* next_a, const TraceEvent& b,
                  const TraceEvent* next_b) {
  if (a.stream == Stream::icmp) return same_icmp(a, b) ? 0 : 8;
  int cost = 0;
  if (hard_flags(a) != hard_flags(b)) cost += 9;
  if (a.flow.seq != b.flow.seq) cost += a.payload() == 0 && b.payload() == 0 ? 5 : 9;
  if (a.payload() != b.payload()) cost += a.payload() == 0 || b.payload() == 0 ? 9 : 4;
  if (a.flow.ack != b.flow.ack) cost += 5;
  if (!agrees(is_tail_loss_probe(a, next_a), is_tail_loss_probe(b, next_b))) cost += 12;
  return cost;
}

std::string rung_text(std::span<const TraceEvent> events) {
  const TraceEvent& first = events.front();
  if (first.stream == Stream::icmp) {
    const std::string quote = first.quoted ? fmt::format(" [{}]", quote_name(first)) : std::string{};
    return fmt::format("router > {}  icmp: {}{}", first.is_quote_from_client ? "client" : "server",
                       icmp_name(*first.packet.icmp(), first.packet.ip.source.is_v6()), quote);
  }
  const Whole whole{events};
  const char* ends = first.stream == Stream::from_client ? "client > server" : "server > client";
  std::string text = fmt::format("{}  {:<3}  {}:{}({})", ends, flags_text(whole.flags()), first.flow.seq,
                                 first.flow.seq + whole.length(), whole.length());
  if (first.has(tcp_flag::ack)) text += fmt::format("  ack {}", whole.last.flow.ack);
  text += fmt::format("  win {}", whole.last.flow.window);
  const std::string options = options_signature(first);
  if (first.header_captured && options != "none") text += fmt::format("  <{}>", options);
  if (events.size() > 1) text += fmt::format("  ({} pieces)", events.size());
  return text;
}

}  // namespace halfopen::compare

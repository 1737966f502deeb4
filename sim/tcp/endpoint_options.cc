// The options of what is sent, and the room that they leave for data.
#include <algorithm>
#include <utility>

#include "sim/tcp/endpoint.h"

namespace halfopen {
namespace {

constexpr std::size_t kSackPadding = 2;  // NOPs, so that the blocks begin on a word
constexpr std::size_t kSackHead = kSackPadding + 2;
constexpr std::size_t kSackBlock = 8;
constexpr std::size_t kTimestamps = 12;  // with two NOPs

// With its padding.
std::size_t fast_open_size(const FastOpenOption& option) {
  return (option.cookie.size() + (option.experimental ? 4 : 2) + 3) / 4 * 4;
}

// Takes the FIN that ends at `end` out of the block that has it; one that held nothing else goes. Returns how
// many there are.
std::size_t without_fin(std::span<SeqSpan> blocks, Seq end) {
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (blocks[i].end() != end) continue;
    if (--blocks[i].length > 0) break;
    std::move(blocks.begin() + static_cast<std::ptrdiff_t>(i) + 1, blocks.end(),
              blocks.begin() + static_cast<std::ptrdiff_t>(i));
    return blocks.size() - 1;
  }
  return blocks.size();
}

}  // namespace

void Endpoint::add_syn_options(TimePoint now, Segment& segment) {
  const OptionsProfile& mine = os().options;
  // Only what the peer offered.
  const bool answering = state_ == State::syn_received && (passive_ || !mine.crossing_syn_ack_offers);
  const bool plain = options_.no_options;
  const bool asks = !plain && !sends_bare_syn();
  const bool ts = answering ? ts_ok_ : mine.timestamps.value && asks;
  const bool sack = answering ? sack_ok_ : mine.sack.value && asks;
  const bool scale = answering ? scale_ok_ : mine.window_scaling.value && asks;
  bool acc_ecn_waits = answering && acc_ecn_ != nullptr && offers_acc_ecn_option();
  // Accurate ECN's stands before the options that are padded: it may fill their padding.
  const auto add_acc_ecn = [&] {
    if (!std::exchange(acc_ecn_waits, false)) return;
    const bool pads_sack = sack && !ts;
    const bool fast = fast_open_ != nullptr && fast_open_->option;
    const std::size_t others = 4u + (ts ? kTimestamps : 0) + (pads_sack ? 4 : 0) + (scale ? 4 : 0) +
                               (fast ? fast_open_size(*fast_open_->option) : 0);
    const AccEcnFit fit = fit_acc_ecn(0, TcpOptions::kMaxBytes - others, 0,
                                      pads_sack ? kSackPadding
                                      : scale   ? 1u
                                                : 0u);
    if (fit.fields >= 0) segment.options.add_acc_ecn(AccEcn::first_option(fit.fields));
  };
  for (OptionSlot slot : mine.syn_layout.value) {
    // NOPs let each option end on a word; SACK-permitted shares its word with the timestamps that follow.
    const auto align = [&](std::size_t size) {
      while ((segment.options.wire().size() + size) % 4 != 0) segment.options.add_nop();
    };
    switch (slot) {
      case OptionSlot::mss: {
        if (plain) break;
        // What an ICMP error said of the path counts, too (net/ipv4/route.c ipv4_default_advmss;
        // netinet/tcp_input.c tcp_mssopt).
        const std::uint32_t mss = std::min(offered_mss(), path_mtu_ - header_size());
        segment.options.add_mss(static_cast<std::uint16_t>(mss));
        break;
      }
      case OptionSlot::window_scale:
        add_acc_ecn();
        if (!scale) break;
        align(3);
        segment.options.add_window_scale(window_.scale());
        break;
      case OptionSlot::sack_permitted:
        if (!sack) break;
        if (!ts) add_acc_ecn();
        if (!ts && mine.aligns_sack_permitted) align(2);
        segment.options.add_sack_permitted();
        break;
      case OptionSlot::timestamps:
        if (!ts) break;
        align(10);
        segment.options.add_timestamps({.value = ts_now(now), .echo = gate_.recent()});
        break;
      case OptionSlot::none: break;
    }
  }
  // As the list of an established connection, one with Accurate ECN's option ends with no-operations.
  while (acc_ecn_ != nullptr && segment.options.wire().size() % 4 != 0) segment.options.add_nop();
  if (fast_open_ != nullptr && fast_open_->option) {
    segment.options.add_fast_open(*fast_open_->option);
    fast_open_->option.reset();
    while (os().fast_open.nop_padding && segment.options.wire().size() % 4 != 0) segment.options.add_nop();
  }
  segment.options.pad();
}

// The blocks that the next segment names: a duplicate first and once (RFC 2883), then what lies beyond holes,
// as many as have room beside the timestamps.
std::size_t Endpoint::blocks_to_name(std::span<SeqSpan, TcpOptions::kMaxSack> blocks) const {
  if (!sack_ok_) return 0;
  const std::size_t most = ts_ok_ ? 3 : 4;
  std::size_t count = 0;
  if (dsack_.length > 0) blocks[count++] = dsack_;
  if (!receive_.has_holes()) return count;
  const auto held = blocks.subspan(count, receive_.sack_blocks(blocks.subspan(count, most - count)));
  return count + (os().options.sack_counts_fin || !receive_.holds_fin()
                      ? held.size()
                      : without_fin(held, receive_.highest()));
}

Endpoint::Beside Endpoint::beside_timestamps(std::span<SeqSpan, TcpOptions::kMaxSack> blocks) const {
  Beside beside{.blocks = blocks_to_name(blocks), .counters = -1, .size = 0};
  const auto size_of = [](std::size_t count) { return count > 0 ? kSackHead + kSackBlock * count : 0; };
  if (acc_ecn_ != nullptr && acc_ecn_->wants_option) {
    const std::size_t used = (ts_ok_ ? kTimestamps : 0) + size_of(beside.blocks);
    const AccEcnFit fit = fit_acc_ecn(acc_ecn_->least_fields(), TcpOptions::kMaxBytes - used, beside.blocks,
                                      beside.blocks > 0 ? kSackPadding : 0);
    beside = {.blocks = fit.blocks, .counters = fit.fields, .size = fit.size};
  }
  beside.size += size_of(beside.blocks);
  return beside;
}

std::uint32_t Endpoint::data_room() const {
  std::array<SeqSpan, TcpOptions::kMaxSack> blocks;
  return send_mss() - static_cast<std::uint32_t>(beside_timestamps(blocks).size);
}

void Endpoint::add_options(TimePoint now, Segment& segment) {
  if (ts_ok_) {
    segment.options.add_nop();
    segment.options.add_nop();
    segment.options.add_timestamps({.value = ts_now(now), .echo = gate_.recent()});
  }
  if (segment.has(tcp_flag::rst)) return;
  std::array<SeqSpan, TcpOptions::kMaxSack> blocks;
  const Beside beside = beside_timestamps(blocks);
  dsack_.length = 0;
  if (beside.counters >= 0) {
    segment.options.add_acc_ecn(acc_ecn_->option(beside.counters));
    acc_ecn_->note_option_sent(now);
  }
  // There may be a hole and no block that is remembered: then no option goes out, as in
  // net/ipv4/tcp_output.c tcp_established_options (eff_sacks).
  const std::size_t head = beside.blocks > 0 ? kSackPadding : 0;
  while (segment.options.wire().size() % 4 != head) segment.options.add_nop();
  if (beside.blocks > 0) segment.options.add_sack(std::span{blocks}.first(beside.blocks));
}

}  // namespace halfopen

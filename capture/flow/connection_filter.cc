#include "capture/flow/connection_filter.h"

#include <utility>

namespace halfopen {
namespace {

// Notes whose connection never sends a packet wait in vain: the oldest go when there are this many.
constexpr std::size_t kMostHeld = 4096;

const FourTuple* connection_of(const Note& note) {
  if (const auto* state = std::get_if<StateNote>(&note)) return &state->connection;
  if (const auto* timer = std::get_if<TimerNote>(&note)) return &timer->connection;
  return nullptr;
}

}  // namespace

ConnectionFilter::ConnectionFilter(const std::string& expression, const FlowTable& flows,
                                   std::function<void(const Note&)> note)
    : filter_{expression}, flows_{flows}, note_{std::move(note)} {}

bool ConnectionFilter::has_chosen(std::uint32_t slot, std::uint64_t number) const {
  return slot < judged_.size() && judged_[slot].number == number && judged_[slot].is_chosen;
}

bool ConnectionFilter::chooses(const CapturedPacket& packet, const FlowFacts& facts) {
  if (facts.slot >= judged_.size()) judged_.resize(facts.slot + 1);
  Judged& judged = judged_[facts.slot];
  if (judged.number != facts.number) {
    judged = {facts.number, filter_.matches(packet.ip, packet.wire_size)};
    ++connections_;
    if (judged.is_chosen) ++chosen_connections_;
    release_notes(facts.slot, judged.is_chosen);
  }
  if (judged.is_chosen) ++chosen_packets_;
  return judged.is_chosen;
}

bool ConnectionFilter::chooses(const CapturedPacket& packet, const std::optional<FlowTable::Quote>& quote) {
  const bool is_chosen =
      quote ? has_chosen(quote->slot, quote->number) : filter_.matches(packet.ip, packet.wire_size);
  if (is_chosen) ++chosen_packets_;
  return is_chosen;
}

void ConnectionFilter::on_note(const Note& note) {
  if (std::holds_alternative<CallNote>(note) || std::holds_alternative<ProcessNote>(note)) return;
  const FourTuple* ends = connection_of(note);
  if (ends == nullptr) return note_(note);
  if (const std::uint32_t slot = flows_.slot_of(*ends); slot != FlowTable::kNone) {
    if (has_chosen(slot, flows_.at(slot).number)) note_(note);
    return;
  }
  if (held_.size() == kMostHeld) held_.pop_front();
  held_.push_back({*ends, note});
}

void ConnectionFilter::release_notes(std::uint32_t slot, bool is_chosen) {
  std::erase_if(held_, [&](const Held& held) {
    if (flows_.slot_of(held.ends) != slot) return false;
    if (is_chosen) note_(held.note);
    return true;
  });
}

}  // namespace halfopen

#include "sim/run/path.h"

#include <algorithm>
#include <utility>

namespace halfopen {
namespace {

HostId far_end(std::size_t lane) { return lane == 0 ? HostId::server : HostId::client; }
HostId near_end(std::size_t lane) { return lane == 0 ? HostId::client : HostId::server; }

// How long `bytes` occupy a line of `rate` bits a second, rounded up to the nanosecond.
Duration line_time(std::uint64_t bytes, std::uint64_t rate) {
  return Duration{static_cast<std::int64_t>((bytes * 8'000'000'000u + rate - 1) / rate)};
}

// Lets go of what a used slot holds, cheaply in the usual case.
void empty(Packet& packet) {
  if (Segment* segment = packet.segment()) {
    segment->payload = Payload{};
  } else {
    packet.body.emplace<Segment>();
  }
}

bool covers(Direction rule, std::size_t lane) {
  return rule == Direction::both || (rule == Direction::to_client) == (lane == 1);
}

}  // namespace

Path::Path(const PathConfig& config, std::uint64_t seed)
    : router_{config.router}, router_says_too_big_{config.router_says_too_big} {
  lanes_[0].link = config.to_server;
  lanes_[1].link = config.to_client;
  lanes_[0].rng = Rng{seed}.split("path to-server");
  lanes_[1].rng = Rng{seed}.split("path to-client");
}

std::uint32_t Path::take_slot() {
  if (free_.empty()) {
    slots_.emplace_back();
    return static_cast<std::uint32_t>(slots_.size() - 1);
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  return slot;
}

Packet& Path::draft() {
  if (draft_ == kNoSlot) draft_ = take_slot();
  return slots_[draft_];
}

bool Path::router_answers(TimePoint now, const Packet& packet, std::size_t size, Passage& passage) {
  const std::size_t lane = passage.from == HostId::server ? 1 : 0;
  if (!answer_ || !covers(answer_->direction, lane)) return false;
  if (answer_->mtu != 0 && size <= answer_->mtu) return false;
  passage.fate = answer_->mtu != 0 ? PacketFate::too_big : PacketFate::cut;
  if (packet.icmp() == nullptr) passage.answer = answer_->kind;
  passage.answer_mtu = answer_->mtu;
  // The router stands in the middle: half the way there, half the way back.
  passage.answer_arrival = now + lanes_[lane].link.delay / 2 + lanes_[1 - lane].link.delay / 2;
  if (answer_->count != 0 && --answer_->count == 0) answer_.reset();
  return true;
}

std::optional<Duration> Path::apply(std::vector<PacketRule>& rules, HostId from, const Packet& packet) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    PacketRule& rule = rules[i];
    if (!matches(rule.match, from, packet)) continue;
    if (rule.skip > 0) {
      --rule.skip;
      continue;
    }
    const Duration late = rule.late;
    if (rule.count != 0 && --rule.count == 0) rules.erase(rules.begin() + static_cast<std::ptrdiff_t>(i));
    return late;
  }
  return std::nullopt;
}

bool Path::dropped_by_rule(HostId from, const Packet& packet) {
  return !drops_.empty() && apply(drops_, from, packet).has_value();
}

bool Path::fits_queue(TimePoint now, Lane& lane, std::size_t size) {
  const LinkConfig& link = lane.link;
  if (link.rate == 0) return true;
  if (link.queue_bytes != 0 && lane.line_free > now &&
      lane.line_free - now + line_time(size, link.rate) > line_time(link.queue_bytes, link.rate)) {
    return false;
  }
  if (link.queue_packets == 0) return true;
  while (!lane.departures.empty() && lane.departures.front() <= now) lane.departures.pop_front();
  return lane.departures.size() < link.queue_packets;
}

void Path::schedule(TimePoint now, Lane& lane, std::size_t size, Duration late, Passage& passage) {
  const LinkConfig& link = lane.link;
  TimePoint leaves = now;
  if (link.rate != 0) {
    leaves = std::max(now, lane.line_free) + line_time(size, link.rate);
    lane.line_free = leaves;
    if (link.queue_packets != 0) lane.departures.push_back(leaves);
  }
  if (lane.rng.chance(link.loss)) {
    passage.fate = PacketFate::lost;
    return;
  }
  passage.arrival = leaves + link.delay;
  if (link.jitter > Duration::zero()) {
    passage.arrival += Duration{
        static_cast<std::int64_t>(lane.rng.below(static_cast<std::uint64_t>(link.jitter.count()) + 1))};
  }
  if (late > Duration::zero()) {
    passage.arrival += late;  // those behind it may overtake
  } else if (lane.rng.chance(link.reorder)) {
    passage.arrival += link.reorder_delay;
  } else {
    passage.arrival = std::max(passage.arrival, lane.last_arrival);
    lane.last_arrival = passage.arrival;
  }
  if (lane.rng.chance(link.duplicate)) passage.copy_arrival = passage.arrival;
}

Path::Passage Path::judge(TimePoint now, HostId from, const Packet& packet) {
  Passage passage;
  passage.from = from;
  const std::size_t index = from == HostId::server ? 1 : 0;
  Lane& lane = lanes_[index];
  const std::size_t size = wire_size(packet);
  if (router_answers(now, packet, size, passage)) return passage;
  if (lane.is_cut) {
    passage.fate = PacketFate::cut;
  } else if (dropped_by_rule(from, packet)) {
    passage.fate = PacketFate::dropped_by_match;
  } else if (lane.link.mtu != 0 && size > lane.link.mtu) {
    passage.fate = PacketFate::too_big;
    const bool may_fragment = !packet.ip.source.is_v6() && !packet.ip.dont_fragment;
    if (router_says_too_big_ && !may_fragment && packet.icmp() == nullptr) {
      passage.answer = IcmpKind::fragmentation_needed;
      passage.answer_mtu = lane.link.mtu;
      passage.answer_arrival = now + lane.link.delay / 2 + lanes_[1 - index].link.delay / 2;
    }
  } else if (!fits_queue(now, lane, size)) {
    passage.fate = PacketFate::queue_full;
  } else {
    const std::optional<Duration> late = delays_.empty() ? std::nullopt : apply(delays_, from, packet);
    schedule(now, lane, size, late.value_or(Duration::zero()), passage);
  }
  return passage;
}

void Path::launch(Lane& lane, TimePoint arrival, std::uint32_t slot, bool from_router) {
  std::uint32_t place = lane.flying.size();
  while (place > 0 && arrival < lane.flying[place - 1].arrival) --place;
  const Flying flying{arrival, order_++, slot, from_router};
  if (place == lane.flying.size()) {
    lane.flying.push_back(flying);
  } else {
    lane.flying.insert(place, flying);
  }
  lane.next = lane.flying.front().arrival;
}

void Path::send_answer(const Passage& passage, const Packet& offender) {
  std::optional<Packet> error = make_icmp_error(*passage.answer, offender, router_, passage.answer_mtu);
  if (!error) return;  // this IP version has no such error
  Lane& back = lanes_[passage.from == HostId::server ? 0 : 1];
  ++back.counters.from_router;
  if (dropped_by_rule(HostId::router, *error)) {
    ++back.counters.dropped_by_match;
    return;
  }
  const std::uint32_t slot = take_slot();
  slots_[slot] = std::move(*error);
  launch(back, passage.answer_arrival, slot, true);
}

void Path::carry(const Passage& passage) {
  Lane& lane = lanes_[passage.from == HostId::server ? 1 : 0];
  PathCounters& count = lane.counters;
  const std::uint32_t slot = std::exchange(draft_, kNoSlot);
  ++count.sent;
  if (passage.answer) send_answer(passage, slots_[slot]);
  if (passage.fate == PacketFate::delivered) {
    launch(lane, passage.arrival, slot, false);
    if (passage.copy_arrival != kNever) {
      const std::uint32_t copy = take_slot();
      slots_[copy] = slots_[slot];
      launch(lane, passage.copy_arrival, copy, false);
      ++count.duplicated;
    }
    return;
  }
  switch (passage.fate) {
    case PacketFate::lost: ++count.lost; break;
    case PacketFate::cut: ++count.cut; break;
    case PacketFate::dropped_by_match: ++count.dropped_by_match; break;
    case PacketFate::queue_full: ++count.queue_full; break;
    case PacketFate::too_big: ++count.too_big; break;
    case PacketFate::nobody_there:  // carried like all others: the host at the end swallows it
    case PacketFate::delivered: break;
  }
  empty(slots_[slot]);
  free_.push_back(slot);
}

PacketFate Path::send(TimePoint now, HostId from, Packet&& packet) {
  draft() = std::move(packet);
  const Passage passage = judge(now, from, draft());
  carry(passage);
  return passage.fate;
}

Path::Delivery Path::poll(TimePoint now) {
  const Lane* first = nullptr;
  for (const Lane& lane : lanes_) {
    if (lane.next > now) continue;
    const bool earlier =
        first == nullptr || lane.next < first->next ||
        (lane.next == first->next && lane.flying.front().order < first->flying.front().order);
    if (earlier) first = &lane;
  }
  if (first == nullptr) return {};
  const std::size_t index = first == &lanes_[0] ? 0 : 1;
  const Flying& flying = first->flying.front();
  return {flying.from_router ? HostId::router : near_end(index), far_end(index), &slots_[flying.slot]};
}

void Path::done(const Delivery& delivery) {
  Lane& lane = lanes_[delivery.to == HostId::server ? 0 : 1];
  const std::uint32_t slot = lane.flying.front().slot;
  lane.flying.pop_front();
  lane.next = lane.flying.empty() ? kNever : lane.flying.front().arrival;
  ++lane.counters.delivered;
  empty(slots_[slot]);
  free_.push_back(slot);
}

void Path::cut(Direction direction) {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    if (covers(direction, i)) lanes_[i].is_cut = true;
  }
}

void Path::restore(Direction direction) {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    if (covers(direction, i)) lanes_[i].is_cut = false;
  }
}

void Path::follow(const PacketRule& rule) {
  (rule.late > Duration::zero() ? delays_ : drops_).push_back(rule);
}

void Path::answer(const AnswerRule& rule) { answer_ = rule; }

void Path::stop_answering() { answer_.reset(); }

}  // namespace halfopen

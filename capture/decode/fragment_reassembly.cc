#include "capture/decode/fragment_reassembly.h"

#include <algorithm>
#include <iterator>

#include "sim/wire/bytes.h"

namespace halfopen {
namespace {

using wire::get16;
using wire::get32;
using wire::put16;

constexpr std::size_t kMostData = 65535;  // what an offset and a length can say

// Joins [begin, end) with the ranges that it touches.
template <class Ranges>
void insert_range(Ranges& ranges, std::size_t begin, std::size_t end) {
  auto first = std::ranges::lower_bound(ranges, begin, {}, [](const auto& range) { return range.end; });
  auto last = first;
  for (; last != ranges.end() && last->begin <= end; ++last) {
    begin = std::min(begin, last->begin);
    end = std::max(end, last->end);
  }
  if (first == last) {
    ranges.insert(first, {begin, end});
    return;
  }
  *first = {begin, end};
  ranges.erase(first + 1, last);
}

}  // namespace

std::optional<FragmentReassembly::Part> FragmentReassembly::take_apart(const PacketView& fragment) {
  const auto ip = fragment.bytes();
  Part part{.key = {.source = fragment.source(), .destination = fragment.destination()}};
  std::size_t data = 0;
  if (ip[0] >> 4 == 4) {
    const std::uint16_t field = get16(&ip[6]);
    data = std::size_t{ip[0] & 0xfu} * 4;
    part.header = ip.first(data);
    part.key.id = get16(&ip[4]);
    part.key.protocol = ip[9];
    part.offset = std::size_t{field & 0x1fffu} * 8;
    part.is_last = (field & 0x2000) == 0;
  } else {
    constexpr std::uint8_t kFragment = 44;
    constexpr std::uint8_t kAuthentication = 51;
    constexpr std::size_t kNextHeader = 6;
    std::size_t at = wire::kIpV6Header;
    part.next_at = kNextHeader;
    while (ip[part.next_at] !=
           kFragment) {  // extension headers, which are whole: PacketView has checked them
      if (ip.size() < at + 8) return std::nullopt;
      const std::size_t unit = ip[part.next_at] == kAuthentication ? 4 : 8;
      part.next_at = at;
      at += 8 + std::size_t{ip[at + 1]} * unit;
    }
    data = at + 8;
    if (ip.size() < data) return std::nullopt;
    const std::uint16_t field = get16(&ip[at + 2]);
    part.header = ip.first(at);
    part.next = ip[at];
    part.key.id = get32(&ip[at + 4]);
    part.offset = field & 0xfff8u;
    part.is_last = (field & 1) == 0;
  }
  if (fragment.size() <= data) return std::nullopt;
  part.length = fragment.size() - data;
  part.data = ip.subspan(data);
  const bool ends_right = part.is_last || part.length % 8 == 0;
  if (!ends_right || part.offset + part.length > kMostData) return std::nullopt;
  return part;
}

void FragmentReassembly::forget(Place place) {
  bytes_ -= place->data.size();
  places_.erase(place->key);
  datagrams_.erase(place);
}

void FragmentReassembly::forget_old(std::int64_t now) {
  while (!datagrams_.empty() && now > datagrams_.front().since + kPatience) forget(datagrams_.begin());
}

FragmentReassembly::Place FragmentReassembly::datagram_of(const Part& part, std::int64_t now) {
  constexpr std::int64_t kDuplicates = 1'000'000'000;  // later, the number is in use again
  if (const auto found = places_.find(part.key); found != places_.end()) {
    const Place place = found->second;
    if (!place->is_done || (part.offset != 0 && now < place->since + kDuplicates)) return place;
    forget(place);
  }
  if (datagrams_.size() == kMostDatagrams) forget(datagrams_.begin());
  datagrams_.push_back({.key = part.key, .since = now});
  const Place place = std::prev(datagrams_.end());
  places_.emplace(part.key, place);
  ++unfinished_;
  return place;
}

void FragmentReassembly::take_data(Datagram& datagram, const Part& part) {
  const std::size_t end = part.offset + part.length;
  if (datagram.data.size() < end) {
    bytes_ += end - datagram.data.size();
    datagram.data.resize(end);
  }
  const auto copy = [&](std::size_t from, std::size_t to) {
    const std::size_t captured = std::min(to, part.offset + part.data.size());
    if (from >= captured) return;
    std::copy_n(part.data.begin() + static_cast<std::ptrdiff_t>(from - part.offset), captured - from,
                datagram.data.begin() + static_cast<std::ptrdiff_t>(from));
  };
  std::size_t at = part.offset;  // of what has not come before
  for (const Range& range : datagram.ranges) {
    if (range.begin >= end) break;
    if (range.begin > at) copy(at, range.begin);
    at = std::max(at, range.end);
  }
  if (at < end) copy(at, end);
  insert_range(datagram.ranges, part.offset, end);
  if (part.data.size() < part.length) {
    datagram.known_until = std::min(datagram.known_until, part.offset + part.data.size());
  }
  if (part.is_last && !datagram.size) datagram.size = end;
  if (part.offset == 0 && datagram.header.empty()) {
    datagram.header.assign(part.header.begin(), part.header.end());
    datagram.next_at = part.next_at;
    datagram.next = part.next;
  }
}

FragmentReassembly::Whole FragmentReassembly::put_together(Datagram& datagram) {
  const std::size_t size = *datagram.size;
  const auto known = static_cast<std::ptrdiff_t>(std::min(size, datagram.known_until));
  whole_ = datagram.header;
  whole_.insert(whole_.end(), datagram.data.begin(), datagram.data.begin() + known);
  const std::size_t all = datagram.header.size() + size;
  const bool is_v6 = whole_[0] >> 4 == 6;
  const std::size_t length = is_v6 ? all - wire::kIpV6Header : all;
  put16(&whole_[is_v6 ? 4 : 2], static_cast<std::uint32_t>(length > 0xffff ? 0 : length));
  if (is_v6) {
    whole_[datagram.next_at] = datagram.next;
  } else {
    constexpr std::uint32_t kDontFragment = 0x4000;
    put16(&whole_[6], get16(&whole_[6]) & kDontFragment);
  }
  return {whole_, all};
}

std::optional<FragmentReassembly::Whole> FragmentReassembly::add(const PacketView& fragment,
                                                                 std::int64_t now) {
  forget_old(now);
  const auto part = take_apart(fragment);
  if (!part) return std::nullopt;
  const Place place = datagram_of(*part, now);
  if (place->is_done) return std::nullopt;
  take_data(*place, *part);
  const auto& ranges = place->ranges;
  const bool is_whole =
      place->size && ranges.size() == 1 && ranges[0].begin == 0 && ranges[0].end == *place->size;
  if (!is_whole) {
    if (ranges.size() > kMostGaps) forget(place);
    while (bytes_ > kMostBytes) forget(datagrams_.begin());
    return std::nullopt;
  }
  const Whole whole = put_together(*place);
  --unfinished_;
  bytes_ -= place->data.size();
  *place = {.key = place->key, .since = now, .is_done = true};
  datagrams_.splice(datagrams_.end(), datagrams_, place);
  return whole;
}

}  // namespace halfopen

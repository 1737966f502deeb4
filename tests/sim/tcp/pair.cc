#include "tests/sim/tcp/pair.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace halfopen::testing {
namespace {

const OsProfile& profile(std::string_view name) {
  const OsProfile* found = find_profile(name);
  if (found == nullptr) throw std::invalid_argument(std::string{name});
  return *found;
}

}  // namespace

std::string_view fault_of(const Packet& packet) {
  constexpr std::uint32_t kMtu = 1500;
  if (wire_size(packet) > kMtu) return "a packet over the MTU";
  if (!TcpOptions::parse(packet.segment()->options.wire()))
    return "options that nobody can read";  // a SACK option without blocks is such
  return {};
}

Pair::Pair(std::string_view os_a, std::string_view os_b, Duration delay)
    : a{profile(os_a), pool, Duration{0}}, b{profile(os_b), pool, Duration{0}}, one_way{delay} {
  a.addresses = {{IpAddress::v4({10, 9, 0, 1}), 40000}, {IpAddress::v4({10, 9, 0, 2}), 9998}};
  b.addresses = {a.addresses.remote, a.addresses.local};
  a.iss = Seq{0xffff'ff00};  // wraps early
  b.iss = Seq{1'000'000};
  a.sent_end = a.iss;
  b.sent_end = b.iss;
}

std::string_view Pair::note_sent(Side& side, const Segment& segment) {
  const Side& peer = &side == &a ? b : a;
  side.sent_end = later(side.sent_end, segment.seq + segment.length());
  if (segment.has(tcp_flag::rst)) {
    ++side.resets;
    return {};
  }
  if (!segment.has(tcp_flag::ack)) return {};
  if (segment.ack.after(peer.sent_end)) return "an acknowledgment of what was never sent";
  if (side.told && segment.ack.before(*side.told)) return "an acknowledgment that is taken back";
  side.told = segment.ack;
  return {};
}

void Pair::start_connect() {
  a.endpoint =
      std::make_unique<Endpoint>(a.env, EndpointBirth{.addresses = a.addresses, .iss = a.iss}, a.options);
  a.endpoint->connect(now);
  drain(a);
}

void Pair::connect() {
  start_connect();
  for (int i = 0; i < 1000; ++i) {
    const bool up = a.endpoint->state() == State::established && b.endpoint != nullptr &&
                    b.endpoint->state() == State::established;
    if (up) return;
    run_for(1ms);
  }
  throw std::runtime_error("no connection");
}

void Pair::write(Side& side, std::string_view text) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  side.endpoint->write(now, {bytes, text.size()});
  drain(side);
}

void Pair::inject(Side& to, Segment segment) {
  to.endpoint->on_segment(now, Arrival{.segment = segment});
  after_input(to);
}

void Pair::after_input(Side& side) { drain(side); }

void Pair::drain(Side& side) {
  const bool from_a = &side == &a;
  std::array<std::uint8_t, 4096> buffer;
  do {
    Packet packet;
    while (side.endpoint->poll_segment(now, packet)) {
      if (const auto wrong = fault_of(packet); !wrong.empty())
        throw std::logic_error(fmt::format("{}: {}", wrong, text_of(packet, from_a)));
      if (const auto wrong = note_sent(side, *packet.segment()); checks_acks && !wrong.empty())
        throw std::logic_error(fmt::format("{}: {}", wrong, text_of(packet, from_a)));
      if (records) {
        rungs.push_back(Rung{now, from_a, text_of(packet, from_a), packet});
        if (drops(rungs.back())) continue;
      }
      if (!route) {
        wire_.push_back({now + one_way, from_a, packet});
      } else {
        for (Duration delay : route()) wire_.push_back({now + delay, from_a, packet});
      }
      packet = Packet{};
    }
    const auto broken = side.endpoint->broken_invariant();
    if (!broken.empty()) throw std::logic_error(fmt::format("{} at {} ns", broken, nanos(now)));
    for (EndpointEvent event; side.endpoint->poll_event(event);) side.events.push_back(event);
    if (!side.reads || side.endpoint->readable() == 0) return;
    std::size_t got = 0;
    while ((got = side.endpoint->read(now, buffer)) > 0) {
      side.received.append(reinterpret_cast<const char*>(buffer.data()), got);
    }
  } while (true);
}

void Pair::deliver(InFlight flight) {
  Side& to = flight.to_b ? b : a;
  if (!to.answers) return;
  const Segment& segment = *flight.packet.segment();
  if (to.endpoint == nullptr || to.endpoint->state() == State::closed) {
    const bool opens = flight.to_b && segment.has(tcp_flag::syn) && !segment.has(tcp_flag::ack);
    if (!opens || (to.endpoint != nullptr && !listens_again)) return;
    to.endpoint = std::make_unique<Endpoint>(to.env, EndpointBirth{.addresses = to.addresses, .iss = to.iss},
                                             to.options);
    to.told.reset();
    to.endpoint->open_passively(now, Arrival{.segment = segment});
  } else {
    to.endpoint->on_segment(now, Arrival{.segment = segment});
  }
  drain(to);
}

void Pair::run_until(TimePoint when) {
  while (true) {
    TimePoint next = kNever;
    for (const InFlight& flight : wire_) next = std::min(next, flight.at);
    for (Side* side : {&a, &b}) {
      if (side->endpoint != nullptr && side->answers)
        next = std::min(next, side->endpoint->next_deadline().when);
    }
    if (next > when) break;
    now = std::max(now, next);
    const auto due = std::min_element(wire_.begin(), wire_.end(),
                                      [](const InFlight& x, const InFlight& y) { return x.at < y.at; });
    if (due != wire_.end() && due->at <= now) {
      InFlight flight = std::move(*due);
      wire_.erase(due);
      deliver(std::move(flight));
      continue;
    }
    for (Side* side : {&a, &b}) {
      if (side->endpoint == nullptr || !side->answers || side->endpoint->next_deadline().when > now) continue;
      side->endpoint->on_deadline(now);
      drain(*side);
    }
  }
  now = when;
}

std::string Pair::text_of(const Packet& packet, bool from_a) const {
  const Segment& s = *packet.segment();
  std::string flags;
  if (s.has(tcp_flag::syn)) flags += 'S';
  if (s.has(tcp_flag::fin)) flags += 'F';
  if (s.has(tcp_flag::rst)) flags += 'R';
  if (s.has(tcp_flag::psh)) flags += 'P';
  if (s.has(tcp_flag::ack)) flags += '.';
  const Seq mine = from_a ? a.iss : b.iss;
  const Seq theirs = from_a ? b.iss : a.iss;
  const auto relative = [](Seq base, Seq seq) { return static_cast<std::int32_t>(distance(base, seq)); };
  std::string text =
      fmt::format("{} {} {}:{}({})", from_a ? ">" : "<", flags, relative(mine, s.seq),
                  relative(mine, s.seq) + static_cast<std::int32_t>(s.payload.size()), s.payload.size());
  if (s.has(tcp_flag::ack)) text += fmt::format(" ack {}", relative(theirs, s.ack));
  for (const SeqSpan& block : s.options.sack()) {
    text += fmt::format(" sack {}-{}", relative(theirs, block.start), relative(theirs, block.end()));
  }
  return text;
}

std::string Pair::ladder() {
  std::string out;
  for (; shown_ < rungs.size(); ++shown_) {
    const Rung& rung = rungs[shown_];
    out += fmt::format("{:.3f} {}\n", static_cast<double>(nanos(rung.at)) / 1e9, rung.text);
  }
  return out;
}

std::string Pair::ladder_without_time() {
  std::string out;
  for (; shown_ < rungs.size(); ++shown_) out += rungs[shown_].text + "\n";
  return out;
}

}  // namespace halfopen::testing

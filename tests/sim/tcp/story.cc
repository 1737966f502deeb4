#include "tests/sim/tcp/story.h"

#include <fmt/format.h>

namespace halfopen::testing {

Alone::Alone(std::string_view os) : pair{os, "rfc"} { pair.b.answers = false; }

Alone& Alone::ideal() {
  pair.a.profile.clock.style.value = TickStyle::ideal;
  pair.a.profile.clock.counts_after_timers.value = false;
  pair.a.clock = TickClock{pair.a.profile.clock, Duration{0}};
  return *this;
}

Segment Alone::syn(const Peer& peer, std::uint8_t flags) const {
  Segment s;
  s.source_port = pair.b.addresses.local.port;
  s.destination_port = pair.b.addresses.remote.port;
  s.seq = pair.b.iss;
  s.flags = flags;
  s.window = peer.window;
  if (peer.mss) s.options.add_mss(*peer.mss);
  if (peer.sack) s.options.add_sack_permitted();
  if (peer.timestamps) {
    TsVal echo;
    if (!pair.rungs.empty()) echo = pair.rungs.back().packet.segment()->options.timestamps().value;
    s.options.add_timestamps({.value = TsVal{peer_clock_}, .echo = echo});
  }
  if (peer.scale) s.options.add_window_scale(*peer.scale);
  return s;
}

Alone& Alone::open(Duration rtt, const Peer& peer) {
  pair.start_connect();
  pair.run_for(rtt);
  Segment s = syn(peer, tcp_flag::syn | tcp_flag::ack);
  s.ack = pair.a.iss + 1;
  window_ = peer.window;
  take(s);
  forget();
  return *this;
}

Alone& Alone::accept(Duration rtt, const Peer& peer) {
  window_ = peer.window;
  const Segment s = syn(peer, tcp_flag::syn);
  pair.a.endpoint = std::make_unique<Endpoint>(
      pair.a.env, EndpointBirth{.addresses = pair.a.addresses, .iss = pair.a.iss}, pair.a.options);
  tcp().open_passively(pair.now, Arrival{.segment = s});
  pair.after_input(pair.a);
  pair.run_for(rtt);
  const TsVal echo = last().options.timestamps().value;
  const Segment third = segment(tcp_flag::ack);
  take(peer.timestamps ? with_time(third, peer_clock_ + 20, echo.wire()) : third);
  forget();
  return *this;
}

Segment Alone::segment(std::uint8_t flags, std::string_view text, int ahead) {
  const Endpoint::Info info = tcp().info();
  Segment s;
  s.source_port = pair.b.addresses.local.port;
  s.destination_port = pair.b.addresses.remote.port;
  s.seq = Seq{info.rcv_nxt.wire() + static_cast<std::uint32_t>(ahead)};
  s.ack = info.snd_nxt;
  s.flags = flags;
  s.window = window_;
  if (!text.empty()) {
    s.payload = Payload{pair.pool, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}};
  }
  return s;
}

Segment Alone::ack_of(std::uint32_t count) {
  Segment s = segment(tcp_flag::ack);
  s.ack = tcp().info().snd_una + count;
  return s;
}

Segment Alone::sack_of(std::uint32_t count,
                       std::initializer_list<std::pair<std::uint32_t, std::uint32_t>> blocks) {
  Segment s = ack_of(count);
  std::vector<SeqSpan> spans;
  const Seq una = tcp().info().snd_una;
  for (const auto& [first, second] : blocks) spans.push_back(SeqSpan{una + first, second - first});
  s.options.add_sack(spans);
  return s;
}

Segment Alone::with_time(Segment s, std::uint32_t value, std::uint32_t echo) const {
  s.options.add_timestamps({.value = TsVal{value}, .echo = TsVal{echo}});
  return s;
}

Endpoint::Verdict Alone::take(const Segment& segment) {
  const Endpoint::Verdict verdict = tcp().on_segment(pair.now, Arrival{.segment = segment});
  pair.after_input(pair.a);
  return verdict;
}

Alone& Alone::write(std::size_t count) {
  const std::string text(count, 'x');
  pair.write(pair.a, text);
  return *this;
}

Alone& Alone::run(Duration d) {
  pair.run_for(d);
  return *this;
}

Alone& Alone::run_out(Duration most) {
  const TimePoint limit = pair.now + most;
  while (pair.now < limit) {
    const TimePoint next = tcp().next_deadline().when;
    if (next > limit) break;
    pair.run_until(next);
  }
  return *this;
}

std::string Alone::sent_at(TimePoint since) {
  std::string out;
  for (; timed_ < pair.rungs.size(); ++timed_) {
    const auto ms = (nanos(pair.rungs[timed_].at) - nanos(since)) / 1'000'000;
    out += fmt::format("{}{}.{:03}", out.empty() ? "" : " ", ms / 1000, ms % 1000);
  }
  return out;
}

void Alone::forget() {
  timed_ = pair.rungs.size();
  (void)pair.ladder();
}

std::string hex(std::span<const std::uint8_t> bytes) {
  std::string out;
  for (const std::uint8_t byte : bytes) out += fmt::format("{}{:02x}", out.empty() ? "" : " ", byte);
  return out;
}

std::string states_of(const Pair::Side& side) {
  std::string out;
  for (const EndpointEvent& event : side.events) {
    if (event.what != EndpointEvent::What::state_changed) continue;
    if (out.empty()) out = to_string(event.from);
    out += fmt::format(" {}", to_string(event.to));
  }
  return out;
}

}  // namespace halfopen::testing

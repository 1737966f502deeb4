// Each expectation of the scripts in tests/packetdrill with one thing changed: it must fail.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "sim/wire/segment.h"
#include "tests/sim/drill/own_scripts.h"

namespace halfopen::drill {
namespace {

using script::Event;
using script::EventTime;
using script::PacketSpec;
using script::Script;
using script::TcpSpec;
using script::UdpSpec;

struct Mutation {
  std::string what;
  Script script;
};

template <class Change>
void add(std::vector<Mutation>& mutations, const Script& script, std::size_t index, const std::string& what,
         Change change) {
  Mutation mutation{.what = what + " of line " + std::to_string(script.events[index].place.line),
                    .script = script};
  change(mutation.script.events[index]);
  mutations.push_back(std::move(mutation));
}

TcpSpec& tcp_of(Event& event) { return std::get<TcpSpec>(std::get<PacketSpec>(event.action).body); }

// What the script's side takes in one segment.
std::uint32_t mss_of(const Script& script) {
  for (const Event& event : script.events) {
    const auto* packet = std::get_if<PacketSpec>(&event.action);
    const auto* tcp = packet == nullptr ? nullptr : std::get_if<TcpSpec>(&packet->body);
    if (tcp == nullptr || packet->direction != script::Direction::inbound) continue;
    const auto* options = std::get_if<std::vector<script::TcpOptionSpec>>(&tcp->options);
    if (options == nullptr || (tcp->flags.bits & tcp_flag::syn) == 0) continue;
    for (const script::TcpOptionSpec& option : *options)
      if (const auto* mss = std::get_if<script::Mss>(&option)) return mss->bytes;
  }
  return 536;  // RFC 9293 section 3.7.1
}

void mutate_packet(std::vector<Mutation>& all, const Script& script, std::size_t index, const TcpSpec& tcp) {
  const bool is_syn = (tcp.flags.bits & tcp_flag::syn) != 0;
  add(all, script, index, "FIN", [](Event& e) { tcp_of(e).flags.bits ^= tcp_flag::fin; });
  // Of several segments that count as one the PSH may be open (docs/packetdrill.md).
  if (tcp.seq.length <= mss_of(script))
    add(all, script, index, "PSH", [](Event& e) { tcp_of(e).flags.bits ^= tcp_flag::psh; });
  add(all, script, index, "URG", [](Event& e) { tcp_of(e).flags.bits ^= tcp_flag::urg; });
  add(all, script, index, "ack", [](Event& e) { tcp_of(e).ack = tcp_of(e).ack.value_or(0) + 1; });
  // The number of a SYN is what the script says that it is.
  if (!is_syn) add(all, script, index, "seq", [](Event& e) { ++*tcp_of(e).seq.start; });
  add(all, script, index, "length", [](Event& e) { ++tcp_of(e).seq.length; });
  if (tcp.window) add(all, script, index, "win", [](Event& e) { ++*tcp_of(e).window; });
  if (std::holds_alternative<std::vector<script::TcpOptionSpec>>(tcp.options))
    add(all, script, index, "options", [](Event& e) {
      auto& options = std::get<std::vector<script::TcpOptionSpec>>(tcp_of(e).options);
      options.insert(options.end(), 4, script::Nop{});
    });
}

void mutate_time(std::vector<Mutation>& all, const Script& script, std::size_t index) {
  const EventTime& time = script.events[index].time;
  // More than the tolerance, which is an eighth of a long wait, and what the timers of Linux are late by.
  const auto late = [](Duration wait) { return std::max<Duration>(std::chrono::milliseconds{20}, wait / 2); };
  if (time.kind == EventTime::Kind::relative) {
    add(all, script, index, "time", [by = late(time.from)](Event& e) { e.time.from += by; });
  } else if (time.kind == EventTime::Kind::relative_range) {
    const Duration by = time.to - time.from + late(time.to);
    add(all, script, index, "time", [by](Event& e) {
      e.time.from += by;
      e.time.to += by;
    });
  }
}

std::vector<Mutation> mutations_of(const Script& script) {
  std::vector<Mutation> all;
  for (std::size_t i = 0; i < script.events.size(); ++i) {
    const Event& event = script.events[i];
    const auto* packet = std::get_if<PacketSpec>(&event.action);
    if (packet == nullptr || packet->direction != script::Direction::outbound) continue;
    if (const auto* tcp = std::get_if<TcpSpec>(&packet->body)) mutate_packet(all, script, i, *tcp);
    if (std::holds_alternative<UdpSpec>(packet->body))
      add(all, script, i, "length",
          [](Event& e) { ++std::get<UdpSpec>(std::get<PacketSpec>(e.action).body).length; });
    mutate_time(all, script, i);
  }
  return all;
}

TEST(OwnScripts, FailWithAnythingChanged) {
  std::size_t count = 0;
  for (const auto& [name, script] : own_scripts()) {
    const std::string_view profile = profile_of(name);
    if (play_on(script, profile).verdict != Verdict::passed) continue;  // own_scripts_test.cc knows why
    for (const Mutation& mutation : mutations_of(script)) {
      ++count;
      EXPECT_EQ(play_on(mutation.script, profile).verdict, Verdict::failed) << name << ": " << mutation.what;
    }
  }
  EXPECT_GT(count, 3000U);
}

}  // namespace
}  // namespace halfopen::drill

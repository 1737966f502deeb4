// A cause is named only where the packets show it. Each pair of traces here differs for another reason than
// the one that fits at first sight; what was once said of it must not be said again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/capture/compare/traces.h"

namespace halfopen {
namespace {

using namespace test;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint8_t kAck = tcp_flag::ack;
constexpr std::uint8_t kPush = tcp_flag::ack | tcp_flag::psh;
constexpr std::uint8_t kFinAck = tcp_flag::ack | tcp_flag::fin;
constexpr const char* kUntold = "cannot be told from the packets";

using Pair = std::pair<TraceOfPackets, TraceOfPackets>;

struct CounterExample {
  std::string name;
  std::function<Pair()> make;
  const char* once = "";       // was said, and is wrong here
  const char* says = kUntold;  // is said now
  const char* tolerance = "20ms";
};

// The base trace, and the same with a change.
std::function<Pair()> changed(const std::function<void(TraceOfPackets&)>& change) {
  return [change] {
    Pair pair{base_trace(), base_trace()};
    change(pair.second);
    return pair;
  };
}

// With one more packet.
std::function<Pair()> added(const Step& step) {
  return changed([step](TraceOfPackets& t) {
    t.add(step);
    t.sort_by_time();
  });
}

std::function<Pair()> erased(std::size_t index) {
  return changed([index](TraceOfPackets& t) {
    t.packets.erase(t.packets.begin() + static_cast<std::ptrdiff_t>(index));
  });
}

std::vector<Duration> doubling(int count) {
  std::vector<Duration> times{220ms, 440ms};  // a tail loss probe, then the first timeout
  Duration gap = 440ms;
  for (int i = 1; i < count; ++i) {
    times.push_back(times.back() + gap);
    gap = std::min<Duration>(2 * gap, 120s);
  }
  return times;
}

// ICMP undoes the backoff of A: its timeout stays, B's doubles.
Pair undone_backoff(bool is_seen) {
  TraceOfPackets a = crash_trace(20ms, {220ms, 440ms, 880ms, 1320ms, 2200ms});
  if (is_seen) a.add_icmp(3s + 900ms, 3);
  a.sort_by_time();
  return {a, crash_trace(20ms, {220ms, 440ms, 880ms, 1760ms, 3520ms})};
}

std::vector<CounterExample> of_timers() {
  return {
      {"icmp_undid_a_backoff", [] { return undone_backoff(true); }, "RTO 424 ms, not 220 ms",
       "in A the timeout stayed at 440 ms, in B it doubled from 440 ms to 880 ms: an ICMP error undid a "
       "backoff "
       "in A (RFC 6069)"},
      {"one_does_not_back_off",
       [] {
         return Pair{crash_trace(20ms, {220ms, 440ms, 660ms, 880ms}),
                     crash_trace(20ms, {220ms, 660ms, 1540ms, 3300ms})};
       },
       "RTO 404 ms, not 220 ms",
       "in A the timeout stayed at 220 ms, in B it doubled from 220 ms to 440 ms; why"},
      {"something_undid_a_backoff", [] { return undone_backoff(false); }, "RTO 424 ms, not 220 ms"},
      {"a_route_changed_the_timeout",  // no sample says so
       [] {
         return Pair{crash_trace(20ms, {220ms, 440ms, 880ms}), crash_trace(20ms, {300ms, 600ms, 1200ms})};
       },
       "RTO 264 ms, not 220 ms", "the timeout before was 300 ms instead of 220 ms already"},
      {"a_busy_sender_that_is_no_wheel",
       [] {
         return Pair{crash_trace(20ms, {220ms, 440ms}), crash_trace(20ms, {220ms, 440ms + 22ms})};
       },
       "the timer wheel"},
      {"a_program_answers_late",  // an ACK for nothing but the window
       changed([](TraceOfPackets& t) { t.packets[base::kFinAck].at += 500ms; }), "quick ACKs"},
      {"a_reset_that_answers", changed([](TraceOfPackets& t) { t.packets[base::kReset].at += 700ms; }),
       "a connection that is given up"},
      {"the_syn_timeout_of_another_stack",
       [] {
         TraceOfPackets a;
         for (const Duration at : {0s, 1s}) a.add({.at = at, .flags = tcp_flag::syn, .window = 64240});
         TraceOfPackets b = a;
         b.packets[1].at += 2s;
         return Pair{a, b};
       },
       "tcp_syn_linear_timeouts since", kUntold},
  };
}

// A client whose connection was idle for a second sends `probes` of keepalive, by these times.
TraceOfPackets kept_alive(const std::vector<Duration>& probes) {
  TraceOfPackets t;
  t.handshake(0ms, 40000);
  t.add({.at = 1s, .flags = kPush, .seq = 1, .ack = 1, .text = "x"});
  t.add({.at = 1020ms, .from_server = true, .seq = 1, .ack = 2});
  for (const Duration at : probes) t.add({.at = at, .seq = 1, .ack = 1});
  return t;
}

std::vector<CounterExample> of_keepalive() {
  return {
      {"its_interval_is_not_its_idle_time",
       [] {
         return Pair{kept_alive({11s, 13s, 15s}), kept_alive({11s, 13s, 18s})};
       },
       "tcp_keepalive_time", "the keepalive probes' interval"},
      {"its_idle_time_is_not_its_interval",
       [] {
         return Pair{kept_alive({11s}), kept_alive({21s})};
       },
       "tcp_keepalive_intvl", "the keepalive's idle time"},
      {"the_other_client_spoke", added({.at = 3500ms, .seq = 3911, .ack = 17}),
       ": SO_KEEPALIVE, tcp_keepalive_probes (TCP_KEEPCNT)"},
  };
}

std::vector<CounterExample> of_loss_probes() {
  return {
      {"timeouts_that_do_not_back_off",  // as tcp_thin_linear_timeouts has them
       [] {
         return Pair{crash_trace(20ms, {220ms, 440ms, 660ms, 880ms}),
                     crash_trace(20ms, {220ms, 660ms, 1540ms})};
       },
       "lacks: tcp_early_retrans=0"},
      {"a_probe_that_one_lacks",
       [] {
         return Pair{crash_trace(20ms, {220ms, 440ms, 880ms, 1760ms}),
                     crash_trace(20ms, {220ms, 660ms, 1540ms})};
       },
       "lacks: tcp_early_retrans=0"},
      {"no_sack_on_either_side",
       [] {
         Pair pair{crash_trace(20ms, {220ms, 440ms, 880ms, 1760ms}),
                   crash_trace(20ms, {220ms, 660ms, 1540ms})};
         without_option_sack(pair.first);
         without_option_sack(pair.second);
         return pair;
       },
       "no SACK was agreed there"},
  };
}

std::vector<CounterExample> of_giving_up() {
  return {
      {"icmp_and_no_limit",
       [] {
         std::vector<Duration> times;
         for (int i = 1; i <= 58; ++i) times.push_back(220ms * i);
         TraceOfPackets a = crash_trace(20ms, times);
         times.pop_back();
         TraceOfPackets b = crash_trace(20ms, times);
         for (TraceOfPackets* t : {&a, &b}) {
           for (int i = 1; i < 57; ++i) t->add_icmp(3s + 220ms * i + 10ms, 3);
           t->sort_by_time();
         }
         return Pair{a, b};
       },
       "one more fits or not"},
      {"a_user_timeout_or_a_killed_process",
       [] {
         return Pair{crash_trace(20ms, doubling(12)), crash_trace(20ms, doubling(15))};
       },
       "A gives up after 564.6 s, B after 924.6 s: tcp_retries2"},
      {"a_program_that_gave_up_its_connect",
       [] {
         TraceOfPackets a;
         for (const Duration at : {0s, 1s, 3s, 7s})
           a.add({.at = at, .flags = tcp_flag::syn, .window = 64240});
         TraceOfPackets b = a;
         b.packets.pop_back();
         return Pair{a, b};
       },
       ": tcp_syn_retries (TCP_SYNCNT), or"},
  };
}

// Both closed in order, then the server sends more: a reset without ACK, though nothing was forgotten.
Pair data_after_close() {
  TraceOfPackets a;
  a.handshake(0ms, 40000);
  a.add({.at = 1s, .flags = kFinAck, .seq = 1, .ack = 1});
  a.add({.at = 1020ms, .from_server = true, .seq = 1, .ack = 2});
  a.add({.at = 2s, .from_server = true, .flags = kPush, .seq = 1, .ack = 2, .text = "more"});
  TraceOfPackets b = a;
  a.add({.at = 2s + 10us, .flags = tcp_flag::rst, .seq = 2, .window = 0});
  return {a, b};
}

Pair reset_after_silence() {
  TraceOfPackets b = crash_trace(20ms, {220ms, 440ms, 880ms});
  TraceOfPackets a = b;
  a.add({.at = 4s, .flags = tcp_flag::rst | kAck, .seq = 16, .ack = 1, .window = 0});
  return {a, b};
}

// The answer to A's first SYN takes longer than its timeout.
Pair late_syn_ack() {
  TraceOfPackets a;
  a.add({.at = 0ms, .flags = tcp_flag::syn, .window = 64240});
  a.add({.at = 1s, .flags = tcp_flag::syn, .window = 64240});
  a.add({.at = 1200ms, .from_server = true, .flags = tcp_flag::syn | kAck, .ack = 1, .window = 65160});
  a.add({.at = 1200ms, .seq = 1, .ack = 1});
  TraceOfPackets b;
  b.handshake(0ms, 40000, 20ms);
  return {a, b};
}

std::vector<CounterExample> of_lone_packets() {
  return {
      {"a_reset_of_a_host_that_knows_the_connection", data_after_close,
       "for a connection that it does not know"},
      {"a_reset_after_silence", reset_after_silence, "data was unread at close",
       "after 3 retransmissions without an answer"},
      {"a_router_that_names_its_mtu", changed([](TraceOfPackets& t) {
         t.add_icmp(7300ms, base::kLost, IcmpKind::fragmentation_needed);
         t.sort_by_time();
       }),
       "undoes one backoff"},
      {"an_answer_that_came_later", late_syn_ack, "tcp_syn_retries",
       "A's SYN had no answer when it was sent again after 1.000 s, B's had one after 20 ms"},
      {"a_syn_again_before_any_timer", added({.at = 5ms, .flags = tcp_flag::syn, .window = 64240}),
       "tcp_syn_retries or"},
      {"an_ack_of_another_time", added({.at = 1025ms, .seq = 16, .ack = 16}), "delayed and quick ACKs"},
      {"a_program_that_closes_later", erased(base::kOwnFin), "Linux before 6.13"},
  };
}

// The client's line acknowledges what it has got of two segments; in B the second comes before it is typed.
Pair data_on_its_way() {
  const auto trace = [](Duration second, std::uint32_t acked) {
    TraceOfPackets t;
    t.handshake(0ms, 40000);
    t.add({.at = 1000ms, .from_server = true, .flags = kPush, .seq = 1, .ack = 1, .text = "12345"});
    t.add({.at = second, .from_server = true, .flags = kPush, .seq = 6, .ack = 1, .text = "67890"});
    t.add({.at = 1008ms, .flags = kPush, .seq = 1, .ack = acked, .text = "hello"});
    t.add({.at = 1016ms, .seq = 6, .ack = 11});
    t.sort_by_time();
    return t;
  };
  return {trace(1012ms, 6), trace(1004ms, 11)};
}

void set_options(TraceOfPackets& t, std::size_t index, const std::function<void(TcpOptions&)>& build) {
  TcpOptions options;
  build(options);
  t.packets[index].segment().options = options;
}

std::vector<CounterExample> of_fields() {
  return {
      {"data_on_its_way", data_on_its_way, "delayed or at once",
       "in A nothing beyond 6 had been seen when it was sent"},
      {"an_ack_of_less", changed([](TraceOfPackets& t) {
         t.packets[base::kLastAck].segment().ack = t.packets[base::kLastAck].segment().ack - 1;
       }),
       "delayed or at once"},
      {"ece_where_nobody_asked_for_ecn",
       changed([](TraceOfPackets& t) { t.packets[base::kLine].segment().flags |= tcp_flag::ece; }),
       "tcp_ecn"},
      {"timestamps_that_a_middlebox_removes",  // the SYNs agree on them
       changed([](TraceOfPackets& t) { set_options(t, base::kEchoAck, [](TcpOptions&) {}); }),
       "tcp_timestamps", "agreed on in A and B"},
      {"other_order_by_the_same_stack", changed([](TraceOfPackets& t) {
         set_options(t, base::kEchoAck, [](TcpOptions& o) {
           o.add_timestamps({TsVal{101'022}, TsVal{71'022}});
           o.add_nop();
           o.add_nop();
         });
       }),
       "another stack's fingerprint", "the same options in another order"},
      {"a_window_closed_by_a_middlebox",
       changed([](TraceOfPackets& t) { t.packets[base::kBurstAck2].segment().window = 0; }),
       "how fast the reader reads, and tcp_rmem", "closed in B only"},
      {"psh_of_a_program",
       changed([](TraceOfPackets& t) { t.packets[base::kBurst3].segment().flags = kAck; }), "GSO"},
      {"a_firewall_that_clears_df",
       changed([](TraceOfPackets& t) { t.packets[base::kEcho].packet.ip.dont_fragment = false; }),
       "path MTU discovery: ip_no_pmtu_disc, or"},
      {"a_router_that_marks_a_class",
       changed([](TraceOfPackets& t) { t.packets[base::kEcho].packet.ip.traffic_class = 0x10; }),
       "or ECN (tcp_ecn)"},
      {"a_reset_in_place_of_a_fin",
       changed([](TraceOfPackets& t) { t.packets[base::kReset].segment().flags = tcp_flag::fin; }),
       "unread data at close"},
  };
}

std::vector<CounterExample> of_configuration() {
  return {
      {"a_router_clamps_the_mss", changed([](TraceOfPackets& t) {
         set_options(t, base::kSyn, [](TcpOptions& o) {
           o.add_mss(1360);
           o.add_sack_permitted();
           o.add_timestamps({TsVal{100'000}, TsVal{0}});
           o.add_nop();
           o.add_window_scale(7);
         });
       }),
       "the interface's MTU, 1500 against 1400"},
  };
}

// In B the client offers no timestamps, and its segments have none.
TEST(CauseOfAField, IsTheHandshakeWhereTheSynsDiffer) {
  const Scratch scratch;
  const TraceOfPackets a = base_trace();
  TraceOfPackets b = a;
  for (TimedPacket& timed : b.packets) {
    if (timed.packet.segment() == nullptr) continue;
    const bool is_syn = timed.segment().has(tcp_flag::syn);
    timed.segment().options = {};
    if (!is_syn) continue;
    timed.segment().options.add_mss(1460);
    timed.segment().options.add_sack_permitted();
    timed.segment().options.add_nop();
    timed.segment().options.add_window_scale(7);
  }
  const Compared found = compare_files(a.write(scratch, "a.pcap"), b.write(scratch, "b.pcap"));
  EXPECT_THAT(found.reasons(), ::testing::Contains("timestamps: agreed on in A only, as the SYNs show"));
  EXPECT_THAT(found.reasons(), ::testing::Contains(HasSubstr("timestamps offered on one side only")));
}

class Cause : public ::testing::TestWithParam<CounterExample> {};

TEST_P(Cause, IsNotNamedWhereThePacketsDoNotShowIt) {
  const Scratch scratch;
  const auto [a, b] = GetParam().make();
  CompareOptions options;
  options.tolerance = GetParam().tolerance;
  const Compared found = compare_files(a.write(scratch, "a.pcap"), b.write(scratch, "b.pcap"), options);
  EXPECT_GE(found.comparison.differences, 1u);
  EXPECT_THAT(found.text(), Not(HasSubstr(GetParam().once)));
  EXPECT_THAT(found.text(), HasSubstr(GetParam().says));
}

const auto name_of = [](const auto& test) { return test.param.name; };
INSTANTIATE_TEST_SUITE_P(Timer, Cause, ::testing::ValuesIn(of_timers()), name_of);
INSTANTIATE_TEST_SUITE_P(Keepalive, Cause, ::testing::ValuesIn(of_keepalive()), name_of);
INSTANTIATE_TEST_SUITE_P(LossProbe, Cause, ::testing::ValuesIn(of_loss_probes()), name_of);
INSTANTIATE_TEST_SUITE_P(GivingUp, Cause, ::testing::ValuesIn(of_giving_up()), name_of);
INSTANTIATE_TEST_SUITE_P(LonePacket, Cause, ::testing::ValuesIn(of_lone_packets()), name_of);
INSTANTIATE_TEST_SUITE_P(Field, Cause, ::testing::ValuesIn(of_fields()), name_of);
INSTANTIATE_TEST_SUITE_P(Configuration, Cause, ::testing::ValuesIn(of_configuration()), name_of);

}  // namespace
}  // namespace halfopen

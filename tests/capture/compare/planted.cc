#include "tests/capture/compare/planted.h"

#include <utility>

namespace halfopen::test {

using compare::Field;
using compare::What;

namespace {

constexpr std::uint8_t kAck = tcp_flag::ack;
constexpr std::uint8_t kPush = tcp_flag::ack | tcp_flag::psh;

void swap_contents(TraceOfPackets& t, std::size_t x, std::size_t y) {
  std::swap(t.packets[x].packet, t.packets[y].packet);
}

void add_again(TraceOfPackets& t, std::size_t index, Duration later) {
  TimedPacket again = t.packets[index];
  again.at += later;
  t.packets.push_back(again);
  t.sort_by_time();
}

void delay_from(TraceOfPackets& t, std::size_t index, Duration by) {
  for (std::size_t i = index; i < t.packets.size(); ++i) t.packets[i].at += by;
}

}  // namespace

void erase(TraceOfPackets& trace, std::size_t index) {
  trace.packets.erase(trace.packets.begin() + static_cast<std::ptrdiff_t>(index));
}

void set_options(TraceOfPackets& trace, std::size_t index, const std::function<void(TcpOptions&)>& build) {
  TcpOptions options;
  build(options);
  trace.packets[index].segment().options = options;
}

std::vector<Planted> field_changes() {
  using B = TraceOfPackets;
  return {
      {"flags",
       [](B& t) { t.packets[base::kLine].segment().flags |= tcp_flag::ece; },
       What::changed,
       {Field::flags},
       "congestion mark is reported in B only"},
      {"psh",
       [](B& t) { t.packets[base::kBurst3].segment().flags = kAck; },
       What::changed,
       {Field::psh},
       "cannot be told from the packets"},
      {"urg", [](B& t) { t.packets[base::kLine].segment().urgent = 3; }, What::changed, {Field::urgent}},
      {"seq", [](B& t) { t.packets[base::kFinAck].segment().seq += 5; }, What::changed, {Field::seq}},
      {"seq_before",
       [](B& t) { t.packets[base::kFinAck].segment().seq = t.packets[base::kFinAck].segment().seq - 900; },
       What::changed,
       {Field::seq}},
      {"ack",
       [](B& t) { t.packets[base::kLastAck].segment().ack = t.packets[base::kLastAck].segment().ack - 1; },
       What::changed,
       {Field::ack},
       "delayed"},
      {"window",
       [](B& t) { t.packets[base::kLineAck].segment().window = 400; },
       What::changed,
       {Field::window},
       "cannot be told from the packets"},
      {"window_one_unit_more_than_allowed",
       [](B& t) { t.packets[base::kLineAck].segment().window = 503; },
       What::changed,
       {Field::window}},
      {"window_of_the_syn",
       [](B& t) { t.packets[base::kSyn].segment().window = 29200; },
       What::changed,
       {Field::window},
       "first window"},
      {"window_closed",
       [](B& t) { t.packets[base::kBurstAck2].segment().window = 0; },
       What::changed,
       {Field::window},
       "closed in B only"},
      {"ttl",
       [](B& t) { t.packets[base::kEcho].packet.ip.hop_limit = 63; },
       What::changed,
       {Field::ttl},
       "cannot be told from the packets"},
      {"df",
       [](B& t) { t.packets[base::kEcho].packet.ip.dont_fragment = false; },
       What::changed,
       {Field::df},
       "path MTU"},
      {"tos",
       [](B& t) { t.packets[base::kEcho].packet.ip.traffic_class = 0x10; },
       What::changed,
       {Field::traffic_class},
       "IP_TOS"},
      {"payload",
       [](B& t) { t.packets[base::kLine].segment().payload = t.payload("hello, sErver!\n"); },
       What::changed,
       {Field::payload}},
      {"payload_last_byte",
       [](B& t) { t.packets[base::kEcho].segment().payload = t.payload("hello, client!\r"); },
       What::changed,
       {Field::payload}},
      {"length_of_the_last",
       [](B& t) { t.packets[base::kRto3].segment().payload = t.payload("anybody there?"); },
       What::changed,
       {Field::length}},
      {"no_timestamps",
       [](B& t) { set_options(t, base::kEchoAck, [](TcpOptions&) {}); },
       What::changed,
       {Field::options},
       "though agreed on in A and B"},
      {"option_order",
       [](B& t) {
         set_options(t, base::kEchoAck, [](TcpOptions& o) {
           o.add_timestamps(kTs);
           o.add_nop();
           o.add_nop();
         });
       },
       What::changed,
       {Field::options},
       "another order"},
      {"option_order_of_the_syn",
       [](B& t) {
         set_options(t, base::kSyn, [](TcpOptions& o) {
           o.add_mss(1460);
           o.add_nop();
           o.add_window_scale(7);
           o.add_sack_permitted();
           o.add_timestamps({TsVal{100'000}, TsVal{0}});
         });
       },
       What::changed,
       {Field::options},
       "another order"},
      {"no_sack_permitted",
       [](B& t) {
         set_options(t, base::kSyn, [](TcpOptions& o) {
           o.add_mss(1460);
           o.add_nop();
           o.add_nop();
           o.add_timestamps({TsVal{100'000}, TsVal{0}});
           o.add_nop();
           o.add_window_scale(7);
         });
       },
       What::changed,
       {Field::options},
       "SACK offered on one side only"},
      {"sack_block",
       [](B& t) {
         const SeqSpan block{t.packets[base::kBurst2].segment().seq, 100};
         set_options(t, base::kBurstAck1, [&](TcpOptions& o) {
           o.add_nop();
           o.add_nop();
           o.add_timestamps(kTs);
           o.add_nop();
           o.add_nop();
           o.add_sack({&block, 1});
         });
       },
       What::changed,
       {Field::options},
       "SACK blocks"},
      {"icmp_code",
       [](B& t) { std::get<IcmpMessage>(t.packets[base::kIcmp].packet.body).code = 0; },
       What::changed,
       {Field::icmp},
       "router"},
      {"icmp_type",
       [](B& t) {
         auto& icmp = std::get<IcmpMessage>(t.packets[base::kIcmp].packet.body);
         icmp.type = 11;
         icmp.code = 0;
       },
       What::changed,
       {Field::icmp}},
      {"quoted_segment",
       [](B& t) { std::get<IcmpMessage>(t.packets[base::kIcmp].packet.body).body[27] ^= 4; },
       What::changed,
       {Field::quoted}},
      {"reset_becomes_fin",
       [](B& t) { t.packets[base::kReset].segment().flags = tcp_flag::fin; },
       What::changed,
       {Field::flags},
       "a reset in A only"},
      {"two_fields",
       [](B& t) {
         t.packets[base::kEcho].packet.ip.hop_limit = 63;
         t.packets[base::kEcho].segment().window = 100;
       },
       What::changed,
       {Field::window, Field::ttl}},
  };
}

std::vector<Planted> packet_changes() {
  using B = TraceOfPackets;
  return {
      {"missing_ack", [](B& t) { erase(t, base::kFinAck); }, What::missing, {}, "an ACK of its own"},
      {"missing_data_ack", [](B& t) { erase(t, base::kBurstAck1); }, What::missing},
      {"missing_echo", [](B& t) { erase(t, base::kEcho); }, What::missing},
      {"missing_fin", [](B& t) { erase(t, base::kOwnFin); }, What::missing},
      {"missing_icmp",
       [](B& t) { erase(t, base::kIcmp); },
       What::missing,
       {},
       "A's client gets this ICMP error"},
      {"missing_reset", [](B& t) { erase(t, base::kReset); }, What::missing, {}, "answers a segment"},
      {"missing_last_retransmission", [](B& t) { erase(t, base::kRto3); }, What::missing},
      {"extra_ack", [](B& t) { add_again(t, base::kEchoAck, 3ms); }, What::extra, {}, "an ACK of its own"},
      {"extra_retransmission",
       [](B& t) { add_again(t, base::kLine, 230ms); },
       What::extra,
       {},
       "retransmits"},
      {"extra_syn", [](B& t) { add_again(t, base::kSyn, 5ms); }, What::extra, {}, "SYN"},
      {"extra_icmp",
       [](B& t) { add_again(t, base::kIcmp, 20ms); },
       What::extra,
       {},
       "B's client gets this ICMP error"},
      {"extra_reset", [](B& t) { add_again(t, base::kReset, 20ms); }, What::extra},
      {"extra_keepalive",
       [](B& t) {
         t.add({.at = 3500ms, .seq = 3911, .ack = 17});
         t.sort_by_time();
       },
       What::extra,
       {},
       "SO_KEEPALIVE"},
      {"swapped_data",
       [](B& t) { swap_contents(t, base::kBurst1, base::kBurst2); },
       What::moved,
       {},
       "another order"},
      {"swapped_acks", [](B& t) { swap_contents(t, base::kBurstAck1, base::kBurstAck2); }, What::moved},
      {"moved_farther",
       [](B& t) {
         std::swap(t.packets[base::kBurst1].packet, t.packets[base::kBurst2].packet);
         std::swap(t.packets[base::kBurst2].packet, t.packets[base::kBurst3].packet);
       },
       What::moved},
      {"one_late", [](B& t) { t.packets[base::kEchoAck].at += 150ms; }, What::late},
      {"one_early", [](B& t) { t.packets[base::kOwnFin].at -= 500ms; }, What::late},
      {"all_late_from_here_on", [](B& t) { delay_from(t, base::kBurst1, 80ms); }, What::late},
      {"late_answer", [](B& t) { delay_from(t, base::kLineAck, 60ms); }, What::late},
      {"a_timer_a_granule_and_more_late",
       [](B& t) { delay_from(t, base::kRto3, 200ms); },
       What::late,
       {},
       "cannot be told from the packets"},
      {"late_and_changed",
       [](B& t) {
         t.packets[base::kOwnFin].at -= 500ms;
         t.packets[base::kOwnFin].packet.ip.hop_limit = 1;
       },
       What::late,
       {Field::ttl}},
  };
}

}  // namespace halfopen::test

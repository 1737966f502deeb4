// A short run told to an observer, packet by packet, without hosts: a crash that a router reports.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "capture/note/run_info.h"
#include "sim/base/errno.h"
#include "sim/trace/observe.h"
#include "tests/support/packets.h"

namespace halfopen::test {

[[nodiscard]] inline RunInfo story_run(bool v6 = false) {
  const auto host = [](HostId id, const IpAddress& address, std::string profile, std::string program) {
    return HostInfo{.id = id,
                    .address = address,
                    .kind = "model",
                    .os = "linux",
                    .profile = std::move(profile),
                    .program = std::move(program)};
  };
  RunInfo run;
  run.version = "0.1.0";
  run.scenario = "Server host crashes";
  run.seed = 7;
  run.hosts = {host(HostId::client, v6 ? v6_host(1) : kClientIp, "linux-6.18", "line-client"),
               host(HostId::server, v6 ? v6_host(2) : kServerIp, "linux-6.18", "echo-server")};
  HostInfo router;
  router.id = HostId::router;
  router.address = v6 ? v6_host(0xfe) : kRouterIp;
  run.hosts.push_back(router);
  return run;
}

// Tells the story. Sequence numbers begin at `isn`, on both sides.
class Story {
 public:
  explicit Story(Observer& observer, bool v6 = false, std::uint32_t isn = 1000)
      : observer_{observer}, v6_{v6}, isn_{isn} {}

  void tell() {
    open();
    exchange();
    note(TimelineNote{.at = kTimeZero + 2s, .verb = "server host crashes", .detail = {}});
    silence();
    refuse();
  }

  void send(TimePoint at, PacketSpec spec, Cause cause, PacketFate fate = PacketFate::delivered,
            std::uint8_t n = 0) {
    spec.v6 = v6_;
    spec.seq += isn_;
    if ((spec.flags & tcp_flag::ack) != 0) spec.ack += isn_;
    Packet packet = tcp_packet(pool_, spec);
    const bool is_syn = packet.segment()->has(tcp_flag::syn);
    TcpOptions& options = packet.segment()->options;
    if (is_syn) {
      options.add_mss(1460);
      options.add_sack_permitted();
      options.add_timestamps({TsVal{5}, TsVal{0}});
      options.add_nop();
      options.add_window_scale(7);
    } else if (!packet.segment()->has(tcp_flag::rst)) {
      options.add_nop();
      options.add_nop();
      options.add_timestamps({TsVal{7}, TsVal{5}});
    }
    packet.why.cause = cause;
    packet.why.before = packet.why.after = State::established;
    packet.why.retransmission = n;
    if (n > 0) {
      packet.why.next_timer = Timer::retransmit;
      packet.why.next_deadline = at + 1500ms;
    }
    tell_packet(at, spec.from_server ? HostId::server : HostId::client, fate, packet);
    last_ = std::move(packet);
  }

  void note(Note note) {
    if (observer_.wants(static_cast<NoteKind>(note.index()))) observer_.on_note(note);
  }

 private:
  static constexpr std::uint8_t kAck = tcp_flag::ack;
  static constexpr std::uint8_t kPush = tcp_flag::ack | tcp_flag::psh;

  void tell_packet(TimePoint at, HostId from, PacketFate fate, const Packet& packet) {
    observer_.on_packet({.at = at, .from = from, .fate = fate, .packet = &packet});
  }
  void open() {
    const FourTuple client{{v6_ ? v6_host(1) : kClientIp, kClientPort},
                           {v6_ ? v6_host(2) : kServerIp, kServerPort}};
    send(kTimeZero, {.flags = tcp_flag::syn}, Cause::active_open);
    send(kTimeZero + 20ms, {.from_server = true, .flags = tcp_flag::syn | kAck, .ack = 1, .window = 65160},
         Cause::passive_open);
    send(kTimeZero + 20ms, {.flags = kAck, .seq = 1, .ack = 1, .window = 502}, Cause::handshake_complete);
    note(StateNote{.at = kTimeZero + 20ms,
                   .host = HostId::client,
                   .connection = client,
                   .from = State::syn_sent,
                   .to = State::established,
                   .why = Cause::handshake_complete});
  }
  void exchange() {
    send(kTimeZero + 1s, {.flags = kPush, .seq = 1, .ack = 1, .window = 502, .text = "hello\n"},
         Cause::new_data);
    send(kTimeZero + 1020ms,
         {.from_server = true, .flags = kPush, .seq = 1, .ack = 7, .window = 509, .text = "hello\n"},
         Cause::new_data);
    send(kTimeZero + 1020ms, {.flags = kAck, .seq = 7, .ack = 7, .window = 502}, Cause::ack_now);
  }
  void silence() {
    const PacketSpec lost{.flags = kPush, .seq = 7, .ack = 7, .window = 502, .text = "anybody there?\n"};
    note(CallNote{.at = kTimeZero + 3s,
                  .began = kTimeZero + 3s,
                  .host = HostId::client,
                  .program = "line-client",
                  .pid = 100,
                  .call = "write",
                  .args = "3, \"anybody there?\\n\", 15",
                  .result = 15,
                  .error = 0,
                  .detail = {}});
    send(kTimeZero + 3s, lost, Cause::new_data, PacketFate::cut);
    send(kTimeZero + 3240ms, lost, Cause::retransmit_timeout, PacketFate::lost, 1);
    const auto error = make_icmp_error(IcmpKind::host_unreachable, last_, v6_ ? v6_host(0xfe) : kRouterIp, 0);
    tell_packet(kTimeZero + 3250ms, HostId::router, PacketFate::delivered, *error);
    note(CallNote{.at = kTimeZero + 4s,
                  .began = kTimeZero + 3s,
                  .host = HostId::client,
                  .program = "line-client",
                  .pid = 100,
                  .call = "read",
                  .args = "3, 0x7ffd, 4096",
                  .result = -1,
                  .error = static_cast<int>(Errno::hostunreach),
                  .detail = {}});
    note(ProcessNote{.at = kTimeZero + 4s,
                     .host = HostId::client,
                     .program = "line-client",
                     .pid = 100,
                     .what = ProcessNote::What::output,
                     .signal = 0,
                     .status = 0,
                     .text = "read: No route to host\n"});
  }
  void refuse() {
    send(kTimeZero + 5s, {.from_server = true, .flags = tcp_flag::rst, .seq = 7, .window = 0},
         Cause::rst_no_connection);
    note(ProcessNote{.at = kTimeZero + 5s,
                     .host = HostId::client,
                     .program = "line-client",
                     .pid = 100,
                     .what = ProcessNote::What::killed,
                     .signal = 9,
                     .status = 0,
                     .text = {}});
  }

  Observer& observer_;
  bool v6_;
  std::uint32_t isn_;
  BlockPool pool_;
  Packet last_;
};

}  // namespace halfopen::test

// Traces for the tests of the comparison: a list of packets that a test may change before it is written.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/compare/compare.h"
#include "capture/note/run_info.h"
#include "sim/trace/observe.h"
#include "sim/wire/packet.h"
#include "tests/support/packets.h"
#include "tests/support/scratch.h"

namespace halfopen::test {

struct TimedPacket {
  TimePoint at;
  HostId from = HostId::client;
  Packet packet;

  [[nodiscard]] Segment& segment() { return *packet.segment(); }
};

// What a segment is made of; sequence numbers are relative, a SYN is at 0.
struct Step {
  Duration at{};
  bool from_server = false;
  std::uint8_t flags = tcp_flag::ack;
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint16_t window = 502;
  std::string text = {};
  std::uint16_t port = kClientPort;
};

class TraceOfPackets {
 public:
  std::vector<TimedPacket> packets;

  TraceOfPackets() = default;
  // Adds a segment with the options that Linux would send, and returns its index.
  std::size_t add(const Step& step);
  // An ICMP error of the router about packet `offender`.
  std::size_t add_icmp(Duration at, std::size_t offender, IcmpKind kind = IcmpKind::host_unreachable);
  void handshake(Duration at, std::uint16_t port, Duration rtt = 20ms);
  void sort_by_time();
  [[nodiscard]] Payload payload(std::string_view text) { return Payload{pool(), as_bytes(text)}; }
  // A file in `scratch`, pcap (nanoseconds, raw IP) or pcapng by its name; `run` is what a pcapng says of
  // itself.
  [[nodiscard]] std::string write(const Scratch& scratch, const std::string& name,
                                  const RunInfo& run = {}) const;
  static BlockPool& pool();  // of all traces: packets move between them

  static constexpr std::uint32_t kClientIsn = 0xffff'ff00;  // its data runs across the wrap
  static constexpr std::uint32_t kServerIsn = 5000;
};

// A client that writes at 3 s to a host that is gone; `after` are the times of its retransmissions since
// then.
[[nodiscard]] TraceOfPackets crash_trace(Duration rtt, const std::vector<Duration>& after);

// Two connections: a conversation that is closed in order, with a burst in it, and one whose server goes
// away.
[[nodiscard]] TraceOfPackets base_trace();
// Indices into it.
namespace base {
inline constexpr std::size_t kSyn = 0, kSynAck = 1, kHandshakeAck = 2, kLine = 3, kLineAck = 4, kEcho = 5,
                             kEchoAck = 6, kBurst1 = 7, kBurst2 = 8, kBurst3 = 9, kBurstAck1 = 10,
                             kBurstAck2 = 11, kFin = 12, kFinAck = 13, kOwnFin = 14, kLastAck = 15,
                             kSecondSyn = 16, kLost = 21, kProbe = 22, kRto1 = 23, kRto2 = 24, kIcmp = 25,
                             kRto3 = 26, kReset = 27, kCount = 28;
}  // namespace base

// What a comparison said, with all reports.
struct Compared {
  Comparison comparison;
  std::vector<compare::ConnectionReport> reports;
  [[nodiscard]] std::vector<compare::Row> differing() const;
  // What was said of them, row by row.
  [[nodiscard]] std::vector<std::string> reasons() const;
  // For messages: everything that was found.
  [[nodiscard]] std::string text() const;
};
[[nodiscard]] Compared compare_files(const std::string& a, const std::string& b,
                                     const CompareOptions& options = {});

// As if neither end had offered SACK: both SYNs have timestamps and a window scale.
inline void without_option_sack(TraceOfPackets& t) {
  for (const std::size_t syn : {0u, 1u}) {
    TcpOptions options;
    options.add_mss(1460);
    options.add_nop();
    options.add_nop();
    options.add_timestamps({TsVal{1}, TsVal{0}});
    options.add_nop();
    options.add_window_scale(7);
    t.packets[syn].segment().options = options;
  }
}

}  // namespace halfopen::test

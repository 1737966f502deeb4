#include "tests/capture/compare/traces.h"

#include <algorithm>

#include "capture/compare/report_text.h"
#include "capture/file/capture_file.h"

namespace halfopen::test {
namespace {

constexpr std::uint8_t kAck = tcp_flag::ack;
constexpr std::uint8_t kPush = tcp_flag::ack | tcp_flag::psh;
constexpr std::uint8_t kFin = tcp_flag::ack | tcp_flag::fin;

class Collector final : public CompareListener {
 public:
  void on_connection(const compare::ConnectionReport& report) override { reports.push_back(report); }
  std::vector<compare::ConnectionReport> reports;
};

}  // namespace

BlockPool& TraceOfPackets::pool() {
  static BlockPool pool;
  return pool;
}

std::size_t TraceOfPackets::add(const Step& step) {
  PacketSpec spec;
  spec.from_server = step.from_server;
  spec.flags = step.flags;
  spec.seq = step.seq + (step.from_server ? kServerIsn : kClientIsn);
  if ((step.flags & kAck) != 0) spec.ack = step.ack + (step.from_server ? kClientIsn : kServerIsn);
  spec.window = step.window;
  spec.text = step.text;
  spec.client_port = step.port;
  Packet packet = tcp_packet(pool(), spec);
  packet.ip.id = static_cast<std::uint16_t>(packets.size() * 7 + 1);
  TcpOptions& options = packet.segment()->options;
  const auto now = static_cast<std::uint32_t>(step.at / 1ms);
  const Timestamps ts{TsVal{now + 100'000}, TsVal{step.flags == tcp_flag::syn ? 0 : now + 70'000}};
  if ((step.flags & tcp_flag::syn) != 0) {
    options.add_mss(1460);
    options.add_sack_permitted();
    options.add_timestamps(ts);
    options.add_nop();
    options.add_window_scale(7);
  } else if ((step.flags & tcp_flag::rst) == 0) {
    options.add_nop();
    options.add_nop();
    options.add_timestamps(ts);
  }
  packets.push_back(
      {kTimeZero + step.at, step.from_server ? HostId::server : HostId::client, std::move(packet)});
  return packets.size() - 1;
}

std::size_t TraceOfPackets::add_icmp(Duration at, std::size_t offender, IcmpKind kind) {
  packets.push_back(
      {kTimeZero + at, HostId::router, *make_icmp_error(kind, packets[offender].packet, kRouterIp, 0)});
  return packets.size() - 1;
}

void TraceOfPackets::handshake(Duration at, std::uint16_t port, Duration rtt) {
  add({.at = at, .flags = tcp_flag::syn, .window = 64240, .port = port});
  add({.at = at + rtt,
       .from_server = true,
       .flags = tcp_flag::syn | kAck,
       .ack = 1,
       .window = 65160,
       .port = port});
  add({.at = at + rtt, .seq = 1, .ack = 1, .port = port});
}

void TraceOfPackets::sort_by_time() { std::ranges::stable_sort(packets, {}, &TimedPacket::at); }

std::string TraceOfPackets::write(const Scratch& scratch, const std::string& name, const RunInfo& run) const {
  const std::string path = scratch.file(name);
  const auto sink = open_capture(path, run);
  for (const TimedPacket& timed : packets) {
    sink->on_packet({timed.at, timed.from, PacketFate::delivered, &timed.packet});
  }
  sink->finish();
  return path;
}

TraceOfPackets crash_trace(Duration rtt, const std::vector<Duration>& after) {
  TraceOfPackets t;
  t.handshake(0ms, 40000, rtt);
  const Step lost{.at = 3s, .flags = kPush, .seq = 1, .ack = 1, .text = "anybody there?\n"};
  t.add(lost);
  for (const Duration later : after) {
    Step again = lost;
    again.at += later;
    t.add(again);
  }
  return t;
}

TraceOfPackets base_trace() {
  TraceOfPackets t;
  t.handshake(0ms, 40000);
  t.add({.at = 1000ms, .flags = kPush, .seq = 1, .ack = 1, .text = "hello, server!\n"});
  t.add({.at = 1020ms, .from_server = true, .seq = 1, .ack = 16});
  t.add({.at = 1021ms, .from_server = true, .flags = kPush, .seq = 1, .ack = 16, .text = "hello, client!\n"});
  t.add({.at = 1022ms, .seq = 16, .ack = 16});
  const std::string full(1448, 'x');
  t.add({.at = 2000ms, .seq = 16, .ack = 16, .text = full});
  t.add({.at = 2001ms, .seq = 1464, .ack = 16, .text = full});
  t.add({.at = 2002ms, .flags = kPush, .seq = 2912, .ack = 16, .text = std::string(1000, 'y')});
  t.add({.at = 2021ms, .from_server = true, .seq = 16, .ack = 2912});
  t.add({.at = 2022ms, .from_server = true, .seq = 16, .ack = 3912});
  t.add({.at = 3000ms, .from_server = true, .flags = kFin, .seq = 16, .ack = 3912});
  t.add({.at = 3040ms, .seq = 3912, .ack = 17});
  t.add({.at = 4000ms, .flags = kFin, .seq = 3912, .ack = 17});
  t.add({.at = 4020ms, .from_server = true, .seq = 17, .ack = 3913});
  t.handshake(5000ms, 40001);
  t.add({.at = 6000ms, .flags = kPush, .seq = 1, .ack = 1, .text = "first\n", .port = 40001});
  t.add({.at = 6020ms, .from_server = true, .seq = 1, .ack = 7, .port = 40001});
  const Step lost{
      .at = 7000ms, .flags = kPush, .seq = 7, .ack = 1, .text = "anybody there?\n", .port = 40001};
  const std::size_t first = t.add(lost);
  for (const Duration later : {220ms, 444ms, 900ms}) {
    Step again = lost;
    again.at += later;
    t.add(again);
  }
  t.add_icmp(7910ms, first);
  Step last = lost;
  last.at += 1812ms;
  t.add(last);
  t.add({.at = 8832ms, .from_server = true, .flags = tcp_flag::rst, .seq = 1, .window = 0, .port = 40001});
  return t;
}

std::vector<compare::Row> Compared::differing() const {
  std::vector<compare::Row> rows;
  for (const compare::ConnectionReport& report : reports) {
    for (const compare::Row& row : report.rows) {
      if (row.what != compare::What::equal) rows.push_back(row);
    }
  }
  return rows;
}

std::vector<std::string> Compared::reasons() const {
  std::vector<std::string> all;
  for (const compare::Row& row : differing()) all.push_back(row.explanation);
  return all;
}

std::string Compared::text() const {
  std::string all;
  for (const compare::ConnectionReport& report : reports) {
    if (report.is_same) continue;
    for (const compare::ReportLine& line : compare::report_lines(report, "A", "B")) all += line.text + "\n";
  }
  for (const std::string& remark : comparison.remarks) all += "note: " + remark + "\n";
  for (const std::string& fault : comparison.faults) all += "fault: " + fault + "\n";
  return all + "first: " + comparison.first + "\n";
}

Compared compare_files(const std::string& a, const std::string& b, const CompareOptions& options) {
  Collector collector;
  Compared compared{compare_captures(a, b, options, &collector), {}};
  compared.reports = std::move(collector.reports);
  return compared;
}

}  // namespace halfopen::test

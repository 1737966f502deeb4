#include "sim/drill/player.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "sim/drill/connection_map.h"
#include "sim/drill/followed_socket.h"
#include "sim/drill/match.h"
#include "sim/drill/packet_making.h"
#include "sim/drill/packet_reading.h"
#include "sim/drill/timing.h"
#include "sim/script/meaning.h"
#include "sim/script/text.h"
#include "sim/wire/segment.h"

namespace halfopen::drill {
namespace {

using script::CallSpec;
using script::Event;
using script::PacketSpec;
using script::TcpFlags;
using script::TcpSpec;

constexpr Duration kPatience = std::chrono::seconds{2};  // for a packet, beyond its time
constexpr std::uint16_t kFirstRemotePort = 50001;        // of connections that the script opens

// Ends the script, which has failed; its place is the event's.
struct Stop {
  Mismatch mismatch;
};
[[noreturn]] void fail(std::string message) { throw Stop{{.place = {}, .message = std::move(message)}}; }

std::string seconds_text(TimePoint at) {
  return fmt::format("{:.6f}", std::chrono::duration<double>(at.time_since_epoch()).count());
}

class Player {
 public:
  Player(const script::Script& script, ScriptHost& host, const DrillConfig& config)
      : script_{script}, host_{host}, config_{config} {}

  PlayResult run() {
    PlayResult result;
    try {
      for (const std::string& init : config_.init_scripts) run_command({init});
      if (script_.init) run_command(*script_.init);
      host_.start();
      for (const Event& event : script_.events) play_event(event);
      if (pending_) finish_pending();
      if (script_.cleanup) run_command(*script_.cleanup);
    } catch (Stop& stop) {
      result.verdict = Verdict::failed;
      static_cast<Mismatch&>(result) = std::move(stop.mismatch);
    } catch (const NotSupported& missing) {
      result.verdict = Verdict::skipped;
      result.message = missing.what();
    }
    result.place = place_;
    if (result.verdict != Verdict::failed && !passed_over_.empty() && config_.passes_over.counts) {
      result.verdict = Verdict::failed;
      static_cast<Mismatch&>(result) = std::move(passed_over_.back());
      passed_over_.pop_back();
    }
    result.passed_over = std::move(passed_over_);
    result.code = std::move(code_);
    return result;
  }

 private:
  // Ends the script, unless it is to go on.
  void mismatch(bool goes_on, Mismatch found) {
    if (!goes_on) throw Stop{std::move(found)};
    found.place = place_;
    passed_over_.push_back(std::move(found));
  }

  // --- Time
  void play_event(const Event& event) {
    place_ = event.place;
    const auto* packet = std::get_if<PacketSpec>(&event.action);
    const bool is_inbound = packet != nullptr && packet->direction == script::Direction::inbound;
    // Packets in a row that are injected are counted from each other's due times, as packetdrill does.
    const bool is_anchored = is_inbound && last_was_inbound_;
    window_ = EventWindow::of(event.time, is_anchored ? *last_due_ : host_.now());
    if (!last_due_ && window_.from != kTimeZero) fail("first event should be at time 0");
    if (window_.from > kTimeZero + config_.longest)
      fail(fmt::format("the script takes longer than {} sec",
                       std::chrono::duration_cast<std::chrono::seconds>(config_.longest).count()));
    std::visit([&](const auto& action) { play_action(action); }, event.action);
    last_due_ = window_.from;
    last_was_inbound_ = is_inbound;
  }

  void wait_until_due(std::string_view what) {
    if (window_.from > host_.now()) host_.advance(window_.from);
    if (auto error = timing_error(window_, host_.now(), tolerance(), what)) fail(*std::move(error));
  }
  [[nodiscard]] Duration tolerance() const { return tolerance_at(config_, window_.from, last_due_); }

  // --- Packets
  void play_action(const PacketSpec& packet) {
    refuse_encapsulation(packet, host_.knows_tunnels());
    if (packet.direction == script::Direction::inbound) {
      wait_until_due("inbound packet");
      inject(packet);
    } else {
      expect(packet);
    }
  }

  // A packet in begins what the script is about, if nothing else has.
  void begin_with(const PacketSpec& packet) {
    using Stage = ConnectionMap::Stage;
    const SocketAddress local{config_.local(), config_.bind_port};
    if (std::holds_alternative<script::UdpSpec>(packet.body)) {
      // The other side of datagrams is where a call sends some, whoever is first.
      return map_.open_datagrams({.local = local, .remote = {config_.remote(), config_.connect_port}});
    }
    if (map_.stage() == Stage::open || map_.stage() == Stage::connecting) return;
    const FourTuple live{.local = local, .remote = {config_.remote(), remote_port_++}};
    if (const auto* tcp = std::get_if<TcpSpec>(&packet.body)) {
      map_.open_passively(live, *tcp);
      socket_.await_accept();
    }
  }

  void inject(const PacketSpec& packet) {
    const auto* tcp = std::get_if<TcpSpec>(&packet.body);
    begin_with(packet);
    const std::vector<std::uint8_t> bytes = make_packet(packet, map_, pool_);
    if (const auto echo = map_.take_unknown_echo(); echo && !config_.echoes_scaled)
      fail(
          fmt::format("error handling packet: unable to infer live TS ecr for script TS ecr {}; no matching "
                      "or preceding outbound TS val",
                      *echo));
    const bool is_merged = tcp != nullptr && config_.mss != 0 && tcp->seq.length > config_.mss;
    if (!is_merged) return host_.inject(bytes);
    if (!host_.inject_merged(bytes, config_.mss))
      throw NotSupported{"the host takes no segments that a device has merged (--mss)"};
  }

  void expect(const PacketSpec& packet) {
    const auto* tcp = std::get_if<TcpSpec>(&packet.body);
    if (tcp != nullptr) map_.expect(*tcp);
    Actual actual = next_of_connection(packet);
    const auto length = [](const PacketSpec& spec) {
      const auto* body = std::get_if<TcpSpec>(&spec.body);
      return body == nullptr ? 0 : body->seq.length;
    };
    while (!config_.strict_segments && length(actual.packet) < length(packet)) {
      const Actual more = next_of_connection(packet);
      if (!join(actual.packet, more.packet)) {
        throw Stop{mismatch_of(
            packet, actual,
            {{"payload length", std::to_string(length(packet)), std::to_string(length(actual.packet))}})};
      }
      actual.at = more.at;  // the whole is there when its last piece is
      if (host_.os() == OsFamily::linux_os) leave_push_open(actual.packet, *tcp);
    }
    const MatchSettings settings{.dialect = script_.dialect,
                                 .tolerance = tolerance_at(config_, window_.from, kTimeZero),
                                 .timestamp_tick = config_.timestamp_tick};
    std::vector<Difference> found = differences(packet, actual.packet, settings);
    if (auto error = timing_error(window_, actual.at, tolerance(), "outbound packet"))
      found.push_back({"time", *std::move(error), seconds_text(actual.at)});
    if (!found.empty()) mismatch(config_.passes_over.packets, mismatch_of(packet, actual, std::move(found)));
  }

  struct Actual {
    TimePoint at;
    PacketSpec packet;  // in the script's numbers
    Why why = {};
  };

  // Messages of ICMP have no ports: packetdrill passes them all over, here it is those that nobody expects.
  Actual next_of_connection(const PacketSpec& expected) {
    const bool wants_icmp = std::holds_alternative<script::IcmpSpec>(expected.body);
    const bool has_limit = window_.kind != script::EventTime::Kind::any;
    const TimePoint limit =
        has_limit ? std::max(window_.to, host_.now()) + kPatience : kTimeZero + config_.longest;
    while (std::optional<SentPacket> sent = host_.next_packet(std::max(limit, host_.now()))) {
      std::optional<ReadPacket> read = read_packet(sent->bytes, config_.tcp_in_udp);
      if (!read) continue;
      if (auto* tcp = std::get_if<TcpSpec>(&read->spec.body)) {
        const FourTuple live{.local = {read->source, tcp->ports->source},
                             .remote = {read->destination, tcp->ports->destination}};
        if (!map_.takes(live, *tcp)) continue;
        *tcp = map_.to_script(std::move(*tcp), std::get_if<TcpSpec>(&expected.body));
      } else if (const auto* udp = std::get_if<script::UdpSpec>(&read->spec.body)) {
        const FourTuple live{.local = {read->source, udp->ports->source},
                             .remote = {read->destination, udp->ports->destination}};
        if (!map_.takes_datagram(live)) continue;
      } else if (!wants_icmp || read->destination != map_.live().remote.ip) {
        continue;
      }
      return {.at = sent->at, .packet = std::move(read->spec), .why = sent->why};
    }
    throw Stop{{.place = {},
                .message = "error handling packet: Timed out waiting for packet",
                .differences = {{"packet", script::text_of(expected, script_.dialect), "none"}},
                .expected = with_time(window_.from, expected)}};
  }

  // Segments in a row count as the one that offloading would have made of them.
  static bool join(PacketSpec& first, const PacketSpec& next) {
    constexpr std::uint8_t kOfTheLast = tcp_flag::psh | tcp_flag::fin;
    auto* a = std::get_if<TcpSpec>(&first.body);
    const auto* b = std::get_if<TcpSpec>(&next.body);
    if (a == nullptr || b == nullptr || !a->seq.start || a->ack != b->ack || a->window != b->window)
      return false;
    if (((a->flags.bits ^ b->flags.bits) & ~kOfTheLast) != 0) return false;
    if (b->seq.start != *a->seq.start + a->seq.length || b->seq.length == 0) return false;
    a->seq.length = static_cast<std::uint16_t>(a->seq.length + b->seq.length);
    a->flags.bits =
        static_cast<std::uint8_t>((a->flags.bits & ~tcp_flag::psh) | (b->flags.bits & kOfTheLast));
    return true;
  }

  // Linux gives a PSH to each packet that a device is to cut (net/ipv4/tcp_output.c __tcp_transmit_skb:
  // tcp_skb_pcount() > 1). Which segments are of one such packet the model does not know: where none of them
  // has a PSH of its own, there may be one or none.
  static void leave_push_open(PacketSpec& joined, const TcpSpec& expected) {
    TcpFlags& flags = std::get<TcpSpec>(joined.body).flags;
    flags.bits |= expected.flags.bits & tcp_flag::psh;
  }

  [[nodiscard]] std::string with_time(TimePoint at, PacketSpec packet) const {
    return seconds_text(at) + " " + script::text_of(packet, script_.dialect);
  }

  [[nodiscard]] Mismatch mismatch_of(const PacketSpec& expected, const Actual& actual,
                                     std::vector<Difference> found) const {
    PacketSpec shown = actual.packet;
    if (expected.ip.is_empty()) shown.ip = {};
    const Difference& first = found.front();
    const std::string message = first.field == "time"
                                    ? first.expected
                                    : fmt::format("live packet field {}: expected: {} vs actual: {}",
                                                  first.field, first.expected, first.actual);
    return {.place = {},
            .message = "error handling packet: " + message,
            .differences = std::move(found),
            .expected = with_time(window_.from, expected),
            .actual = with_time(actual.at, shown),
            .sent = SentPacket{.at = actual.at, .bytes = {}, .why = actual.why}};
  }

  // --- Calls
  struct Pending {
    CallSpec call;
    script::Place place;
    TimePoint due;  // when it is made
    std::optional<EventWindow> end;
  };

  void play_action(const CallSpec& call) {
    if (pending_) finish_pending();
    wait_until_due("system call start");
    socket_.before_call(call, {config_.remote(), config_.connect_port}, host_.os(), map_);
    pending_ = Pending{.call = call, .place = place_, .due = window_.from, .end = {}};
    if (call.end) {
      const script::EventTime end{.kind = script::EventTime::Kind::absolute, .from = *call.end, .to = {}};
      pending_->end = EventWindow::of(end, {});
      const Duration by = window_.offset;
      pending_->end->from += by;
      pending_->end->to += by;
    }
    if (const std::optional<Outcome> outcome = host_.begin(call)) return check(*outcome);
    if (!call.end) finish_pending();
  }

  void finish_pending() {
    const TimePoint limit = pending_->end ? pending_->end->from + kPatience : kTimeZero + config_.longest;
    place_ = pending_->place;
    const std::optional<Outcome> outcome = host_.take_outcome(std::max(limit, host_.now()));
    if (!outcome) fail("error in " + pending_->call.name + "(): it does not return");
    check(*outcome);
  }

  void check(const Outcome& outcome) {
    const Pending done = *std::exchange(pending_, std::nullopt);
    place_ = done.place;
    check_result(done.call, outcome);
    if (done.end) {
      // In percent of how long the call blocks: which event came before it ends is not known.
      const Duration slack = tolerance_at(config_, done.end->from, done.due);
      if (auto error = timing_error(*done.end, outcome.at, slack, "system call return"))
        fail(*std::move(error));
    }
    socket_.after_call(done.call, host_.os(), map_);
  }

  void check_result(const CallSpec& call, const Outcome& outcome) {
    const bool goes_on = config_.passes_over.calls;
    const auto say = [&](const std::string& expected, const std::string& actual, const std::string& message) {
      mismatch(goes_on, {.place = {},
                         .message = fmt::format("runtime error in {} call: {}", call.name, message),
                         .differences = {{"result of " + call.name + "()", expected, actual}}});
    };
    const bool is_any = call.result.kind == script::Value::Kind::ellipsis;
    const std::optional<std::int64_t> expected = script::number_of(call.result, host_.os());
    if (!is_any && !expected) throw NotSupported{"a result of " + call.name + "() that is no number"};
    const std::string actual =
        std::to_string(outcome.value) + (outcome.error.empty() ? "" : " " + outcome.error);
    if (!is_any && *expected != outcome.value) {
      const std::string why =
          outcome.error.empty() ? "" : fmt::format(" with errno {} ({})", outcome.error, outcome.message);
      return say(std::to_string(*expected) + (call.error ? " " + *call.error : ""), actual,
                 fmt::format("Expected result {} but got {}{}", *expected, outcome.value, why));
    }
    const auto canonical = [](std::string_view error) {
      return error == "EWOULDBLOCK" ? std::string_view{"EAGAIN"} : error;
    };
    if (call.error && canonical(*call.error) != canonical(outcome.error))
      return say(
          std::to_string(outcome.value) + " " + *call.error, actual,
          fmt::format("Expected errno {} but got {} ({})", *call.error, outcome.error, outcome.message));
    if (outcome.differences.empty()) return;
    const Difference& first = outcome.differences.front();
    mismatch(goes_on, {.place = {},
                       .message = fmt::format("runtime error in {} call: {}: expected: {} actual: {}",
                                              call.name, first.field, first.expected, first.actual),
                       .differences = outcome.differences});
  }

  // --- The rest
  void play_action(const script::CommandSpec& command) {
    wait_until_due("command");
    run_command(command);
  }
  void run_command(const script::CommandSpec& command) {
    if (const std::optional<std::string> error = host_.command(command.line))
      fail("error executing `" + command.line + "` command: " + *error);
  }

  void play_action(const script::CodeSpec& code) {
    const script::Place code_place = place_;
    wait_until_due("data collection for code");
    // A call that has ended by now may have given the descriptor that the code is about.
    if (pending_) {
      if (const std::optional<Outcome> outcome = host_.take_outcome(host_.now())) check(*outcome);
      place_ = code_place;
    }
    code_.push_back({.place = place_, .text = code.text, .fields = host_.tcp_info(socket_.descriptor())});
  }

  const script::Script& script_;
  ScriptHost& host_;
  const DrillConfig& config_;
  BlockPool pool_;
  ConnectionMap map_;
  FollowedSocket socket_;  // that `map_` is about
  std::uint16_t remote_port_ = kFirstRemotePort;
  script::Place place_;
  EventWindow window_;
  std::optional<TimePoint> last_due_;  // of the event before
  bool last_was_inbound_ = false;
  std::optional<Pending> pending_;
  std::vector<CodeRun> code_;
  std::vector<Mismatch> passed_over_;
};

}  // namespace

PlayResult play(const script::Script& script, ScriptHost& host, const DrillConfig& config) {
  return Player{script, host, config}.run();
}

}  // namespace halfopen::drill

// One end of a connection against a peer that does anything: segments, ICMP errors, system calls and the
// passing of time, from the input. After each the invariants hold, what goes out is a packet, and no instant
// goes on for ever.
#include <array>
#include <memory>
#include <optional>

#include "tests/fuzz/target.h"
#include "tests/sim/tcp/pair.h"

namespace halfopen::fuzz {
namespace {

constexpr std::array<const char*, 5> kSystems{"linux-6.1", "linux-6.18", "freebsd-14", "4.4bsd", "rfc"};

class Driven {
 public:
  explicit Driven(Script& script)
      : script_{script},
        pair_{kSystems[script.byte() % kSystems.size()]},
        tcp_{side().env, {.addresses = side().addresses, .iss = side().iss}, side().options} {}

  void run() {
    constexpr int kMostSteps = 300;
    begin();
    for (int i = 0; i < kMostSteps && !script_.is_over() && tcp_.state() != State::closed; ++i) {
      step();
      drain();
    }
  }

 private:
  [[nodiscard]] testing::Pair::Side& side() { return pair_.a; }

  // Both handshakes as they should be, so that few inputs are wasted on none.
  void begin() {
    const std::uint8_t how = script_.byte();
    TcpOptions options;
    if ((how & 1) != 0) options.add_mss(script_.word());
    if ((how & 2) != 0) options.add_sack_permitted();
    if ((how & 4) != 0) options.add_timestamps({.value = TsVal{peer_time_}, .echo = TsVal{0}});
    if ((how & 8) != 0) options.add_window_scale(script_.byte());
    if ((how & 16) != 0) {
      tcp_.open_passively(now_, Arrival{.segment = segment(tcp_flag::syn, options, {})});
    } else {
      tcp_.connect(now_);
      drain();
      now_ += 10ms;
      tcp_.on_segment(now_, Arrival{.segment = segment(tcp_flag::syn | tcp_flag::ack, options, {})});
      peer_next_ += 1;
    }
    drain();
    if ((how & 32) != 0) return;
    now_ += 10ms;
    if ((how & 16) != 0) peer_next_ += 1;
    tcp_.on_segment(now_, Arrival{.segment = segment(tcp_flag::ack, {}, {})});
    drain();
  }

  // The peer's segment: in sequence, and acknowledging all.
  Segment segment(std::uint8_t flags, const TcpOptions& options, Bytes payload) {
    Segment made;
    made.source_port = side().addresses.remote.port;
    made.destination_port = side().addresses.local.port;
    made.seq = peer_next_;
    made.ack = tcp_.info().snd_nxt;
    made.flags = flags;
    made.window = 64240;
    made.options = options;
    made.payload = Payload{pair_.pool, payload};
    return made;
  }

  // Near the point, at it, or anywhere.
  Seq moved(Seq from) {
    const std::uint8_t how = script_.byte();
    if (how < 128) return from;
    if (how < 192) return from + static_cast<std::uint32_t>(static_cast<std::int8_t>(script_.byte()));
    if (how < 240) return from + static_cast<std::uint32_t>(static_cast<std::int16_t>(script_.word()));
    return Seq{script_.number()};
  }

  TcpOptions options() {
    const std::uint8_t how = script_.byte();
    TcpOptions made;
    if ((how & 1) != 0) {
      const TsVal echo{last_sent_time_ - ((how & 2) != 0 ? script_.number() : 0)};
      made.add_timestamps({.value = TsVal{peer_time_ += script_.byte()}, .echo = echo});
    }
    if ((how & 4) != 0) {
      std::array<SeqSpan, 2> blocks;
      for (SeqSpan& block : blocks) block = {moved(tcp_.info().snd_una), script_.word()};
      made.add_sack(blocks);
    }
    if ((how & 8) == 0) return made;
    return TcpOptions::read(script_.bytes(script_.byte() % 41), TcpOptions::kMaxBytes);
  }

  void receive() {
    static constexpr std::array<std::uint8_t, 1500> kData{};
    const std::uint8_t flags = script_.byte();
    Segment one = segment(flags == 0 ? tcp_flag::ack : flags, options(),
                          Bytes{kData}.first(script_.word() % (kData.size() + 1)));
    one.seq = moved(tcp_.info().rcv_nxt);
    one.ack = moved((script_.byte() & 1) != 0 ? tcp_.info().snd_una : tcp_.info().snd_nxt);
    one.window = script_.word();
    if (tcp_.on_segment(now_, Arrival{.segment = one}) == Endpoint::Verdict::reopen) tcp_.abort(now_);
  }

  void write() {
    static const std::vector<std::uint8_t> kData(70'000);
    tcp_.write(now_, Bytes{kData}.first(script_.word()));
  }
  void read() {
    std::array<std::uint8_t, 4096> out;
    tcp_.read(now_, std::span{out}.first(script_.word() % out.size()));
  }
  void set_options() {
    SocketOptions& wanted = side().options;
    wanted.keepalive = (script_.byte() & 1) != 0;
    wanted.nodelay = (script_.byte() & 1) != 0;
    wanted.linger = (script_.byte() & 1) != 0;
    wanted.keepalive_idle = std::chrono::seconds{script_.byte()};
    wanted.keepalive_interval = std::chrono::seconds{script_.byte()};
    wanted.keepalive_probes = script_.byte();
    wanted.user_timeout = std::chrono::milliseconds{script_.word()};
    wanted.send_buffer = script_.word() * 8u;
    wanted.receive_buffer = script_.word() * 8u;
    tcp_.set_options(now_, wanted);
  }

  // To the next deadline, or some time on, with the deadlines on the way.
  void pass_time() {
    constexpr int kMostDeadlines = 10'000;  // two hours of keepalive probes, a second apart, are not as many
    constexpr std::array<Duration, 4> kUnits{1us, 1ms, 100ms, 30s};
    const std::uint8_t how = script_.byte();
    const Deadline next = tcp_.next_deadline();
    TimePoint until = now_ + kUnits[how % 4] * script_.byte();
    if (how >= 128 && next.when != kNever) until = std::max(now_, next.when);
    for (int i = 0; i < kMostDeadlines; ++i) {
      const Deadline due = tcp_.next_deadline();
      if (due.when > until || tcp_.state() == State::closed) break;
      require(due.why != Timer::count_, "a deadline has a reason");
      now_ = std::max(now_, due.when);
      tcp_.on_deadline(now_);
      drain();
    }
    now_ = until;
    const Deadline left = tcp_.next_deadline();
    require(tcp_.state() == State::closed || left.when > now_, "time goes on");
  }

  void step() {
    switch (script_.byte() % 16) {
      case 0: write(); break;
      case 1: read(); break;
      case 2: tcp_.shutdown_write(now_); break;
      case 3: set_options(); break;
      case 4: script_.byte() % 4 == 0 ? tcp_.close(now_) : tcp_.shutdown_read(); break;
      case 5: {
        const auto kind = static_cast<IcmpKind>(script_.byte() % kIcmpKinds);
        tcp_.on_icmp(now_, kind, moved(tcp_.info().snd_una), script_.word());
        break;
      }
      case 6:
        if (script_.byte() == 255) tcp_.abort(now_);
        break;
      case 7:
      case 8:
      case 9: pass_time(); break;
      default: receive();
    }
  }

  void drain() {
    constexpr int kMostPackets = 20'000;  // one window of one-byte segments is not as much
    Packet packet;
    int count = 0;
    while (tcp_.poll_segment(now_, packet)) {
      require(++count < kMostPackets, "an instant has an end");
      require(testing::fault_of(packet).empty(), testing::fault_of(packet));
      const Segment& sent = *packet.segment();
      if (sent.options.has_timestamps()) last_sent_time_ = sent.options.timestamps().value.wire();
    }
    for (EndpointEvent event; tcp_.poll_event(event);) {
    }
    require(tcp_.broken_invariant().empty(), tcp_.broken_invariant());
    const Endpoint::Info info = tcp_.info();
    require(info.rto > Duration{0} && info.rto <= side().profile.rtt.rto_max.value + 1s,
            "the timeout is within its bounds");
  }

  Script& script_;
  testing::Pair pair_;
  Endpoint tcp_;
  TimePoint now_{};
  Seq peer_next_{1'000'000};
  std::uint32_t peer_time_ = 5000;
  std::uint32_t last_sent_time_ = 0;
};

}  // namespace

void fuzz_endpoint(Bytes input) {
  Script script{input};
  Driven{script}.run();
}

}  // namespace halfopen::fuzz

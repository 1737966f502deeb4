// A whole host of the model against the calls of a program and a network that does anything: sockets open,
// listen, write and close, segments and ICMP errors arrive for its connections, for its listeners and for
// nobody, time passes, the power goes. After each input the invariants of every connection hold, what goes
// out is a packet, and time goes on.
#include <array>
#include <optional>
#include <vector>

#include "sim/os/kernel.h"
#include "sim/run/model_host.h"
#include "tests/fuzz/target.h"
#include "tests/sim/tcp/pair.h"

namespace halfopen::fuzz {
namespace {

constexpr std::array<const char*, 5> kSystems{"linux-6.1", "linux-6.18", "freebsd-14", "4.4bsd", "rfc"};
constexpr std::uint16_t kPort = 9998;

ModelHostConfig config_of(std::uint8_t system, std::uint8_t seed) {
  return {.id = HostId::client,
          .address = IpAddress::v4({10, 9, 0, 1}),
          .profile = *find_profile(kSystems[system % kSystems.size()]),
          .mtu = 1500,
          .seed = seed,
          .program = {},
          .starts = {}};
}

class DrivenHost {
 public:
  explicit DrivenHost(Script& script)
      : script_{script}, host_{config_of(script.byte(), script.byte()), pool_, nullptr} {
    host_.boot(now_);
  }

  void run() {
    constexpr int kMostSteps = 300;
    for (int i = 0; i < kMostSteps && !script_.is_over(); ++i) {
      step();
      settle();
    }
  }

 private:
  Sockets& calls() { return host_.sockets(); }

  // One of the sockets, which is taken out of the list if `closes`.
  Socket* pick(bool closes = false) {
    if (sockets_.empty()) return nullptr;
    const auto at = sockets_.begin() + script_.byte() % static_cast<std::ptrdiff_t>(sockets_.size());
    Socket* socket = *at;
    if (closes) sockets_.erase(at);
    return socket;
  }

  void open() {
    constexpr std::size_t kMost = 8;
    if (sockets_.size() >= kMost) return;
    Socket& socket = calls().create();
    sockets_.push_back(&socket);
    const std::uint8_t how = script_.byte();
    if ((how & 1) != 0) calls().bind(socket, {host_.config().address, kPort});
    if ((how & 2) != 0)
      calls().connect(now_, socket, {peer_, kPort});
    else
      calls().listen(socket, how >> 4);
  }

  void transfer(Socket& socket) {
    static constexpr std::array<std::uint8_t, 65'535> kData{};
    std::array<std::uint8_t, 4096> into;
    Socket* accepted = nullptr;
    switch (script_.byte() % 4) {
      case 0: calls().write(now_, socket, Bytes{kData}.first(script_.word())); break;
      case 1: calls().read(now_, socket, std::span{into}.first(script_.word() % into.size())); break;
      case 2: calls().shutdown(now_, socket, static_cast<ShutdownHow>(script_.byte() % 3)); break;
      default: calls().accept(socket, accepted);
    }
    if (accepted != nullptr) sockets_.push_back(accepted);
  }

  void configure(Socket& socket) {
    const auto option =
        static_cast<SocketOption>(script_.byte() % static_cast<std::uint8_t>(SocketOption::so_error));
    const auto value = static_cast<std::int32_t>(script_.number());
    const bool is_small = script_.byte() < 200;
    calls().set_option(now_, socket, option, is_small ? value % 100 : value);
    calls().get_option(socket, option);
    calls().get_option(socket, SocketOption::so_error);
  }

  void call() {
    const std::uint8_t which = script_.byte() % 8;
    if (which == 0 || sockets_.empty()) return open();
    if (which == 1) {
      Socket* socket = pick(true);
      const CallResult result =
          calls().close(now_, *socket, script_.byte() < 128 ? CloseBy::call : CloseBy::exit);
      if (result.blocked) calls().end_linger(*socket);
      return;
    }
    Socket& socket = *pick();
    which == 2 ? configure(socket) : transfer(socket);
    static_cast<void>(calls().readiness(socket));
  }

  // A packet of the peer's that fits what the host sent last, or nearly, or not at all.
  void arrive() {
    Segment segment;
    segment.source_port = kPort;
    segment.destination_port = kPort;
    segment.seq = Seq{1'000'000};
    segment.window = 64240;
    segment.flags = script_.byte();
    if (last_) {
      segment.source_port = last_->destination_port;
      segment.destination_port = last_->source_port;
      segment.ack = last_->end();
      if (last_->has(tcp_flag::ack)) segment.seq = last_->ack;
    }
    const std::uint8_t how = script_.byte();
    if ((how & 1) != 0) segment.seq = segment.seq + static_cast<std::uint32_t>(script_.word()) - 0x8000;
    if ((how & 2) != 0) segment.ack = segment.ack + static_cast<std::uint32_t>(script_.word()) - 0x8000;
    if ((how & 4) != 0) segment.window = script_.word();
    if ((how & 8) != 0) segment.source_port = static_cast<std::uint16_t>(kPort + script_.byte() % 4);
    if ((how & 16) != 0) segment.destination_port = kPort;
    if ((how & 32) != 0)
      segment.options = TcpOptions::read(script_.bytes(script_.byte() % 41), TcpOptions::kMaxBytes);
    if ((how & 64) != 0) segment.payload = Payload{pool_, script_.bytes(script_.byte())};
    receive(
        Packet{.ip = {.source = peer_, .destination = host_.config().address}, .body = segment, .why = {}});
  }

  // An ICMP error about what the host sent last.
  void bounce() {
    if (!last_) return;
    const Packet sent{
        .ip = {.source = host_.config().address, .destination = peer_}, .body = *last_, .why = {}};
    const auto kind = static_cast<IcmpKind>(script_.byte() % kIcmpKinds);
    if (auto error = make_icmp_error(kind, sent, peer_, script_.word())) receive(std::move(*error));
  }

  // Over the wire, so that what cannot be written does not arrive.
  void receive(const Packet& packet) {
    if (wire_size(packet) > 65'535) return;
    std::vector<std::uint8_t> bytes(wire_size(packet));
    emit(packet, bytes);
    ParseIssue issue;
    if (auto parsed = parse(bytes, pool_, issue)) host_.receive(now_, std::move(*parsed));
  }

  // To the next deadline, or some time on, with the deadlines on the way.
  void pass_time() {
    constexpr int kMostDeadlines = 100'000;  // eight connections that probe each second, for two hours
    constexpr std::array<Duration, 4> kUnits{1us, 1ms, 100ms, 30s};
    const std::uint8_t how = script_.byte();
    const TimePoint next = host_.next_deadline();
    TimePoint until = now_ + kUnits[how % 4] * script_.byte();
    if (how >= 128 && next != kNever) until = std::max(now_, next);
    int deadlines = 0;
    while (host_.next_deadline() <= until) {
      require(++deadlines < kMostDeadlines, "time goes on");
      now_ = std::max(now_, host_.next_deadline());
      host_.fire_timers(now_);
      settle();
    }
    now_ = until;
  }

  void lose_power() {
    if (script_.byte() != 255) return;
    sockets_.clear();
    host_.crash(now_);
    require(host_.next_deadline() == kNever, "a dark host waits for nothing");
    receive(
        Packet{.ip = {.source = peer_, .destination = host_.config().address}, .body = Segment{}, .why = {}});
    host_.reboot(now_);
  }

  void step() {
    switch (script_.byte() % 16) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4: return call();
      case 5: return bounce();
      case 6: return lose_power();
      case 7:
      case 8:
      case 9: return pass_time();
      default: return arrive();
    }
  }

  // What a host's owner does after each input.
  void settle() {
    constexpr int kMostPackets = 100'000;
    Packet packet;
    int count = 0;
    while (host_.poll_packet(now_, packet)) {
      require(++count < kMostPackets, "an instant has an end");
      if (const Segment* segment = packet.segment()) {
        require(testing::fault_of(packet).empty(), testing::fault_of(packet));
        last_ = *segment;
      }
    }
    host_.kernel().stack().each_connection([](const Connection& connection) {
      const std::string_view broken = connection.endpoint().broken_invariant();
      require(broken.empty(), broken);
    });
  }

  Script& script_;
  BlockPool pool_;  // outlives the host
  TimePoint now_{};
  ModelHost host_;
  IpAddress peer_ = IpAddress::v4({10, 9, 0, 2});
  std::vector<Socket*> sockets_;  // that a program holds
  std::optional<Segment> last_;   // that the host sent
};

}  // namespace

void fuzz_host(Bytes input) {
  Script script{input};
  DrivenHost{script}.run();
}

}  // namespace halfopen::fuzz

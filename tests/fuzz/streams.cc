// Two hosts over a path that loses, repeats and reorders as the input says: each side reads a beginning of
// what the other wrote, byte for byte, and all of it where nobody gave up.
#include <array>

#include "tests/fuzz/target.h"
#include "tests/sim/tcp/pair.h"

namespace halfopen::fuzz {
namespace {

constexpr std::array<const char*, 5> kSystems{"linux-6.1", "linux-6.18", "freebsd-14", "4.4bsd", "rfc"};

// Bytes that tell their place: no two stretches of a few bytes are alike.
std::string stream(std::size_t size, std::uint32_t seed) {
  std::string text(size, '\0');
  for (char& c : text) {
    seed = seed * 1'664'525 + 1'013'904'223;
    c = static_cast<char>(seed >> 24);
  }
  return text;
}

class BadPath {
 public:
  explicit BadPath(Script& script)
      : script_{script}, pair_{system(), system(), std::chrono::microseconds{100 + script.word() * 4u}} {
    pair_.records = false;
    pair_.listens_again = false;  // a SYN that is late would open a second connection, with the same numbers
    constexpr std::size_t kMost = 20'000;  // several windows of a slow start
    from_a_ = stream(script.word() % kMost, 1);
    from_b_ = stream(script.word() % kMost, 2);
    b_reads_late_ = (script.byte() & 1) != 0;
    pair_.route = [this] { return route(); };
  }

  void run() {
    pair_.start_connect();
    std::size_t sent_a = 0;
    std::size_t sent_b = 0;
    for (int i = 0; i < 4000 && !is_over(); ++i) {
      pair_.run_for(script_.is_over() ? Duration{1s} : Duration{1ms} * (1 + script_.byte() * 4));
      push(pair_.a, from_a_, sent_a);
      if (pair_.b.endpoint == nullptr) continue;
      push(pair_.b, from_b_, sent_b);
      pair_.b.reads = !b_reads_late_ || script_.is_over() || (script_.byte() & 3) == 0;
      if (pair_.b.reads) pair_.after_input(pair_.b);
    }
    judge();
  }

 private:
  const char* system() { return kSystems[script_.byte() % kSystems.size()]; }

  // When the input is over, the path is good, and the programs are in no hurry: what can be finished is.
  std::vector<Duration> route() {
    if (script_.is_over()) return {pair_.one_way};
    const std::uint8_t how = script_.byte();
    std::vector<Duration> copies;
    if (how % 8 != 0) copies.push_back(pair_.one_way);
    if (how % 16 == 1) copies.push_back(pair_.one_way + pair_.one_way);
    if (how % 8 == 2) copies.front() += pair_.one_way * (how / 8);
    return copies;
  }

  void push(testing::Pair::Side& side, const std::string& all, std::size_t& done) {
    Endpoint& tcp = *side.endpoint;
    if (tcp.state() != State::established && tcp.state() != State::close_wait) return;
    if (done == all.size()) {
      tcp.shutdown_write(pair_.now);
    } else {
      const std::size_t most = script_.is_over() ? all.size() : 1 + script_.byte() * 64u;
      const std::string_view text = std::string_view{all}.substr(done, most);
      done += tcp.write(pair_.now, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    }
    pair_.after_input(side);
  }

  bool is_over() const {
    if (pair_.a.endpoint->state() == State::closed) return true;
    const auto ended = [](const Endpoint& tcp) {
      return tcp.state() == State::closed || tcp.state() == State::time_wait;
    };
    return pair_.b.endpoint != nullptr && ended(*pair_.a.endpoint) && ended(*pair_.b.endpoint);
  }

  void judge() {
    bool has_failed = pair_.a.endpoint->peek_error() != Errno::none || pair_.b.endpoint == nullptr;
    if (pair_.b.endpoint != nullptr) {
      pair_.b.reads = true;
      pair_.after_input(pair_.b);
      has_failed = has_failed || pair_.b.endpoint->peek_error() != Errno::none;
    }
    require(from_a_.starts_with(pair_.b.received), "b reads what a wrote");
    require(from_b_.starts_with(pair_.a.received), "a reads what b wrote");
    if (has_failed) return;
    require(pair_.b.received.size() == from_a_.size(), "b reads all that a wrote");
    require(pair_.a.received.size() == from_b_.size(), "a reads all that b wrote");
  }

  Script& script_;
  testing::Pair pair_;
  std::string from_a_;
  std::string from_b_;
  bool b_reads_late_ = false;
};

}  // namespace

void fuzz_streams(Bytes input) {
  Script script{input};
  BadPath{script}.run();
}

}  // namespace halfopen::fuzz

#include "tests/fidelity/situation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "sim/wire/icmp.h"

namespace halfopen::fidelity {
namespace {

double number(const std::string& text) { return std::stod(text); }

std::string in_quotes(std::string_view text) { return fmt::format("\"{}\"", text); }

// Facts that every scenario takes into account, by name; the others are families (line2_at, sysctl.X, drop1).
constexpr auto kKnown = std::to_array<std::string_view>(
    {"scenario", "rtt_ms",   "client",     "server",    "fail_at",      "restore_at", "cut_dir",
     "close_at", "max",      "linger",     "loss_from", "loss_to",      "icmp_code",  "icmp_type",
     "thaw_at",  "keepidle", "keepintvl",  "keepcnt",   "user_timeout", "rcvtimeo",   "nodelay",
     "phase",    "sphase",   "local_port", "rate"});

// The kernel's variable.
std::string bsd_name(std::string_view parameter) {
  return (parameter == "rfc1323" ? "tcp_do_" : "tcp_") + std::string{parameter};
}

constexpr int kMostLines = 13;

class Writer {
 public:
  Writer(const Situation& situation, const Log& log, const Stack& stack)
      : situation_{situation}, log_{log}, stack_{stack} {}

  // Empty where everything was understood.
  std::string missing() const {
    for (const auto& [fact, value] : situation_.facts) {
      const bool is_family = fact.starts_with("line") || fact.starts_with("drop") ||
                             fact.starts_with("sysctl.") || fact.starts_with("ssysctl.") ||
                             fact.starts_with("c.") || fact.starts_with("s.");
      if (!is_family && std::ranges::find(kKnown, fact) == kKnown.end()) return fact;
    }
    return {};
  }

  std::string text() {
    out_ = fmt::format("title = {}\nuntil = \"{}ns\"\n", in_quotes(situation_.name),
                       (log_.end - kTimeZero).count());
    write_path();
    write_host("client", "phase", "sysctl.", "c.");
    write_client();
    write_host("server", "sphase", "ssysctl.", "s.");
    const std::string server = situation_.find("server").value_or("echo");
    out_ += fmt::format("program = {}\n", in_quotes(server == "sink"    ? "sink"
                                                    : server == "stall" ? "stalled-server"
                                                                        : "echo-server"));
    write_typing();
    write_failure();
    write_losses();
    return out_;
  }

 private:
  void write_path() {
    const double rtt = number(situation_.find("rtt_ms").value_or("20")) * 1e6;
    const auto delay = static_cast<std::int64_t>(rtt) / 2 + stack_.wire.count() / 2;
    out_ += fmt::format("[path]\ndelay = \"{}ns\"\n", delay);
    if (const auto rate = situation_.find("rate")) {
      out_ += fmt::format("rate = \"{}bit/s\"\n", *rate);
    } else if (!stack_.rate.empty()) {
      out_ += fmt::format("rate = {}\n", in_quotes(stack_.rate));
    }
  }

  void write_host(std::string_view host, std::string_view phase, std::string_view sysctl,
                  std::string_view bsd) {
    out_ += fmt::format("[{}]\nprofile = {}\n", host, in_quotes(stack_.profile));
    if (const auto ms = situation_.find(phase)) {
      out_ += fmt::format("timer_phase = \"{}ms\"\n", *ms);
    } else if (log_.phase > Duration::zero()) {
      out_ += fmt::format("timer_phase = \"{}ns\"\n", log_.phase.count());
    }
    if (!stack_.wakeup_preemption.empty())
      out_ += fmt::format("wakeup_preemption = {}\n", in_quotes(stack_.wakeup_preemption));
    if (!stack_.rmem.empty()) out_ += fmt::format("sysctl.tcp_rmem = {}\n", in_quotes(stack_.rmem));
    if (!stack_.wmem.empty()) out_ += fmt::format("sysctl.tcp_wmem = {}\n", in_quotes(stack_.wmem));
    const bool is_linux = !stack_.suffix.empty();
    if (is_linux && !situation_.find("sysctl.tcp_congestion_control"))
      out_ += "sysctl.tcp_congestion_control = \"reno\"\n";
    for (const auto& [fact, value] : situation_.facts) {
      if (fact.starts_with(sysctl))
        out_ += fmt::format("{} = {}\n", "sysctl." + fact.substr(sysctl.size()), in_quotes(value));
      if (fact.starts_with(bsd))
        out_ += fmt::format("sysctl.{} = {}\n", bsd_name(fact.substr(bsd.size())), value);
    }
    if (is_linux || host != "client") return;
    constexpr int kTicks = 2;  // of half a second
    if (const auto value = situation_.find("keepidle"))
      out_ += fmt::format("sysctl.tcp_keepidle = {}\n", kTicks * std::stoi(*value));
    if (const auto value = situation_.find("keepintvl"))
      out_ += fmt::format("sysctl.tcp_keepintvl = {}\n", kTicks * std::stoi(*value));
    if (const auto value = situation_.find("keepcnt"))
      out_ += fmt::format("sysctl.TCPTV_KEEPCNT = {}\n", *value);
  }

  void write_client() {
    out_ += "program = \"line-client\"\nsigpipe = \"ignore\"\n";
    const std::string kind = situation_.find("client").value_or("");
    // Who reads the end of the stream, or lost patience, goes on with the next line; who watches, or meets an
    // error, ends.
    if ((kills() && kind != "select") || situation_.find("rcvtimeo")) out_ += "keep_going = true\n";
    if (kind == "select") out_ += "watch = true\n";
    if (kind == "writer") out_ += "never_reads = true\n";
    if (const auto port = situation_.find("local_port")) out_ += fmt::format("local_port = {}\n", *port);
    if (const auto seconds = situation_.find("rcvtimeo"))
      out_ += fmt::format("read_timeout = \"{}s\"\n", *seconds);
    if (situation_.find("keepidle")) out_ += "sockopt.SO_KEEPALIVE = 1\n";
    const bool is_linux = !stack_.suffix.empty();
    for (const auto& [fact, option] : {std::pair{"keepidle", "TCP_KEEPIDLE"},
                                       {"keepintvl", "TCP_KEEPINTVL"},
                                       {"keepcnt", "TCP_KEEPCNT"},
                                       {"user_timeout", "TCP_USER_TIMEOUT"}}) {
      const auto value = situation_.find(fact);
      if (is_linux && value) out_ += fmt::format("sockopt.{} = {}\n", option, *value);
    }
    if (const auto value = situation_.find("nodelay"))
      out_ += fmt::format("sockopt.TCP_NODELAY = {}\n", *value);
  }

  // What would come after the end of the record is left out.
  void event(double at, std::string_view what, std::string_view keys = {}) {
    const auto us = std::llround(at * 1e6);
    if (us * 1us >= log_.end - kTimeZero) return;
    out_ += fmt::format("[[timeline]]\nat = \"{}us\"\ndo = {}\n{}", us, in_quotes(what), keys);
  }

  void write_typing() {
    for (int line = 1; line <= kMostLines; ++line) {
      const auto given = situation_.find(fmt::format("line{}_at", line));
      if (!given && line > 2) continue;
      const double at = given ? number(*given) : line == 1 ? 1 : 3;
      event(at, "client types", fmt::format("text = {}\n", in_quotes(std::string(length_of(line) - 1, 'x'))));
    }
    if (const auto at = situation_.find("close_at")) event(number(*at), "client closes input");
  }

  // As long as what the client wrote; what was never written may have any length.
  std::size_t length_of(int line) const {
    if (const auto given = situation_.find(fmt::format("line{}_len", line))) return std::stoul(*given);
    int written = 0;
    for (const Call& call : log_.calls) {
      if (call.name == "write" && ++written == line && call.result > 0)
        return static_cast<std::size_t>(call.result);
    }
    return 13;
  }

  void write_failure() {
    const std::string what = scenario();
    const double at = number(situation_.find("fail_at").value_or("2"));
    if (what == "host-crash") {
      const std::string direction = situation_.find("cut_dir").value_or("both");
      event(at, "path is cut", fmt::format("direction = {}\n", in_quotes(direction)));
    } else if (what == "icmp") {
      event(at, "router answers", icmp_keys());
      event(at, "path is cut", "direction = \"to-client\"\n");
    } else if (what == "reboot") {
      event(at, "server host reboots", "down_for = \"300ms\"\n");
    } else if (kills()) {
      event(at, "server process is killed",
            fmt::format("signal = \"SIGTERM\"\nwho = {}\n",
                        in_quotes(what == "child-killed" ? "child" : "all")));
    } else if (what == "freeze") {
      event(at, "server process is frozen", "who = \"all\"\n");
    }
    if (const auto thaws = situation_.find("thaw_at"))
      event(number(*thaws), "server process thaws", "who = \"all\"\n");
    const auto restored = situation_.find("restore_at");
    if (!restored) return;
    if (what == "icmp") event(number(*restored), "router answers", "icmp = \"none\"\n");
    event(number(*restored), "path is restored");
  }

  std::string icmp_keys() const {
    const auto of = [this](const char* fact, const char* usual) {
      return static_cast<std::uint8_t>(std::stoi(situation_.find(fact).value_or(usual)));
    };
    const IcmpTypeCode code{of("icmp_type", "3"), of("icmp_code", "1")};
    const auto kind = kind_of(code, false);
    if (!kind) throw std::runtime_error{situation_.name + ": no such ICMP error"};
    constexpr IcmpTypeCode kTooBig{3, 4};
    return fmt::format("icmp = {}\n{}", in_quotes(to_string(*kind)), code == kTooBig ? "mtu = 68\n" : "");
  }

  void write_losses() {
    if (const auto from = situation_.find("loss_from")) {
      event(number(*from), "path is cut");
      event(number(*situation_.find("loss_to")), "path is restored");
    }
    for (const char* fact : {"drop1", "drop2"}) {
      const auto rule = situation_.find(fact);
      if (!rule) continue;
      char from = 0;
      unsigned skip = 0;
      unsigned count = 0;
      double at = 0;
      if (std::sscanf(rule->c_str(), "%c/%u/%u@%lf", &from, &skip, &count, &at) != 4)
        throw std::runtime_error{situation_.name + ": " + *rule};
      event(at, "path drops",
            fmt::format("match = {{ from = \"{}\" }}\nskip = {}\ncount = {}\n",
                        from == 'c' ? "client" : "server", skip, count));
    }
  }

  std::string scenario() const { return situation_.find("scenario").value_or("normal"); }
  bool kills() const {
    const std::string what = scenario();
    return what == "process-killed" || what == "shutdown" || what == "child-killed";
  }

  const Situation& situation_;
  const Log& log_;
  const Stack& stack_;
  std::string out_;
};

TimePoint seconds(double value) { return kTimeZero + Duration{std::llround(value * 1e9)}; }

// "jiffies 4294895117 now_at 11361358892 last_tick 11316000000 monotonic 11361342185 T0 1358188512": the
// jiffy at `now_at`, an earlier tick, and time zero, all of one clock in nanoseconds.
Duration phase_of(std::istringstream& words) {
  constexpr std::int64_t kJiffy = 4'000'000;
  std::map<std::string, std::int64_t> facts;
  std::int64_t jiffies = 0;
  words >> jiffies;
  for (std::string name; words >> name;) words >> facts[name];
  const std::int64_t since_tick = (facts["now_at"] - facts["last_tick"]) % kJiffy;
  const std::int64_t latest_tick = facts["now_at"] - since_tick;
  return Duration{jiffies * kJiffy - (latest_tick - facts["T0"])};
}

}  // namespace

std::optional<std::string> Situation::find(std::string_view fact) const {
  const auto found = facts.find(fact);
  return found == facts.end() ? std::nullopt : std::optional{found->second};
}

std::vector<Situation> read_situations(const std::filesystem::path& file) {
  std::ifstream in{file};
  if (!in) throw std::runtime_error{"cannot read " + file.string()};
  std::vector<Situation> situations;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words{line};
    Situation situation;
    words >> situation.name;
    for (std::string word; words >> word;) {
      const std::size_t colon = word.find(':');
      if (colon == std::string::npos) throw std::runtime_error{file.string() + ": " + word + " has no value"};
      situation.facts.emplace(word.substr(0, colon), word.substr(colon + 1));
    }
    situations.push_back(std::move(situation));
  }
  return situations;
}

Log read_log(const std::filesystem::path& file) {
  std::ifstream in{file};
  if (!in) throw std::runtime_error{"cannot read " + file.string()};
  Log log;
  TimePoint last = kTimeZero;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words{line};
    std::string who;
    std::string what;
    std::string equals;
    double at = 0;
    words >> who >> at >> what;
    if (who == "app") {
      Call call{.at = seconds(at), .name = what, .result = 0, .error = {}};
      words >> equals >> call.result >> call.error;
      log.calls.push_back(std::move(call));
    } else if (what == "jiffies") {
      log.phase = phase_of(words);
    } else if (what == "end") {
      log.end = seconds(at);
    }
    last = seconds(at);
  }
  if (log.end == kTimeZero) log.end = last + 1s;  // one log lacks its last line
  return log;
}

std::optional<std::string> scenario_text(const Situation& situation, const Log& log, const Stack& stack,
                                         std::string& missing) {
  Writer writer{situation, log, stack};
  missing = writer.missing();
  if (!missing.empty()) return std::nullopt;
  return writer.text();
}

}  // namespace halfopen::fidelity

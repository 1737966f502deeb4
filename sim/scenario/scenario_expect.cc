// [[expect]] of a scenario.
#include <fmt/format.h>

#include <array>
#include <charconv>

#include "sim/base/plain_text.h"
#include "sim/base/units.h"
#include "sim/os/signals.h"
#include "sim/scenario/scenario_toml.h"

namespace halfopen::scenario_toml {
namespace {

using Subject = Expectation::Subject;

constexpr std::array<std::string_view, 18> kKeys{
    "when",   "says",   "by",     "at",    "within", "after",  "never", "count", "client",
    "server", "router", "ladder", "errno", "result", "waited", "data",  "match", "tolerance"};
constexpr std::array<std::string_view, 8> kHostKeys{"state",  "call",        "retransmissions", "packets",
                                                    "signal", "exit_status", "output",          "process"};
constexpr std::array<std::string_view, 1> kRouterKeys{"packets"};
constexpr std::array<std::string_view, 9> kProcessEvents{"started", "forked", "signalled", "output", "exited",
                                                         "killed",  "frozen", "thawed",    "reaped"};
constexpr Duration kTolerance = 5ms;
constexpr std::int64_t kMost = INT64_MAX;

// What one host's keys say. Throws where they are not about one thing.
void read_host(const Section& section, HostId id, bool& taken, Expectation& expect) {
  const auto take = [&](std::string_view key, Subject subject) {
    if (!section.has(key)) return false;
    if (taken)
      throw InputError{section.place(key), "one thing in each [[expect]]", fmt::format("a second, {}", key)};
    taken = true;
    expect.subject = subject;
    expect.host = id;
    return true;
  };
  if (take("call", Subject::call))
    expect.call = family_of_call(call_names()[section.need_word("call", call_names())]);
  if (take("retransmissions", Subject::retransmissions))
    expect.count = section.count_range("retransmissions");
  if (take("packets", Subject::packets)) expect.count = section.count_range("packets");
  if (take("output", Subject::output)) expect.contains = section.need_text("output");
  if (take("exit_status", Subject::exit_status)) expect.number = section.need_integer("exit_status", 0, 255);
  if (take("process", Subject::process)) {
    expect.process = static_cast<ProcessNote::What>(section.need_word("process", kProcessEvents));
  }
  if (take("signal", Subject::signal)) {
    const auto signal = signal_from(section.need_text("signal"));
    if (!signal) section.reject("signal", "a signal such as \"SIGPIPE\"");
    expect.number = *signal;
  }
}

State read_state(const Section& section) {
  const auto state = state_from(section.need_text("state"));
  if (state) return *state;
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kStates; ++i) names.push_back(to_string(static_cast<State>(i)));
  section.reject("state", one_of(names));
}

void read_subject(const Section& section, Expectation& expect) {
  bool taken = false;
  const toml::table* client = section.table("client");
  const toml::table* server = section.table("server");
  if (client != nullptr) {
    const Section host{*client, "client in [[expect]]", kHostKeys};
    if (host.has("state")) expect.client_state = read_state(host);
    read_host(host, HostId::client, taken, expect);
  }
  if (server != nullptr) {
    const Section host{*server, "server in [[expect]]", kHostKeys};
    if (host.has("state")) expect.server_state = read_state(host);
    read_host(host, HostId::server, taken, expect);
  }
  if (const toml::table* router = section.table("router")) {
    const Section host{*router, "router in [[expect]]", kRouterKeys};
    read_host(host, HostId::router, taken, expect);
  }
  const bool states = expect.client_state || expect.server_state;
  const bool rung = section.has("ladder");
  const int things = (taken ? 1 : 0) + (states ? 1 : 0) + (rung ? 1 : 0);
  if (things != 1) {
    throw InputError{section.place(),
                     "one thing in [[expect]]: HOST.state, HOST.call, HOST.retransmissions, "
                     "HOST.packets, HOST.signal, HOST.exit_status, HOST.output, HOST.process or ladder",
                     things == 0 ? "none" : "several"};
  }
  if (rung) {
    expect.subject = Subject::rung;
    expect.rung = rung_from(section.need_text("ladder"), section.place("ladder"));
  }
}

// 0, [1, 10], or a text: ">0", ">=1", "<0", "<=-1".
CountRange read_result(const Section& section) {
  const toml::node* node = section.find("result");
  if (const auto* number = node->as_integer()) return {number->get(), number->get()};
  if (node->is_array()) return section.need_count_range("result");
  const std::string text = section.text("result").value_or("");
  const auto digits = text.find_first_not_of("<>=");
  std::int64_t n = 0;
  const char* const end = text.data() + text.size();
  if (digits != std::string::npos && digits > 0) {
    const auto [stop, error] = std::from_chars(text.data() + digits, end, n);
    const std::string_view op = std::string_view{text}.substr(0, digits);
    if (error == std::errc{} && stop == end && n > -kMost && n < kMost) {
      if (op == ">") return {n + 1, kMost};
      if (op == ">=") return {n, kMost};
      if (op == "<") return {-kMost, n - 1};
      if (op == "<=") return {-kMost, n};
    }
  }
  section.reject("result", "a number, a range such as [1, 10], or a text such as \">0\"");
}

// Keys that go with one subject only.
void read_particulars(const Section& section, Expectation& expect) {
  const auto only = [&](std::string_view key, bool fits, std::string_view with) {
    if (section.has(key) && !fits) section.reject(key, fmt::format("no {} without {}", key, with));
    return section.has(key);
  };
  const bool call = expect.subject == Subject::call;
  if (only("errno", call, "HOST.call")) {
    expect.error = errno_from(section.need_text("errno"));
    if (!expect.error) section.reject("errno", "an error such as \"ETIMEDOUT\"");
  }
  if (only("result", call, "HOST.call")) expect.result = read_result(section);
  if (only("waited", call, "HOST.call")) {
    const auto range = section.need_duration_range("waited");
    expect.waited = CountRange{range.first.count(), range.second.count()};
  }
  if (only("data", call, "HOST.call")) expect.contains = section.need_text("data");
  if (only("match", expect.subject == Subject::packets, "HOST.packets")) {
    expect.match = read_match(section.need_table("match"));
  }
  if (expect.subject == Subject::packets) expect.match.from = expect.host;
  const bool counted = expect.count.has_value();
  if (only("count", !counted && expect.subject != Subject::state,
           "something that can occur more than once")) {
    expect.count = section.count_range("count");
  }
  if (expect.never && (counted || expect.count)) section.reject("never", "either a count or never");
}

void read_window(const Section& section, const Scenario& scenario, Expectation& expect) {
  if (const auto text = section.text("after")) {
    expect.after = trigger_from(*text);
    if (!expect.after) section.reject("after", std::string{trigger_forms()});
  }
  if (section.has("at") && section.has("within")) section.reject("at", "either at or within");
  if (section.has("tolerance") && (!section.has("at") || expect.subject == Subject::state)) {
    section.reject("tolerance", "no tolerance without the at of something that occurs");
  }
  if (const auto range = section.duration_range("within")) {
    expect.from = range->first;
    expect.to = range->second;
  }
  if (!section.has("at")) return;
  if (section.text("at") == "end") {
    if (expect.subject != Subject::state)
      section.reject("at", "a time, since only a state can hold at the end");
    expect.at_end = true;
    return;
  }
  const Duration at = section.need_duration("at");
  if (!expect.after && kTimeZero + at > scenario.until) {
    section.reject("at", fmt::format("a time before the run ends (until = \"{}\")",
                                     duration_text(scenario.until - kTimeZero)));
  }
  const Duration slack = expect.subject == Subject::state
                             ? Duration::zero()
                             : section.duration("tolerance").value_or(kTolerance);
  expect.from = std::max(at - slack, Duration::zero());
  expect.to = at + slack;
}

std::string range_text(const CountRange& range) {
  if (range.low == range.high) return fmt::format("{}", range.low);
  if (range.high == kMost) return fmt::format("at least {}", range.low);
  if (range.low == -kMost) return fmt::format("at most {}", range.high);
  return fmt::format("{} to {}", range.low, range.high);
}

std::string subject_text(const Section& section, const Expectation& expect) {
  const std::string_view host = to_string(expect.host);
  switch (expect.subject) {
    case Subject::state: {
      std::string text;
      if (expect.client_state) text += fmt::format("client in {}", to_string(*expect.client_state));
      if (expect.server_state) {
        text += fmt::format("{}server in {}", text.empty() ? "" : " and ", to_string(*expect.server_state));
      }
      return text;
    }
    case Subject::call: {
      std::string text = fmt::format("{} {}()", host, expect.call);
      if (expect.error) {
        text += *expect.error == Errno::none ? " without error"
                                             : fmt::format(" = -1 {}", to_string(*expect.error));
      }
      if (expect.result) text += fmt::format(" = {}", range_text(*expect.result));
      if (!expect.contains.empty()) text += fmt::format(" with \"{}\"", expect.contains);
      if (expect.waited) {
        text += fmt::format(" after waiting {} to {}", duration_text(Duration{expect.waited->low}),
                            duration_text(Duration{expect.waited->high}));
      }
      return text;
    }
    case Subject::retransmissions:
      return fmt::format("{} retransmissions of the {}", range_text(*expect.count), host);
    case Subject::packets:
      return fmt::format("{} {}packets of the {}", range_text(*expect.count),
                         section.has("match") ? "matching " : "", host);
    case Subject::rung: return section.need_text("ladder");
    case Subject::signal:
      return fmt::format("{} gets {}", host, signal_name(static_cast<int>(expect.number)));
    case Subject::exit_status: return fmt::format("{} exits with {}", host, expect.number);
    case Subject::output: return fmt::format("{} prints \"{}\"", host, expect.contains);
    case Subject::process:
      return fmt::format("{} process {}", host, kProcessEvents[static_cast<std::size_t>(expect.process)]);
  }
  return {};
}

std::string describe(const Section& section, const Expectation& expect) {
  std::string text = subject_text(section, expect);
  if (section.has("count")) text += fmt::format(", {} times", range_text(*expect.count));
  if (expect.never) text = "never: " + text;
  if (expect.at_end) text += " at the end";
  if (section.has("at") && !expect.at_end) {
    text += fmt::format(" {} {}", expect.after ? "exactly" : "at", section.need_text("at"));
  }
  if (section.has("within")) {
    text += fmt::format(" from {} to {}", duration_text(expect.from), duration_text(expect.to));
  }
  if (expect.after) text += fmt::format(" after \"{}\"", expect.after->text);
  return text;
}

std::optional<HostId> read_by(const Section& section) {
  const auto name = section.text("by");
  if (!name) return std::nullopt;
  if (*name == "client") return HostId::client;
  if (*name == "server") return HostId::server;
  section.reject("by", "client or server");
}

}  // namespace

std::vector<Expectation> read_expectations(const Section& root, const Scenario& scenario) {
  std::vector<Expectation> expectations;
  for (const toml::table* table : root.tables("expect")) {
    const Section section{*table, "[[expect]]", kKeys};
    Expectation expect;
    expect.place = section.place();
    if (const auto when = section.text("when")) expect.when = condition_from(*when, section.place("when"));
    expect.by = read_by(section);
    expect.never = section.boolean("never").value_or(false);
    read_subject(section, expect);
    read_particulars(section, expect);
    read_window(section, scenario, expect);
    expect.text = plain_line(section.text("says").value_or(describe(section, expect)));
    expectations.push_back(std::move(expect));
  }
  return expectations;
}

}  // namespace halfopen::scenario_toml

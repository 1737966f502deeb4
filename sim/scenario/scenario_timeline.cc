// [[timeline]] of a scenario.
#include <fmt/format.h>

#include <array>

#include "sim/base/units.h"
#include "sim/os/signals.h"
#include "sim/scenario/scenario_toml.h"

namespace halfopen::scenario_toml {
namespace {

// Every verb, whether it names a host, and the keys it takes beside the common ones.
struct VerbRow {
  Verb verb;
  bool of_host;
  std::string_view words;  // after "client " or "server " where it names one
  std::array<std::string_view, 4> keys;
};
constexpr auto kVerbs = std::to_array<VerbRow>({
    {Verb::types, true, "types", {"text", "times"}},
    {Verb::closes_input, true, "closes input", {}},
    {Verb::process_killed, true, "process is killed", {"signal", "who"}},
    {Verb::process_frozen, true, "process is frozen", {"who"}},
    {Verb::process_thaws, true, "process thaws", {"who"}},
    {Verb::host_crashes, true, "host crashes", {}},
    {Verb::host_reboots, true, "host reboots", {"down_for"}},
    {Verb::host_shuts_down, true, "host shuts down", {"grace", "dark"}},
    {Verb::path_cut, false, "path is cut", {"direction"}},
    {Verb::path_restored, false, "path is restored", {"direction"}},
    {Verb::path_drops, false, "path drops", {"match", "count", "skip"}},
    {Verb::path_delays, false, "path delays", {"match", "count", "skip", "by"}},
    {Verb::router_answers, false, "router answers", {"icmp", "count", "mtu", "direction"}},
});
constexpr std::array<std::string_view, 4> kCommonKeys{"at", "after", "delay", "do"};
constexpr std::array<std::string_view, 8> kMatchKeys{"from",    "flags",   "without", "len",
                                                     "min_len", "max_len", "is_icmp", "icmp"};
constexpr std::array<std::string_view, 3> kSenders{"client", "server", "router"};
constexpr std::array<std::string_view, 3> kDirections{"to-server", "to-client", "both"};
constexpr std::array<std::string_view, 3> kVictims{"child", "parent", "all"};
constexpr std::int64_t kMostCount = 1'000'000'000;
constexpr std::int64_t kMostTyped = std::int64_t{1} << 24;  // bytes at once; a scenario is at most 1 MiB

std::vector<std::string> all_phrases() {
  std::vector<std::string> phrases;
  for (const VerbRow& row : kVerbs) {
    if (row.of_host) {
      phrases.push_back(fmt::format("client {}", row.words));
      phrases.push_back(fmt::format("server {}", row.words));
    } else {
      phrases.emplace_back(row.words);
    }
  }
  return phrases;
}

// The common keys and those of these verbs.
std::vector<std::string_view> keys_of(std::span<const VerbRow> rows) {
  std::vector<std::string_view> keys{kCommonKeys.begin(), kCommonKeys.end()};
  for (const VerbRow& row : rows) {
    for (const std::string_view key : row.keys) {
      if (!key.empty()) keys.push_back(key);
    }
  }
  return keys;
}

// The row of the verb, and the host it names. Throws where there is no such verb.
const VerbRow& verb_of(const Section& section, std::string_view phrase, TimelineEvent& event) {
  for (const VerbRow& row : kVerbs) {
    if (!row.of_host && phrase == row.words) return row;
    if (!row.of_host || !phrase.ends_with(row.words)) continue;
    const std::string_view host = phrase.substr(0, phrase.size() - row.words.size());
    if (host != "client " && host != "server ") continue;
    event.host = host == "client " ? HostId::client : HostId::server;
    return row;
  }
  const auto phrases = all_phrases();
  const std::vector<std::string_view> views{phrases.begin(), phrases.end()};
  const std::string_view meant = nearest(phrase, views);
  section.reject("do", meant.empty() ? one_of(views) : fmt::format("an event (\"{}\"?)", meant));
}

IcmpKind read_icmp(const Section& section, std::string_view key, int ip_version) {
  const auto text = section.need_text(key);
  const auto kind = icmp_kind_from(text);
  if (kind && type_code_of(*kind, ip_version == 6)) return *kind;
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kIcmpKinds; ++i) {
    const auto known = static_cast<IcmpKind>(i);
    if (type_code_of(known, ip_version == 6)) names.push_back(to_string(known));
  }
  const std::string_view meant = nearest(text, names);
  section.reject(key, meant.empty() ? one_of(names)
                                    : fmt::format("an ICMP error of IPv{} (\"{}\"?)", ip_version, meant));
}

void read_answer(const Section& section, const Scenario& scenario, TimelineEvent& event) {
  const std::string kind = section.need_text("icmp");
  if (kind == "none") {
    event.answer.reset();
    return;
  }
  AnswerRule rule;
  rule.kind = read_icmp(section, "icmp", scenario.ip_version);
  rule.count = static_cast<std::uint32_t>(section.integer("count", 1, kMostCount).value_or(0));
  rule.direction = static_cast<Direction>(section.word("direction", kDirections).value_or(0));
  const bool needs_mtu = rule.kind == IcmpKind::fragmentation_needed;
  if (needs_mtu && !section.has("mtu")) {
    throw InputError{section.place(), "an mtu with \"fragmentation needed\"", "none"};
  }
  if (!needs_mtu && section.has("mtu")) section.reject("mtu", "no mtu without \"fragmentation needed\"");
  if (needs_mtu) rule.mtu = static_cast<std::uint32_t>(section.need_integer("mtu", 68, 65535));
  event.answer = rule;
}

void read_shutdown(const Section& section, TimelineEvent& event) {
  event.grace = section.duration("grace").value_or(event.grace);
  if (!section.has("dark")) return;
  if (section.text("dark") == "never") {
    event.dark = Duration::max();
  } else {
    event.dark = section.need_duration("dark");
  }
}

// What the verb's own keys say.
void read_details(const Section& section, const Scenario& scenario, TimelineEvent& event) {
  switch (event.verb) {
    case Verb::types:
      event.text = section.need_text("text");
      if (!event.text.ends_with('\n')) event.text += '\n';
      event.times = static_cast<std::uint32_t>(
          section.integer("times", 1, kMostTyped / static_cast<std::int64_t>(event.text.size())).value_or(1));
      break;
    case Verb::process_killed:
      if (const auto name = section.text("signal")) {
        const auto signal = signal_from(*name);
        if (!signal) section.reject("signal", "a signal such as \"SIGKILL\" or \"SIGTERM\"");
        event.signal = *signal;
      }
      [[fallthrough]];
    case Verb::process_frozen:
    case Verb::process_thaws:
      event.who = static_cast<Victim>(section.word("who", kVictims).value_or(0));
      break;
    case Verb::host_reboots:
      if (const auto down = section.duration("down_for")) event.reboot_after = down;
      break;
    case Verb::host_shuts_down: read_shutdown(section, event); break;
    case Verb::path_cut:
    case Verb::path_restored:
      event.direction = static_cast<Direction>(section.word("direction", kDirections).value_or(2));
      break;
    case Verb::path_delays:
      event.rule.late = section.need_duration("by");
      if (event.rule.late == Duration::zero()) section.reject("by", "a time above zero");
      [[fallthrough]];
    case Verb::path_drops:
      if (const toml::table* match = section.table("match")) event.rule.match = read_match(*match);
      event.rule.count = static_cast<std::uint32_t>(section.integer("count", 1, kMostCount).value_or(0));
      event.rule.skip = static_cast<std::uint32_t>(section.integer("skip", 0, kMostCount).value_or(0));
      break;
    case Verb::router_answers: read_answer(section, scenario, event); break;
    case Verb::closes_input:
    case Verb::host_crashes: break;
  }
}

TimePoint read_at(const Section& section, const Scenario& scenario, bool is_of_client) {
  const toml::node* node = section.find("at");
  const auto* text = node != nullptr ? node->as_string() : nullptr;
  if (text != nullptr && text->get() == "start") {
    if (is_of_client) section.reject("at", "a time, as the client has not started yet at the start,");
    return kAtStart;
  }
  const auto since_start = text != nullptr ? duration_from(text->get()) : std::nullopt;
  if (!since_start) section.reject("at", "a time such as \"10ms\", \"1.5s\" or \"9min\", or \"start\"");
  const TimePoint at = kTimeZero + *since_start;
  if (at > scenario.until) {
    section.reject("at", fmt::format("a time before the run ends (until = \"{}\")",
                                     duration_text(scenario.until - kTimeZero)));
  }
  return at;
}

// When it happens: at a time, or after something. A reboot's `after` may also be the time it stays down.
void read_when(const Section& section, const Scenario& scenario, bool is_of_client, TimelineEvent& event) {
  if (const auto text = section.text("after")) {
    const auto down = duration_from(*text);
    if (down && event.verb == Verb::host_reboots) {
      event.reboot_after = down;
    } else {
      event.after = trigger_from(*text);
      if (!event.after) section.reject("after", std::string{trigger_forms()});
    }
  }
  if (section.has("at") == event.after.has_value()) {
    throw InputError{section.place(), "either \"at\" or \"after\" in [[timeline]]",
                     event.after ? "both" : "neither"};
  }
  if (event.after) {
    event.delay = section.duration("delay").value_or(Duration::zero());
    return;
  }
  if (section.has("delay")) section.reject("delay", "no delay without \"after\"");
  event.at = read_at(section, scenario, is_of_client);
}

TimelineEvent read_event(const toml::table& table, const Scenario& scenario) {
  // The verb decides which keys there may be, so it is read before they are checked.
  std::vector<std::string_view> keys = keys_of(kVerbs);
  const Section any{table, "[[timeline]]", keys};
  TimelineEvent event;
  event.text_of_verb = any.need_text("do");
  const VerbRow& row = verb_of(any, event.text_of_verb, event);
  event.verb = row.verb;
  keys = keys_of({&row, 1});
  const Section section{table, fmt::format("\"{}\"", event.text_of_verb), keys};
  read_details(section, scenario, event);
  read_when(section, scenario, row.of_host && event.host == HostId::client, event);
  return event;
}

}  // namespace

PacketMatch read_match(const toml::table& table) {
  const Section section{table, "match", kMatchKeys};
  PacketMatch match;
  if (const auto from = section.word("from", kSenders)) match.from = static_cast<HostId>(*from);
  const auto flags = [&section](std::string_view key) {
    const auto text = section.text(key);
    const auto bits = text ? flags_from(*text) : std::uint8_t{0};
    if (!bits) section.reject(key, "tcpdump's flag letters (F S P R . U E W)");
    return *bits;
  };
  const auto length = [&section](std::string_view key) {
    const auto value = section.integer(key, 0, 65535);
    return value ? std::optional{static_cast<std::uint32_t>(*value)} : std::nullopt;
  };
  match.flags = flags("flags");
  match.without = flags("without");
  match.min_len = length("min_len");
  match.max_len = length("max_len");
  if (const auto exact = length("len")) match.min_len = match.max_len = exact;
  match.is_icmp = section.boolean("is_icmp");
  if (section.has("icmp")) {
    const auto kind = icmp_kind_from(section.need_text("icmp"));
    if (!kind) section.reject("icmp", "an ICMP error such as \"host unreachable\"");
    match.icmp = kind;
  }
  match.tcp_only = section.has("flags") || section.has("without") || match.min_len || match.max_len;
  return match;
}

std::vector<TimelineEvent> read_timeline(const Section& root, const Scenario& scenario) {
  std::vector<TimelineEvent> events;
  for (const toml::table* table : root.tables("timeline")) events.push_back(read_event(*table, scenario));
  return events;
}

}  // namespace halfopen::scenario_toml

// [path], [router], [client] and [server] of a scenario.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "sim/apps/registry.h"
#include "sim/base/units.h"
#include "sim/os/socket_option.h"
#include "sim/scenario/scenario_toml.h"
#include "sim/tcp/sysctl.h"

namespace halfopen::scenario_toml {
namespace {

constexpr std::array<std::string_view, 11> kPathKeys{"delay",         "jitter",    "loss",     "reorder",
                                                     "reorder_delay", "duplicate", "rate",     "queue",
                                                     "mtu",           "to_server", "to_client"};
constexpr std::span<const std::string_view> kLinkKeys = std::span{kPathKeys}.first(9);
constexpr std::array<std::string_view, 2> kRouterKeys{"address", "says_too_big"};

constexpr std::array<std::string_view, 21> kClientKeys{"profile",
                                                       "address",
                                                       "hz",
                                                       "timer_phase",
                                                       "wakeup_preemption",
                                                       "truesize",
                                                       "mtu",
                                                       "sysctl",
                                                       "program",
                                                       "sockopt",
                                                       "watch",
                                                       "keep_going",
                                                       "bytes",
                                                       "never_reads",
                                                       "local_port",
                                                       "read_timeout",
                                                       "read_delay",
                                                       "sigpipe",
                                                       "connections",
                                                       "addresses",
                                                       "connection_interval"};
constexpr std::int64_t kMostConnections = 1'000'000;
constexpr std::uint64_t kMostAddresses = 65'536;
constexpr std::array<std::string_view, 15> kServerKeys{
    "profile",    "address", "hz",     "timer_phase", "wakeup_preemption",
    "truesize",   "mtu",     "sysctl", "program",     "sockopt",
    "on_sigterm", "backlog", "port",   "reply",       "reply_when"};
constexpr std::array<std::string_view, 2> kTruesizeKeys{"small", "full"};

constexpr std::array<std::string_view, 3> kOnSigterm{"dies", "ignores", "closes"};
constexpr std::array<std::string_view, 3> kWhoIsWoken{"none", "writers", "all"};  // WakeupPreemption
constexpr std::array<std::string_view, 3> kReplyWhen{"at once", "per line", "per request"};
constexpr std::array<std::string_view, 2> kSigpipe{"default", "ignore"};

std::vector<std::string_view> programs_of(HostId host) {
  std::vector<std::string_view> names;
  for (const std::string_view name : program_names()) {
    if (name.ends_with("-client") == (host == HostId::client)) names.push_back(name);
  }
  return names;
}

// What the shipped programs set on a kernel, too; the others are for packetdrill's scripts.
std::vector<std::string_view> settable_socket_options() {
  std::vector<std::string_view> names;
  for (auto i = 0; i <= static_cast<int>(SocketOption::tcp_fastopen_no_cookie); ++i) {
    const auto option = static_cast<SocketOption>(i);
    const bool is_number = option != SocketOption::so_error && option != SocketOption::tcp_fastopen_key;
    if (is_number) names.push_back(to_string(option));
  }
  return names;
}

// Keys whose value is a table of more keys.
bool is_section(std::string_view key) {
  return key == "to_server" || key == "to_client" || key == "sysctl" || key == "sockopt";
}

// Where a value stands in the file; overrides come after it, in the order in which they were given.
std::tuple<bool, std::uint32_t, std::uint32_t> order_of(const toml::node& node) {
  const auto& source = node.source();
  return {source.path && source.path->starts_with("--set "), source.begin.line, source.begin.column};
}

struct Entry {
  std::string name;
  const toml::node* node;
};

// The leaves of a table with their dotted names, as written: net.inet.tcp.keepidle needs no quotes.
void collect_leaves(const toml::table& table, const std::string& prefix, std::vector<Entry>& out) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string{key.str()};
    const auto* inner = node.as_table();
    if (inner != nullptr && !inner->empty()) {
      collect_leaves(*inner, name + '.', out);
    } else {
      out.push_back({name, &node});
    }
  }
}

std::vector<Entry> in_order(std::vector<Entry> entries) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return order_of(*a.node) < order_of(*b.node); });
  return entries;
}

std::vector<Entry> leaves_of(const toml::table& table) {
  std::vector<Entry> entries;
  collect_leaves(table, {}, entries);
  return in_order(std::move(entries));
}

// The keys of a table whose names have no dots.
std::vector<Entry> entries_of(const toml::table& table) {
  std::vector<Entry> entries;
  for (const auto& [key, node] : table) entries.push_back({std::string{key.str()}, &node});
  return in_order(std::move(entries));
}

void read_queue(const Section& section, LinkConfig& link) {
  const auto* text = section.has("queue") ? section.find("queue")->as_string() : nullptr;
  constexpr std::string_view kPackets = " packets";
  if (text != nullptr && text->get().ends_with(kPackets)) {
    const std::string_view whole = text->get();
    const auto count = size_from(whole.substr(0, whole.size() - kPackets.size()));
    if (!count || *count == 0 || *count > 1'000'000)
      section.reject("queue", "a size or \"1\" to \"1000000 packets\"");
    link.queue_packets = static_cast<std::uint32_t>(*count);
    link.queue_bytes = 0;
  } else if (const auto bytes = section.size("queue")) {
    link.queue_bytes = *bytes;
    link.queue_packets = 0;
  }
}

void read_link(const Section& section, LinkConfig& link) {
  if (const auto v = section.duration("delay")) link.delay = *v;
  if (const auto v = section.duration("jitter")) link.jitter = *v;
  if (const auto v = section.probability("loss")) link.loss = *v;
  if (const auto v = section.probability("reorder")) link.reorder = *v;
  if (const auto v = section.duration("reorder_delay")) link.reorder_delay = *v;
  if (const auto v = section.probability("duplicate")) link.duplicate = *v;
  if (const auto v = section.rate("rate")) link.rate = *v;
  if (const auto v = section.integer("mtu", 68, 65535)) link.mtu = static_cast<std::uint32_t>(*v);
  read_queue(section, link);
}

std::optional<IpAddress> read_address(const Section& section, int ip_version) {
  const auto text = section.text("address");
  if (!text) return std::nullopt;
  const auto address = IpAddress::parse(*text);
  if (!address || address->is_v6() != (ip_version == 6)) {
    section.reject("address", fmt::format("an IPv{} address", ip_version));
  }
  return address;
}

// "10.9.1.1-10.9.1.40": FIRST-LAST.
std::optional<AddressRange> read_addresses(const Section& section, const Scenario& scenario) {
  const auto text = section.text("addresses");
  if (!text) return std::nullopt;
  const std::size_t dash = std::min(text->find('-'), text->size());
  const auto first = IpAddress::parse(std::string_view{*text}.substr(0, dash));
  const auto last = IpAddress::parse(std::string_view{*text}.substr(std::min(dash + 1, text->size())));
  const bool v6 = scenario.ip_version == 6;
  if (!first || !last || first->is_v6() != v6 || last->is_v6() != v6) {
    section.reject("addresses", fmt::format("two IPv{} addresses, \"FIRST-LAST\"", scenario.ip_version));
  }
  if (*last < *first) section.reject("addresses", "the lower address before the \"-\"");
  const AddressRange range{*first, *last};
  if (range.size() > kMostAddresses) {
    section.reject("addresses", fmt::format("at most {} addresses", kMostAddresses));
  }
  if (range.contains(scenario.server.address) || range.contains(scenario.path.router)) {
    const bool of_server = range.contains(scenario.server.address);
    const IpAddress& taken = of_server ? scenario.server.address : scenario.path.router;
    section.reject("addresses", fmt::format("addresses without the {}'s {} (they are all the client's)",
                                            of_server ? "server" : "router", taken.to_string()));
  }
  return range;
}

// How often the program runs, and from where. Every connection needs a port of its own at its address.
void read_starts(const Section& section, const Scenario& scenario, HostScenario& host) {
  ProgramStarts& starts = host.starts;
  starts.addresses = read_addresses(section, scenario);
  if (starts.addresses && !section.has("address")) host.address = starts.addresses->first;
  starts.interval = section.duration("connection_interval").value_or(Duration::zero());
  const auto count = section.integer("connections", 1, kMostConnections);
  if (!count) return;
  if (host.program.name.empty()) section.reject("connections", "a `program` to run that often");
  const SocketProfile& ports = host.profile.socket;
  const std::int64_t at_each =
      host.program.local_port != 0 ? 1 : std::int64_t{ports.port_last.value} - ports.port_first.value + 1;
  const auto addresses = static_cast<std::int64_t>(starts.addresses ? starts.addresses->size() : 1);
  if (*count > at_each * addresses) {
    section.reject(
        "connections",
        fmt::format("at most {}, as {} has {} (more `addresses` have more)", at_each * addresses,
                    addresses == 1 ? "one address" : fmt::format("each of {} addresses", addresses),
                    at_each == 1 ? "one local_port" : fmt::format("{} ports", at_each)));
  }
  starts.count = static_cast<std::uint32_t>(*count);
}

std::string sysctl_value(const Entry& entry) {
  if (const auto* text = entry.node->as_string()) return text->get();
  if (entry.node->is_integer() || entry.node->is_boolean()) {
    return entry.node->is_boolean() ? (entry.node->as_boolean()->get() ? "1" : "0") : found_text(*entry.node);
  }
  throw InputError{place_of(entry.node->source()), fmt::format("a number or a text for {}", entry.name),
                   found_text(*entry.node)};
}

void read_sysctls(const Section& section, std::string_view host_name, HostScenario& host,
                  Scenario& scenario) {
  const toml::table* table = section.table("sysctl");
  if (table == nullptr) return;
  for (const Entry& entry : leaves_of(*table)) {
    const std::string value = sysctl_value(entry);
    host.sysctls.emplace_back(entry.name, value);
    const SysctlOutcome outcome = set_sysctl(host.profile, entry.name, value);
    const std::string place = place_of(entry.node->source());
    switch (outcome.what) {
      case SysctlOutcome::What::applied: break;
      case SysctlOutcome::What::other_family:
        scenario.remarks.push_back(
            fmt::format("{}.sysctl.{} is skipped: it is a parameter of another system than {}", host_name,
                        entry.name, host.profile_name));
        break;
      case SysctlOutcome::What::no_effect:
        scenario.remarks.push_back(
            fmt::format("{}.sysctl.{} is skipped: it is not modelled", host_name, entry.name));
        break;
      case SysctlOutcome::What::unknown:
        throw InputError{place,
                         "a sysctl of a known system" +
                             (outcome.expected.empty() ? "" : fmt::format(" (\"{}\"?)", outcome.expected)),
                         fmt::format("\"{}\"", entry.name)};
      case SysctlOutcome::What::bad_value:
        throw InputError{place, fmt::format("{} for {}", outcome.expected, entry.name), '"' + value + '"'};
    }
  }
}

void read_profile(const Section& section, HostScenario& host) {
  const auto name = section.text("profile");
  if (!name) return;
  const OsProfile* row = find_profile(*name);
  if (row == nullptr) {
    std::vector<std::string_view> names;
    for (const OsProfile* known : all_profiles()) names.push_back(known->name);
    section.reject("profile", one_of(names));
  }
  host.profile = *row;
  host.profile_name = row->name;
}

void read_device(const Section& section, HostScenario& host) {
  if (const auto hz = section.integer("hz", 10, 100'000)) {
    host.profile.clock.hz = {static_cast<std::uint32_t>(*hz), "the scenario"};
  }
  if (const auto phase = section.duration("timer_phase")) host.timer_phase = *phase;
  if (const auto who = section.word("wakeup_preemption", kWhoIsWoken)) {
    host.profile.socket.wakeup_preemption = {static_cast<WakeupPreemption>(*who), "the scenario"};
  }
  if (const auto mtu = section.integer("mtu", 576, 65535)) host.mtu = static_cast<std::uint16_t>(*mtu);
  if (!section.has("truesize")) return;
  constexpr std::int64_t kMost = 1 << 20;
  WindowProfile& window = host.profile.window;
  const auto set = [](Sourced<std::uint32_t>& field, std::optional<std::int64_t> value) {
    if (value) field = {static_cast<std::uint32_t>(*value), "the scenario"};
  };
  if (section.find("truesize")->is_table()) {
    const Section sizes{section.need_table("truesize"), "truesize", kTruesizeKeys};
    set(window.truesize_small, sizes.integer("small", 1, kMost));
    set(window.truesize_full, sizes.integer("full", 1, kMost));
  } else {
    set(window.truesize_small, section.integer("truesize", 1, kMost));
    set(window.truesize_full, section.integer("truesize", 1, kMost));
  }
}

void read_socket_options(const Section& section, ProgramConfig& program) {
  const toml::table* table = section.table("sockopt");
  if (table == nullptr) return;
  const auto known = settable_socket_options();
  const Section names{*table, "sockopt", known};
  for (const Entry& entry : entries_of(*table)) {
    const auto* flag = entry.node->as_boolean();
    const std::int64_t value =
        flag != nullptr ? (flag->get() ? 1 : 0) : names.need_integer(entry.name, INT32_MIN, INT32_MAX);
    program.sockopts.emplace_back(entry.name, value);
  }
}

void read_program(const Section& section, HostId host, ProgramConfig& program) {
  if (const auto name = section.text("program")) {
    const auto programs = programs_of(host);
    if (std::find(programs.begin(), programs.end(), *name) == programs.end()) {
      section.reject("program", one_of(programs));
    }
    program.name = *name;
  }
  read_socket_options(section, program);
}

void read_client_program(const Section& section, ProgramConfig& program) {
  read_program(section, HostId::client, program);
  program.watch = section.boolean("watch").value_or(false);
  program.keep_going = section.boolean("keep_going").value_or(false);
  program.never_reads = section.boolean("never_reads").value_or(false);
  program.read_timeout = section.duration("read_timeout").value_or(Duration::zero());
  program.read_delay = section.duration("read_delay").value_or(Duration::zero());
  program.ignore_sigpipe = section.word("sigpipe", kSigpipe).value_or(0) == 1;
  program.local_port = static_cast<std::uint16_t>(section.integer("local_port", 0, 65535).value_or(0));
  program.bytes = section.size("bytes").value_or(0);
}

void read_server_program(const Section& section, ProgramConfig& program) {
  read_program(section, HostId::server, program);
  program.on_sigterm = static_cast<OnSigterm>(section.word("on_sigterm", kOnSigterm).value_or(0));
  program.backlog = static_cast<std::uint32_t>(section.integer("backlog", 0, 65535).value_or(128));
  program.reply = section.text("reply").value_or("");
  program.reply_when = static_cast<ReplyWhen>(section.word("reply_when", kReplyWhen).value_or(1));
}

}  // namespace

void read_path(const Section& root, Scenario& scenario) {
  if (const toml::table* table = root.table("path")) {
    const Section path{*table, "[path]", kPathKeys};
    read_link(path, scenario.path.to_server);
    scenario.path.to_client = scenario.path.to_server;
    if (const toml::table* one = path.table("to_server")) {
      read_link(Section{*one, "[path.to_server]", kLinkKeys}, scenario.path.to_server);
    }
    if (const toml::table* one = path.table("to_client")) {
      read_link(Section{*one, "[path.to_client]", kLinkKeys}, scenario.path.to_client);
    }
  }
  if (const toml::table* table = root.table("router")) {
    const Section router{*table, "[router]", kRouterKeys};
    if (const auto address = read_address(router, scenario.ip_version)) scenario.path.router = *address;
    scenario.path.router_says_too_big = router.boolean("says_too_big").value_or(true);
  }
}

void read_hosts(const Section& root, Scenario& scenario) {
  std::uint16_t port = scenario.server.program.server.port;
  if (const toml::table* table = root.table("client")) {
    const Section client{*table, "[client]", kClientKeys};
    read_profile(client, scenario.client);
    read_device(client, scenario.client);
    read_sysctls(client, "client", scenario.client, scenario);
    if (const auto address = read_address(client, scenario.ip_version)) scenario.client.address = *address;
    read_client_program(client, scenario.client.program);
  }
  if (const toml::table* table = root.table("server")) {
    const Section server{*table, "[server]", kServerKeys};
    read_profile(server, scenario.server);
    read_device(server, scenario.server);
    read_sysctls(server, "server", scenario.server, scenario);
    if (const auto address = read_address(server, scenario.ip_version)) scenario.server.address = *address;
    port = static_cast<std::uint16_t>(server.integer("port", 1, 65535).value_or(port));
    read_server_program(server, scenario.server.program);
  }
  // Only now: none of the client's addresses may be the server's.
  if (const toml::table* table = root.table("client")) {
    read_starts(Section{*table, "[client]", kClientKeys}, scenario, scenario.client);
  }
  if (scenario.client.address == scenario.server.address) {
    throw InputError{root.place(), "two addresses",
                     fmt::format("{} for both hosts", scenario.client.address.to_string())};
  }
  scenario.client.program.server = {scenario.server.address, port};
  scenario.server.program.server = {scenario.server.address, port};
}

void add_section_keys(std::vector<std::string>& keys) {
  const auto add = [&keys](const std::string& section, std::span<const std::string_view> names) {
    for (const std::string_view name : names) {
      if (!is_section(name)) keys.push_back(section + '.' + std::string{name});
    }
  };
  add("path", kPathKeys);
  add("path.to_server", kLinkKeys);
  add("path.to_client", kLinkKeys);
  add("router", kRouterKeys);
  std::set<std::string_view> sysctls;  // some systems share names
  for (const SysctlName& sysctl : sysctl_names()) sysctls.insert(sysctl.name);
  const std::vector<std::string_view> parameters(sysctls.begin(), sysctls.end());
  for (const std::string host : {"client", "server"}) {
    host == "client" ? add(host, kClientKeys) : add(host, kServerKeys);
    add(host + ".truesize", kTruesizeKeys);
    add(host + ".sockopt", settable_socket_options());
    add(host + ".sysctl", parameters);
  }
}

}  // namespace halfopen::scenario_toml

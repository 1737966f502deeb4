// What a field that differs says, and what the handshakes of the two connections say of it.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "capture/compare/explain.h"
#include "capture/compare/explain_text.h"

namespace halfopen::compare {
namespace {

enum class Agreed : std::uint8_t { unknown, no, yes };

// Whether the two SYNs of a connection have an option; `has` asks one of them.
template <class Has>
Agreed agreed(const Facts& facts, Has has) {
  const auto& ends = facts.connection->config;
  if (std::ranges::any_of(ends, [&](const EndConfig& end) { return end.has_syn && !has(end); }))
    return Agreed::no;
  return std::ranges::all_of(ends, &EndConfig::has_syn) ? Agreed::yes : Agreed::unknown;
}

// An option that only one side's segment has; its end offers it in the SYN, or the handshakes agree on it.
template <class Has>
std::string one_sided(std::string_view what, bool in_syn, const Facts& a, const Facts& b, Has has,
                      std::string_view depends_on) {
  if (in_syn) return fmt::format("{} offered on one side only: {}", what, untold(depends_on));
  const Agreed in_a = agreed(a, has);
  const Agreed in_b = agreed(b, has);
  if (in_a == Agreed::yes && in_b == Agreed::no) {
    return fmt::format("{}: agreed on in {} only, as the SYNs show", what, a.name);
  }
  if (in_a == Agreed::no && in_b == Agreed::yes) {
    return fmt::format("{}: agreed on in {} only, as the SYNs show", what, b.name);
  }
  const std::string known = in_a == Agreed::yes && in_b == Agreed::yes
                                ? fmt::format(", though agreed on in {} and {}", a.name, b.name)
                                : std::string{};
  return fmt::format("{} on one side only{}: {}", what, known, untold({}));
}

std::multiset<std::string> kinds_of(const std::string& signature) {
  std::multiset<std::string> kinds;
  std::istringstream list{signature};
  for (std::string kind; std::getline(list, kind, ',');) kinds.insert(kind);
  return kinds;
}

std::string explain_options(const FieldChange& change, bool in_syn, const Facts& a, const Facts& b) {
  const auto one_has = [&](std::string_view name) {
    return (change.a.find(name) == std::string::npos) != (change.b.find(name) == std::string::npos);
  };
  const auto timestamps = [](const EndConfig& end) { return end.timestamps; };
  const auto sack = [](const EndConfig& end) { return end.sack; };
  constexpr std::string_view kSettings =
      "its setting, the stack, what the other end offered, and middleboxes";
  if (one_has("TS")) return one_sided("timestamps", in_syn, a, b, timestamps, kSettings);
  if (one_has("sackOK")) return "SACK offered on one side only: " + untold(kSettings);
  if (one_has("wscale")) return "window scaling offered on one side only: " + untold(kSettings);
  if (one_has("mss")) return "a maximum segment size on one side only: " + untold(kSettings);
  if (one_has("sack ")) return one_sided("SACK blocks", false, a, b, sack, {});
  if (change.a.find("sack ") != std::string::npos) return "it reports other data beyond a gap";
  if (kinds_of(change.a) == kinds_of(change.b))
    return "the same options in another order: " + untold("the stack");
  return untold("the stack");
}

std::string explain_window(const TraceEvent& a, const TraceEvent& b, const Facts& facts_a,
                           const Facts& facts_b) {
  constexpr std::string_view kReader =
      "the receive buffer, what it is charged for, and how fast the reader reads";
  if (a.flow.window == 0 || b.flow.window == 0) {
    return fmt::format("closed in {} only: {}", a.flow.window == 0 ? facts_a.name : facts_b.name,
                       untold(kReader));
  }
  if (a.has(tcp_flag::syn)) return "the first window: " + untold("the receive buffer, and the MSS");
  return untold(kReader);
}

std::string explain_flags(const FieldChange& change, const TraceEvent& a, const TraceEvent& b,
                          const Facts& facts_a, const Facts& facts_b) {
  const auto differs = [&](char flag) {
    return (change.a.find(flag) == std::string::npos) != (change.b.find(flag) == std::string::npos);
  };
  const auto who = [&](std::uint8_t flag) { return a.has(flag) ? facts_a.name : facts_b.name; };
  if (differs('R')) return fmt::format("a reset in {} only: {}", who(tcp_flag::rst), untold({}));
  if (differs('F')) return fmt::format("a FIN in {} only: {}", who(tcp_flag::fin), untold("when it closes"));
  if (differs('S')) return fmt::format("a SYN in {} only: {}", who(tcp_flag::syn), untold({}));
  if (!differs('E') && !differs('W')) return untold({});
  if (a.has(tcp_flag::syn) && b.has(tcp_flag::syn)) {
    // RFC 3168 section 6.1.1
    return fmt::format("explicit congestion notification is offered in {} only: {}", who(tcp_flag::ece),
                       untold("tcp_ecn, the route, and middleboxes"));
  }
  return differs('E')
             ? fmt::format("a congestion mark is reported in {} only (RFC 3168): {}", who(tcp_flag::ece),
                           untold("what was agreed on, and the routers on the way"))
             : fmt::format("a smaller congestion window is told in {} only (RFC 3168): {}",
                           who(tcp_flag::cwr), untold("what was agreed on, and what was lost"));
}

// Who acknowledges less cannot acknowledge what has not come.
std::string explain_ack(const TraceEvent& a, const TraceEvent& b, const Facts& facts_a,
                        const Facts& facts_b) {
  const bool a_is_less = a.flow.ack < b.flow.ack;
  const TraceEvent& less = a_is_less ? a : b;
  const TraceEvent& more = a_is_less ? b : a;
  const std::string& name = a_is_less ? facts_a.name : facts_b.name;
  if (less.sender.heard < more.flow.ack) {
    return fmt::format("in {} nothing beyond {} had been seen when it was sent", name, less.sender.heard);
  }
  return fmt::format("in {} the rest had been seen by then: {}", name,
                     untold("delayed ACKs, and when it came to the host"));
}

std::string explain_class(const TraceEvent& a, const TraceEvent& b) {
  constexpr unsigned kEcn = 3;  // RFC 3168 section 5
  const unsigned differs = unsigned{a.packet.ip.traffic_class} ^ b.packet.ip.traffic_class;
  if ((differs & ~kEcn) == 0)
    return "the ECN bits: " + untold("what was agreed on, and the routers on the way");
  return "another class of service: " + untold("IP_TOS of the socket, and the routers on the way");
}

}  // namespace

std::string explain_field(const FieldChange& change, const TraceEvent& a, const TraceEvent& b,
                          const Facts& facts_a, const Facts& facts_b) {
  switch (change.field) {
    case Field::flags: return explain_flags(change, a, b, facts_a, facts_b);
    case Field::psh:
      return untold("what the program writes at once, and how the stack hands it to the device");
    case Field::window: return explain_window(a, b, facts_a, facts_b);
    case Field::options: return explain_options(change, a.has(tcp_flag::syn), facts_a, facts_b);
    case Field::ttl: return untold("the TTL of its sender, and the routers on the way");
    case Field::df: return untold("path MTU discovery of its sender, and middleboxes");
    case Field::traffic_class: return explain_class(a, b);
    case Field::mtu: return "the router names another MTU of its next link";
    case Field::icmp: return untold("the routers on the way");
    case Field::ack: return explain_ack(a, b, facts_a, facts_b);
    default: return {};
  }
}

}  // namespace halfopen::compare

// Packets that one side lacks, and what a connection's ends were set to.
#include "capture/compare/explain.h"

#include <fmt/format.h>

#include <algorithm>

#include "capture/compare/explain_text.h"

namespace halfopen::compare {
namespace {

constexpr std::uint8_t kLargestScale = 14;  // RFC 7323 section 2.3

// Both SYNs were seen, and `offers` of both.
template <class Offers>
bool both_offer(const SideConnection& connection, Offers offers) {
  return std::ranges::all_of(connection.config,
                             [&](const EndConfig& end) { return end.has_syn && offers(end); });
}

// Without SACK there is no probe: RFC 8985 section 7.2, and Linux's tcp_schedule_loss_probe().
std::string lone_probe(const Facts& has, const Facts& lacks) {
  const auto sack = [](const EndConfig& end) { return end.sack; };
  const auto& syns = lacks.connection->config;
  const bool refused = std::ranges::any_of(syns, [](const auto& end) { return end.has_syn && !end.sack; });
  const std::string text =
      fmt::format("{} sends a tail loss probe (RFC 8985 section 7) that {} lacks: ", has.name, lacks.name);
  if (refused && both_offer(*has.connection, sack)) {
    return text + fmt::format("no SACK was agreed in {} (its SYNs), without which there is none", lacks.name);
  }
  return text + untold("tcp_early_retrans, the stack, and when the answer came");
}

std::string lone_reset(const TraceEvent& event, const Facts& has, const Facts& lacks) {
  const char* who = event.stream == Stream::from_client ? "client" : "server";
  std::string text = fmt::format("{}'s {} resets, {}'s does not", has.name, who, lacks.name);
  if (!event.has(tcp_flag::ack)) {
    return fmt::format("{}: without ACK, so it answers a segment (RFC 9293 section 3.10.7); {}", text,
                       untold("whether its host knows the connection, whether data came after close, and "
                              "what is on the way"));
  }
  if (event.sender.expiries > 0) {
    text += fmt::format(", after {} retransmission{} without an answer", event.sender.expiries,
                        event.sender.expiries == 1 ? "" : "s");
  }
  return fmt::format(
      "{}: {}", text,
      untold("unread data at close, SO_LINGER, and whether the stack says so when it gives up"));
}

std::string lone_icmp(const TraceEvent& event, const Facts& has, const Facts& lacks) {
  return fmt::format("{}'s {} gets this ICMP error, {}'s does not: {}", has.name,
                     event.is_quote_from_client ? "client" : "server", lacks.name,
                     untold("the path, and how many errors a router sends"));
}

std::string lone_syn(const TraceEvent& event, const Facts& has, const Facts& lacks) {
  const bool is_answer = event.has(tcp_flag::ack);
  std::string text =
      fmt::format("{} sends its {} once more than {}: ", has.name, is_answer ? "SYN-ACK" : "SYN", lacks.name);
  const auto& answered = lacks.connection->answered_after;
  const auto& own = has.connection->answered_after;
  if (!is_answer && answered && has.connection->first_syn) {
    const Duration again = event.at - *has.connection->first_syn;
    if (*answered < again && (!own || *own > again)) {
      return text +
             fmt::format("{}'s SYN had no answer when it was sent again after {}, {}'s had one after {}",
                         has.name, span_text(again), lacks.name, span_text(*answered));
    }
  }
  return text + untold(is_answer
                           ? "tcp_synack_retries, and what was lost"
                           : "tcp_syn_retries, the stack's SYN timeouts, and how long the program waits");
}

}  // namespace

std::string explain_lone(const TraceEvent& event, const Facts& has, const Facts& lacks) {
  const auto fact = [&](std::string_view what, std::string_view depends_on) {
    return fmt::format("{} {} {}: {}", has.name, what, lacks.name, untold(depends_on));
  };
  switch (event.origin) {
    case Origin::unknown: return lone_icmp(event, has, lacks);
    case Origin::open_again: return lone_syn(event, has, lacks);
    case Origin::timeout:
      if (event.is_surely_probe) return lone_probe(has, lacks);
      return fact("retransmits once more than", "timeouts, limits, and when the answer came");
    case Origin::fast:
      return fact("retransmits right after a duplicate ACK or SACK, unlike", "what was lost, and the stack");
    case Origin::window_probe:
      return fact("probes the closed window once more than", "timeouts, limits, and when it opened");
    case Origin::keepalive:
      return fact("sends a keepalive probe, unlike",
                  "SO_KEEPALIVE, the keepalive's idle time, interval and count, and what else is sent");
    case Origin::reset: return lone_reset(event, has, lacks);
    case Origin::ack:
      return fact("sends an ACK of its own, unlike",
                  "what came by then, delayed ACKs, and how fast the reader reads");
    case Origin::data:
      if (!event.has(tcp_flag::fin) || event.payload() > 0) return {};
      return fact("finishes here, unlike", "when its program closes, and whether the FIN waits for room");
    case Origin::open: return {};
  }
  return {};
}

// The scale says how large a window its end can offer at most.
std::string explain_scale(std::uint8_t a, std::uint8_t b) {
  const auto most = [](std::uint8_t scale) {
    if (scale > kLargestScale) return std::string{"more than any window scale may be"};
    const auto bytes = std::uint64_t{65536} << scale;
    return bytes >= (1u << 20) ? fmt::format("{} MiB", bytes >> 20) : fmt::format("{} KiB", bytes >> 10);
  };
  return fmt::format("a window of up to {} against {}; {}", most(a), most(b),
                     untold("the receive buffer's limits, tcp_rmem and rmem_max on Linux, and SO_RCVBUF"));
}

std::string explain_mss(std::uint16_t a, std::uint16_t b, bool v6) {
  const int headers = v6 ? 60 : 40;  // IP and TCP without options (RFC 6691)
  return fmt::format("that of an MTU of {} against {}; {}", a + headers, b + headers,
                     untold("the interface, the route, TCP_MAXSEG, and routers that lower it"));
}

}  // namespace halfopen::compare

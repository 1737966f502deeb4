// Packets that one side lacks, fields, and what a connection's ends were set to.
#include "capture/compare/explain.h"

#include <fmt/format.h>

#include <algorithm>

#include "capture/note/text.h"

namespace halfopen::compare {
namespace {

constexpr std::uint8_t kLargestScale = 14;  // RFC 7323 section 2.3

bool agreed_on_sack(const SideConnection& connection) {
  return std::ranges::all_of(connection.config,
                             [](const EndConfig& end) { return !end.has_syn || end.sack; });
}

std::string lone_probe(const Facts& has, const Facts& lacks) {
  const std::string why = agreed_on_sack(*lacks.connection)
                              ? "tcp_early_retrans=0, or its stack has none"
                              : "no SACK was agreed there (tcp_sack=0), without which there is none";
  return fmt::format("{} sends a tail loss probe (RFC 8985 section 7) that {} lacks: {}", has.name,
                     lacks.name, why);
}

std::string lone_reset(const TraceEvent& event, const Facts& has, const Facts& lacks) {
  const char* who = event.stream == Stream::from_client ? "client" : "server";
  const bool no_ack = !event.has(tcp_flag::ack);
  if (no_ack) {
    return fmt::format(
        "{}'s {} answers for a connection that it does not know; {}'s stays silent, knows it, or "
        "was not asked",
        has.name, who, lacks.name);
  }
  return fmt::format(
      "{}'s {} resets: data was unread at close, it gave up and its stack says so (BSD does, "
      "Linux does not), or data came after close; {}'s does not",
      has.name, who, lacks.name);
}

std::string lone_icmp(const Facts& has, const Facts& lacks) {
  return fmt::format(
      "a router answers in {} and not in {}; each host or net unreachable for the segment that "
      "timed out undoes one backoff (RFC 6069), so that more retransmissions follow",
      has.name, lacks.name);
}

bool has_option(const std::string& signature, std::string_view name) {
  return signature.find(name) != std::string::npos;
}

std::string explain_options(const FieldChange& change) {
  const auto one_has = [&](std::string_view name) {
    return has_option(change.a, name) != has_option(change.b, name);
  };
  if (one_has("TS")) return "timestamps on one side only: tcp_timestamps, or net.inet.tcp.rfc1323";
  if (one_has("sackOK")) return "SACK permitted on one side only: tcp_sack, or net.inet.tcp.sack.enable";
  if (one_has("wscale"))
    return "window scaling on one side only: tcp_window_scaling, or net.inet.tcp.rfc1323";
  if (one_has("mss")) return "a maximum segment size on one side only (RFC 9293 section 3.7.1)";
  if (one_has("sack ")) return "SACK blocks on one side only: other data had arrived, or SACK was not agreed";
  if (has_option(change.a, "sack ")) return "other data had arrived when it was sent";
  return "the same options in another order, or others: another stack's fingerprint";
}

std::string explain_window(const TraceEvent& a, const TraceEvent& b) {
  if (a.flow.window == 0 || b.flow.window == 0) {
    return "a window closes on one side only: how fast the reader reads, and tcp_rmem";
  }
  if (a.has(tcp_flag::syn)) return "the first window: tcp_rmem's second value, rmem_default, and the MSS";
  return "the room that the receiver offers: tcp_rmem and its autotuning, what the device charges for a "
         "packet "
         "(truesize), and how fast the reader reads";
}

std::string_view explain_flags(const FieldChange& change) {
  const auto differs = [&](char flag) {
    return (change.a.find(flag) == std::string::npos) != (change.b.find(flag) == std::string::npos);
  };
  if (differs('R')) return "one resets where the other does not: unread data at close, or no such connection";
  if (differs('F')) return "one finishes here and the other does not: FIN rides on data, or comes by itself";
  if (differs('S')) return "one opens a connection here";
  if (differs('E') || differs('W')) return "explicit congestion notification: tcp_ecn";
  return {};
}

}  // namespace

std::string explain_lone(const TraceEvent& event, const Facts& has, const Facts& lacks) {
  switch (event.origin) {
    case Origin::unknown: return lone_icmp(has, lacks);
    case Origin::open_again:
      return fmt::format(
          "{} sends its SYN once more than {}: tcp_syn_retries or tcp_synack_retries, linear SYN "
          "timeouts (Linux 6.5 and later), or an answer that came later",
          has.name, lacks.name);
    case Origin::timeout:
      if (event.tlp == Tlp::yes) return lone_probe(has, lacks);
      return fmt::format("{} retransmits once more than {}", has.name, lacks.name);
    case Origin::fast:
      return fmt::format("{} retransmits upon duplicate ACKs or SACK where {} does not (RFC 5681, RFC 8985)",
                         has.name, lacks.name);
    case Origin::window_probe:
      return fmt::format("{} probes the closed window once more than {}", has.name, lacks.name);
    case Origin::keepalive:
      return fmt::format(
          "{} sends a keepalive probe that {} lacks: SO_KEEPALIVE, tcp_keepalive_probes "
          "(TCP_KEEPCNT) and tcp_keepalive_intvl",
          has.name, lacks.name);
    case Origin::reset: return lone_reset(event, has, lacks);
    case Origin::ack:
      return fmt::format(
          "{} acknowledges where {} waits, merges it with data, or has nothing to say: delayed "
          "and quick ACKs, window updates",
          has.name, lacks.name);
    case Origin::data:
      if (!event.has(tcp_flag::fin) || event.payload() > 0) return {};
      return fmt::format(
          "{} finishes here and {} does not: Linux before 6.13 sends a FIN though the congestion "
          "window is full, later ones wait",
          has.name, lacks.name);
    case Origin::open: return {};
  }
  return {};
}

std::string explain_field(const FieldChange& change, const TraceEvent& a, const TraceEvent& b) {
  switch (change.field) {
    case Field::flags: return std::string{explain_flags(change)};
    case Field::psh:
      return "PSH ends what the program wrote, and on Linux each burst that was handed to the device as one "
             "(GSO)";
    case Field::window: return explain_window(a, b);
    case Field::options: return explain_options(change);
    case Field::ttl: return "ip_default_ttl of the sender, or the number of routers on the way";
    case Field::df: return "path MTU discovery: ip_no_pmtu_disc, or IP_MTU_DISCOVER";
    case Field::traffic_class: return "IP_TOS of the socket, or ECN (tcp_ecn)";
    case Field::mtu: return "the path's MTU";
    case Field::icmp: return "another router's answer, or another ICMP for the same trouble";
    case Field::ack: return "it acknowledges more on one side: ACKs are delayed or at once";
    default: return {};
  }
}

// net/ipv4/tcp_output.c tcp_select_initial_window(): the scale is what makes 65535 reach the largest buffer.
std::string explain_scale(std::uint8_t a, std::uint8_t b) {
  const auto range = [](std::uint8_t scale) {
    if (scale > kLargestScale) return std::string{"more than any window scale may be"};
    if (scale == 0) return std::string{"less than 128 KiB"};
    const auto low = std::uint64_t{1} << (scale + 15);
    const auto text = [](std::uint64_t bytes) {
      return bytes >= (1u << 20) ? fmt::format("{} MiB", bytes >> 20) : fmt::format("{} KiB", bytes >> 10);
    };
    return fmt::format("{} to {}", text(low), text(low * 2));
  };
  return fmt::format("the largest receive buffer, tcp_rmem's third value or rmem_max: {} against {}",
                     range(a), range(b));
}

std::string explain_mss(std::uint16_t a, std::uint16_t b, bool v6) {
  const int headers = v6 ? 60 : 40;  // IP and TCP without options (RFC 6691)
  return fmt::format("the interface's MTU, {} against {}, or TCP_MAXSEG", a + headers, b + headers);
}

}  // namespace halfopen::compare

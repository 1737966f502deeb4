#include "sim/os/reset.h"

namespace halfopen {

std::optional<Packet> make_reset(const Packet& offender, const OsProfile& profile, const OsRules& rules,
                                 std::uint16_t id) {
  const Segment& bad = *offender.segment();
  if (bad.has(tcp_flag::rst)) return std::nullopt;

  Segment rst;
  rst.source_port = bad.destination_port;
  rst.destination_port = bad.source_port;
  rst.flags = tcp_flag::rst;
  if (bad.has(tcp_flag::ack)) {
    rst.seq = bad.ack;  // so that the peer finds it in its window
  } else {
    const bool uncounted_fin = bad.has(tcp_flag::fin) && !rules.rst_counts_fin;
    rst.flags |= tcp_flag::ack;
    rst.ack = bad.end() - (uncounted_fin ? 1 : 0);
  }

  Packet answer;
  answer.ip.source = offender.ip.destination;
  answer.ip.destination = offender.ip.source;
  answer.ip.hop_limit = profile.ip.ttl;
  answer.ip.traffic_class = rules.rst_copies_tos ? offender.ip.traffic_class : std::uint8_t{0};
  answer.ip.dont_fragment = profile.ip.dont_fragment;
  answer.ip.id = id;
  answer.body = std::move(rst);
  answer.why.cause = Cause::rst_no_connection;
  return answer;
}

}  // namespace halfopen

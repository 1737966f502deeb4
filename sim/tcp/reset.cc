#include "sim/tcp/reset.h"

namespace halfopen {

std::optional<ResetReply> reset_for(const Segment& offender, std::uint8_t traffic_class,
                                    const ResetRules& rules, const SocketOptions* socket) {
  if (offender.has(tcp_flag::rst)) return std::nullopt;
  ResetReply reset;
  reset.flags = tcp_flag::rst;
  if (rules.copies_tos) reset.traffic_class = traffic_class;
  if (rules.of_socket && socket != nullptr) {
    reset.traffic_class = socket->traffic_class;
    reset.hop_limit = socket->hop_limit;
  }
  if (offender.has(tcp_flag::ack)) {
    reset.seq = offender.ack;  // so that the peer finds it in its window
    return reset;
  }
  const bool uncounted_fin = offender.has(tcp_flag::fin) && !rules.counts_fin;
  reset.flags |= tcp_flag::ack;
  reset.ack = offender.end() - (uncounted_fin ? 1 : 0);
  return reset;
}

void write_reset(Packet& out, const FourTuple& addresses, const ResetReply& reset, const IpProfile& os,
                 std::uint16_t& next_id) {
  out.ip = IpHeader{.source = addresses.local.ip,
                    .destination = addresses.remote.ip,
                    .hop_limit = reset.hop_limit != 0 ? reset.hop_limit : os.ttl.value,
                    .traffic_class = reset.traffic_class,
                    .dont_fragment = os.dont_fragment};
  if (!os.zero_id_without_socket) out.ip.id = next_id++;
  Segment& segment = out.body.emplace<Segment>();
  segment.source_port = addresses.local.port;
  segment.destination_port = addresses.remote.port;
  segment.seq = reset.seq;
  segment.ack = reset.ack;
  segment.flags = reset.flags;
}

}  // namespace halfopen

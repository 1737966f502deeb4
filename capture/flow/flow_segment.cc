#include "capture/flow/flow_segment.h"

namespace halfopen {

FlowSegment flow_segment(const Packet& packet) {
  const Segment& segment = *packet.segment();
  return {.source = {packet.ip.source, segment.source_port},
          .destination = {packet.ip.destination, segment.destination_port},
          .seq = segment.seq,
          .ack = segment.ack,
          .flags = segment.flags,
          .window = segment.window,
          .payload = segment.payload.size(),
          .window_scale = segment.options.window_scale()};
}

FlowSegment flow_segment(const PacketView& packet) {
  const TcpView segment = packet.tcp();
  FlowSegment facts{.source = {packet.source(), segment.source_port()},
                    .destination = {packet.destination(), segment.destination_port()},
                    .seq = segment.seq(),
                    .ack = segment.ack(),
                    .flags = segment.flags(),
                    .window = segment.window(),
                    .payload = segment.payload_size(),
                    .window_scale = std::nullopt};
  if (!facts.has(tcp_flag::syn)) return facts;
  const auto options = segment.options();
  facts.window_scale = TcpOptions::find_window_scale(options);
  facts.options_are_cut = options.size() + wire::kTcpHeader < segment.header_size();
  return facts;
}

}  // namespace halfopen

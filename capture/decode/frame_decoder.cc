#include "capture/decode/frame_decoder.h"

#include <algorithm>
#include <limits>

#include "capture/decode/tunnel.h"
#include "capture/note/note_words.h"

namespace halfopen {
namespace {

constexpr std::size_t kLongestName = 64;

constexpr int kDeepest = 8;  // packets around a packet, more than anybody sends

// Tools cut packets and write the cut length as the one on the wire, so a packet is always as long as its IP
// header says, or `size` where that says nothing. Devices fill in checksums after a capture was taken: wrong
// ones are the rule on a sender's side. What systems do with wrong options is what we do.
std::optional<PacketView> find_packet(std::span<const std::uint8_t> ip, std::uint64_t size,
                                      ParseIssue& issue) {
  const ParseOptions options{
      .truncated = true,
      .verify_checksums = false,
      .keep_fragments = true,
      .check_tcp_options = false,
      .length_if_zero = static_cast<std::size_t>(std::min<std::uint64_t>(size, kMaxPacketSize))};
  return PacketView::find(ip, issue, options);
}

}  // namespace

FrameDecoder::FrameDecoder(CaptureHandlers handlers, std::string format) : handlers_{std::move(handlers)} {
  info_.format = std::move(format);
}

void FrameDecoder::set_run(RunAndEpoch run) {
  if (told_info_ || info_.run) return;
  info_.epoch = run.epoch;
  info_.names = run.run.names();
  info_.run = std::move(run.run);
}

void FrameDecoder::add_name(const IpAddress& address, std::string_view name) {
  const auto is_plain = [](char c) { return c > ' ' && c < '\x7f'; };  // names end up on a terminal
  if (told_info_ || name.empty() || name.size() > kLongestName || !std::ranges::all_of(name, is_plain))
    return;
  info_.names.add(address, std::string{name});
}

void FrameDecoder::tell_info(std::int64_t first_time) {
  if (told_info_) return;
  told_info_ = true;
  if (!info_.run) {
    info_.epoch = first_time;
    info_.names.show_every_port();
  }
  if (handlers_.info) handlers_.info(info_);
}

// Times of a file that lies may be centuries apart.
TimePoint FrameDecoder::at(std::int64_t time) const {
  constexpr std::int64_t kFarthest = std::int64_t{1} << 61;
  std::int64_t since = 0;
  if (__builtin_sub_overflow(time, info_.epoch, &since)) since = time < info_.epoch ? -kFarthest : kFarthest;
  return at_nanos(std::clamp(since, -kFarthest, kFarthest));
}

void FrameDecoder::malformed(const Frame& frame, std::string message) {
  ++counts_.malformed;
  if (handlers_.malformed) handlers_.malformed({frames_, at(frame.time), std::move(message)});
}

// By the names of a run of ours; else the end to which the first SYN went, or the lower port, is the server.
HostId FrameDecoder::sender_of(const PacketView& packet) {
  if (info_.run) {
    const auto host = words::value<HostId>(words::kHosts, info_.names.of(packet.source()));
    return host.value_or(HostId::router);
  }
  if (!packet.is_tcp()) return server_ && server_->ip == packet.source() ? HostId::server : HostId::router;
  const TcpView segment = packet.tcp();
  if (!server_) {
    const SocketAddress source{packet.source(), segment.source_port()};
    const SocketAddress destination{packet.destination(), segment.destination_port()};
    const bool is_syn = (segment.flags() & tcp_flag::syn) != 0;
    const bool has_ack = (segment.flags() & tcp_flag::ack) != 0;
    const bool to_server = is_syn ? !has_ack : destination.port <= source.port;
    server_ = to_server ? destination : source;
  }
  const bool is_server = segment.source_port() == server_->port && packet.source() == server_->ip;
  return is_server ? HostId::server : HostId::client;
}

void FrameDecoder::on_frame(const Frame& frame) {
  tell_info(frame.time);
  ++frames_;
  std::string link_issue;
  const auto unwrapped = unwrap(frame.link_type, frame.bytes, link_issue);
  if (!unwrapped) return malformed(frame, std::move(link_issue));
  if (!unwrapped->is_ip) {
    ++counts_.other;
    return;
  }
  const std::uint64_t wire_size = std::max<std::uint64_t>(frame.wire_size, frame.bytes.size());
  ParseIssue issue;
  const auto view = find_packet(unwrapped->ip, wire_size - unwrapped->header, issue);
  if (!view) return malformed(frame, std::move(issue.message));
  const std::uint32_t interface = unwrapped->interface != 0 ? unwrapped->interface : frame.interface;
  if (view->is_tcp()) {
    tell_packet(frame, interface, *view);
  } else {
    on_other_packet(frame, interface, *view, 0);
  }
}

// A fragment of anything, a packet that may be a tunnel, or what was found in one of these.
void FrameDecoder::on_other_packet(const Frame& frame, std::uint32_t interface, const PacketView& view,
                                   int depth) {
  const bool may_hold_another = !view.is_tcp() && depth < kDeepest;
  if (may_hold_another && view.is_fragment()) return on_fragment(frame, interface, view, depth);
  if (may_hold_another && on_tunnel(frame, interface, view, depth)) return;
  tell_packet(frame, interface, view);
}

// What is inside a tunnel is told in place of it, if it is an IP packet that has room there.
bool FrameDecoder::on_tunnel(const Frame& frame, std::uint32_t interface, const PacketView& view, int depth) {
  const auto content = open_tunnel(view);
  if (!content) return false;
  ParseIssue ignored;
  const auto inner = find_packet(content->ip, content->size, ignored);
  if (!inner || inner->size() > content->size) return false;
  remarks_.count(content->kind, content->id);
  on_other_packet(frame, interface, *inner, depth + 1);
  return true;
}

// A packet in fragments is told when it is whole, with the number and the time of what made it so.
void FrameDecoder::on_fragment(const Frame& frame, std::uint32_t interface, const PacketView& view,
                               int depth) {
  ++counts_.fragments;
  const auto whole = reassembly_.add(view, frame.time);
  counts_.unfinished = reassembly_.unfinished();
  if (!whole) return;
  ParseIssue issue;
  const auto packet = find_packet(whole->ip, whole->size, issue);
  if (!packet) return malformed(frame, std::move(issue.message));
  on_other_packet(frame, interface, *packet, depth + 1);
}

void FrameDecoder::tell_packet(const Frame& frame, std::uint32_t interface, const PacketView& view) {
  ++counts_.packets;
  if (!handlers_.packet && !handlers_.view) return;
  CapturedPacket captured;
  captured.number = frames_;
  captured.comment = frame.comment;
  captured.view = &view;
  captured.ip = view.bytes();
  captured.wire_size = static_cast<std::uint32_t>(view.size());
  if (view.is_tcp()) captured.payload_captured = static_cast<std::uint32_t>(view.tcp().payload().size());
  captured.interface = interface;
  captured.link_type = frame.link_type;
  captured.note.at = at(frame.time);
  if (frame.facts) {
    captured.note.from = frame.facts->from;
    captured.note.fate = frame.facts->fate;
  } else if (handlers_.packet) {
    captured.note.from = sender_of(view);
  }
  if (handlers_.view) handlers_.view(captured);
  if (!handlers_.packet) return;
  Packet packet = packet_of(view, pool_);
  if (frame.facts) packet.why = frame.facts->why;
  captured.note.packet = &packet;
  handlers_.packet(captured);
}

void FrameDecoder::on_unsupported(std::uint32_t link_type, std::uint32_t interface) {
  ++frames_;
  ++counts_.unsupported;
  remarks_.count(RemarkKind::unsupported, link_type, interface);
}

void FrameDecoder::on_note(const Note& note) {
  tell_info(0);
  ++counts_.notes;
  if (handlers_.note) handlers_.note(note);
}

}  // namespace halfopen

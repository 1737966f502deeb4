#include "capture/compare/side.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "capture/note/text.h"
#include "sim/wire/icmp.h"

namespace halfopen::compare {
namespace {

constexpr std::string_view kDefaultProfile = "linux";

// A kernel's profile is "linux-" and its release: "linux-6.18.44" is modelled by the row linux-6.18, a
// release without a row by the one that is usual.
const OsProfile* profile_for(const RunInfo& run) {
  const auto host = std::ranges::find(run.hosts, run.tap, &HostInfo::id);
  if (host == run.hosts.end()) return nullptr;
  const OsProfile* best = find_profile(host->profile);
  for (const OsProfile* row : all_profiles()) {
    if (best == nullptr && host->profile.starts_with(std::string{row->name} + ".")) best = row;
  }
  return best;
}

std::string times(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

Side::Side(std::string name, const std::string& path, const PacketFilter* filter, SideListener& listener)
    : name_{std::move(name)},
      filter_{filter},
      listener_{listener},
      handlers_{.info = [this](const CaptureInfo& info) { on_info(info); },
                .packet = [this](const CapturedPacket& packet) { on_packet(packet); },
                .view = {},
                .note = [this](const Note& note) { listener_.on_note(note); },
                .malformed =
                    [this](const MalformedPacket& packet) {
                      if (malformed_++ == 0)
                        first_malformed_ = fmt::format("packet {}: {}", packet.number, packet.message);
                    }},
      reader_{path, handlers_},
      profile_{find_profile(kDefaultProfile)} {}

bool Side::step() {
  if (is_over_) return false;
  try {
    is_over_ = !reader_.step();
  } catch (const InputError& error) {
    is_over_ = true;
    broken_ = error.what();
  }
  return !is_over_;
}

void Side::peek() {
  while (!knows_info_ && step()) {
  }
}

Side::Clock Side::clock() const {
  if (!info_.run) return Clock::real;
  if (info_.run->virtual_time) return Clock::guest;
  const bool is_model = std::ranges::all_of(info_.run->hosts, [](const HostInfo& host) {
    return host.id == HostId::router || host.kind == "model";
  });
  return is_model ? Clock::model : Clock::real;
}

void Side::on_info(const CaptureInfo& info) {
  info_ = info;
  knows_info_ = true;
  if (!info.run) return;
  if (info.run->tap == HostId::server) tap_ = Stream::from_server;
  if (const OsProfile* known = profile_for(*info.run)) {
    profile_ = known;
    knows_profile_ = true;
  }
}

void Side::note_time(const CapturedPacket& captured) {
  if (!first_at_) first_at_ = captured.note.at;
  if (captured.note.at < now_) {
    if (backsteps_++ == 0) first_backstep_ = captured.number;
    worst_backstep_ = std::max(worst_backstep_, now_ - captured.note.at);
  }
  now_ = std::max(now_, captured.note.at);
}

void Side::on_packet(const CapturedPacket& captured) {
  note_time(captured);
  if (duplicates_.saw(captured)) return;
  TraceEvent event;
  event.number = captured.number;
  event.at = captured.note.at;
  event.packet = *captured.note.packet;
  if (event.packet.segment() != nullptr) {
    on_segment(captured, std::move(event));
  } else if (event.packet.icmp() != nullptr) {
    on_icmp(std::move(event));
  }
}

void Side::on_segment(const CapturedPacket& captured, TraceEvent event) {
  ++segments_;
  event.flow = flows_.see(flow_segment(*captured.view), event.at);
  const Segment& segment = *event.packet.segment();
  event.payload_captured = std::min(captured.payload_captured, segment.payload.size());
  event.header_captured =
      event.payload_captured > 0 || captured.ip.size() >= captured.wire_size - segment.payload.size();
  if (event.payload_captured < segment.payload.size() || !event.header_captured) ++cut_;
  SideConnection& connection = connection_of(captured, event.flow);
  const SocketAddress from{event.packet.ip.source, segment.source_port};
  event.stream = from == connection.client ? Stream::from_client : Stream::from_server;
  note_config(connection, event);
  const auto& scale = connection.config[event.stream == Stream::from_client ? 0 : 1].window_scale;
  const bool scales = event.flow.window_is_scaled && !segment.has(tcp_flag::syn) && scale;
  event.window_unit = scales ? 1u << std::min<std::uint8_t>(*scale, 14) : 1;
  finish_event(connection, std::move(event));
}

// An error belongs to the connection that it quotes.
void Side::on_icmp(TraceEvent event) {
  const auto quoted = quoted_segment(*event.packet.icmp(), event.packet.ip.source.is_v6());
  if (!quoted) return;
  auto found = by_ends_.find(quoted->tuple);
  if (found == by_ends_.end()) found = by_ends_.find({quoted->tuple.remote, quoted->tuple.local});
  if (found == by_ends_.end()) {
    ++stray_icmp_;
    return;
  }
  event.is_quote_from_client = quoted->tuple.local == found->second->client;
  event.stream = Stream::icmp;
  if (const auto quote = flows_.find_quoted(*quoted)) event.quoted = quote->seq;
  finish_event(*found->second, std::move(event));
}

SideConnection& Side::connection_of(const CapturedPacket& captured, const FlowFacts& facts) {
  const auto found = connections_.find(facts.number);
  if (found != connections_.end()) return *found->second;
  const Packet& packet = *captured.note.packet;
  const Segment& segment = *packet.segment();
  auto connection = std::make_unique<SideConnection>(tap_, *profile_);
  SocketAddress from{packet.ip.source, segment.source_port};
  SocketAddress to{packet.ip.destination, segment.destination_port};
  if (!facts.from_initiator) std::swap(from, to);
  connection->number = ++numbers_;
  connection->client = from;
  connection->server = to;
  connection->has_handshake = segment.has(tcp_flag::syn);
  connection->is_selected = filter_ == nullptr || filter_->matches(captured.ip, captured.wire_size);
  SideConnection& opened = *connection;
  connections_.emplace(facts.number, std::move(connection));
  by_ends_[{opened.client, opened.server}] = &opened;
  opened.flow = facts.number;
  opened.slot = facts.slot;
  if (opened.is_selected) listener_.on_opened(opened);
  return opened;
}

void Side::note_config(SideConnection& connection, const TraceEvent& event) {
  if (!event.has(tcp_flag::syn)) return;
  if (!event.has(tcp_flag::ack)) {
    if (!connection.first_syn) connection.first_syn = event.at;
  } else if (connection.first_syn && !connection.answered_after) {
    connection.answered_after = event.at - *connection.first_syn;
  }
  if (!event.header_captured) return;
  const TcpOptions& options = event.packet.segment()->options;
  connection.config[event.stream == Stream::from_client ? 0 : 1] = {.has_syn = true,
                                                                    .mss = options.mss(),
                                                                    .window_scale = options.window_scale(),
                                                                    .sack = options.sack_permitted(),
                                                                    .timestamps = options.has_timestamps()};
}

// The two that undo a backoff (RFC 6069 section 4).
void Side::note_unreachable(SideConnection& connection, const TraceEvent& event) {
  const IcmpMessage& icmp = *event.packet.icmp();
  const auto kind = kind_of({icmp.type, icmp.code}, event.packet.ip.source.is_v6());
  if (kind != IcmpKind::net_unreachable && kind != IcmpKind::host_unreachable) return;
  connection.origins.see_unreachable(event.is_quote_from_client);
}

void Side::finish_event(SideConnection& connection, TraceEvent event) {
  if (!connection.is_selected) return;
  event.order = connection.events++;
  event.before = connection.last;
  auto& last_of_stream = connection.last_of[static_cast<std::size_t>(event.stream)];
  event.before_same = last_of_stream;
  connection.last = last_of_stream = event.at;
  if (event.stream != Stream::icmp) {
    connection.origins.see(event, flows_.at(connection.slot));
    connection.is_quiet = event.flow.is_over;
  } else {
    note_unreachable(connection, event);
  }
  listener_.on_event(connection, std::move(event));
}

void Side::forget(const SideConnection& connection) {
  const FourTuple ends{connection.client, connection.server};
  if (const auto found = by_ends_.find(ends); found != by_ends_.end() && found->second == &connection) {
    by_ends_.erase(found);
  }
  connections_.erase(connection.flow);
}

std::vector<std::string> Side::remarks() const {
  std::vector<std::string> all;
  const auto add = [&](std::string text) { all.push_back(name_ + ": " + std::move(text)); };
  for (const std::string& remark : reader_.remarks()) add(remark);
  if (cut_ > 0) add(times(cut_, "packet") + " cut by the capture's snap length: compared as far as they go");
  if (duplicates_.count() > 0)
    add(times(duplicates_.count(), "packet") + " seen on a second device as well: each counts once");
  if (stray_icmp_ > 0) add(times(stray_icmp_, "ICMP error") + " about no connection in this capture");
  if (backsteps_ > 0) {
    add(fmt::format("time runs back at packet {} and {} in all, by {} at most: packets keep the file's order",
                    first_backstep_, times(backsteps_, "place"), human_duration(worst_backstep_)));
  }
  return all;
}

std::vector<std::string> Side::faults(Duration tolerated_backstep) const {
  std::vector<std::string> all;
  const auto add = [&](std::string text) { all.push_back(name_ + ": " + std::move(text)); };
  if (!broken_.empty()) add(broken_ + " (what is before it was compared)");
  if (segments_ == 0) add("expected TCP packets, found none");
  if (malformed_ > 0)
    add(times(malformed_, "packet") + " that cannot be read, and was not compared; " + first_malformed_);
  if (worst_backstep_ > tolerated_backstep) {
    add(fmt::format(
        "expected packets in order of time, found packet {} earlier than the one before it (by {} "
        "at most): gaps cannot be judged",
        first_backstep_, human_duration(worst_backstep_)));
  }
  return all;
}

}  // namespace halfopen::compare

#include "capture/script/capture_script.h"

#include <fmt/format.h>

#include <algorithm>

#include "capture/file/reader.h"
#include "capture/flow/connection_filter.h"
#include "capture/flow/duplicates.h"
#include "capture/flow/flow_table.h"
#include "capture/script/connection_events.h"
#include "sim/script/text.h"

namespace halfopen {
namespace {

// The packets of the one connection that is chosen, and the notes of all.
class Chosen {
 public:
  Chosen(const std::string& connection, std::optional<HostId> side)
      : side_{side}, filter_{connection, flows_, [](const Note&) {}} {}

  [[nodiscard]] CaptureHandlers handlers() {
    CaptureHandlers handlers;
    handlers.info = [this](const CaptureInfo& info) { run_ = info.run; };
    handlers.packet = [this](const CapturedPacket& packet) { on_packet(packet); };
    handlers.note = [this](const Note& note) { notes_.push_back({packets_.size(), note}); };
    return handlers;
  }

  [[nodiscard]] CaptureScript finish(const std::string& path);

 private:
  void on_packet(const CapturedPacket& packet) {
    if (duplicates_.saw(packet)) return;
    if (packet.view->is_tcp()) {
      const FlowSegment segment = flow_segment(*packet.view);
      const FlowFacts facts = flows_.see(segment, packet.note.at);
      if (!filter_.chooses(packet, facts)) return;
      if (packets_.empty()) opener_ = segment.source.ip;
      return keep(packet);
    }
    std::optional<FlowTable::Quote> quote;
    if (packet.note.packet->icmp() == nullptr) return;
    const IcmpMessage& icmp = *packet.note.packet->icmp();
    const auto quoted = quoted_segment(icmp, packet.note.packet->ip.source.is_v6());
    if (quoted) quote = flows_.see_error(*quoted, {icmp.type, icmp.code});
    if (quote && filter_.chooses(packet, quote)) keep(packet);
  }
  // A copy in a pool of ours: the reader's ends with it.
  void keep(const CapturedPacket& packet) {
    std::vector<std::uint8_t> bytes(wire_size(*packet.note.packet));
    emit(*packet.note.packet, bytes);
    ParseIssue issue;
    if (auto copy = parse(bytes, pool_, issue, {.check_tcp_options = false}))
      packets_.push_back({packet.note.at, *std::move(copy)});
  }

  [[nodiscard]] IpAddress host() const;

  std::optional<HostId> side_;
  std::optional<RunInfo> run_;
  Duplicates duplicates_;
  FlowTable flows_;
  ConnectionFilter filter_;
  std::optional<IpAddress> opener_;
  BlockPool pool_;
  std::vector<KeptPacket> packets_;
  std::vector<KeptNote> notes_;
};

// The address of the host that is to be played.
IpAddress Chosen::host() const {
  const std::optional<HostId> side = side_ ? side_ : run_ ? std::optional{run_->tap} : std::nullopt;
  if (run_)
    for (const HostInfo& host : run_->hosts)
      if (side && host.id == *side) return host.address;
  const Packet& first = packets_.front().packet;
  const bool is_opener = !side || *side == HostId::client;
  return is_opener == (first.ip.source == *opener_) ? first.ip.source : first.ip.destination;
}

CaptureScript Chosen::finish(const std::string& path) {
  if (filter_.chosen_connections() != 1)
    throw InputError{path, "one connection, chosen by --connection",
                     fmt::format("{} of {}", filter_.chosen_connections(), filter_.connections())};
  const IpAddress address = host();
  HostId id = address == *opener_ ? HostId::client : HostId::server;
  if (run_)
    for (const HostInfo& one : run_->hosts)
      if (one.address == address) id = one.id;
  // Calls do not say of which connection they are: they are taken where there is one only.
  const bool has_calls = filter_.connections() == 1 && std::ranges::any_of(notes_, [&](const KeptNote& kept) {
                           const auto* call = std::get_if<CallNote>(&kept.note);
                           return call != nullptr && call->host == id;
                         });
  ConnectionEvents events{address, address == *opener_, path};
  CaptureScript made;
  script::Script script;
  if (address.is_v6()) script.options.push_back({.name = "ip_version", .value = "ipv6", .place = {}});
  script.events = has_calls ? events.with_calls(packets_, notes_, id) : events.without_calls(packets_);
  made.remarks = events.remarks();
  made.text = fmt::format("// From {}: what {} got and sent{}.\n", path.substr(path.rfind('/') + 1),
                          address.to_string(),
                          has_calls ? ", with the calls of its programs" : "; the calls are guessed from it");
  for (const std::string& remark : made.remarks) made.text += "// " + remark + "\n";
  made.text += script::text_of(script);
  return made;
}

}  // namespace

CaptureScript script_of_capture(const std::string& path, const std::string& connection,
                                std::optional<HostId> side) {
  Chosen chosen{connection, side};
  read_capture(path, chosen.handlers());
  return chosen.finish(path);
}

}  // namespace halfopen

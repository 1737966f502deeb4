#include "replay/drill/script_record.h"

#include <optional>

#include "sim/wire/packet.h"

namespace halfopen::drill {
namespace {

void tell_packet(const ScriptRecord::DevicePacket& kept, Observer& observer, HostId kernel, BlockPool& pool) {
  ParseIssue issue;
  // A card that cuts packets, as the device is one, works out their checksums, too.
  const std::optional<Packet> packet =
      parse(kept.bytes, pool, issue,
            {.verify_checksums = false, .check_tcp_options = false, .length_if_zero = kept.bytes.size()});
  if (!packet) {
    if (observer.wants(NoteKind::remark))
      observer.on_note(RemarkNote{.at = kept.at, .text = "a packet with " + issue.message});
    return;
  }
  const HostId other = kernel == HostId::client ? HostId::server : HostId::client;
  if (observer.wants_packets())
    observer.on_packet({.at = kept.at,
                        .from = kept.is_injected ? other : kernel,
                        .fate = PacketFate::delivered,
                        .packet = &*packet});
}

}  // namespace

void ScriptRecord::tell(Observer& observer, HostId kernel) const {
  BlockPool pool;
  auto packet = packets.begin();
  auto call = calls.begin();
  while (packet != packets.end() || call != calls.end()) {
    if (call == calls.end() || (packet != packets.end() && packet->at <= call->at)) {
      tell_packet(*packet++, observer, kernel, pool);
      continue;
    }
    CallNote note = *call++;
    note.host = kernel;
    if (observer.wants(NoteKind::call)) observer.on_note(std::move(note));
  }
}

}  // namespace halfopen::drill

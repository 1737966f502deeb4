#include "replay/watch/state_watch.h"

#include <algorithm>

namespace halfopen {

void StateWatch::on_packet(const Packet& packet, bool from_us) {
  const Segment* segment = packet.segment();
  if (segment == nullptr) return;
  const SocketAddress source{packet.ip.source, segment->source_port};
  const SocketAddress destination{packet.ip.destination, segment->destination_port};
  const FourTuple connection = from_us ? FourTuple{source, destination} : FourTuple{destination, source};
  // The newest is the likeliest.
  const auto found = std::find_if(known_.rbegin(), known_.rend(),
                                  [&](const Known& known) { return known.connection == connection; });
  if (found == known_.rend()) {
    if (!segment->has(tcp_flag::syn)) return;
    known_.emplace_back().connection = connection;
  } else if (segment->has(tcp_flag::syn) || !found->was_open) {
    found->over = false;  // perhaps the same four-tuple once more, or one that a SYN cookie kept no state of
  }
}

bool StateWatch::change(TimePoint now, Known& known, State to, Observer& observer) const {
  if (known.state == to) return false;
  if (observer.wants(NoteKind::state)) {
    observer.on_note(
        StateNote{.at = now, .host = host_, .connection = known.connection, .from = known.state, .to = to});
  }
  known.state = to;
  return true;
}

bool StateWatch::poll(TimePoint now, SocketDiagnostics& diagnostics, Observer& observer) {
  bool changed = false;
  for (Known& known : known_) {
    if (known.over) continue;
    known.socket = diagnostics.find(known.connection);
    known.was_open |= known.socket.has_value();
    changed |= change(now, known, known.socket ? known.socket->state : State::closed, observer);
    known.over = !known.socket;
  }
  return changed;
}

void StateWatch::forget(TimePoint now, Observer& observer) {
  for (Known& known : known_) {
    known.socket.reset();
    known.over = true;
    change(now, known, State::closed, observer);
  }
}

}  // namespace halfopen

#include "sim/trace/trace.h"

namespace halfopen {

static_assert(static_cast<std::size_t>(NoteKind::remark) + 1 == std::variant_size_v<Note>);

void Trace::subscribe(Observer& subscriber) {
  if (subscriber.wants_packets()) packets_.push_back(&subscriber);
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    if (subscriber.wants(static_cast<NoteKind>(kind))) notes_[kind].push_back(&subscriber);
  }
}

bool Trace::wants(NoteKind kind) const { return !notes_[static_cast<std::size_t>(kind)].empty(); }

void Trace::on_packet(const PacketNote& note) {
  for (Observer* subscriber : packets_) subscriber->on_packet(note);
}

void Trace::on_note(const Note& note) {
  for (Observer* subscriber : notes_[note.index()]) subscriber->on_note(note);
}

}  // namespace halfopen

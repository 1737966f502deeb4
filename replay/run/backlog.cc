#include "replay/run/backlog.h"

#include <utility>

namespace halfopen {

Backlog::Backlog(const Observers& observers) {
  for (Observer* observer : observers) listeners_.subscribe(*observer);
}

void Backlog::on_packet(const PacketNote& note) {
  if (!holds_) return listeners_.on_packet(note);
  kept_.emplace_back(KeptPacket{.note = note, .packet = *note.packet});
}

void Backlog::on_note(const Note& note) {
  if (!holds_) return listeners_.on_note(note);
  kept_.emplace_back(note);
}

void Backlog::add(std::function<void()> action) {
  if (!holds_) return action();
  kept_.emplace_back(std::move(action));
}

void Backlog::tell() {
  for (const Kept& kept : std::exchange(kept_, {})) pass_on(kept);
}

void Backlog::pass_on(const Kept& kept) {
  if (const auto* packet = std::get_if<KeptPacket>(&kept)) {
    PacketNote note = packet->note;
    note.packet = &packet->packet;
    listeners_.on_packet(note);
  } else if (const auto* note = std::get_if<Note>(&kept)) {
    listeners_.on_note(*note);
  } else {
    std::get<std::function<void()>>(kept)();
  }
}

}  // namespace halfopen

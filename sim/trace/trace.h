// The trace: the record of a run as a stream, and the one road for what happened. Hosts, path and timeline
// speak into it; it hands each packet and note to whoever subscribed and wants its kind, in order of time,
// and keeps nothing.
#pragma once

#include <array>
#include <vector>

#include "sim/trace/observe.h"

namespace halfopen {

class Trace final : public Observer {
 public:
  // `subscriber` must outlive the trace. Its wants are asked here, once.
  void subscribe(Observer& subscriber);

  [[nodiscard]] bool wants_packets() const override { return !packets_.empty(); }
  [[nodiscard]] bool wants(NoteKind kind) const override;
  void on_packet(const PacketNote& note) override;
  void on_note(const Note& note) override;

 private:
  static constexpr std::size_t kKinds = std::variant_size_v<Note>;
  std::vector<Observer*> packets_;
  std::array<std::vector<Observer*>, kKinds> notes_;  // by NoteKind
};

}  // namespace halfopen

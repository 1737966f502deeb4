// What observers are to hear, kept until the run has nothing else to do: telling costs time (a line of a
// ladder some tenths of a millisecond), and a packet that waits for it would be late.
#pragma once

#include <functional>
#include <variant>
#include <vector>

#include "sim/trace/observe.h"
#include "sim/trace/trace.h"
#include "sim/wire/packet.h"

namespace halfopen {

class Backlog final : public Observer {
 public:
  // `observers` outlive it.
  explicit Backlog(const Observers& observers);

  [[nodiscard]] bool wants_packets() const override { return listeners_.wants_packets(); }
  [[nodiscard]] bool wants(NoteKind kind) const override { return listeners_.wants(kind); }
  void on_packet(const PacketNote& note) override;
  void on_note(const Note& note) override;
  // Something else to do in its turn.
  void add(std::function<void()> action);

  // From now on keeps what comes; until then it is passed on at once. Packets that are kept need the pool of
  // their payload.
  void hold() { holds_ = true; }
  // Passes on all that is kept, in the order in which it came.
  void tell();
  void clear() { kept_.clear(); }
  [[nodiscard]] bool is_empty() const { return kept_.empty(); }

 private:
  struct KeptPacket {
    PacketNote note;
    Packet packet;
  };
  using Kept = std::variant<KeptPacket, Note, std::function<void()>>;

  void pass_on(const Kept& kept);

  Trace listeners_;
  std::vector<Kept> kept_;
  bool holds_ = false;
};

}  // namespace halfopen

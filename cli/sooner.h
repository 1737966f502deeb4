// What would have told the client sooner: the same scenario run again, quietly, with each of the usual
// remedies.
#pragma once

#include <optional>
#include <string>

#include "cli/failure.h"
#include "sim/observe.h"
#include "sim/scenario.h"

namespace halfopen {

// When the client's program was told, by a socket call that failed or met end of file after the failure.
class Told final : public Observer {
 public:
  [[nodiscard]] bool wants(NoteKind kind) const override;
  void on_packet(const PacketNote& note) override;
  void on_note(const Note& note) override;

  [[nodiscard]] const std::optional<Failure>& failure() const { return failure_.failure(); }
  [[nodiscard]] TimePoint at() const { return at_; }  // kNever: it was not
  // From where each remedy counts.
  [[nodiscard]] TimePoint last_heard() const { return last_heard_; }   // the server's last segment but a RST
  [[nodiscard]] TimePoint unanswered_write() const { return write_; }  // kNever: nothing was written

 private:
  FailureWatch failure_;
  TimePoint at_ = kNever;
  TimePoint last_heard_ = kTimeZero;
  TimePoint write_ = kNever;
};

// "keepalive 10/2/3: after 16 s (from the server's last segment); TCP_USER_TIMEOUT 5000: after 5.5 s (from
// the write)", or in words that none helps. Empty where the question has no meaning: the scenario says so,
// nothing failed, or it was the client that failed.
[[nodiscard]] std::string what_tells_sooner(const Scenario& scenario, std::optional<std::uint64_t> seed,
                                            const Told& base);

}  // namespace halfopen

// Carries out the events of a scenario on any two hosts and their path, in virtual or real time. Events that
// stand "after" something listen to the notes of the run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/os/host.h"
#include "sim/run/path.h"
#include "sim/scenario/timeline_event.h"
#include "sim/trace/observe.h"

namespace halfopen {

class Timeline final : public Observer {
 public:
  // `notes` hears what was done, and outlives the timeline.
  Timeline(std::vector<TimelineEvent> events, Observer& notes);

  // When the next event is due, as far as is known; kNever when none is.
  [[nodiscard]] TimePoint next_due() const { return due_.empty() ? kNever : due_.front().at; }
  // When a host that is down comes up again, as far as is known; kNever if it does not.
  [[nodiscard]] TimePoint next_boot(HostId host) const;
  // Does what stands at "start", before the client boots: at time zero.
  void run_start(Host& client, Host& server, Path& path);
  // Does what is due at or before `now`, in order of (time, place in the scenario).
  void run_due(TimePoint now, Host& client, Host& server, Path& path);

  // What happens in the run, for events that wait for something. None waits for a packet.
  [[nodiscard]] bool wants_packets() const override { return false; }
  [[nodiscard]] bool wants(NoteKind kind) const override;
  void on_packet(const PacketNote&) override {}
  void on_note(const Note& note) override;

  // Events whose trigger has not happened, as sentences: "server host crashes: waits for line 2 answered".
  [[nodiscard]] std::vector<std::string> waiting() const;

 private:
  struct Due {
    TimePoint at;
    std::uint32_t event = 0;   // index into events_
    bool second_half = false;  // the reboot after a crash
  };
  struct Waiting {
    TriggerWatch watch;
    std::uint32_t event = 0;
  };
  void schedule(Due due);
  void act(TimePoint now, const Due& due, Host& client, Host& server, Path& path);
  void note(TimePoint now, const TimelineEvent& event, std::string detail);

  std::vector<TimelineEvent> events_;
  std::vector<Due> due_;  // by (at, event)
  std::vector<Waiting> waiting_;
  Observer& notes_;
};

}  // namespace halfopen

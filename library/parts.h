// What is behind the handles of libhalfopen's public headers (library/halfopen/).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/file/capture_file.h"
#include "capture/note/run_info.h"
#include "library/halfopen/capture.h"
#include "library/halfopen/host.h"
#include "library/halfopen/scenario.h"
#include "library/halfopen/world.h"
#include "sim/os/socket.h"
#include "sim/os/sockets.h"
#include "sim/run/model_host.h"
#include "sim/run/world.h"
#include "sim/scenario/scenario.h"
#include "sim/trace/observe.h"
#include "sim/wire/payload.h"

namespace ho {

// Time in the model's type and back. Throws std::invalid_argument for a time before time zero.
[[nodiscard]] halfopen::TimePoint to_point(Time time);
[[nodiscard]] inline Time from_point(halfopen::TimePoint point) { return point.time_since_epoch(); }

struct Scenario::Parts {
  halfopen::Scenario scenario;
};

// Listens to a world, or is handed packets; deaf once the file is finished.
struct Capture::Parts final : halfopen::Observer {
  explicit Parts(std::string name);

  // Begins anew, for a run of which more is known. Throws std::logic_error once something was written.
  void begin(const halfopen::RunInfo& run);
  [[nodiscard]] bool wants(halfopen::NoteKind kind) const override {
    return sink != nullptr && sink->wants(kind);
  }
  void on_packet(const halfopen::PacketNote& note) override;
  void on_note(const halfopen::Note& note) override;

  std::string file;
  std::unique_ptr<halfopen::CaptureSink> sink;  // null once it is finished
  bool is_used = false;
  halfopen::BlockPool pool;
};

struct Host::Parts {
  // A host of its own, or a world's, whose clock is the world's. The latter outlive the host.
  explicit Parts(const HostConfig& config);
  Parts(halfopen::ModelHost& host, const halfopen::World& of);

  // Checks the clock, and forgets descriptors of an earlier boot.
  halfopen::TimePoint enter(Time now);
  // The same for what only a host of one's own may be asked.
  halfopen::TimePoint enter_alone(Time now);
  // The socket of a descriptor; null for none.
  [[nodiscard]] halfopen::Socket* find(int fd) const;
  [[nodiscard]] Result add(halfopen::Socket& socket);
  // Makes a call on a descriptor's socket: `call` gives a CallResult.
  template <class Call>
  Result on_socket(Time now, int fd, int if_blocked, Call call);

  std::unique_ptr<halfopen::BlockPool> pool;  // of a host of its own
  std::unique_ptr<halfopen::ModelHost> own;   // after the pool, which outlives it
  halfopen::ModelHost* host;                  // own, or the world's
  const halfopen::World* world = nullptr;     // null: of its own
  Capture* capture = nullptr;
  std::vector<halfopen::Socket*> descriptors;  // null: free
  std::uint32_t boots = 0;                     // at which they were made
  halfopen::TimePoint last{};
};

}  // namespace ho

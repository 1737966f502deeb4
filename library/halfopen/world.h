// A world plays a scenario: two hosts with their programs, the path and the timeline, in virtual time.
#pragma once

#include <halfopen/api.h>
#include <halfopen/host.h>
#include <halfopen/scenario.h>
#include <halfopen/time.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ho {

class Capture;

// Something that happened: a line of the ladder without its time.
struct Event {
  Time at{};
  std::string_view kind;  // "state", "timer", "call", "process", "timeline" or "remark"
  std::string text;       // "client  line-client[100] read(3, 4096) = -1 ETIMEDOUT (Connection timed out)"
};

struct WorldOptions {
  std::optional<std::uint64_t> seed{};           // instead of the scenario's
  Capture* capture = nullptr;                    // of the client's device, with events; outlives the world
  std::function<void(const Event&)> on_event{};  // must not call into the world
};

class HO_API World {
 public:
  // Boots the server, then the client, at time zero. Throws what the capture throws.
  explicit World(const Scenario& scenario, const WorldOptions& options = {});
  ~World();
  World(World&&) noexcept;
  World& operator=(World&&) noexcept;

  // Runs until nothing can happen any more or until the scenario's `until`; gives now().
  Time run();
  // Runs everything up to and including `end`; then now() == end. Throws std::invalid_argument for an end
  // before now().
  void run_until(Time end);
  [[nodiscard]] Time now() const;
  // When something happens next; never if nothing will.
  [[nodiscard]] Time next_event() const;

  // The hosts, for calls beside those of their programs. Valid as long as the world.
  [[nodiscard]] Host& client();
  [[nodiscard]] Host& server();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace ho

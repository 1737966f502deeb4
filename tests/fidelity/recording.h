// What two hosts did, from a capture and a log or from a run of the model: packets at the client's device as
// both of them see them, and the calls of the client's program.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sim/base/time.h"
#include "tests/fidelity/situation.h"

namespace halfopen::fidelity {

struct Packet {
  TimePoint at;
  std::string
      what;  // sender, flags, relative numbers, options with their values but timestamps': the same or not
  bool has_window = false;
  std::uint32_t window = 0;  // bytes where the scale is known
};

struct Recording {
  std::vector<Packet> packets;  // that left the client or came to it
  std::vector<Call> calls;
};

// Throws InputError for what is no capture.
[[nodiscard]] Recording read_recording(const std::filesystem::path& capture, const Log& log);
// Plays the scenario up to its end. Throws InputError for what is none.
[[nodiscard]] Recording play(const std::string& scenario);

}  // namespace halfopen::fidelity

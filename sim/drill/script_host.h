// The host that a script is played against, as the player sees it: calls and packets go in, results and
// packets come out, and it has a clock. The model is one (model_script_host.h), a
// kernel another (replay/drill/kernel_script_host.h).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/time.h"
#include "sim/drill/difference.h"
#include "sim/script/script.h"
#include "sim/why/os_family.h"
#include "sim/why/why.h"

namespace halfopen::drill {

// The host has not what the script asks for. Thrown by begin() and command(); what() names it: "the model has
// no TCP_FASTOPEN".
struct NotSupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A packet that the host has sent: from its IP header on.
struct SentPacket {
  TimePoint at;
  std::vector<std::uint8_t> bytes;
  Why why = {};  // Cause::unknown where the host does not say
};

// How a system call ended.
struct Outcome {
  TimePoint at;
  std::int64_t value = 0;  // a new descriptor has the number that the script gives it
  std::string error;       // "EAGAIN"; empty for none
  std::string message;     // of the error, in the C library's words
  // Of what the call wrote through its arguments: bytes that were read, values of options.
  std::vector<Difference> differences;
};

// A number that TCP_INFO has, by its name there: "tcpi_snd_cwnd".
using TcpInfoField = std::pair<std::string, std::int64_t>;

class ScriptHost {
 public:
  virtual ~ScriptHost() = default;

  [[nodiscard]] virtual OsFamily os() const = 0;
  // Begins at zero; moves on by what is below.
  [[nodiscard]] virtual TimePoint now() const = 0;
  // Called once, between the script's init command, which takes none of its time, and its first event.
  virtual void start() {}
  // An IP packet reaches the host now.
  virtual void inject(std::span<const std::uint8_t> packet) = 0;
  // The same of a packet that its device has made of segments with that many bytes each; false: nothing is
  // done, as the host cannot have such a device.
  virtual bool inject_merged(std::span<const std::uint8_t> /*packet*/, std::uint16_t /*segment*/) {
    return false;
  }
  // Whether packets within others, of GRE, MPLS or IP, can be for it.
  [[nodiscard]] virtual bool knows_tunnels() const { return false; }
  // The oldest packet that was sent and not yet given; else the host runs until it sends one, at most up to
  // `until` (not before now()). nullopt: it sent none.
  virtual std::optional<SentPacket> next_packet(TimePoint until) = 0;
  // Runs up to `until`; not back.
  virtual void advance(TimePoint until) = 0;

  // Makes a system call; none may be pending. nullopt: it blocks, and take_outcome() will tell.
  virtual std::optional<Outcome> begin(const script::CallSpec& call) = 0;
  // Runs until the pending call ends, at most up to `until`. The outcome is given once.
  virtual std::optional<Outcome> take_outcome(TimePoint until) = 0;

  // Does what a command line would do. A message if it fails, as by a status that is not 0.
  virtual std::optional<std::string> command(const std::string& line) = 0;

  // What TCP_INFO gives of a descriptor of the script's; empty if it is no connection.
  [[nodiscard]] virtual std::vector<TcpInfoField> tcp_info(std::int64_t descriptor) = 0;
};

}  // namespace halfopen::drill

// A kernel that a script is played against: this machine's, in a sandbox, over a TUN device and in real time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "replay/drill/agent.h"
#include "replay/drill/kernel_calls.h"
#include "replay/drill/priority.h"
#include "replay/drill/real_clock.h"
#include "replay/drill/script_device.h"
#include "replay/drill/script_record.h"
#include "replay/run/run_delay.h"
#include "replay/sandbox/sandbox.h"
#include "sim/drill/config.h"
#include "sim/drill/player.h"
#include "sim/drill/script_host.h"

namespace halfopen::drill {

struct KernelSetting {
  std::string directory;     // the script's: its commands run there
  bool is_real_time = true;  // false: it is a guest's, in which nothing is late, and packets need no stamps
};

class KernelScriptHost final : public ScriptHost {
 public:
  // Throws Cannot (replay/base/errors.h) where this machine does not allow it.
  KernelScriptHost(const DrillConfig& config, const KernelSetting& setting);
  [[nodiscard]] OsFamily os() const override { return OsFamily::linux_os; }
  // The instant of what was last done or seen, so that what follows is counted from there and not from when
  // this process came to it.
  [[nodiscard]] TimePoint now() const override { return now_; }
  void start() override;
  void inject(std::span<const std::uint8_t> packet) override { write(packet, 0); }
  bool inject_merged(std::span<const std::uint8_t> packet, std::uint16_t segment) override;
  [[nodiscard]] bool knows_tunnels() const override { return true; }
  std::optional<SentPacket> next_packet(TimePoint until) override;
  void advance(TimePoint until) override;
  std::optional<Outcome> begin(const script::CallSpec& call) override;
  std::optional<Outcome> take_outcome(TimePoint until) override;
  std::optional<std::string> command(const std::string& line) override;
  [[nodiscard]] std::vector<TcpInfoField> tcp_info(std::int64_t descriptor) override;

  // What was sent, injected and called so far, and how late this machine was; given once.
  [[nodiscard]] ScriptRecord take_record() { return std::move(record_); }

 private:
  // Takes what has come from the device and from the agent.
  void look();
  [[nodiscard]] std::optional<AgentReply>& reply(Lane lane) {
    return replies_[static_cast<std::size_t>(lane)];
  }
  void wait(TimePoint until);
  void write(std::span<const std::uint8_t> packet, std::uint16_t mss);
  void note_lateness(Duration late);
  void note(TimePoint at) { now_ = std::max(now_, at); }
  // Of an order in the quick lane; nullopt if it takes too long.
  [[nodiscard]] std::optional<AgentReply> await_reply();

  // Kills the sandbox's first process, and waits until it is gone: which is after the agent, that runs in
  // there and is a child of ours, too.
  struct EndOfInit {
    pid_t init;
    ~EndOfInit();
  };

  RealTimePriority priority_;
  bool is_real_time_;
  Sandbox sandbox_;
  EndOfInit end_of_init_{sandbox_.init()};
  ScriptDevice device_;
  Agent agent_;
  KernelCalls calls_;
  RealClock clock_;
  bool has_started_ = false;
  TimePoint now_ = kTimeZero;
  std::queue<SentPacket> sent_;
  std::array<std::optional<AgentReply>, 2> replies_;  // by lane
  Lane lane_ = Lane::quick;                           // of the call that was begun
  const script::CallSpec* call_ = nullptr;            // which that is
  TimePoint call_began_;
  ScriptRecord record_;
  TimePoint last_seen_ = kTimeZero;  // of packets that were sent
  RunDelay own_delay_;
  RunDelay agent_delay_{agent_.pid()};
};

// Plays a script on this machine's kernel. `config` and `name` as in play_on_model(), `setting` as above.
// `record` gets what went on. Throws Cannot, and InputError for an option without meaning.
[[nodiscard]] PlayResult play_on_kernel(const script::Script& script, const std::string& name,
                                        DrillConfig config, const KernelSetting& setting,
                                        ScriptRecord& record);

}  // namespace halfopen::drill

// A kernel that a script is played against: this machine's, in a sandbox, over a TUN device and in real time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "replay/drill/agent.h"
#include "replay/drill/kernel_calls.h"
#include "replay/drill/priority.h"
#include "replay/drill/real_clock.h"
#include "replay/drill/script_device.h"
#include "replay/run/run_delay.h"
#include "replay/sandbox/sandbox.h"
#include "sim/drill/config.h"
#include "sim/drill/player.h"
#include "sim/drill/script_host.h"

namespace halfopen::drill {

class KernelScriptHost final : public ScriptHost {
 public:
  // `directory` is the script's: its commands run there. Throws Cannot (replay/base/errors.h) where this
  // machine does not allow it.
  KernelScriptHost(const DrillConfig& config, const std::string& directory);
  [[nodiscard]] OsFamily os() const override { return OsFamily::linux_os; }
  // The instant of what was last done or seen, so that what follows is counted from there and not from when
  // this process came to it.
  [[nodiscard]] TimePoint now() const override { return now_; }
  void start() override;
  void inject(std::span<const std::uint8_t> packet) override;
  std::optional<SentPacket> next_packet(TimePoint until) override;
  void advance(TimePoint until) override;
  std::optional<Outcome> begin(const script::CallSpec& call) override;
  std::optional<Outcome> take_outcome(TimePoint until) override;
  std::optional<std::string> command(const std::string& line) override;
  [[nodiscard]] std::vector<TcpInfoField> tcp_info(std::int64_t descriptor) override;

  // By how much this process or the agent was late at worst, or kept from running: what this machine has to
  // answer for.
  [[nodiscard]] Duration lateness() const { return lateness_; }

 private:
  // Takes what has come from the device and from the agent.
  void look();
  [[nodiscard]] std::optional<AgentReply>& reply(Lane lane) {
    return replies_[static_cast<std::size_t>(lane)];
  }
  void wait(TimePoint until);
  void note(TimePoint at) { now_ = std::max(now_, at); }
  // Of an order in the quick lane that ends.
  [[nodiscard]] AgentReply await_reply();

  // Kills the sandbox's first process, and waits until it is gone: which is after the agent, that runs in
  // there and is a child of ours, too.
  struct EndOfInit {
    pid_t init;
    ~EndOfInit();
  };

  RealTimePriority priority_;
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
  RunDelay own_delay_;
  RunDelay agent_delay_{agent_.pid()};
  Duration lateness_{};
};

// Plays a script on this machine's kernel. `config` and `name` as in play_on_model(), `directory` as above.
// A script that failed while this machine was late is played again, at most twice, and is unresolved then.
// Throws Cannot, and InputError for an option without meaning.
[[nodiscard]] PlayResult play_on_kernel(const script::Script& script, const std::string& name,
                                        DrillConfig config, const std::string& directory);

}  // namespace halfopen::drill

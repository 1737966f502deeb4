// A model host that a script is played against: in virtual time, without a peer, a network or a program.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "sim/drill/config.h"
#include "sim/drill/model_calls.h"
#include "sim/drill/model_commands.h"
#include "sim/drill/player.h"
#include "sim/drill/script_host.h"
#include "sim/run/model_host.h"
#include "sim/tcp/profile.h"

namespace halfopen::drill {

class ModelScriptHost final : public ScriptHost {
 public:
  // `read_file` is asked for scripts that commands name, with the name as it stands there.
  ModelScriptHost(const OsProfile& profile, const DrillConfig& config, ReadFile read_file);

  [[nodiscard]] OsFamily os() const override { return host_.config().profile.family; }
  [[nodiscard]] TimePoint now() const override { return now_; }
  void inject(std::span<const std::uint8_t> packet) override;
  std::optional<SentPacket> next_packet(TimePoint until) override;
  void advance(TimePoint until) override;
  std::optional<Outcome> begin(const script::CallSpec& call) override;
  std::optional<Outcome> take_outcome(TimePoint until) override;
  std::optional<std::string> command(const std::string& line) override;
  [[nodiscard]] std::vector<TcpInfoField> tcp_info(std::int64_t descriptor) override;

  // Names of parameters that were set and that the model makes nothing of.
  [[nodiscard]] const std::vector<std::string>& ignored_parameters() const { return commands_.ignored(); }

 private:
  // Does what is next; false, and it is `until`, if nothing is to be done before.
  bool step(TimePoint until);
  void settle();
  void drain();

  BlockPool pool_;  // outlives the host
  ModelHost host_;
  ModelCalls calls_;
  ModelCommands commands_;
  TimePoint now_ = kTimeZero;
  std::queue<SentPacket> sent_;
  std::optional<Outcome> outcome_;
};

// Plays a script on a fresh model host. `config` holds what a command line says; the script's own options
// come after it. Throws InputError for an option without meaning.
[[nodiscard]] PlayResult play_on_model(const script::Script& script, const std::string& name,
                                       const OsProfile& profile, DrillConfig config, ReadFile read_file);

}  // namespace halfopen::drill

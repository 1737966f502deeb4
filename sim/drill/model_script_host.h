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
#include "sim/drill/model_files.h"
#include "sim/drill/player.h"
#include "sim/drill/script_host.h"
#include "sim/run/model_host.h"
#include "sim/tcp/profile.h"
#include "sim/trace/observe.h"

namespace halfopen::drill {

class ModelScriptHost final : public ScriptHost {
 public:
  // `read_file` is asked for scripts that commands name, with the name as it stands there. `observer` hears
  // of the packets at the host's device, the script's calls and all that the host notes; it outlives the host
  // and may be null; the host is `side` there.
  ModelScriptHost(const OsProfile& profile, const DrillConfig& config, ReadFile read_file,
                  Observer* observer = nullptr, HostId side = HostId::client);

  [[nodiscard]] const OsProfile& profile() const { return host_.config().profile; }  // as it is by now
  [[nodiscard]] OsFamily os() const override { return host_.config().profile.family; }
  [[nodiscard]] TimePoint now() const override { return now_; }
  void inject(std::span<const std::uint8_t> packet) override { receive(packet, 0); }
  bool inject_merged(std::span<const std::uint8_t> packet, std::uint16_t segment) override;
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
  void receive(std::span<const std::uint8_t> packet, std::uint16_t merged_of);
  void settle();
  void drain();

  void tell(HostId from, const Packet& packet);

  BlockPool pool_;  // outlives the host
  Observer* observer_;
  HostId side_;
  ModelHost host_;
  ModelFiles files_;
  ModelCalls calls_;
  ModelCommands commands_;
  TimePoint now_ = kTimeZero;
  std::queue<SentPacket> sent_;
  std::optional<Outcome> outcome_;
};

// What a script's host is to who listens: the server if the script calls listen(), else the client.
[[nodiscard]] HostId side_of(const script::Script& script);

// Plays a script on a fresh model host. `config` holds what a command line says; the script's own options
// come after it. Throws InputError for an option without meaning. `observer` as above.
[[nodiscard]] PlayResult play_on_model(const script::Script& script, const std::string& name,
                                       const OsProfile& profile, DrillConfig config, ReadFile read_file,
                                       Observer* observer = nullptr);

}  // namespace halfopen::drill

// A host on the real kernel: a sandbox, the programs that run in it, and what can be learned of both. The
// path meets it at its TUN device.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "replay/run/run_delay.h"
#include "replay/sandbox/sandbox.h"
#include "replay/sandbox/streams.h"
#include "replay/watch/process_watch.h"
#include "replay/watch/socket_diag.h"
#include "replay/watch/state_watch.h"
#include "sim/apps/program.h"
#include "sim/base/time.h"
#include "sim/os/host.h"
#include "sim/trace/observe.h"
#include "sim/wire/payload.h"

namespace halfopen {

struct KernelHostConfig {
  HostId id = HostId::client;
  SandboxConfig sandbox;
  ProgramConfig program;             // ours, beside our executable; an empty name runs none
  std::vector<std::string> command;  // instead of it: the user's
  std::string programs;              // the directory of our programs
  bool trace = true;                 // watch system calls
  // Passes on what the program writes, as it comes; may be empty. `error_output` tells which of its streams.
  std::function<void(std::string_view bytes, bool error_output)> output;
  // Called when all is ready for the program's first instruction; may be empty.
  std::function<void()> before_program;
};

class KernelHost final : public Host {
 public:
  // `pool`, `watch` and `observer` outlive the host; `watch` reaps what ran in it. Makes the first sandbox at
  // once, so that boot() is quick. Throws Cannot or std::runtime_error.
  KernelHost(KernelHostConfig config, BlockPool& pool, ProcessWatch& watch, Observer& observer);
  ~KernelHost() override;
  KernelHost(const KernelHost&) = delete;
  KernelHost& operator=(const KernelHost&) = delete;

  void receive(TimePoint now, Packet&& packet) override;
  void fire_timers(TimePoint now) override;
  bool run_programs(TimePoint) override { return false; }  // they run by themselves
  bool poll_packet(TimePoint now, Packet& out) override;
  [[nodiscard]] TimePoint next_deadline() const override;
  // Starts the program; a server's listens when this returns. Throws std::runtime_error where it does not
  // exist, or does not listen within ten seconds.
  void boot(TimePoint now) override;
  void type(TimePoint now, std::string_view text) override;
  void close_input(TimePoint now) override;
  void kill(TimePoint now, Victim victim, int signal) override;
  void freeze(TimePoint now, Victim victim) override;
  void thaw(TimePoint now, Victim victim) override;
  void crash(TimePoint now) override;
  void reboot(TimePoint now) override;
  void shut_down(TimePoint now, Duration grace, Duration dark) override;
  void settle(TimePoint now) override;
  [[nodiscard]] bool is_up() const override { return sandbox_ != nullptr && !dark_; }
  [[nodiscard]] bool all_exited() const override;

  // --- For the loop that owns the clock
  // What to wait for: the device and the program's streams. Changes at a crash and at a boot.
  [[nodiscard]] std::vector<int> descriptors() const;
  // Tells what the program wrote and which states changed. True if anything was new.
  bool poll(TimePoint now);
  // The first half of poll().
  bool tell_output(TimePoint now);
  // For how long a thread of its programs was kept from running since this was asked the last time: the
  // longest.
  [[nodiscard]] Duration program_delay();
  // Nothing of its kernel will send anything: no connection has a timer that runs.
  [[nodiscard]] bool has_running_timers();
  // As crash(), when the run is over and nobody is to be told.
  void vanish();
  [[nodiscard]] StateWatch& states() { return states_; }
  // As Sandbox::sysctls(), of the latest boot.
  [[nodiscard]] const std::vector<std::string>& sysctls() const { return sysctls_; }

 private:
  void make_sandbox();
  [[nodiscard]] std::vector<std::string> command() const;
  void start_program(TimePoint now);
  void await_listening(TimePoint now);
  void deliver(Victim victim, int signal);
  void note(TimePoint now, ProcessNote::What what, std::string text = {});
  void remark(TimePoint now, std::string text);

  KernelHostConfig config_;
  BlockPool& pool_;
  ProcessWatch& watch_;
  Observer& observer_;
  std::unique_ptr<Sandbox> sandbox_;  // null while dark
  UniqueFd device_;
  std::optional<SocketDiagnostics> diagnostics_;
  StateWatch states_;
  std::vector<std::string> sysctls_;
  Streams streams_;
  pid_t program_ = -1;
  ProgramDelays program_delays_;
  std::uint32_t program_pid_ = 0;  // as the sandbox counts
  pid_t signalled_ = -1;           // the last that got a signal which ends or stops it
  TimePoint kill_at_ = kNever;
  TimePoint dark_at_ = kNever;
  bool dark_ = true;
  std::array<std::uint8_t, 65'536> buffer_;
};

}  // namespace halfopen

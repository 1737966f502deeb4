// A host of the model: an address, power, and while it is up a Kernel (sim/os/kernel.h) that holds all it
// knows. It stands alone: no World, no peer, no clock. A crash destroys the Kernel; nothing in it hears the
// word.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "sim/apps/program.h"
#include "sim/base/time.h"
#include "sim/os/host.h"
#include "sim/tcp/endpoint.h"
#include "sim/tcp/profile.h"
#include "sim/tcp/tick_clock.h"
#include "sim/trace/observe.h"
#include "sim/wire/address.h"
#include "sim/wire/payload.h"

namespace halfopen {

class Kernel;
class Sockets;
class Syscalls;
struct Process;

struct ModelHostConfig {
  HostId id = HostId::client;
  IpAddress address;
  OsProfile profile;         // a copy of its own: sysctls were applied to it
  Duration timer_phase{};    // how long before time zero the last clock tick was
  std::uint16_t mtu = 1500;  // of its device
  std::uint64_t seed = 0;    // of ISNs, timestamp offsets, IP ids and ports
  ProgramConfig program;     // an empty name runs none: for scripted drivers
  ProgramStarts starts;
};

class ModelHost final : public Host {
 public:
  // `pool` and `observer` outlive the host; `observer` may be null. The host is dark until boot().
  ModelHost(ModelHostConfig config, BlockPool& pool, Observer* observer);
  ~ModelHost() override;
  ModelHost(const ModelHost&) = delete;
  ModelHost& operator=(const ModelHost&) = delete;

  void receive(TimePoint now, Packet&& packet) override;
  void fire_timers(TimePoint now) override;
  // Runs programs until one of them has something to send or all block: what a call sends leaves before the
  // next call is made. So the owner drains poll_packet() and calls again until this gives false.
  bool run_programs(TimePoint now) override;
  bool run_woken(TimePoint now) override;
  bool poll_packet(TimePoint now, Packet& out) override;
  [[nodiscard]] TimePoint next_deadline() const override;

  void boot(TimePoint now) override;
  // A line: a newline is added where the text does not end in one.
  void type(TimePoint now, std::string_view text) override;
  void close_input(TimePoint now) override;
  void kill(TimePoint now, Victim victim, int signal) override;
  void freeze(TimePoint now, Victim victim) override;
  void thaw(TimePoint now, Victim victim) override;
  void crash(TimePoint now) override;
  void reboot(TimePoint now) override;
  void shut_down(TimePoint now, Duration grace, Duration dark) override;
  [[nodiscard]] bool is_up() const override { return kernel_ != nullptr; }
  [[nodiscard]] bool all_exited() const override;

  // --- For reports
  [[nodiscard]] const ModelHostConfig& config() const { return config_; }
  // How often it was booted: what was held of an earlier boot's kernel is gone.
  [[nodiscard]] std::uint32_t boots() const { return boots_; }
  // Every connection that the host remembers, oldest first; none while it is dark.
  void each_connection(const std::function<void(const FourTuple&, const Endpoint::Info&)>& visit) const;

  // --- For scripted drivers, tests and benchmarks: the host must be up
  [[nodiscard]] Kernel& kernel() { return *kernel_; }
  // sysctl(8) on a running host: what is read where it is used takes effect at once.
  [[nodiscard]] OsProfile& profile() { return config_.profile; }
  [[nodiscard]] Sockets& sockets();    // calls on sockets, without processes
  [[nodiscard]] Syscalls& syscalls();  // calls of processes, on descriptors

 private:
  // Starts those of the programs whose time has come.
  void start_programs(TimePoint now);
  void for_each_victim(Victim victim, const std::function<void(Process&)>& hit);

  ModelHostConfig config_;
  TickClock clock_;
  BlockPool& pool_;
  Observer* observer_;
  std::vector<ProgramConfig> programs_;  // one for each address; processes refer to them
  std::unique_ptr<Kernel> kernel_;       // null while dark
  std::uint32_t boots_ = 0;
  std::uint32_t started_ = 0;    // programs since the boot
  TimePoint start_at_ = kNever;  // of the next program
  TimePoint kill_at_ = kNever;   // shut_down(): SIGKILL to what is left
  TimePoint dark_at_ = kNever;   // shut_down(): power off
};

}  // namespace halfopen

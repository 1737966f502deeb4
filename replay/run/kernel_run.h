// A run in real time, with a real kernel at one end or both: the loop that owns the clock. It sleeps until
// the next packet, the next thing a process does, or the next deadline.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replay/run/backlog.h"
#include "replay/run/kernel_host.h"
#include "replay/run/lateness.h"
#include "replay/run/run_delay.h"
#include "replay/run/sigchld.h"
#include "replay/watch/process_watch.h"
#include "sim/run/world.h"
#include "sim/scenario/scenario.h"

namespace halfopen {

struct KernelRunOptions {
  std::array<bool, 2> kernel{true, true};   // which hosts are a kernel: client, server
  std::vector<std::string> client_command;  // the user's program in the client's place
  std::vector<std::string> server_command;  // and in the server's
  std::string programs;                     // the directory with line-client and the servers
  bool trace = true;
  bool as_root = false;             // root's programs are root's
  bool until_client_exits = false;  // the run ends soon after the client's last process
  std::optional<std::uint64_t> seed = std::nullopt;
  HostId tap = HostId::client;
  Observers observers = {};
  // In virtual time, where waiting costs nothing: time zero is when the machine is up for a multiple
  // of 16.384 seconds and this, and all is loaded then. Else it is when the hosts are made.
  std::optional<std::chrono::milliseconds> phase = std::nullopt;
  // What the client's program writes, as it comes; may be empty.
  std::function<void(std::string_view bytes, bool error_output)> output;
  // Called about once a second while the run waits; may be empty.
  std::function<void(TimePoint now)> on_wait;
};

class KernelRun {
 public:
  // Makes the hosts, starts the server and, at time zero, the client. Throws Cannot where this machine does
  // not allow it, std::runtime_error where a program or a sysctl is wrong.
  KernelRun(const Scenario& scenario, const KernelRunOptions& options);
  ~KernelRun();
  KernelRun(const KernelRun&) = delete;
  KernelRun& operator=(const KernelRun&) = delete;

  struct End {
    TimePoint at;
    bool for_ever = false;  // nothing would ever happen again
  };
  // Until the client's program is over and nothing is under way (or, if asked for, whatever is), until
  // nothing can happen any more, or until the scenario's end.
  End run();

  // Of this process and of the programs, so far.
  [[nodiscard]] const Lateness& lateness() const { return lateness_; }
  [[nodiscard]] World& world() { return *world_; }
  [[nodiscard]] KernelHost* kernel(HostId id) {
    return kernels_[id == HostId::server ? 1 : 0];
  }  // null: a model

 private:
  [[nodiscard]] std::unique_ptr<Host> make_host(HostId id, BlockPool& pool, Observer& observer);
  [[nodiscard]] KernelHostConfig config_of(HostId id);
  [[nodiscard]] TimePoint now() const;
  void start_clock();
  void reap();
  bool step();
  void measure_lateness(TimePoint at);
  void measure_timeouts();
  void tell_sockets(TimePoint at);
  void wait(TimePoint until);
  [[nodiscard]] bool is_idle();
  [[nodiscard]] Duration patience() const;
  [[nodiscard]] TimePoint cut_at(TimePoint at);
  [[nodiscard]] TimePoint tell_at(TimePoint at);
  [[nodiscard]] std::optional<End> end_at(TimePoint at);

  Scenario scenario_;
  KernelRunOptions options_;
  SigchldArranged sigchld_;
  ProcessWatch watch_;
  Backlog backlog_;
  std::array<KernelHost*, 2> kernels_{};
  std::unique_ptr<World> world_;
  std::optional<std::chrono::steady_clock::time_point> zero_;
  Lateness lateness_;
  RunDelay own_delay_;
  TimePoint wake_at_ = kNever;  // what wait() waits for
  TimePoint last_activity_ = kTimeZero;
  TimePoint kept_since_ = kNever;  // what is in the backlog
  std::uint64_t packets_seen_ = 0;
  TimePoint look_at_ = kNever;
  TimePoint client_over_at_ = kNever;
  std::vector<std::string> states_told_;
};

// "6.18" of the running kernel, as profiles are named after it: the start of uname -r.
[[nodiscard]] std::string kernel_release();
// All of uname -r: "6.18.44-amd64".
[[nodiscard]] std::string full_kernel_release();

}  // namespace halfopen

// The namespaces of a host on the real kernel: user, mount, network, PID, IPC and UTS, with a TUN device. No
// root is needed. Inside runs an init of ours, which dies with us; and with it everything that was started
// there, the device and the namespaces, `kill -9` included (pid_namespaces(7), PR_SET_PDEATHSIG).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "replay/base/unique_fd.h"
#include "replay/sandbox/channel.h"
#include "replay/sandbox/link.h"
#include "replay/sandbox/program_user.h"
#include "sim/trace/observe.h"
#include "sim/wire/address.h"

namespace halfopen {

struct SandboxConfig {
  HostId id = HostId::client;
  IpAddress address;
  std::vector<std::pair<std::string, IpAddress>> names;  // /etc/hosts: everybody; others than us get a route
  std::uint16_t mtu = 1500;
  int prefix = 0;                                   // of the network around `address`, in bits; 0: none
  std::optional<IpAddress> gateway = std::nullopt;  // of those routes; nullopt: they need none
  std::uint32_t speed = 0;                          // of the device, in Mbit/s; 0: TUN's own
  bool has_tap = false;                             // take_tap() gives something
  TunHeader header = TunHeader::none;               // of packets at the device
  std::optional<ProgramUser> user = std::nullopt;   // its programs are this one's; nullopt: as we are
  // We are root in there, whoever we are outside, for what run_inside() starts: its programs may set up their
  // network, and of /proc/sys no more than net.
  bool as_root = false;
  std::vector<std::string> places_in_use = {};  // as places_in_use() says
  // Written in this order; the environment before the scenario's own.
  std::vector<std::pair<std::string, std::string>> environment;  // skipped where the kernel has no such name
  std::vector<std::pair<std::string, std::string>> sysctls;      // as the scenario names them
};

// What a program gets.
struct SpawnRequest {
  std::vector<std::string> argv;  // argv[0] is looked up in PATH unless it has a '/'
  int executable = -1;            // or not looked up: the file, which may lie where its user cannot go
  std::vector<std::pair<std::string, std::string>> environment;  // added to ours
  int input = -1;
  int output = -1;
  int error_output = -1;
};

// Why a program did not start.
struct StartFailure {
  enum class Step : std::uint8_t { privileges, filter, exec };
  Step step = Step::exec;
  int error = 0;  // errno; 0: it did start
};

// A program that waits for go().
struct Spawned {
  // Memory that we share with the new process until its exec().
  struct Unmap {
    void operator()(StartFailure* page) const;
  };
  pid_t pid = -1;  // a child of ours, by our own PID namespace
  UniqueFd gate;   // closing it without a word ends the program
  // No system call could say it past the filter.
  std::unique_ptr<StartFailure, Unmap> failure;
};

class Sandbox {
 public:
  // Throws Cannot where the machine does not allow it, InputError for a sysctl that is wrong.
  explicit Sandbox(const SandboxConfig& config);
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  // The TUN device, non-blocking; once.
  [[nodiscard]] UniqueFd take_device() { return std::move(device_); }
  // A socket as listen_to_device() has it, once; empty unless the config asks for it and the kernel has it.
  [[nodiscard]] UniqueFd take_tap() { return std::move(tap_); }
  // A NETLINK_SOCK_DIAG socket of this network namespace; once.
  [[nodiscard]] UniqueFd take_diagnostics() { return std::move(diagnostics_); }

  // Forks a process into the sandbox. It runs only after go(), as the config's user and without privileges.
  // Pipes among its streams become that user's, so that it can open them by name (/dev/stdout), too.
  [[nodiscard]] Spawned spawn(const SpawnRequest& request);
  // Lets it exec, with the call filter installed if it is `traced`: without a tracer, filtered calls would
  // fail. An exec that is not done within `limit` failed with ETIMEDOUT (its file may lie on a server that is
  // gone).
  [[nodiscard]] static StartFailure go(Spawned& spawned, bool traced,
                                       std::chrono::milliseconds limit = std::chrono::seconds{10});
  // Forks a process into the sandbox that runs `function` with the rights of its init: over the network in
  // there, and nothing outside. It has our descriptors and our directory, and ends when `function` returns or
  // with the sandbox. A child of ours, and ours to wait for. Throws std::system_error.
  [[nodiscard]] pid_t run_inside(const std::function<void()>& function);
  // Sends `signal` to every process of the sandbox but the init.
  void signal_all(int signal);
  // The first process of the sandbox, a child of ours: it ends when this object does, or when it is killed
  // from outside, and is the caller's to wait for.
  [[nodiscard]] pid_t init() const { return init_; }
  // What was written to the sysctls of the environment, for people: "tcp_congestion_control: no such file".
  [[nodiscard]] const std::vector<std::string>& remarks() const { return remarks_; }
  // What the sysctls that the config names are in there: "tcp_retries2=5". Those that this kernel has.
  [[nodiscard]] const std::vector<std::string>& sysctls() const { return sysctls_; }

 private:
  void await_init();

  std::optional<ProgramUser> user_;
  Channel channel_;
  pid_t init_ = -1;
  UniqueFd init_handle_;  // pidfd
  UniqueFd device_;
  UniqueFd diagnostics_;
  UniqueFd tap_;
  std::vector<std::string> remarks_;
  std::vector<std::string> sysctls_;
};

}  // namespace halfopen

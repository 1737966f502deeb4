// Two model hosts and a wire that delays: the smallest world in which sockets can be tested.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "sim/os/kernel.h"
#include "sim/run/model_host.h"
#include "sim/trace/observe.h"

namespace halfopen::test {

// Keeps all notes of a run.
class Recorder final : public Observer {
 public:
  void on_packet(const PacketNote&) override {}
  void on_note(const Note& note) override { notes.push_back(note); }

  // "line-client[100] read(3, \"hello\\n\", 4096) = 6" for each call of `host`, in order.
  [[nodiscard]] std::vector<std::string> calls(HostId host) const;
  // The same for calls of one name.
  [[nodiscard]] std::vector<std::string> calls(HostId host, std::string_view name) const;
  // "ESTABLISHED -> CLOSED" for each change of a connection of `host`.
  [[nodiscard]] std::vector<std::string> states(HostId host) const;
  // What the processes of `host` wrote to their outputs.
  [[nodiscard]] std::string output(HostId host) const;
  // "100 started", "101 forked", "101 killed 15", "100 exited 1" ...
  [[nodiscard]] std::vector<std::string> processes(HostId host) const;
  // The last call of this name; fails the test where there is none.
  [[nodiscard]] CallNote last_call(HostId host, std::string_view name) const;

  std::vector<Note> notes;
};

struct PumpConfig {
  std::string client_profile = "linux";
  std::string server_profile = "linux";
  ProgramConfig client_program{};  // its server address is filled in
  ProgramConfig server_program{};
  Duration delay = 10ms;  // one way
};

class Pump {
 public:
  explicit Pump(PumpConfig config = {});

  // Lets everything happen up to and including `until`.
  void run_until(TimePoint until);
  void run_for(Duration time) { run_until(now + time); }
  // Lets everything happen that happens at this instant.
  void settle();
  // Puts a packet of nobody's on the wire to `to`.
  void inject(ModelHost& to, Packet packet);

  // A scripted process of `host`.
  Process& driver(ModelHost& host) { return host.syscalls().start_driver(now, "driver"); }
  // Makes a call and lets it happen; waits for a blocked one up to `patience`, and then gives it as blocked.
  CallResult call(ModelHost& host, Process& process, const Call& call, Duration patience = 60s);
  // Connected client and accepted server descriptors between two drivers that ignore SIGPIPE.
  struct Pair {
    Process& client;
    Process& server;
    int client_fd;
    int listening_fd;
    int server_fd;
  };
  Pair connect_pair(const std::function<void(Process& client, int fd)>& before_connect = {});
  CallResult write(ModelHost& host, Process& process, int fd, std::string_view text, Duration patience = 60s);
  // The text read; a failure or a block is given as "ECONNRESET", "<blocked>".
  std::string read(ModelHost& host, Process& process, int fd, Duration patience = 60s);

  // The peer of this descriptor gets a RST: closes it with SO_LINGER 0.
  void reset_from(ModelHost& host, Process& process, int fd);
  [[nodiscard]] static State state_of(Process& process, int fd);
  // "6", "EPIPE", "<blocked>".
  [[nodiscard]] static std::string text(const CallResult& result);

  static constexpr std::uint16_t kPort = 9998;
  TimePoint now = kTimeZero;
  BlockPool pool;
  Recorder recorder;
  ModelHost client;
  ModelHost server;
  // What was sent so far, and by whom; and what is to be lost.
  struct Sent {
    TimePoint at;
    HostId from;
    Packet packet;
  };
  std::vector<Sent> sent;
  std::function<bool(HostId from, const Packet&)> loses;
  // "client > server S" style flags of everything sent since the last call, "S S. . P. ..." with > and <
  // before.
  std::string flags_since_last();

 private:
  void drain(ModelHost& from);
  bool settle_once();
  [[nodiscard]] TimePoint next_event() const;

  struct Flying {
    TimePoint at;
    ModelHost* to;
    Packet packet;
  };
  Duration delay_;
  std::deque<Flying> flying_;
  std::size_t told_ = 0;
};

[[nodiscard]] ModelHostConfig host_config(HostId id, const std::string& profile,
                                          const ProgramConfig& program);

}  // namespace halfopen::test

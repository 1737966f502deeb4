// What a scenario says about a host's program: which one, and how it behaves. The same options drive the
// model's coroutines and, on a kernel host, the real programs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/time.h"
#include "sim/wire/address.h"

namespace halfopen {

// What a server does about SIGTERM.
enum class OnSigterm : std::uint8_t {
  dies,  // the default action
  ignores,
  closes,  // catches it, closes its connections and exits
};

// When a reply-server answers.
enum class ReplyWhen : std::uint8_t { at_once, per_line, per_request };

struct ProgramConfig {
  std::string name;  // "line-client", "echo-server", "sink", "stalled-server", "reply-server", "bulk-client";
                     // empty: none runs
  SocketAddress server;  // where clients connect to and servers listen
  // Clients bind to these first; without them, or with port 0, the OS chooses.
  std::optional<IpAddress> local_address = std::nullopt;
  std::uint16_t local_port = 0;

  // line-client: for each line of input, write it, then read the answer; close at end of input.
  bool watch = false;        // waits for the terminal and the socket at once (select)
  bool keep_going = false;   // after EOF or an error from the socket it still writes what is typed
  bool never_reads = false;  // writes only
  Duration read_timeout{};   // SO_RCVTIMEO
  Duration read_delay{};     // waits this long between write and read
  bool ignore_sigpipe = false;
  std::vector<std::pair<std::string, std::int64_t>> sockopts;  // in order: {"TCP_USER_TIMEOUT", 5000}

  // bulk-client: writes this many bytes as fast as the socket takes them, then closes.
  std::uint64_t bytes = 0;

  // Servers.
  OnSigterm on_sigterm = OnSigterm::dies;
  std::uint32_t backlog = 128;
  std::string reply;  // reply-server's text
  ReplyWhen reply_when = ReplyWhen::per_line;
};

// How often a client host runs its program: processes that know nothing of each other, each with a
// connection.
struct ProgramStarts {
  std::uint32_t count = 1;
  Duration interval{};                                   // from one start to the next; zero: all at once
  std::optional<AddressRange> addresses = std::nullopt;  // to bind to, in turn; the host owns them all
};

}  // namespace halfopen

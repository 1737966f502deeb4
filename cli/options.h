// What the command line says, as plain values: one struct a command.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/observe.h"

namespace halfopen {

struct SimOptions {
  std::string scenario;               // a shipped scenario's name, or a file
  std::vector<std::string> sets;      // KEY=VALUE
  std::vector<std::string> captures;  // files by extension; "-": pcapng on standard output
  std::string json;                   // empty: none; "-": standard output
  std::optional<std::uint64_t> seed;  // instead of the scenario's
  HostId tap = HostId::client;
  bool quiet = false;
  bool explain = false;
  bool quick = false;        // with the scenario's [quick]
  bool tells_sooner = true;  // what would have told the program sooner, by the model
};

// replay, live and run: the options of sim, and what only real kernels have.
struct RunOptions : SimOptions {
  bool client_is_kernel = true;
  bool server_is_kernel = true;
  std::vector<std::string> command;  // the user's program in the client's place
  std::string server_command;        // for sh, in the server's place; empty: the scenario's server
  bool trace = true;                 // watch system calls
  std::uint32_t repeat = 1;
};

struct ShowOptions {
  std::string capture;  // a file; "-": standard input
  bool explain = false;
};

struct ProfilesOptions {
  std::string name;  // empty: a line for each
};

}  // namespace halfopen

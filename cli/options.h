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
};

struct ShowOptions {
  std::string capture;  // a file; "-": standard input
  bool explain = false;
};

struct ProfilesOptions {
  std::string name;  // empty: a line for each
};

}  // namespace halfopen

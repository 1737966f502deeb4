// What the command line says, as plain values: one struct a command.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "capture/compare/compare.h"
#include "cli/line/pairing.h"
#include "cli/tell/demand.h"
#include "sim/base/time.h"
#include "sim/trace/observe.h"

namespace halfopen {

// What is run.
struct RunSpec {
  std::string scenario;               // a shipped scenario's name, or a file
  std::vector<std::string> sets;      // KEY=VALUE
  bool quick = false;                 // with the scenario's [quick]
  std::optional<std::uint64_t> seed;  // instead of the scenario's
  HostId tap = HostId::client;
  Pairing hosts;
  // Of kernel hosts only.
  std::vector<std::string> command;  // the user's program in the client's place
  std::string server_command;        // for sh, in the server's place; empty: the scenario's server
  bool trace = true;                 // watch system calls
  bool as_root = false;              // root's programs run as root
  bool until_client_exits = false;
};

// sim, replay, live and run: what is run, and how it is told.
struct RunOptions : RunSpec {
  std::vector<std::string> captures;  // files by extension; "-": pcapng on standard output
  std::string json;                   // empty: none; "-": standard output
  bool quiet = false;
  bool explain = false;
  bool states = false;              // the connections' states in place of the ladder
  std::vector<Demand> demands;      // --expect
  std::vector<std::string> shown;   // lists of rungs to tell, as choose_rungs() takes them
  std::vector<std::string> hidden;  // and not to tell
  bool tells_sooner = true;         // what would have told the program sooner, by the model
  std::uint32_t repeat = 1;         // of kernel hosts only
};

struct CheckOptions {
  std::vector<std::string> what;  // shipped scenarios' names, files, directories; empty: all that are shipped
  Pairing hosts;
  std::vector<std::string> sets;  // KEY=VALUE, for each
  bool quick = false;
  std::string against;        // "sim", a capture, or a directory of references; empty: the references nearby
  bool bless = false;         // write references, do not compare with them
  bool no_trace = false;      // programs are not watched
  std::uint32_t jobs = 0;     // runs at a time; 0: as many as are sensible
  std::uint32_t retries = 2;  // of a run that a busy machine left unresolved
  bool ktap = false;
  std::string junit;  // files; empty: none; "-": standard output
  std::string json;
};

// A command in a guest.
struct VmOptions {
  std::vector<std::string> kernels;  // files; none: the newest in /boot
  std::string modules;               // a directory; empty: looked for
  std::uint32_t memory_mb = 0;       // 0: what its image asks for
  std::uint32_t phase_ms = 0;
  std::vector<std::string> with;    // to take along
  std::vector<std::string> out;     // to bring back
  bool any_program = false;         // the command is not one of halfopen
  std::vector<std::string> append;  // to the kernel's command line
  Duration guest_limit{0};          // 0: none
  Duration wall_limit{0};
  std::size_t jobs = 1;  // kernels at a time, of checks and tables
  std::vector<std::string> command;
};

struct ShowOptions {
  std::string capture;     // a file; "-": standard input
  std::string connection;  // libpcap's filter; empty: all connections
  bool states = false;     // the connections' states, not the packets
  bool explain = false;
  bool summary = false;  // a line for each connection instead of the ladder
  bool json = false;     // that line as JSON
};

struct CompareCommand {
  std::string a;  // a capture, "-", or sim:SCENARIO, replay:SCENARIO, live:SCENARIO
  std::string b;
  CompareOptions options;
  std::vector<std::string> sets;  // of scenarios that are run: both, one, the other
  std::vector<std::string> sets_a;
  std::vector<std::string> sets_b;
  bool quick = false;
  std::optional<std::uint64_t> seed;
  std::string json;
  std::uint64_t limit = 100;  // differences that are printed; 0: all
  bool quiet = false;
};

// Scripts of packetdrill's language.
inline constexpr std::string_view kKernelHost = "kernel";  // in the place of a profile: this machine's

struct DrillOptions {
  std::vector<std::string> what;      // files, and directories of *.pkt
  std::string on = "model";           // or "kernel"
  std::vector<std::string> profiles;  // by their names; or kKernelHost alone
  // "ipv4", "ipv6", "ipv4-mapped-ipv6"; none: ipv4 of a script, all of a directory.
  std::vector<std::string> ip_versions;
  std::vector<std::pair<std::string, std::string>> definitions;
  // Its own options, without "--"; without a value: flags.
  std::vector<std::pair<std::string, std::optional<std::string>>> packetdrill;
  std::string dialect;         // "google" or "nplab"; empty: as the script shows
  bool goes_on = false;        // after a mismatch
  bool logs_failures = false;  // the whole ladder of what fails
  bool logs_passes = false;    // and of what passes
  std::string captures;        // a directory; empty: none
  std::uint32_t jobs = 0;      // at a time; 0: one for each processor
  std::string expect;          // a file of known failures; empty: none
  bool table = false;          // script by host
  bool packetdrill_status = false;
  std::string from_capture;    // write a script from this capture; empty: play scripts
  std::string connection;      // libpcap's filter, of from_capture
  std::optional<HostId> side;  // whose host such a script plays
  bool ktap = false;
  std::string junit;  // files; empty: none; "-": standard output
  std::string json;
};

struct ProfilesOptions {
  std::string name;  // empty: a line for each
};

}  // namespace halfopen

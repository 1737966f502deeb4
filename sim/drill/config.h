// What packetdrill's options say, on a command line or at the top of a script.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/time.h"
#include "sim/script/parser.h"
#include "sim/script/script.h"
#include "sim/wire/address.h"

namespace halfopen::drill {

enum class IpVersion : std::uint8_t { ipv4, ipv6, ipv4_mapped_ipv6 };

struct DrillConfig {
  IpVersion ip_version = IpVersion::ipv4;
  std::string local_ip = {};    // the host's; empty: the one that packetdrill takes
  std::string remote_ip = {};   // the script's side
  std::string gateway_ip = {};  // of the route to it
  std::string netmask_ip = {};  // of the network around local_ip; IPv4 only
  std::uint16_t mtu = 1500;
  std::uint16_t bind_port = 8080;     // of bind(..., ..., ...)
  std::uint16_t connect_port = 8080;  // of connect(..., ..., ...)
  Duration tolerance = std::chrono::milliseconds{4};
  double tolerance_percent = 12.5;  // of the time since the event before, where that is more
  Duration timestamp_tick{};        // of one step of TSval; zero: TSval is not compared
  bool strict_segments = false;     // an expected packet is one that the host sends, not several in a row
  bool echoes_scaled = false;       // a TSecr of no packet before is counted from the first one
  std::uint32_t speed = 0;          // of the host's device, in Mbit/s; 0: as it is
  std::uint16_t mss = 0;            // of the segments that an injected packet was made of; 0: is one itself
  std::vector<std::string> init_scripts = {};    // run before the script, as commands
  Duration longest = std::chrono::seconds{180};  // nothing is waited for beyond it: as run_all.py has it
  bool dry_run = false;                          // the script is read and not played
  bool tcp_in_udp = false;  // UDP datagrams hold TCP segments (nplab's udp_encapsulation)
  struct PassesOver {       // a mismatch of these does not end the script
    bool packets = false;
    bool calls = false;
    bool counts = true;  // the script has failed all the same; packetdrill's non_fatal only tells of them
  };
  PassesOver passes_over = {};
  std::vector<script::Option> overrides = {};  // of a command line: they come after the script's own

  [[nodiscard]] IpAddress local() const;
  [[nodiscard]] IpAddress remote() const;
  // nullopt: the device leads to `remote` itself.
  [[nodiscard]] std::optional<IpAddress> gateway() const;
  // Bits of the network around `local`: of netmask_ip, or as packetdrill has it.
  [[nodiscard]] int prefix() const;
};

// Puts the options of a script into `config`. `name` is the script's, for errors (an option in line 0 is of a
// command line, and its own name is the place): throws InputError for a
// value that is none, NotSupported (script_host.h) for an option that means something to packetdrill only.
void apply_options(DrillConfig& config, const std::vector<script::Option>& options, const std::string& name);

// The script's own options, and then the overrides, as packetdrill has it. Throws as apply_options() does.
void apply_options_of(DrillConfig& config, const script::Script& script, const std::string& name);

// The words that Google's runner of suites defines for scripts of that IP version: TFO_COOKIE, CODE and so
// on.
[[nodiscard]] script::Definitions suite_definitions(IpVersion version);
// The addresses that it gives, of which the host's are part of its Fast Open cookies; and the MTU.
[[nodiscard]] DrillConfig suite_config(IpVersion version);
// The same as options of its command line.
[[nodiscard]] std::vector<script::Option> suite_options(IpVersion version);

}  // namespace halfopen::drill

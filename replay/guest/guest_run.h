// One command in one kernel, in a guest in virtual time: from the image to the outcome.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "replay/guest/baggage.h"
#include "replay/guest/qemu.h"
#include "sim/base/time.h"

namespace halfopen::guest {

struct GuestConfig {
  std::string kernel;
  std::string modules;  // lib/modules/RELEASE of that kernel; empty: looked for beside it and on this machine
  std::uint32_t memory_mb = 0;              // 0: what its image asks for
  std::uint32_t phase_ms = 0;               // added to the uptime at which the command starts
  std::string append;                       // to the kernel's command line
  Duration guest_limit{0};                  // of the guest's time, from the start of the command; 0: none
  std::chrono::milliseconds wall_limit{0};  // of real time, from the start of QEMU; 0: none
  GuestCommand command;
};

// All may be empty.
struct GuestListener {
  std::function<void(std::string_view bytes, bool error_output)> output;  // as the command writes it
  std::function<void(Duration guest, Duration wall)> progress;            // every second of the guest's time
};

struct GuestOutcome {
  enum class End : std::uint8_t {
    finished,     // the command ended by itself
    guest_limit,  // its time in the guest was over
    wall_limit,   // its time here was over
    interrupted,  // by a signal to us
    refused,      // the guest cannot run it: `why`
    died,         // the kernel died under it
    never_there,  // the kernel never came to its first process
  };
  End end = End::never_there;
  int status = 0;       // finished: of the command, 128 + a signal's number; interrupted: the signal's number
  std::string why;      // refused: one line
  std::string release;  // of the kernel; empty where it is not known
  Duration guest_time{0};              // from the start of the command
  Duration wall_time{0};               // from the start of QEMU
  std::uint32_t memory_mb = 0;         // of the guest
  std::string remark;                  // what is wrong with the kernel, in a line; mostly empty
  std::string console;                 // the last lines that the kernel and QEMU wrote
  std::vector<std::string> unwritten;  // files that could not be written here: a line for each
};

// Boots and runs; the files that the command made or changed are on this machine afterwards, as far as they
// came. Throws Cannot for a kernel, modules or a QEMU that cannot do it, std::runtime_error for a command
// that lacks something. SIGINT, SIGTERM and SIGHUP end the command first, as they do outside; a second one
// ends everything at once.
[[nodiscard]] GuestOutcome run_guest(const GuestConfig& config, const GuestListener& listener);

}  // namespace halfopen::guest

// One QEMU process: a virtual machine whose clock counts instructions and jumps over idle time.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "replay/base/unique_fd.h"

namespace halfopen::guest {

inline constexpr const char* kQemu = "qemu-system-x86_64";

enum class Machine : std::uint8_t {
  microvm,  // boots in a third of the time
  pc,       // has what older and smaller kernels look for
};

struct QemuConfig {
  std::string kernel;
  int initramfs = -1;  // a descriptor; stays the caller's
  Machine machine = Machine::microvm;
  std::uint32_t memory_mb = 256;
  std::string append;  // to the kernel's command line
};

// The process ends with the object, and with us, however we end (PR_SET_PDEATHSIG). It is in a session of its
// own: a terminal's Ctrl-C is for us alone.
class Qemu {
 public:
  // Throws Cannot where there is no QEMU.
  explicit Qemu(const QemuConfig& config);
  ~Qemu();
  Qemu(const Qemu&) = delete;
  Qemu& operator=(const Qemu&) = delete;

  // Non-blocking; they end with the process.
  [[nodiscard]] int frames() const { return frames_.get(); }          // what the guest's init tells
  [[nodiscard]] int console() const { return console_.get(); }        // what the kernel prints
  [[nodiscard]] int complaints() const { return complaints_.get(); }  // QEMU's own

 private:
  UniqueFd frames_;
  UniqueFd console_;
  UniqueFd complaints_;
  pid_t pid_ = -1;
};

// "QEMU emulator version 7.2.22 ..." of the QEMU that is installed; empty where it does not say.
[[nodiscard]] std::string qemu_version();

}  // namespace halfopen::guest

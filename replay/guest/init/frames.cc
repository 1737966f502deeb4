#include "replay/guest/init/frames.h"

#include <linux/reboot.h>
#include <sys/io.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace halfopen::guest {
namespace {

std::int64_t g_zero = 0;

// One instruction for all bytes: in the guest's time each costs a nanosecond.
void put(const char* bytes, std::size_t count) {
  asm volatile("rep outsb" : "+S"(bytes), "+c"(count) : "d"(kFramePort) : "memory");
}

}  // namespace

bool open_ports() { return ioperm(kFramePort, 1, 1) == 0 && ioperm(kExitPort, 1, 1) == 0; }

std::int64_t uptime() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

void set_time_zero() { g_zero = uptime(); }

void send_frame(FrameType type, std::string_view payload, std::string_view more) {
  const std::int64_t time = uptime() - g_zero;
  const auto size = static_cast<std::uint32_t>(payload.size() + more.size());
  std::array<char, FrameHeader::kSize> header{};
  header[0] = static_cast<char>(type);
  std::memcpy(header.data() + 1, &time, sizeof time);
  std::memcpy(header.data() + 9, &size, sizeof size);
  put(header.data(), header.size());
  put(payload.data(), payload.size());
  put(more.data(), more.size());
}

void end_machine() {
  outb(0, kExitPort);
  // QEMU has ended by now. Another machine would be restarted, which QEMU was told to take for an end.
  syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_RESTART, nullptr);
  for (;;) pause();
}

}  // namespace halfopen::guest

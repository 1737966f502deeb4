// The first process of a guest: prepares the machine, waits for the instant at which runs start, runs one
// command and tells the host about it (replay/guest/protocol.h).
#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <string>

#include "replay/guest/init/changed_files.h"
#include "replay/guest/init/command.h"
#include "replay/guest/init/frames.h"
#include "replay/guest/init/machine.h"
#include "replay/guest/orders.h"

namespace halfopen::guest {
namespace {

[[noreturn]] void fail(std::string_view why) {
  send_frame(FrameType::failure, why);
  end_machine();
}

// The guest without memory loses the command, not us: somebody has to say so.
void survive_lack_of_memory() {
  const int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  [[maybe_unused]] const ssize_t written = write(file, "-1000", 5);
  close(file);
}

constexpr std::int64_t kSecond = 1'000'000'000;

// However long the boot took, timers stand alike at the start of the command. A boot that took longer than it
// should waits for the next such instant.
std::int64_t start_of_command(std::uint64_t start_ms) {
  std::int64_t start = static_cast<std::int64_t>(start_ms) * 1'000'000;
  while (start < uptime() + kSecond) start += 10 * kSecond;
  return start;
}

void sleep_until(std::int64_t start) {
  const timespec at{.tv_sec = start / kSecond, .tv_nsec = start % kSecond};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) != 0) {
  }
}

[[noreturn]] void run() {
  mount_file_systems();
  survive_lack_of_memory();
  send_frame(FrameType::hello, release());
  const std::optional<Orders> orders = parse_orders(read_file(kOrdersFile));
  if (!orders) fail("the guest's orders cannot be read");
  if (const std::string problem = load_modules(orders->modules); !problem.empty()) fail(problem);
  allow_congestion_controls();
  bring_up_loopback();
  if (!has_tun() && orders->needs_tun) fail("this kernel has no TUN device");
  const std::int64_t start = start_of_command(orders->start_ms);
  sleep_until(start - kSecond);
  if (const std::string trouble = trouble_with_timers(); !trouble.empty())
    send_frame(FrameType::remark, trouble);
  sleep_until(start);
  set_time_zero();
  ChangedFiles files{orders->watched};
  send_frame(FrameType::start);
  const int status = run_command(*orders, files);
  files.send_all();
  const auto number = bytes_of(static_cast<std::uint64_t>(status));
  send_frame(FrameType::status, {number.data(), number.size()});
  end_machine();
}

}  // namespace
}  // namespace halfopen::guest

int main() {
  if (!halfopen::guest::open_ports()) {
    constexpr std::string_view kComplaint =
        "halfopen: this kernel lets no program at I/O ports (CONFIG_X86_IOPL_IOPERM)\n";
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kComplaint.data(), kComplaint.size());
    return 1;  // which is a panic
  }
  halfopen::guest::run();
}

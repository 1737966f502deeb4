#include "replay/guest/qemu.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <utility>

#include "replay/base/errors.h"
#include "replay/guest/image.h"
#include "replay/guest/protocol.h"

namespace halfopen::guest {
namespace {

// The same in every run, as is all that follows from it: RDRAND, and so every secret of the guest's kernel.
constexpr int kSeed = 1;
// A nanosecond an instruction, and no waiting while all sleep. QEMU's main loop lets the clock jump when it
// sees that the processor sleeps, and may see so before the last instructions were counted: the clock is then
// late by as much, once in some thousand times. While it records, main loop and processor exclude each other;
// the record itself is of no use here.
constexpr const char* kClock = "shift=0,sleep=off,rr=record,rrfile=/dev/null";
constexpr const char* kStartOfTime = "2020-01-01";

struct Pipe {
  UniqueFd reading;
  UniqueFd writing;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  check(pipe2(ends.data(), O_CLOEXEC), "make a pipe");
  return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

std::vector<std::string> words_for(const QemuConfig& config, int frames, int initramfs) {
  const bool micro = config.machine == Machine::microvm;
  // On a console that is quiet errors still show: a panic, the lack of memory. A microvm has no second clock
  // against which a kernel could check the TSC, and since 7.2 at the latest one that it could not check gives
  // no high-resolution timers ("x86/tsc: Handle CLOCK_SOURCE_VALID_FOR_HRES correctly"). This one is the very
  // clock.
  const std::string append =
      fmt::format("console=ttyS0 quiet reboot=t panic=-1 mitigations=off tsc=reliable {}", config.append);
  return {kQemu,
          "-M",
          micro ? "microvm,acpi=off,pit=on,pic=on,rtc=on,isa-serial=on" : "pc",
          "-cpu",
          "max",
          "-m",
          std::to_string(config.memory_mb),
          "-smp",
          "1",
          "-accel",
          "tcg",
          "-icount",
          kClock,
          "-seed",
          std::to_string(kSeed),
          "-rtc",
          fmt::format("base={},clock=vm", kStartOfTime),
          "-kernel",
          config.kernel,
          "-initrd",
          fmt::format("/dev/fd/{}", initramfs),
          "-append",
          append,
          "-nodefaults",
          "-nographic",
          "-no-reboot",
          "-no-user-config",
          "-serial",
          "stdio",
          "-chardev",
          fmt::format("file,id=frames,path=/dev/fd/{}", frames),
          "-device",
          fmt::format("isa-debugcon,iobase={:#x},chardev=frames", kFramePort),
          "-device",
          fmt::format("isa-debug-exit,iobase={:#x},iosize=1", kExitPort)};
}

[[noreturn]] void become(std::vector<std::string> words, const std::string& program, pid_t parent,
                         const std::array<int, 3>& streams, const std::array<int, 2>& kept) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(127);
  setsid();
  for (int stream = 0; stream < 3; ++stream) dup2(streams[static_cast<std::size_t>(stream)], stream);
  for (const int fd : kept) fcntl(fd, F_SETFD, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execv(program.c_str(), argv.data());
  std::perror(program.c_str());
  _exit(127);
}

void make_non_blocking(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

}  // namespace

Qemu::Qemu(const QemuConfig& config) {
  const std::string program = find_program(kQemu);
  if (program.empty()) {
    throw Cannot{fmt::format(
        "{} is not installed: apt-get install qemu-system-x86 (Debian's 7.2 is what vm is made for)", kQemu)};
  }
  Pipe frames = make_pipe();
  Pipe console = make_pipe();
  Pipe complaints = make_pipe();
  const UniqueFd nothing{open("/dev/null", O_RDONLY | O_CLOEXEC)};
  const std::vector<std::string> words = words_for(config, frames.writing.get(), config.initramfs);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw_system("fork");
  if (pid_ == 0) {
    become(words, program, parent, {nothing.get(), console.writing.get(), complaints.writing.get()},
           {frames.writing.get(), config.initramfs});
  }
  frames_ = std::move(frames.reading);
  console_ = std::move(console.reading);
  complaints_ = std::move(complaints.reading);
  for (const int fd : {frames_.get(), console_.get(), complaints_.get()}) make_non_blocking(fd);
}

Qemu::~Qemu() {
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::string qemu_version() {
  std::string text;
  std::FILE* pipe = popen(fmt::format("{} --version 2>/dev/null", kQemu).c_str(), "re");
  if (pipe == nullptr) return text;
  std::array<char, 200> line{};
  if (std::fgets(line.data(), line.size(), pipe) != nullptr) text = line.data();
  pclose(pipe);
  return text.substr(0, text.find('\n'));
}

}  // namespace halfopen::guest

// vm: its options. What follows "--" is the command in the guest, which may have a "--" of its own.
#include <fmt/format.h>

#include "cli/line/command_line.h"
#include "cli/tell/exit_code.h"
#include "sim/base/input_error.h"
#include "sim/base/units.h"

namespace halfopen {
namespace {

constexpr std::string_view kVmExamples =
    "Examples:\n"
    "  halfopen vm -- live host-crash -w crash.pcapng        fifteen minutes of this machine's newest kernel "
    "in\n"
    "                                                        seconds\n"
    "  halfopen vm --kernel bzImage -- replay host-crash -- nc server 9998\n"
    "  halfopen vm --kernel bzImage --with tests/ --exec -- sh tests/run.sh\n"
    "  halfopen vm --kernel \"$(scripts/get-kernel --path)\" -- doctor\n"
    "  halfopen vm --kernel old --kernel new --jobs 2 -- check --client kernel --server kernel\n"
    "                                                        a table: what changed from one to the next\n"
    "  halfopen vm --phase 3 -- live host-reboot             3 ms later on the kernel's timer wheel";

Duration limit_from(const char* option, const std::string& text) {
  if (text == "none") return Duration{0};
  const std::optional<Duration> limit = duration_from(text);
  if (!limit || limit->count() == 0) throw InputError{option, "a time like 90s, 10min or 2h, or none", text};
  return *limit;
}

}  // namespace

void add_vm(CommandLine& line) {
  CLI::App* vm = add_command(
      line, "vm", "Run a command inside any kernel, in virtual time; '-- COMMAND' is it", kVmExamples);
  vm->add_option("--kernel", line.vm.kernels,
                 "A bzImage or vmlinux; may be repeated: one after the other (default: the newest in /boot)")
      ->type_name("FILE")
      ->allow_extra_args(false);
  vm->add_option("--modules", line.vm.modules,
                 "lib/modules/RELEASE of that kernel (default: beside it, or here)")
      ->type_name("DIR");
  vm->add_option("--memory", line.vm.memory_mb,
                 "Memory of the guest, in MB (default 256, or what its image needs)")
      ->type_name("M")
      ->check(CLI::Range(64, 65536));
  vm->add_option("--phase", line.vm.phase_ms, "Start this much later: the timer wheel stands elsewhere then")
      ->type_name("MS")
      ->check(CLI::Range(0, 1'000'000));
  vm->add_option("--with", line.vm.with,
                 "Take a file, a directory or a program of PATH along; may be repeated")
      ->type_name("PATH")
      ->allow_extra_args(false);
  vm->add_option("--out", line.vm.out,
                 "Bring a file or a directory back that a program of yours writes elsewhere; may be repeated")
      ->type_name("PATH")
      ->allow_extra_args(false);
  vm->add_flag("--exec", line.vm.any_program, "COMMAND is any program, not a command of halfopen");
  vm->add_option("--append", line.vm.append, "More words for the kernel's command line; may be repeated")
      ->type_name("WORDS")
      ->allow_extra_args(false);
  vm->add_option("--jobs", line.vm.jobs,
                 "With several kernels and a table of them: so many at a time (default 1)")
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
  vm->add_option("--limit", line.vm_limit, "End the command after so much of the guest's time (default 24h)")
      ->type_name("TIME|none");
  vm->add_option("--wall-limit", line.vm_wall_limit, "End it after so much real time (default 10min)")
      ->type_name("TIME|none");
}

void finish_vm_options(CommandLine& line) {
  line.vm.command = line.run.command;
  line.vm.guest_limit = limit_from("--limit", line.vm_limit);
  line.vm.wall_limit = limit_from("--wall-limit", line.vm_wall_limit);
  if (line.vm.command.empty()) {
    throw Trouble{
        "vm wants a command after '--': halfopen vm -- live host-crash ('halfopen vm --help' says how)"};
  }
}

}  // namespace halfopen

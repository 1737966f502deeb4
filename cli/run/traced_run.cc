#include "cli/run/traced_run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <utility>

#include "capture/file/pcapng_writer.h"
#include "cli/run/excuse.h"
#include "cli/run/outputs.h"
#include "cli/tell/exit_code.h"

namespace halfopen {

UnnamedFile::UnnamedFile() {
  std::error_code ignored;
  const std::filesystem::path directory = std::filesystem::temp_directory_path(ignored);
  std::string name = (directory.empty() ? "/tmp" : directory) / "halfopen-XXXXXX";
  // Between the two calls the file has a name: a signal that ends us must wait.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  fd_.reset(::mkostemp(name.data(), O_CLOEXEC));
  const int error = errno;
  if (fd_) ::unlink(name.c_str());
  sigprocmask(SIG_SETMASK, &before, nullptr);
  if (!fd_) throw Trouble{fmt::format("cannot make a temporary file {}: {}", name, std::strerror(error))};
}

std::string UnnamedFile::path() const { return fmt::format("/proc/self/fd/{}", fd_.get()); }

TracedRun run_to_capture(const RunSpec& spec, const RunHooks& hooks) {
  TracedRun traced{.capture = {}, .run = prepare_run(spec), .end = {}, .verdicts = {}};
  const CaptureOptions options{.epoch = epoch_of_captures(spec.hosts.is_simulated())};
  PcapngWriter writer{traced.capture.path(), traced.run.info, options};
  Expectations expectations{traced.run.named.scenario.expect, traced.run.facts};
  traced.end = run_scenario(traced.run, {&writer, &expectations}, hooks);
  traced.verdicts = expectations.finish(traced.end.at);
  excuse(traced.verdicts, traced.end.lateness, traced.end.races);
  writer.finish();
  return traced;
}

}  // namespace halfopen

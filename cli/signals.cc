#include "cli/signals.h"

#include <unistd.h>

#include <csignal>

#include "capture/file/output_file.h"

namespace halfopen {
namespace {

extern "C" void end_on_signal(int signal) {
  finish_all_captures_from_signal();
  _exit(128 + signal);
}

}  // namespace

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = end_on_signal;
  sigfillset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    // nohup and shells in the background start us with signals ignored: they stay so.
    if (sigaction(signal, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) continue;
    sigaction(signal, &action, nullptr);
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace halfopen

#include "replay/guest/stop_signals.h"

namespace halfopen::guest {
namespace {

// What a handler may touch is global.
volatile sig_atomic_t g_count = 0;
volatile sig_atomic_t g_last = 0;

extern "C" void note_signal(int signal) {
  g_count = g_count + 1;
  g_last = signal;
}

}  // namespace

StopSignals::StopSignals() {
  g_count = 0;
  sigset_t blocked;
  sigemptyset(&blocked);
  struct sigaction action {};
  action.sa_handler = note_signal;
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], nullptr, &actions_[i]);
    if (actions_[i].sa_handler == SIG_IGN) continue;
    sigaction(kSignals[i], &action, nullptr);
    sigaddset(&blocked, kSignals[i]);
  }
  sigprocmask(SIG_BLOCK, &blocked, &before_);
}

StopSignals::~StopSignals() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &actions_[i], nullptr);
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

int StopSignals::count() { return g_count; }
int StopSignals::last() { return g_last; }

}  // namespace halfopen::guest

// Signals: sent, ignored, caught, fatal.
#include <algorithm>
#include <utility>

#include "sim/os/processes.h"

namespace halfopen {
namespace {

const Disposition* disposition_of(const Process& process, int signal) {
  const auto found = std::ranges::find(process.dispositions, signal, &Disposition::signal);
  return found == process.dispositions.end() ? nullptr : &*found;
}

// SIGKILL and SIGSTOP cannot be caught; SIGCONT always lets the process go on.
bool can_be_caught(int signal) { return signal != sig::kill && signal != sig::stop; }

}  // namespace

void Processes::signal(TimePoint now, Process& process, int signal) {
  if (process.ended || signal <= 0 || signal > sig::last) return;
  if (signal == sig::cont && !go_on(now, process)) return;
  const Disposition* asked = can_be_caught(signal) ? disposition_of(process, signal) : nullptr;
  if (asked != nullptr) {
    if (!asked->handler) return;
    note(now, process, ProcessNote::What::signalled, signal);
    process.signals.set(static_cast<std::size_t>(signal));
    if (!process.frozen) ready_.push(process);
    return;
  }
  switch (default_action(signal)) {
    case SignalAction::ignore:
    case SignalAction::go_on: return;
    case SignalAction::stop:
      if (process.frozen) return;
      process.frozen = true;
      ready_.remove(process);
      return note(now, process, ProcessNote::What::frozen, signal);
    case SignalAction::terminate:
      // A stopped process acts on a signal when it goes on; only SIGKILL does not wait for that.
      if (process.frozen && signal != sig::kill) {
        process.signals.set(static_cast<std::size_t>(signal));
        return;
      }
      return end(now, process, 0, signal);
  }
}

// Lets a frozen process run again. False when a signal that came meanwhile ended it: then it may be gone.
bool Processes::go_on(TimePoint now, Process& process) {
  if (!process.frozen) return true;
  process.frozen = false;
  note(now, process, ProcessNote::What::thawed, sig::cont);
  ready_.push(process);
  for (int signal = 1; signal <= sig::last; ++signal) {
    if (!process.signals.test(static_cast<std::size_t>(signal))) continue;
    if (disposition_of(process, signal) != nullptr) continue;  // the scheduler runs its handler
    end(now, process, 0, signal);
    return false;
  }
  return true;
}

void Processes::handle(Process& process, int signal, SignalHandler handler) {
  std::erase_if(process.dispositions, [signal](const Disposition& d) { return d.signal == signal; });
  process.dispositions.push_back({signal, std::move(handler)});
}

const SignalHandler* Processes::take_signal(Process& process, int& signal) {
  if (process.signals.none()) return nullptr;
  for (signal = 1; signal <= sig::last; ++signal) {
    const auto bit = static_cast<std::size_t>(signal);
    if (!process.signals.test(bit)) continue;
    process.signals.reset(bit);
    const Disposition* asked = disposition_of(process, signal);
    if (asked != nullptr && asked->handler) return &asked->handler;
  }
  return nullptr;
}

}  // namespace halfopen

#include "sim/apps/forking_server.h"

#include "sim/apps/net_helpers.h"

namespace halfopen {
namespace {

// SIGCHLD: several children may have ended for one signal.
Task<void> reap_children(Sys sys, int) {
  for (;;) {
    int status = 0;
    const CallResult reaped = co_await sys.waitpid(0, &status, true);
    if (reaped.value <= 0) co_return;
  }
}

// SIGTERM of a server that closes: exit() closes its sockets.
Task<void> close_and_exit(Sys sys, int) { co_await sys.exit(0); }

void arrange_sigterm(const Sys& sys, OnSigterm wish) {
  switch (wish) {
    case OnSigterm::dies: return;
    case OnSigterm::ignores: return sys.on_signal(sig::term, {});
    case OnSigterm::closes: return sys.on_signal(sig::term, &close_and_exit);
  }
}

// socket(), bind(), listen(); -1 after saying what failed.
Task<int> listen_at(Sys sys, const ProgramConfig& config) {
  const CallResult made = co_await sys.socket();
  const int fd = static_cast<int>(made.value);
  co_await sys.setsockopt(fd, SocketOption::so_reuseaddr, 1);
  co_await set_socket_options(sys, fd, config);
  const CallResult bound = co_await sys.bind(fd, config.server);
  if (bound.failed()) {
    report(sys, "bind", bound.error);
    co_return -1;
  }
  const CallResult listening = co_await sys.listen(fd, config.backlog);
  if (listening.failed()) {
    report(sys, "listen", listening.error);
    co_return -1;
  }
  co_return fd;
}

Task<int> child_main(Sys sys, const ProgramConfig& config, Talk talk, int listening, int fd) {
  co_await sys.close(listening);
  const int status = co_await talk(sys, config, fd);
  co_return status;
}

}  // namespace

Task<int> serve_forking(Sys sys, const ProgramConfig& config, Talk talk) {
  if (config.ignore_sigpipe) sys.on_signal(sig::pipe, {});
  const int listening = co_await listen_at(sys, config);
  if (listening < 0) co_return 1;
  sys.on_signal(sig::chld, &reap_children);
  arrange_sigterm(sys, config.on_sigterm);
  for (;;) {
    const CallResult accepted = co_await sys.accept(listening);
    if (accepted.error == Errno::intr || accepted.error == Errno::again) continue;
    if (accepted.failed()) {
      report(sys, "accept", accepted.error);
      co_return 1;
    }
    const int fd = static_cast<int>(accepted.value);
    const ProgramMain child = [&config, talk, listening, fd](Sys self) {
      return child_main(self, config, talk, listening, fd);
    };
    co_await sys.fork(child);
    co_await sys.close(fd);
  }
}

}  // namespace halfopen

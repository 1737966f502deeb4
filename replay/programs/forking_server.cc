#include "replay/programs/forking_server.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "replay/programs/net.h"

namespace halfopen::programs {
namespace {

// SIGCHLD: several children may have ended for one signal.
void reap_children(int) {
  const int interrupted_errno = errno;
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
  errno = interrupted_errno;
}

// SIGTERM of a server that closes: the kernel closes its sockets.
void close_and_exit(int) { ::_exit(0); }

// Without SA_RESTART, so that accept() returns EINTR as in the textbook. A child that is only frozen or thaws
// is no news: the model's servers do not hear of that either.
void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_NOCLDSTOP;
  sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

// Before listen(): who finds the server listening may signal it.
void arrange_signals(const ProgramConfig& config) {
  set_signals(config);
  handle(SIGCHLD, &reap_children);
  switch (config.on_sigterm) {
    case OnSigterm::dies: return;
    case OnSigterm::ignores: return handle(SIGTERM, SIG_IGN);
    case OnSigterm::closes: return handle(SIGTERM, &close_and_exit);
  }
}

}  // namespace

int serve_forking(const ProgramConfig& config, Talk talk) {
  arrange_signals(config);
  const int listening = listen_at_server(config);
  if (listening < 0) return 1;
  for (;;) {
    const int fd = ::accept(listening, nullptr, nullptr);
    if (fd < 0) {
      if (errno == EINTR || errno == EAGAIN) continue;
      report(config, "accept", errno);
      return 1;
    }
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(listening);
      ::_exit(talk(config, fd));
    }
    if (child < 0) report(config, "fork", errno);
    ::close(fd);
  }
}

}  // namespace halfopen::programs

#include "sim/os/sys.h"

#include <utility>

#include "sim/os/kernel.h"

namespace halfopen {

bool Sys::begin(const Call& call, CallResult& result) const {
  result = kernel_->syscalls().call(kernel_->running_at(), *process_, call, &result);
  // What the call sends leaves before the next one is made, and handlers run between two calls.
  return !process_->blocked && !process_->ended && process_->signals.none() && !kernel_->stack().has_output();
}

void Sys::end(int status) const { kernel_->processes().end(kernel_->running_at(), *process_, status, 0); }

CallAwait Sys::socket() const { return {*this, calls::socket()}; }
CallAwait Sys::bind(int fd, const SocketAddress& local) const { return {*this, calls::bind(fd, local)}; }
CallAwait Sys::listen(int fd, std::uint32_t backlog) const { return {*this, calls::listen(fd, backlog)}; }
CallAwait Sys::connect(int fd, const SocketAddress& remote) const {
  return {*this, calls::connect(fd, remote)};
}
CallAwait Sys::accept(int fd) const { return {*this, calls::accept(fd)}; }
CallAwait Sys::read(int fd, std::span<std::uint8_t> into) const { return {*this, calls::read(fd, into)}; }
CallAwait Sys::discard(int fd, std::size_t most) const { return {*this, calls::discard(fd, most)}; }
CallAwait Sys::write(int fd, std::span<const std::uint8_t> bytes) const {
  return {*this, calls::write(fd, bytes)};
}
CallAwait Sys::close(int fd) const { return {*this, calls::close(fd)}; }
CallAwait Sys::shutdown(int fd, ShutdownHow how) const { return {*this, calls::shutdown(fd, how)}; }
CallAwait Sys::select(std::span<PollFd> fds, Duration timeout) const {
  return {*this, calls::select(fds, timeout)};
}
CallAwait Sys::setsockopt(int fd, SocketOption option, std::int64_t value) const {
  return {*this, calls::setsockopt(fd, option, value)};
}
CallAwait Sys::getsockopt(int fd, SocketOption option) const {
  return {*this, calls::getsockopt(fd, option)};
}
CallAwait Sys::fork(const ProgramMain& child) const { return {*this, calls::fork(child)}; }
CallAwait Sys::waitpid(std::uint32_t pid, int* status, bool no_hang) const {
  return {*this, calls::waitpid(pid, status, no_hang)};
}
CallAwait Sys::nanosleep(Duration time) const { return {*this, calls::nanosleep(time)}; }
ExitAwait Sys::exit(int status) const { return {*this, status}; }

void Sys::on_signal(int signal, SignalHandler handler) const {
  Processes::handle(*process_, signal, std::move(handler));
}

void Sys::print(std::string_view text) const {
  kernel_->processes().note(kernel_->running_at(), *process_, ProcessNote::What::output, 0, 0, text);
}

void Sys::complain(std::string_view text) const { print(text); }

void Sys::perror(std::string_view text) const {
  complain(process_->program + ": " + std::string{text} + "\n");
}

}  // namespace halfopen

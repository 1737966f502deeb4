// Children of a test, watched from outside. No test waits for time to pass: each polls until what it looks
// for has been told, and fails after 20 s.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "replay/watch/call_filter.h"
#include "replay/watch/process_watch.h"
#include "sim/base/errno.h"

namespace halfopen::watching {

class Recorder : public Observer {
 public:
  void on_packet(const PacketNote&) override {}
  void on_note(const Note& note) override { notes.push_back(note); }
  [[nodiscard]] bool wants(NoteKind kind) const override {
    return kind == NoteKind::call ? wants_calls : kind == NoteKind::process;
  }
  std::vector<Note> notes;
  bool wants_calls = true;
};

// ---- What children do. They say nothing to GoogleTest: their status tells.

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

inline int connect_to(int fd, std::uint16_t port) {
  const sockaddr_in address = loopback(port);
  return connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

inline int tcp_socket() { return socket(AF_INET, SOCK_STREAM, 0); }

inline int connected(std::uint16_t port) {
  const int fd = tcp_socket();
  return connect_to(fd, port) == 0 ? fd : -1;
}

inline void on_signal(int) {}

inline void handle(int signal, int flags, void (*handler)(int) = on_signal) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigaction(signal, &action, nullptr);
}

// ---- The test's end of a connection

class Listener {
 public:
  Listener() : fd_{tcp_socket()} {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(fd_, 16), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~Listener() { close_now(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int get() const { return fd_; }
  void close_now() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

class ProcessWatchTest : public ::testing::Test {
 protected:
  ProcessWatchTest() {
    sigset_t child{};
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, &mask_before_);
  }
  ~ProcessWatchTest() override {
    for (const pid_t pid : started_) {
      if (reaped_by_watch(pid)) continue;
      kill(pid, SIGKILL);
      until([&] { return reaped_by_watch(pid); });
    }
    sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
  }

  // Forks `child`; it runs once it is watched, traced unless told otherwise.
  pid_t start(const std::function<int()>& child, bool traced = true, HostId host = HostId::client) {
    std::array<int, 2> gate{};
    EXPECT_EQ(pipe2(gate.data(), O_CLOEXEC), 0);
    const pid_t pid = fork();
    if (pid == 0) {
      sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
      char byte = 0;
      if (read(gate[0], &byte, 1) != 1) _exit(101);
      close(gate[0]);
      close(gate[1]);
      if (traced && !install_call_filter()) _exit(102);
      _exit(child());
    }
    EXPECT_TRUE(watch_.adopt(host, pid, "child", traced)) << to_string(static_cast<Errno>(errno));
    started_.push_back(pid);
    EXPECT_EQ(write(gate[1], "g", 1), 1);
    close(gate[0]);
    close(gate[1]);
    return pid;
  }

  // Polls until `done`; false after 20 s.
  bool until(const std::function<bool()>& done) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!done()) {
      if (std::chrono::steady_clock::now() > limit) return false;
      now_ += 1ms;
      if (watch_.poll(now_, recorder_)) continue;
      sigset_t child{};
      sigemptyset(&child);
      sigaddset(&child, SIGCHLD);
      const timespec wait{.tv_sec = 0, .tv_nsec = 20'000'000};
      sigtimedwait(&child, nullptr, &wait);
    }
    return true;
  }
  bool until_ended(HostId host = HostId::client) {
    return until([&] { return !watch_.any_left(host); });
  }
  // "connect(3, 127.0.0.1:9) = -1 ECONNREFUSED", "[signalled 17]", "[exited 0]": all so far, in order.
  [[nodiscard]] std::vector<std::string> told() const {
    std::vector<std::string> lines;
    for (const Note& note : recorder_.notes) lines.push_back(line_of(note));
    return lines;
  }
  bool until_told(const std::string& line) {
    return until([&] { return std::ranges::count(told(), line) > 0; });
  }
  template <class T>
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> found;
    for (const Note& note : recorder_.notes) {
      if (const T* one = std::get_if<T>(&note)) found.push_back(*one);
    }
    return found;
  }
  // The other end of a connection that a child makes.
  int peer_of(const Listener& listener) {
    pollfd waiting{.fd = listener.get(), .events = POLLIN, .revents = 0};
    EXPECT_TRUE(until([&] { return ::poll(&waiting, 1, 0) == 1; }));
    return accept(listener.get(), nullptr, nullptr);
  }
  // The process is asleep in system call `number`, not stopped at its door: all before it has been told.
  static bool sleeps_in(pid_t pid, long number) {
    return first_of(pid, "stat").find(") S ") != std::string::npos &&
           first_of(pid, "syscall").starts_with(std::to_string(number) + " ");
  }
  // The beginning of a file in the process's directory of /proc.
  static std::string first_of(pid_t pid, const char* file) {
    const int fd = open(fmt::format("/proc/{}/{}", pid, file).c_str(), O_RDONLY | O_CLOEXEC);
    std::array<char, 64> text{};
    const ssize_t got = read(fd, text.data(), text.size() - 1);
    close(fd);
    return got > 0 ? text.data() : "";
  }
  static std::string line_of(const Note& note) {
    if (const auto* call = std::get_if<CallNote>(&note)) {
      std::string text = fmt::format("{}({}) = {}", call->call, call->args, call->result);
      if (call->error != 0) text += fmt::format(" {}", to_string(static_cast<Errno>(call->error)));
      return call->detail.empty() ? text : text + " " + call->detail;
    }
    const auto& process = std::get<ProcessNote>(note);
    switch (process.what) {
      case ProcessNote::What::forked: return "[forked]";
      case ProcessNote::What::signalled: return fmt::format("[signalled {}]", process.signal);
      case ProcessNote::What::exited: return fmt::format("[exited {}]", process.status);
      case ProcessNote::What::killed: return fmt::format("[killed {}]", process.signal);
      case ProcessNote::What::frozen: return fmt::format("[frozen {}]", process.signal);
      case ProcessNote::What::thawed: return "[thawed]";
      case ProcessNote::What::reaped: return "[reaped]";
      default: return "[?]";
    }
  }
  [[nodiscard]] bool reaped_by_watch(pid_t pid) const { return kill(pid, 0) != 0; }

  ProcessWatch watch_{true};
  Recorder recorder_;
  TimePoint now_ = kTimeZero;

 private:
  sigset_t mask_before_{};
  std::vector<pid_t> started_;
};

}  // namespace halfopen::watching

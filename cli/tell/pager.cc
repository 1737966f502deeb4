#include "cli/tell/pager.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string_view>
#include <vector>

#include "cli/tell/exit_code.h"
#include "cli/tell/prose.h"

namespace halfopen {
namespace {

constexpr int kNotExecutable = 126;  // sh's statuses for a command that it cannot run (POSIX, 2.8.2)
constexpr int kNotFound = 127;

bool is_installed(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream directories{path == nullptr ? "" : path};
  for (std::string directory; std::getline(directories, directory, ':');) {
    if (access((directory + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

// Empty: none. Without PAGER, less, but not on a terminal that cannot move its cursor.
std::string pager_command() {
  const char* wanted = std::getenv("PAGER");
  if (wanted != nullptr) return std::string_view{wanted} == "cat" ? "" : wanted;
  const char* terminal = std::getenv("TERM");
  const bool is_dumb = terminal == nullptr || *terminal == '\0' || std::string_view{terminal} == "dumb";
  return !is_dumb && is_installed("less") ? "less" : "";
}

// Ours, and what less and lv need to quit on a short text (F), to let colours through (R) and to leave the
// text on the screen (X), unless the user has said what they should do.
std::vector<std::string> pager_environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.emplace_back(*variable);
  if (std::getenv("LESS") == nullptr) variables.emplace_back("LESS=FRX");
  if (std::getenv("LV") == nullptr) variables.emplace_back("LV=-c");
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Starts a shell with this standard input, and with the signals that we ignore as they should be.
pid_t spawn_shell(const std::string& command, int input) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawnattr_init(&attributes);
  sigset_t restored;
  sigemptyset(&restored);
  for (const int signal : {SIGPIPE, SIGXFSZ}) sigaddset(&restored, signal);
  posix_spawnattr_setsigdefault(&attributes, &restored);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  std::vector<std::string> words{"sh", "-c", command};
  std::vector<std::string> variables = pager_environment();
  pid_t child = 0;
  const int error = posix_spawn(&child, "/bin/sh", &actions, &attributes, pointers_to(words).data(),
                                pointers_to(variables).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw Trouble{std::string{"cannot start the pager: "} + std::strerror(error)};
  return child;
}

void ignore(int signal, struct sigaction& before) {
  struct sigaction action {};
  action.sa_handler = SIG_IGN;
  sigaction(signal, &action, &before);
}

}  // namespace

Pager::Pager(bool line_by_line) : colour_{wants_colour(stdout)} {
  if (isatty(STDOUT_FILENO) != 1) return;
  command_ = pager_command();
  if (command_.empty()) return;
  start();
  if (line_by_line) std::setvbuf(stream_, nullptr, _IOLBF, 0);
}

void Pager::start() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    throw Trouble{std::string{"cannot make a pipe: "} + std::strerror(errno)};
  std::fflush(stdout);
  child_ = spawn_shell(command_, ends[0]);
  close(ends[0]);
  stream_ = fdopen(ends[1], "w");
  if (stream_ == nullptr) throw std::bad_alloc{};
  ignore(SIGINT, interrupt_);
  ignore(SIGQUIT, quit_);
}

Pager::~Pager() {
  if (child_ != 0) wait();
}

int Pager::wait() {
  std::fclose(stream_);  // a reader who has left is no trouble
  stream_ = stdout;
  int status = 0;
  while (waitpid(child_, &status, 0) < 0 && errno == EINTR) {
  }
  child_ = 0;
  sigaction(SIGINT, &interrupt_, nullptr);
  sigaction(SIGQUIT, &quit_, nullptr);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

void Pager::finish() {
  if (child_ == 0) return;
  const int status = wait();
  if (status != kNotFound && status != kNotExecutable) return;
  throw Trouble{"cannot run the pager '" + command_ +
                "': set PAGER to one that is there, or to cat for none"};
}

}  // namespace halfopen

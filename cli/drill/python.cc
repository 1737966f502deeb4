#include "cli/drill/code_check.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string_view>

#include "cli/tell/exit_code.h"
#include "replay/base/unique_fd.h"

extern char** environ;

namespace halfopen {
namespace {

using drill::Verdict;

// Exit statuses of the program below.
constexpr int kFails = 1;
constexpr int kLacks = 3;

// Words that scripts use beside the fields: include/uapi/linux/tcp.h, include/net/tcp_states.h.
constexpr std::string_view kWords = R"(
TCP_CA_Open, TCP_CA_Disorder, TCP_CA_CWR, TCP_CA_Recovery, TCP_CA_Loss = range(5)
TCPI_OPT_TIMESTAMPS, TCPI_OPT_SACK, TCPI_OPT_WSCALE, TCPI_OPT_ECN = 1, 2, 4, 8
TCPI_OPT_ECN_SEEN, TCPI_OPT_SYN_DATA = 16, 32
(TCP_ESTABLISHED, TCP_SYN_SENT, TCP_SYN_RECV, TCP_FIN_WAIT1, TCP_FIN_WAIT2, TCP_TIME_WAIT, TCP_CLOSE,
 TCP_CLOSE_WAIT, TCP_LAST_ACK, TCP_LISTEN, TCP_CLOSING) = range(1, 12)
)";

// Each block sees what TCP_INFO said when it was reached; the first that does not hold ends it.
std::string program_of(const std::vector<drill::CodeRun>& blocks) {
  std::string program{kWords};
  program += fmt::format(
      "import sys\n"
      "def run(line, text):\n"
      "  try:\n"
      "    exec(text, globals())\n"
      "  except NameError as error:\n"
      "    print(line, error.name or error)\n"
      "    sys.exit({})\n"
      "  except Exception as error:\n"
      "    print(line, type(error).__name__ + ': ' + str(error))\n"
      "    sys.exit({})\n",
      kLacks, kFails);
  using Json = nlohmann::json;
  for (const drill::CodeRun& block : blocks) {
    for (const auto& [name, value] : block.fields) program += fmt::format("{} = {}\n", name, value);
    const std::string text = Json(block.text).dump(-1, ' ', true, Json::error_handler_t::replace);
    program += fmt::format("run({}, {})\n", block.place.line, text);
  }
  return program;
}

[[noreturn]] void fail(std::string_view what) {
  throw Trouble{fmt::format("{} for python3: {}", what, std::generic_category().message(errno))};
}

std::string read_all(int fd) {
  std::string text;
  std::array<char, 4096> part;
  for (;;) {
    const ssize_t got = read(fd, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
}

struct Ran {
  bool found = false;  // there is a python3
  int status = 0;
  std::string output;
};

Ran run_python(const std::string& program) {
  const UniqueFd input{memfd_create("halfopen-code", MFD_CLOEXEC)};
  if (input.get() < 0) fail("a file");
  for (std::size_t done = 0; done < program.size();) {
    const ssize_t put = write(input.get(), program.data() + done, program.size() - done);
    if (put < 0) fail("writing");
    done += static_cast<std::size_t>(put);
  }
  if (lseek(input.get(), 0, SEEK_SET) != 0) fail("a file");
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) fail("a pipe");
  const UniqueFd from{ends[0]};
  UniqueFd to{ends[1]};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, to.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, to.get(), STDERR_FILENO);
  std::string name = "python3";
  std::string dash = "-";
  std::array<char*, 3> words{name.data(), dash.data(), nullptr};
  pid_t child = 0;
  const int error = posix_spawnp(&child, "python3", &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  to.reset();
  Ran ran;
  if (error != 0) return ran;
  ran.found = true;
  ran.output = read_all(from.get());
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ran;
}

}  // namespace

CodeVerdict check_code(const std::vector<drill::CodeRun>& blocks) {
  CodeVerdict verdict;
  if (blocks.empty()) return verdict;
  const Ran ran = run_python(program_of(blocks));
  if (!ran.found) return {Verdict::skipped, blocks.front().place.line, "there is no python3 for %{ }%"};
  if (ran.status == 0) return verdict;
  std::string_view rest = ran.output;
  while (rest.ends_with('\n')) rest.remove_suffix(1);
  const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), verdict.line);
  if (error == std::errc{}) rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()) + 1);
  const bool lacks = ran.status == kLacks;
  verdict.verdict = lacks ? Verdict::skipped : Verdict::failed;
  verdict.message = lacks ? fmt::format("the model has no {}", rest) : fmt::format("%{{ }}%: {}", rest);
  return verdict;
}

}  // namespace halfopen

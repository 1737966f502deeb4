#include "cli/drill/python.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "cli/tell/exit_code.h"

namespace halfopen {
namespace {

using Json = nlohmann::json;

constexpr std::chrono::seconds kPatience{60};  // for the blocks of a script

// A request is a line of JSON: blocks, each with its line, text and the fields that it sees. So is the
// answer: ["ok" | "fails" | "lacks", line, what]. What the blocks print goes to standard error. The words
// beside the fields: include/uapi/linux/tcp.h, include/net/tcp_states.h; TCPI_ and a state are nplab's words
// for the same numbers.
constexpr const char* kProgram = R"(
import json, os, sys
answers = os.fdopen(os.dup(0), 'w')
sys.stdout = sys.stderr
requests = os.fdopen(os.dup(0), 'r')
WORDS = dict(
  TCP_CA_Open=0, TCP_CA_Disorder=1, TCP_CA_CWR=2, TCP_CA_Recovery=3, TCP_CA_Loss=4,
  TCPI_OPT_TIMESTAMPS=1, TCPI_OPT_SACK=2, TCPI_OPT_WSCALE=4, TCPI_OPT_ECN=8,
  TCPI_OPT_ECN_SEEN=16, TCPI_OPT_SYN_DATA=32,
  TCP_ESTABLISHED=1, TCP_SYN_SENT=2, TCP_SYN_RECV=3, TCP_FIN_WAIT1=4, TCP_FIN_WAIT2=5, TCP_TIME_WAIT=6,
  TCP_CLOSE=7, TCP_CLOSE_WAIT=8, TCP_LAST_ACK=9, TCP_LISTEN=10, TCP_CLOSING=11,
  TCPI_CLOSED=7, TCPI_LISTEN=10, TCPI_SYN_SENT=2, TCPI_SYN_RECEIVED=3, TCPI_ESTABLISHED=1,
  TCPI_CLOSE_WAIT=8, TCPI_FIN_WAIT_1=4, TCPI_CLOSING=11, TCPI_LAST_ACK=9, TCPI_FIN_WAIT_2=5,
  TCPI_TIME_WAIT=6, TCPI_NEW_SYN_RECV=12)
def judge(blocks):
  names = dict(WORDS, __name__='__main__')
  for line, text, fields in blocks:
    names.update(fields)
    try:
      exec(text + '\n', names)  # its last line may end with a backslash
    except NameError as error:
      return ['lacks', line, str(error.name or error)]
    except SystemExit as error:
      if error.code in (None, 0): return ['ok', 0, '']
      return ['fails', line, 'exit status ' + str(error.code)]
    except BaseException as error:
      return ['fails', line, type(error).__name__ + ': ' + str(error)]
  return ['ok', 0, '']
for request in requests:
  answers.write(json.dumps(judge(json.loads(request))) + '\n')
  answers.flush()
)";

std::string request_of(const std::vector<drill::CodeRun>& blocks) {
  Json request = Json::array();
  for (const drill::CodeRun& block : blocks) {
    Json fields = Json::object();
    for (const auto& [name, value] : block.fields) fields[name] = value;
    request.push_back({block.place.line, block.text, std::move(fields)});
  }
  return request.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
}

bool send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// A line without its newline; what there is of it where the other end is gone or takes too long.
std::string read_line(int fd) {
  std::string text;
  std::array<char, 4096> part;
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!text.ends_with('\n')) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd watched{.fd = fd, .events = POLLIN, .revents = 0};
    const int ready = poll(&watched, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready < 0 && errno == EINTR) continue;
    const ssize_t got = ready > 0 ? recv(fd, part.data(), part.size(), 0) : 0;
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  text.pop_back();
  return text;
}

// In the new process. It ends with the thread that started it, whatever it is at then.
[[noreturn]] void become_python(int socket, int failure, pid_t parent) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(127);
  dup2(socket, STDIN_FILENO);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execlp("python3", "python3", "-c", kProgram, static_cast<char*>(nullptr));
  [[maybe_unused]] const ssize_t told = write(failure, "!", 1);
  _exit(127);
}

}  // namespace

Python::~Python() { stop(); }

// False where there is none.
bool Python::start() {
  std::array<int, 2> ends{};
  std::array<int, 2> exec_ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw Trouble{fmt::format("a socket for python3: {}", std::generic_category().message(errno))};
  socket_ = UniqueFd{ends[0]};
  const UniqueFd theirs{ends[1]};
  if (pipe2(exec_ends.data(), O_CLOEXEC) != 0)
    throw Trouble{fmt::format("a pipe for python3: {}", std::generic_category().message(errno))};
  const UniqueFd exec_failure{exec_ends[0]};
  UniqueFd exec_failed{exec_ends[1]};  // closed by an exec() that works
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw Trouble{fmt::format("python3: {}", std::generic_category().message(errno))};
  if (pid_ == 0) become_python(theirs.get(), exec_failed.get(), parent);
  exec_failed.reset();
  char failed = 0;
  ssize_t got = 0;
  while ((got = read(exec_failure.get(), &failed, 1)) < 0 && errno == EINTR) continue;
  if (got == 0) return true;
  stop();
  return false;
}

void Python::stop() {
  socket_.reset();
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
  pid_ = -1;
}

CodeVerdict Python::judge(const std::vector<drill::CodeRun>& blocks) {
  if (blocks.empty()) return {};
  const std::uint32_t line = blocks.front().place.line;
  if (pid_ < 0 && !start()) return {CaseOutcome::skipped, line, "there is no python3 for %{ }%"};
  const bool sent = send_all(socket_.get(), request_of(blocks));
  const std::string text = sent ? read_line(socket_.get()) : std::string{};
  const Json answer = Json::parse(text, nullptr, false);
  if (!answer.is_array() || answer.size() != 3) {
    stop();
    return {CaseOutcome::failed, line, "%{ }%: python3 ended or does not come to an end"};
  }
  CodeVerdict verdict{CaseOutcome::passed, answer[1].get<std::uint32_t>(), {}};
  const auto what = answer[2].get<std::string>();
  if (answer[0] == "fails") {
    verdict.outcome = CaseOutcome::failed;
    verdict.message = fmt::format("%{{ }}%: {}", what);
  } else if (answer[0] == "lacks") {
    verdict.outcome = CaseOutcome::skipped;
    verdict.message = fmt::format("the host has no {}", what);
  }
  return verdict;
}

}  // namespace halfopen

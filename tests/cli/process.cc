#include "tests/cli/process.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/support/scratch.h"

namespace halfopen {
namespace {

// A file without a name for one stream of the child: a pipe could fill up while we wait for the other.
class StreamFile {
 public:
  StreamFile() : file_{std::tmpfile()} {
    if (file_ == nullptr) throw std::runtime_error{"no temporary file"};
  }
  StreamFile(const StreamFile&) = delete;
  StreamFile& operator=(const StreamFile&) = delete;
  ~StreamFile() { std::fclose(file_); }

  void put(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), file_);
    std::rewind(file_);
  }
  std::string take() {
    std::rewind(file_);
    std::string text;
    std::array<char, 4096> piece{};
    for (std::size_t n = 0; (n = std::fread(piece.data(), 1, piece.size(), file_)) > 0;) {
      text.append(piece.data(), n);
    }
    return text;
  }
  [[nodiscard]] int descriptor() const { return fileno(file_); }

 private:
  std::FILE* file_;
};

[[noreturn]] void become(const Start& start, const std::vector<char*>& arguments, int in, int out, int err) {
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  for (const auto& [name, value] : start.environment) setenv(name.c_str(), value.c_str(), 1);
  if (!start.directory.empty() && chdir(start.directory.c_str()) != 0) _exit(127);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

Outcome run(const std::string& program, const Start& start) {
  std::vector<std::string> words{program};
  words.insert(words.end(), start.arguments.begin(), start.arguments.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  StreamFile in;
  StreamFile out;
  StreamFile err;
  in.put(start.input);
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error{"fork failed"};
  if (child == 0) become(start, arguments, in.descriptor(), out.descriptor(), err.descriptor());
  int status = 0;
  waitpid(child, &status, 0);
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {.status = code, .out = out.take(), .err = err.take()};
}

}  // namespace

Outcome halfopen_run(const Start& start) { return run(HALFOPEN_BINARY, start); }

Outcome halfopen_run(std::vector<std::string> arguments) {
  return halfopen_run(
      Start{.arguments = std::move(arguments), .environment = {}, .directory = {}, .input = {}});
}

Outcome shell(const std::string& command) {
  return run("bash", {.arguments = {"-c", command},
                      .environment = {{"HALFOPEN", HALFOPEN_BINARY}},
                      .directory = {},
                      .input = {}});
}

std::string read_bytes(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void write_bytes(const std::filesystem::path& file, const std::string& bytes) {
  test::write_file(file.string(), {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace halfopen

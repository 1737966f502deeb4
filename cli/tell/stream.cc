#include "cli/tell/stream.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "cli/tell/exit_code.h"
#include "cli/tell/status_line.h"
#include "sim/base/plain_text.h"

namespace halfopen {
namespace {

// After an operation that may have failed: `failed`, or only the mark is left.
bool settle(std::FILE* stream, bool failed) {
  const int error = errno;
  if (!failed && std::ferror(stream) == 0) return true;
  std::clearerr(stream);
  if (error == EPIPE) return false;
  std::string message =
      std::string{"cannot write to "} + (stream == stderr ? "standard error" : "standard output");
  if (error != 0) message.append(": ").append(std::strerror(error));
  throw Trouble{message};
}

}  // namespace

void occupy_standard_descriptors() {
  constexpr std::array<int, 3> kUseless{O_WRONLY, O_RDONLY, O_RDONLY};  // for what each is there for
  for (int fd = 0; fd < 3; ++fd) {
    if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest that is free is this one: those below are open.
    if (open("/dev/null", kUseless[static_cast<std::size_t>(fd)]) < 0)
      throw Trouble{std::string{"a standard stream is closed, and /dev/null cannot be opened: "} +
                    std::strerror(errno)};
  }
}

bool put(std::FILE* stream, std::string_view bytes) {
  if (bytes.empty()) return true;
  clear_status();
  errno = 0;
  return settle(stream, std::fwrite(bytes.data(), 1, bytes.size(), stream) != bytes.size());
}

bool flush(std::FILE* stream) {
  errno = 0;
  return settle(stream, std::fflush(stream) != 0);
}

void complain(std::string_view message) {
  clear_status();
  std::fflush(stdout);
  const std::string line = "halfopen: " + plain_text(message) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace halfopen

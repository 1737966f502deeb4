#include "replay/streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "replay/errors.h"

namespace halfopen {
namespace {

struct Pipe {
  UniqueFd reading, writing;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  check(pipe2(ends.data(), O_CLOEXEC), "pipe");
  return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

void set_non_blocking(const UniqueFd& fd) { check(fcntl(fd.get(), F_SETFL, O_NONBLOCK), "fcntl"); }

// Everything that is there; closes `fd` at its end.
void drain(UniqueFd& fd, std::string& into) {
  std::array<char, 16'384> buffer{};
  while (fd) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got > 0) {
      into.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
      fd.reset();
    } else if (errno == EAGAIN) {
      return;
    }
  }
}

}  // namespace

Streams::FarEnds Streams::open() {
  close();
  Pipe input = make_pipe();
  Pipe output = make_pipe();
  Pipe error_output = make_pipe();
  set_non_blocking(input.writing);
  set_non_blocking(output.reading);
  set_non_blocking(error_output.reading);
  input_ = std::move(input.writing);
  output_ = std::move(output.reading);
  error_output_ = std::move(error_output.reading);
  return {std::move(input.reading), std::move(output.writing), std::move(error_output.writing)};
}

void Streams::close() {
  input_.reset();
  output_.reset();
  error_output_.reset();
  typed_.clear();
  ends_ = false;
}

void Streams::type(std::string_view text) {
  typed_ += text;
  flush();
}

void Streams::close_input() {
  ends_ = true;
  flush();
}

void Streams::flush() {
  while (input_ && !typed_.empty()) {
    const ssize_t put = ::write(input_.get(), typed_.data(), typed_.size());
    if (put > 0) {
      typed_.erase(0, static_cast<std::size_t>(put));
    } else if (errno == EAGAIN) {
      return;
    } else if (errno != EINTR) {
      typed_.clear();  // nobody reads any more
      input_.reset();
    }
  }
  if (ends_ && typed_.empty()) input_.reset();
}

Streams::Written Streams::poll() {
  flush();
  Written written;
  drain(output_, written.output);
  drain(error_output_, written.error_output);
  return written;
}

std::vector<int> Streams::descriptors() const {
  std::vector<int> all;
  if (output_) all.push_back(output_.get());
  if (error_output_) all.push_back(error_output_.get());
  return all;
}

}  // namespace halfopen

#include "replay/sandbox/streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "replay/base/errors.h"

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
  output_.fd = std::move(output.reading);
  error_output_.fd = std::move(error_output.reading);
  return {std::move(input.reading), std::move(output.writing), std::move(error_output.writing)};
}

void Streams::close() {
  input_.reset();
  output_ = {};
  error_output_ = {};
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

std::string Streams::Outlet::poll(TimePoint now) {
  drain(fd, part);
  const std::size_t lines = fd ? part.rfind('\n') + 1 : part.size();  // npos + 1 is 0
  const bool waited = now >= due;
  const std::size_t count = waited ? part.size() : lines;
  std::string whole = part.substr(0, count);
  part.erase(0, count);
  if (part.empty()) {
    due = kNever;
  } else if (due == kNever || count > 0) {
    due = now + kPatience;
  }
  return whole;
}

Streams::Written Streams::poll(TimePoint now) {
  flush();
  return {output_.poll(now), error_output_.poll(now)};
}

std::vector<int> Streams::descriptors() const {
  std::vector<int> all;
  if (output_.fd) all.push_back(output_.fd.get());
  if (error_output_.fd) all.push_back(error_output_.fd.get());
  return all;
}

}  // namespace halfopen

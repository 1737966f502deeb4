#include "replay/guest/conversation.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace halfopen::guest {
namespace {

using namespace std::chrono_literals;

constexpr auto kBootLimit = 60s;  // of real time until the guest's init speaks
constexpr std::size_t kConsole = 8192;

}  // namespace

Conversation::Conversation(Qemu& qemu, const GuestConfig& config, std::uint32_t memory_mb,
                           const GuestListener& listener, const StopSignals& signals)
    : qemu_{qemu},
      config_{config},
      listener_{listener},
      signals_{signals},
      files_{std::uint64_t{memory_mb} << 20} {}

void Conversation::run() {
  while (!is_killed_) {
    wait();
    hear_console(qemu_.console());
    hear_console(qemu_.complaints());
    if (!hear_frames()) break;
    keep_time();
  }
  hear_console(qemu_.console());
  hear_console(qemu_.complaints());
  outcome_.wall_time = std::chrono::duration_cast<Duration>(Clock::now() - begin_);
  using enum GuestOutcome::End;
  if (outcome_.end != never_there) return;  // told why
  outcome_.end = has_status_ ? finished : is_there_ ? died : never_there;
}

Conversation::Clock::time_point Conversation::next_limit() const {
  Clock::time_point limit = Clock::time_point::max();
  if (!is_there_) limit = std::min(limit, begin_ + kBootLimit);
  if (config_.wall_limit.count() != 0 && !is_stopped_) limit = std::min(limit, begin_ + config_.wall_limit);
  return limit;
}

void Conversation::wait() {
  std::array<pollfd, 3> watched{{{.fd = qemu_.frames(), .events = POLLIN, .revents = 0},
                                 {.fd = qemu_.console(), .events = POLLIN, .revents = 0},
                                 {.fd = qemu_.complaints(), .events = POLLIN, .revents = 0}}};
  const auto longest = Clock::now() + 1h;
  const auto left = std::max(Clock::duration{0}, std::min(next_limit(), longest) - Clock::now());
  const timespec timeout{.tv_sec = left / 1s, .tv_nsec = (left % 1s) / 1ns};
  ppoll(watched.data(), watched.size(), &timeout, &signals_.wait_mask());
}

bool Conversation::hear_frames() {
  std::array<char, 1u << 16> block;
  for (;;) {
    const ssize_t got = read(qemu_.frames(), block.data(), block.size());
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;
    reader_.feed({block.data(), static_cast<std::size_t>(got)},
                 [this](const FrameHeader& header, std::string_view payload) { on_frame(header, payload); });
  }
}

void Conversation::hear_console(int fd) {
  std::array<char, 4096> block;
  for (ssize_t got = 0; (got = read(fd, block.data(), block.size())) > 0;) {
    outcome_.console.append(block.data(), static_cast<std::size_t>(got));
  }
  if (outcome_.console.size() > kConsole) outcome_.console.erase(0, outcome_.console.size() - kConsole);
}

void Conversation::on_frame(const FrameHeader& header, std::string_view payload) {
  if (has_started_) outcome_.guest_time = Duration{header.time};
  switch (header.type) {
    case FrameType::hello:
      is_there_ = true;
      outcome_.release = payload;
      break;
    case FrameType::start: has_started_ = true; break;
    case FrameType::output:
    case FrameType::error:
      if (listener_.output) listener_.output(payload, header.type == FrameType::error);
      break;
    case FrameType::heartbeat:
      if (listener_.progress) {
        listener_.progress(outcome_.guest_time, std::chrono::duration_cast<Duration>(Clock::now() - begin_));
      }
      break;
    case FrameType::listing: files_.on_listing(); break;
    case FrameType::file: files_.on_file(payload); break;
    case FrameType::data: files_.on_data(payload); break;
    case FrameType::limit:
      is_stopped_ = true;
      outcome_.end = GuestOutcome::End::guest_limit;
      break;
    case FrameType::status:
      has_status_ = true;
      if (payload.size() == sizeof(std::uint64_t) && outcome_.end != GuestOutcome::End::interrupted) {
        outcome_.status = static_cast<int>(number_from(payload.data()));
      }
      break;
    case FrameType::remark: outcome_.remark = payload; break;
    case FrameType::failure:
      outcome_.end = GuestOutcome::End::refused;
      outcome_.why = payload;
      break;
  }
}

void Conversation::keep_time() {
  const auto now = Clock::now();
  if (StopSignals::count() > 0 && !is_stopped_) {
    outcome_.status = StopSignals::last();
    stop(GuestOutcome::End::interrupted);
  }
  if (config_.wall_limit.count() != 0 && now >= begin_ + config_.wall_limit && !is_stopped_) {
    stop(GuestOutcome::End::wall_limit);
  }
  if (!is_there_ && now >= begin_ + kBootLimit) is_killed_ = true;
}

// While it records, QEMU takes nothing in from outside, so nobody in there can be asked to end: what was sent
// is what there is.
void Conversation::stop(GuestOutcome::End why) {
  is_stopped_ = is_killed_ = true;
  outcome_.end = why;
}

}  // namespace halfopen::guest

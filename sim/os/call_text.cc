#include "sim/os/call_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>

#include "sim/base/errno.h"
#include "sim/os/signals.h"

namespace halfopen {
namespace {

constexpr std::array<std::string_view, kCalls> kNames{
    "socket", "bind",   "listen",     "connect",    "accept",     "read", "write",   "close",    "shutdown",
    "poll",   "select", "epoll_wait", "setsockopt", "getsockopt", "fork", "waitpid", "nanosleep"};

constexpr std::array<std::pair<std::uint8_t, std::string_view>, 7> kEvents{
    {{poll_event::in, "POLLIN"},
     {poll_event::pri, "POLLPRI"},
     {poll_event::out, "POLLOUT"},
     {poll_event::err, "POLLERR"},
     {poll_event::hup, "POLLHUP"},
     {poll_event::nval, "POLLNVAL"},
     {poll_event::rdhup, "POLLRDHUP"}}};

std::string events_text(std::uint8_t events) {
  std::string text;
  for (const auto& [bit, name] : kEvents) {
    if ((events & bit) == 0) continue;
    if (!text.empty()) text += '|';
    text += name;
  }
  return text.empty() ? "0" : text;
}

std::string timeval_text(Duration time, std::string_view fraction_name, std::int64_t fraction) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  const auto rest = (time - seconds).count() / fraction;
  return fmt::format("{{tv_sec={}, {}={}}}", seconds.count(), fraction_name, rest);
}

void describe_read(CallText& text, const Call& call, const CallResult& result) {
  const std::size_t asked = call.discard > 0 ? call.discard : call.into.size();
  if (result.failed()) {
    text.args = fmt::format("{}, {}", call.fd, asked);
  } else if (call.discard > 0 && result.value > 0) {
    text.args = fmt::format("{}, ..., {}", call.fd, asked);
  } else {
    const auto got = static_cast<std::size_t>(result.value);
    text.args = fmt::format("{}, {}, {}", call.fd, quote(call.into.first(got)), asked);
  }
}

void describe_select(CallText& text, const Call& call, const CallResult& result) {
  int highest = -1;
  std::string asked;
  std::string found;
  for (const PollFd& polled : call.polled) {
    highest = std::max(highest, polled.fd);
    asked += fmt::format("{}{}", asked.empty() ? "" : " ", polled.fd);
    if (polled.returned != 0) found += fmt::format("{}{}", found.empty() ? "" : " ", polled.fd);
  }
  const bool forever = call.timeout == Duration::max();
  text.args = fmt::format("{}, [{}], NULL, NULL, {}", highest + 1, asked,
                          forever ? "NULL" : timeval_text(call.timeout, "tv_usec", 1000));
  if (result.value > 0) text.detail = fmt::format("(in [{}])", found);
  if (result.value == 0) text.detail = "(Timeout)";
}

void describe_poll(CallText& text, const Call& call, const CallResult& result) {
  std::string asked;
  std::string found;
  for (const PollFd& polled : call.polled) {
    asked += fmt::format("{}{{fd={}, events={}}}", asked.empty() ? "" : ", ", polled.fd,
                         events_text(polled.wanted));
    if (polled.returned == 0) continue;
    found += fmt::format("{}{{fd={}, revents={}}}", found.empty() ? "" : ", ", polled.fd,
                         events_text(polled.returned));
  }
  const auto millis = call.timeout == Duration::max()
                          ? -1
                          : std::chrono::duration_cast<std::chrono::milliseconds>(call.timeout).count();
  text.args = fmt::format("[{}], {}, {}", asked, call.polled.size(), millis);
  if (result.value > 0) text.detail = fmt::format("([{}])", found);
  if (result.value == 0) text.detail = "(Timeout)";
}

void describe_getsockopt(CallText& text, const Call& call, const CallResult& result) {
  text.args = fmt::format("{}, {}", call.fd, to_string(call.option));
  if (result.failed()) return;
  text.result = 0;
  const bool is_error = call.option == SocketOption::so_error && result.value != 0;
  text.detail = is_error ? fmt::format("[{}]", to_string(static_cast<Errno>(result.value)))
                         : fmt::format("[{}]", result.value);
}

void describe_waitpid(CallText& text, const Call& call, const CallResult& result) {
  std::string status = "NULL";
  if (call.status != nullptr && result.value > 0) status = wait_status_text(*call.status);
  const auto pid = call.pid == 0 ? -1 : std::int64_t{call.pid};
  text.args = fmt::format("{}, {}, {}", pid, status, call.no_hang ? "WNOHANG" : "0");
}

}  // namespace

CallText describe(const Call& call, const CallResult& result) {
  constexpr std::array<std::string_view, 3> kHow{"SHUT_RD", "SHUT_WR", "SHUT_RDWR"};
  CallText text;
  text.call = kNames[static_cast<std::size_t>(call.kind)];
  text.result = result.value;
  switch (call.kind) {
    case CallKind::socket:
      text.args = call.datagrams ? "AF_INET, SOCK_DGRAM, 0" : "AF_INET, SOCK_STREAM, 0";
      break;
    case CallKind::bind:
    case CallKind::connect:
      text.args = fmt::format("{}, {}", call.fd, call.disconnects ? "AF_UNSPEC" : to_text(call.address));
      break;
    case CallKind::listen: text.args = fmt::format("{}, {}", call.fd, call.value); break;
    case CallKind::accept:
    case CallKind::close: text.args = fmt::format("{}", call.fd); break;
    case CallKind::read: describe_read(text, call, result); break;
    case CallKind::write:
      text.args = fmt::format("{}, {}, {}", call.fd, quote(call.bytes), call.bytes.size());
      break;
    case CallKind::shutdown:
      text.args = fmt::format("{}, {}", call.fd, kHow[static_cast<std::size_t>(call.how)]);
      break;
    case CallKind::poll: describe_poll(text, call, result); break;
    case CallKind::select: describe_select(text, call, result); break;
    case CallKind::epoll_wait: text.args = fmt::format("{}, ..., {}", call.fd, call.ready.size()); break;
    case CallKind::setsockopt:
      text.args = fmt::format("{}, {}, {}", call.fd, to_string(call.option), call.value);
      break;
    case CallKind::getsockopt: describe_getsockopt(text, call, result); break;
    case CallKind::waitpid: describe_waitpid(text, call, result); break;
    case CallKind::nanosleep: text.args = timeval_text(call.timeout, "tv_nsec", 1) + ", NULL"; break;
    case CallKind::fork:
    case CallKind::count_: break;
  }
  return text;
}

std::string wait_status_text(int status) {
  const int killed_by = status & 0x7f;
  return killed_by != 0 ? fmt::format("[{{WIFSIGNALED(s) && WTERMSIG(s) == {}}}]", killed_by)
                        : fmt::format("[{{WIFEXITED(s) && WEXITSTATUS(s) == {}}}]", status >> 8);
}

std::string quote(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t kMost = 32;
  std::string text = "\"";
  const auto shown = bytes.first(std::min(bytes.size(), kMost));
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const auto c = static_cast<char>(shown[i]);
    const bool digit_follows = i + 1 < shown.size() && shown[i + 1] >= '0' && shown[i + 1] <= '9';
    switch (c) {
      case '\n': text += "\\n"; break;
      case '\t': text += "\\t"; break;
      case '\r': text += "\\r"; break;
      case '"': text += "\\\""; break;
      case '\\': text += "\\\\"; break;
      default:
        if (c >= ' ' && c <= '~') {
          text += c;
        } else {
          text += digit_follows ? fmt::format("\\{:03o}", shown[i]) : fmt::format("\\{:o}", shown[i]);
        }
    }
  }
  return text + (bytes.size() > kMost ? "\"..." : "\"");
}

std::string to_text(const SocketAddress& address) {
  return fmt::format(fmt::runtime(address.ip.is_v6() ? "[{}]:{}" : "{}:{}"), address.ip.to_string(),
                     address.port);
}

}  // namespace halfopen

#include "replay/watch/call_reader.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "replay/watch/call_buffers.h"
#include "replay/watch/call_words.h"
#include "replay/watch/proc_files.h"
#include "replay/watch/tracee_memory.h"
#include "sim/base/errno.h"

namespace halfopen {
namespace {

constexpr std::size_t kMostPolled = 1024;  // of a poll(): how many we look at
constexpr std::size_t kMostShown = 32;     // and how many we show

int number(std::uint64_t arg) { return static_cast<int>(arg); }

// ---- What a call waits for

std::vector<pollfd> polled_fds(pid_t tid, const CallEntry& entry) {
  return read_values<pollfd>(tid, entry.args[0],
                             static_cast<std::size_t>(std::min<std::uint64_t>(entry.args[1], kMostPolled)));
}

// The descriptors in the fd_set at `address`.
std::vector<int> set_fds(pid_t tid, std::uint64_t address, int limit) {
  using Word = unsigned long;  // the kernel's unit; it touches no more of the set than it needs
  constexpr int kBits = 8 * sizeof(Word);
  std::vector<int> fds;
  limit = std::clamp(limit, 0, 1 << 16);
  if (address == 0 || limit == 0) return fds;
  const auto words = read_values<Word>(tid, address, static_cast<std::size_t>((limit + kBits - 1) / kBits));
  for (int fd = 0; fd < limit && !words.empty(); ++fd) {
    if ((words[static_cast<std::size_t>(fd / kBits)] >> (fd % kBits) & 1) != 0) fds.push_back(fd);
  }
  return fds;
}

bool any_inet(pid_t tid, const std::vector<int>& fds) {
  return std::ranges::any_of(fds, [tid](int fd) { return is_inet_socket(tid, fd); });
}

std::string set_text(pid_t tid, std::uint64_t address, int limit) {
  if (address == 0) return "NULL";
  return fmt::format("[{}]", fmt::join(set_fds(tid, address, limit), " "));
}

// "[{fd=3, events=POLLIN}]" of those asked for, or "revents" of those found.
std::string polled_text(const std::vector<pollfd>& polled, bool found) {
  std::string text = "[";
  std::size_t shown = 0;
  for (const pollfd& one : polled) {
    const short events = found ? one.revents : one.events;
    if (found && events == 0) continue;
    if (shown > 0) text += ", ";
    if (shown++ == kMostShown) return text + "...]";
    text += fmt::format("{{fd={}, {}={}}}", one.fd, found ? "revents" : "events",
                        events_text(static_cast<std::uint16_t>(events), false));
  }
  return text + "]";
}

// A signal mask is there or not; which signals it holds is not told.
std::string mask_text(std::uint64_t address) { return address == 0 ? "NULL" : "[...]"; }

// pselect6 takes its signal mask as a pointer to a pointer and a size.
std::string select_mask_text(pid_t tid, std::uint64_t address) {
  return mask_text(read_value<std::uint64_t>(tid, address).value_or(0));
}

std::string select_text(pid_t tid, const CallEntry& entry, bool is_pselect) {
  const auto& a = entry.args;
  std::string text = fmt::format("{}, {}, {}, {}, {}", number(a[0]), set_text(tid, a[1], number(a[0])),
                                 set_text(tid, a[2], number(a[0])), set_text(tid, a[3], number(a[0])),
                                 is_pselect ? timespec_text(tid, a[4]) : timeval_text(tid, a[4]));
  if (is_pselect) text += ", " + select_mask_text(tid, a[5]);
  return text;
}

// "in [3], out [3]": what a select() left in its sets.
std::string selected_text(pid_t tid, const CallEntry& entry) {
  std::string text;
  constexpr std::array<std::string_view, 3> kSets{"in", "out", "except"};
  for (std::size_t i = 0; i < kSets.size(); ++i) {
    const auto fds = set_fds(tid, entry.args[i + 1], number(entry.args[0]));
    if (fds.empty()) continue;
    text += fmt::format("{}{} [{}]", text.empty() ? "" : ", ", kSets[i], fmt::join(fds, " "));
  }
  return text;
}

std::string epoll_text(pid_t tid, const CallEntry& entry, std::int64_t result) {
  const auto& a = entry.args;
  std::string events;
  const auto count = static_cast<std::size_t>(std::clamp<std::int64_t>(result, 0, kMostShown));
  for (const epoll_event& event : read_values<epoll_event>(tid, a[1], count)) {
    const std::uint64_t data = event.data.u64;  // copies: the structure is packed
    const std::uint32_t bits = event.events;
    events += fmt::format("{}{{events={}, data={{u32={}, u64={}}}}}", events.empty() ? "" : ", ",
                          events_text(bits, true), static_cast<std::uint32_t>(data), data);
  }
  if (result > static_cast<std::int64_t>(kMostShown)) events += ", ...";
  const TracedCall call = entry.row->call;
  const std::string timeout =
      call == TracedCall::epoll_pwait2 ? timespec_text(tid, a[3]) : std::to_string(number(a[3]));
  std::string text = fmt::format("{}, [{}], {}, {}", number(a[0]), events, number(a[2]), timeout);
  if (call != TracedCall::epoll_wait) text += fmt::format(", {}, {}", mask_text(a[4]), a[5]);
  return text;
}

// ---- Reading

std::string waited_text(pid_t tid, const CallEntry& entry, std::int64_t result) {
  const auto& a = entry.args;
  const auto status = result > 0 ? read_value<int>(tid, a[1]) : std::nullopt;
  const int options = number(a[2]);
  return fmt::format("{}, {}, {}", number(a[0]), status ? wait_status_text(*status) : "NULL",
                     options == 0         ? "0"
                     : options == WNOHANG ? "WNOHANG"
                                          : std::to_string(options));
}

// Buffers are not shown where the call failed, since nothing came into them.
std::string received_text(pid_t tid, const CallEntry& entry, std::int64_t result) {
  const auto& a = entry.args;
  const int fd = number(a[0]);
  const bool failed = result < 0;
  const auto got = static_cast<std::uint64_t>(std::max<std::int64_t>(result, 0));
  const Filled filled{.how = failed ? Filled::How::none : Filled::How::bytes, .bytes = got};
  switch (entry.row->call) {
    case TracedCall::readv: return fmt::format("{}, {}, {}", fd, iovec_text(tid, a[1], a[2], filled), a[2]);
    case TracedCall::recvmsg:
      return fmt::format("{}, {}, {}", fd, message_text(tid, a[1], filled), message_flags_text(number(a[2])));
    case TracedCall::recvmmsg:
      return fmt::format("{}, {}, {}, {}, {}", fd, messages_text(tid, a[1], got, true), a[2],
                         message_flags_text(number(a[3])), timespec_text(tid, a[4]));
    default: break;
  }
  const std::string bytes = failed ? "" : buffer_text(tid, a[1], std::min(got, a[2])) + ", ";
  std::string text = fmt::format("{}, {}{}", fd, bytes, a[2]);
  if (entry.row->call == TracedCall::read) return text;
  text += ", " + message_flags_text(number(a[3]));
  const auto from_size = failed ? std::nullopt : read_value<socklen_t>(tid, a[5]);
  if (!from_size) return text + ", " + pointer_text(a[4]) + ", " + pointer_text(a[5]);
  return text + fmt::format(", {}, [{}]", sockaddr_text(tid, a[4], *from_size), *from_size);
}

std::string getsockopt_detail(pid_t tid, const CallEntry& entry) {
  const int level = number(entry.args[1]);
  const int option = number(entry.args[2]);
  const auto size = read_value<socklen_t>(tid, entry.args[4]);
  if (!size) return {};
  if (level == SOL_SOCKET && option == SO_ERROR) {
    const auto error = read_value<int>(tid, entry.args[3]);
    return error ? fmt::format("[{}]", to_string(static_cast<Errno>(*error))) : std::string{};
  }
  return fmt::format("[{}]", option_value_text(tid, level, option, entry.args[3], *size));
}

std::string offset_text(pid_t tid, std::uint64_t address) {
  const auto offset = read_value<std::int64_t>(tid, address);
  return offset ? fmt::format("[{}]", *offset) : pointer_text(address);
}

}  // namespace

bool is_network_call(pid_t tid, const CallEntry& entry) {
  const auto& a = entry.args;
  switch (entry.row->call) {
    case TracedCall::socket: return number(a[0]) == AF_INET || number(a[0]) == AF_INET6;
    case TracedCall::poll:
    case TracedCall::ppoll:
      return std::ranges::any_of(polled_fds(tid, entry),
                                 [tid](const pollfd& one) { return is_inet_socket(tid, one.fd); });
    case TracedCall::select:
    case TracedCall::pselect6:
      for (std::size_t set = 1; set <= 3; ++set) {
        if (any_inet(tid, set_fds(tid, a[set], number(a[0])))) return true;
      }
      return false;
    case TracedCall::epoll_wait:
    case TracedCall::epoll_pwait:
    case TracedCall::epoll_pwait2: return any_inet(tid, watched_by_epoll(tid, number(a[0])));
    default: return is_inet_socket(tid, number(a[0]));
  }
}

std::string text_at_entry(pid_t tid, const CallEntry& entry) {
  const auto& a = entry.args;
  const int fd = number(a[0]);
  switch (entry.row->call) {
    case TracedCall::socket:
      return fmt::format("{}, {}, {}", domain_text(number(a[0])), socket_type_text(number(a[1])),
                         protocol_text(number(a[2])));
    case TracedCall::bind:
    case TracedCall::connect: return fmt::format("{}, {}", fd, sockaddr_text(tid, a[1], a[2]));
    case TracedCall::listen: return fmt::format("{}, {}", fd, number(a[1]));
    case TracedCall::accept:
    case TracedCall::close: return std::to_string(fd);
    case TracedCall::accept4:
      return a[3] == 0 ? std::to_string(fd) : fmt::format("{}, {}", fd, socket_flags_text(number(a[3])));
    case TracedCall::write: return fmt::format("{}, {}, {}", fd, buffer_text(tid, a[1], a[2]), a[2]);
    case TracedCall::writev: return fmt::format("{}, {}, {}", fd, iovec_text(tid, a[1], a[2], {}), a[2]);
    case TracedCall::sendto:
      return fmt::format("{}, {}, {}, {}, {}, {}", fd, buffer_text(tid, a[1], a[2]), a[2],
                         message_flags_text(number(a[3])), sockaddr_text(tid, a[4], a[5]), a[5]);
    case TracedCall::sendmsg:
      return fmt::format("{}, {}, {}", fd, message_text(tid, a[1], {}), message_flags_text(number(a[2])));
    case TracedCall::sendmmsg:
      return fmt::format("{}, {}, {}, {}", fd, messages_text(tid, a[1], a[2], false), a[2],
                         message_flags_text(number(a[3])));
    case TracedCall::sendfile:
      return fmt::format("{}, {}, {}, {}", fd, number(a[1]), offset_text(tid, a[2]), a[3]);
    case TracedCall::poll:
      return fmt::format("{}, {}, {}", polled_text(polled_fds(tid, entry), false), a[1], number(a[2]));
    case TracedCall::ppoll:
      return fmt::format("{}, {}, {}, {}, {}", polled_text(polled_fds(tid, entry), false), a[1],
                         timespec_text(tid, a[2]), mask_text(a[3]), a[4]);
    case TracedCall::select: return select_text(tid, entry, false);
    case TracedCall::pselect6: return select_text(tid, entry, true);
    case TracedCall::shutdown: return fmt::format("{}, {}", fd, how_text(number(a[1])));
    case TracedCall::getsockopt: return fmt::format("{}, {}", fd, option_text(number(a[1]), number(a[2])));
    case TracedCall::setsockopt:
      return fmt::format(
          "{}, {}, {}", fd, option_text(number(a[1]), number(a[2])),
          option_value_text(tid, number(a[1]), number(a[2]), a[3], static_cast<std::uint32_t>(a[4])));
    default: return {};
  }
}

CallText text_at_exit(pid_t tid, const CallEntry& entry, std::string args, std::int64_t result) {
  CallText text;
  text.call = entry.row->name;
  text.args = std::move(args);
  text.result = result < 0 ? -1 : result;
  switch (entry.row->call) {
    case TracedCall::read:
    case TracedCall::readv:
    case TracedCall::recvfrom:
    case TracedCall::recvmsg:
    case TracedCall::recvmmsg: text.args = received_text(tid, entry, result); break;
    case TracedCall::poll:
    case TracedCall::ppoll:
      if (result > 0) text.detail = fmt::format("({})", polled_text(polled_fds(tid, entry), true));
      if (result == 0) text.detail = "(Timeout)";
      break;
    case TracedCall::select:
    case TracedCall::pselect6:
      if (result > 0) text.detail = fmt::format("({})", selected_text(tid, entry));
      if (result == 0) text.detail = "(Timeout)";
      break;
    case TracedCall::epoll_wait:
    case TracedCall::epoll_pwait:
    case TracedCall::epoll_pwait2:
      text.args = epoll_text(tid, entry, result);
      if (result == 0) text.detail = "(Timeout)";
      break;
    case TracedCall::wait4: text.args = waited_text(tid, entry, result); break;
    case TracedCall::getsockopt:
      if (result == 0) text.detail = getsockopt_detail(tid, entry);
      break;
    default: break;
  }
  return text;
}

}  // namespace halfopen

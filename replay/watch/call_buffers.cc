#include "replay/watch/call_buffers.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "replay/watch/call_words.h"
#include "replay/watch/tracee_memory.h"
#include "sim/os/call_text.h"

namespace halfopen {
namespace {

constexpr std::uint64_t kShown = 32;        // as quote() does; one byte more tells it that there are more
constexpr std::uint64_t kMostBuffers = 8;   // of an iovec
constexpr std::uint64_t kMostMessages = 4;  // of recvmmsg and sendmmsg

std::uint64_t address_of(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

std::string message_text(pid_t tid, const msghdr& message, Filled filled) {
  std::string text = "{";
  if (message.msg_name != nullptr && filled.how != Filled::How::none) {
    text +=
        fmt::format("msg_name={}, ", sockaddr_text(tid, address_of(message.msg_name), message.msg_namelen));
  }
  text += fmt::format("msg_iov={}, msg_iovlen={}",
                      iovec_text(tid, address_of(message.msg_iov), message.msg_iovlen, filled),
                      message.msg_iovlen);
  if (message.msg_controllen != 0) text += fmt::format(", msg_controllen={}", message.msg_controllen);
  return text + "}";
}

}  // namespace

std::string pointer_text(std::uint64_t address) {
  return address == 0 ? "NULL" : fmt::format("{:#x}", address);
}

std::string buffer_text(pid_t tid, std::uint64_t address, std::uint64_t size) {
  const auto bytes = read_bytes(tid, address, static_cast<std::size_t>(std::min(size, kShown + 1)));
  return bytes ? quote(*bytes) : pointer_text(address);
}

std::string sockaddr_text(pid_t tid, std::uint64_t address, std::uint64_t size) {
  sockaddr_storage storage{};
  if (address == 0) return "NULL";
  if (size < sizeof(sa_family_t) ||
      !read_memory(tid, address, &storage,
                   static_cast<std::size_t>(std::min<std::uint64_t>(size, sizeof storage)))) {
    return pointer_text(address);
  }
  return address_text(storage);
}

std::string timespec_text(pid_t tid, std::uint64_t address) {
  const auto time = read_value<timespec>(tid, address);
  return time ? fmt::format("{{tv_sec={}, tv_nsec={}}}", time->tv_sec, time->tv_nsec) : pointer_text(address);
}

std::string timeval_text(pid_t tid, std::uint64_t address) {
  const auto time = read_value<timeval>(tid, address);
  return time ? fmt::format("{{tv_sec={}, tv_usec={}}}", time->tv_sec, time->tv_usec) : pointer_text(address);
}

std::string iovec_text(pid_t tid, std::uint64_t address, std::uint64_t count, Filled filled) {
  if (count == 0) return "[]";
  const auto buffers =
      read_values<iovec>(tid, address, static_cast<std::size_t>(std::min(count, kMostBuffers)));
  if (buffers.empty()) return pointer_text(address);
  std::string text = "[";
  for (const iovec& buffer : buffers) {
    if (text.size() > 1) text += ", ";
    if (filled.how == Filled::How::none) {
      text += fmt::format("{{iov_len={}}}", buffer.iov_len);
      continue;
    }
    const std::uint64_t size = filled.how == Filled::How::whole
                                   ? buffer.iov_len
                                   : std::min<std::uint64_t>(buffer.iov_len, filled.bytes);
    filled.bytes -= filled.how == Filled::How::whole ? 0 : size;
    text += fmt::format("{{iov_base={}, iov_len={}}}", buffer_text(tid, address_of(buffer.iov_base), size),
                        buffer.iov_len);
  }
  return text + (count > kMostBuffers ? ", ...]" : "]");
}

std::string message_text(pid_t tid, std::uint64_t address, Filled filled) {
  const auto message = read_value<msghdr>(tid, address);
  return message ? message_text(tid, *message, filled) : pointer_text(address);
}

std::string messages_text(pid_t tid, std::uint64_t address, std::uint64_t count, bool received) {
  if (count == 0) return "[]";
  const auto shown = static_cast<std::size_t>(std::min(count, kMostMessages));
  const auto messages = read_values<mmsghdr>(tid, address, shown);
  if (messages.empty()) return pointer_text(address);
  std::string text = "[";
  for (const mmsghdr& message : messages) {
    const Filled filled = received ? Filled{.how = Filled::How::bytes, .bytes = message.msg_len} : Filled{};
    text += fmt::format("{}{{msg_hdr={}", text.size() > 1 ? ", " : "",
                        message_text(tid, message.msg_hdr, filled));
    text += received ? fmt::format(", msg_len={}}}", message.msg_len) : "}";
  }
  return text + (count > kMostMessages ? ", ...]" : "]");
}

std::string option_value_text(pid_t tid, int level, int option, std::uint64_t address, std::uint32_t size) {
  if (level == SOL_SOCKET && option == SO_LINGER && size >= sizeof(linger)) {
    const auto value = read_value<linger>(tid, address);
    if (!value) return pointer_text(address);
    return std::to_string(value->l_onoff != 0 ? value->l_linger : -1);
  }
  if (level == SOL_SOCKET && (option == SO_RCVTIMEO || option == SO_SNDTIMEO) && size >= sizeof(timeval)) {
    const auto value = read_value<timeval>(tid, address);
    return value ? std::to_string(value->tv_sec * 1000 + value->tv_usec / 1000) : pointer_text(address);
  }
  if (size == sizeof(int)) {
    const auto value = read_value<int>(tid, address);
    return value ? std::to_string(*value) : pointer_text(address);
  }
  return buffer_text(tid, address, size);
}

}  // namespace halfopen

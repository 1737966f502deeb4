#include "sim/script/calls.h"

#include <algorithm>
#include <array>

#include "sim/base/input_error.h"

namespace halfopen::script {
namespace {

constexpr auto kCalls = std::to_array<std::string_view>(
    {"socket", "bind",     "listen",  "accept",   "accept4",      "connect",    "read",      "readv",
     "recv",   "recvfrom", "recvmsg", "write",    "writev",       "send",       "sendto",    "sendmsg",
     "fcntl",  "ioctl",    "close",   "shutdown", "getsockopt",   "setsockopt", "poll",      "cap_set",
     "open",   "sendfile", "pipe",    "splice",   "epoll_create", "epoll_ctl",  "epoll_wait"});

}  // namespace

bool is_known_call(std::string_view name) {
  return std::ranges::find(kCalls, name) != kCalls.end() || name.starts_with("psp_") ||
         name.starts_with("sctp_");
}

void check_calls(const Script& script, const std::string& name) {
  for (const Event& event : script.events) {
    const auto* call = std::get_if<CallSpec>(&event.action);
    if (call == nullptr || is_known_call(call->name)) continue;
    throw InputError{name + ":" + std::to_string(event.place.line) + ":" + std::to_string(event.place.column),
                     "a system call of packetdrill's", call->name + "()"};
  }
}

}  // namespace halfopen::script

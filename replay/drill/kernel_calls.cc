// The table of calls, what they share, and those that make, name and end descriptors.
#include "replay/drill/kernel_calls.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "sim/drill/call_arguments.h"
#include "sim/script/meaning.h"
#include "sim/script/text.h"

namespace halfopen::drill {
namespace {

using script::CallSpec;
using script::Value;

bool is_null(const Value& value) { return value.kind == Value::Kind::word && value.text == "NULL"; }

// "EAGAIN"; a number for what has no name here.
std::string name_of_error(int error) {
  const char* name = strerrorname_np(error);
  return name != nullptr ? name : std::to_string(error);
}

}  // namespace

KernelCalls::KernelCalls(Agent& agent, const CallAddresses& addresses, Duration tolerance)
    : agent_{agent}, addresses_{addresses}, tolerance_{tolerance} {}

std::span<const KernelCalls::Row> KernelCalls::rows() {
  static constexpr auto kRows = std::to_array<Row>({{"socket", 3, &KernelCalls::socket},
                                                    {"bind", 3, &KernelCalls::bind},
                                                    {"listen", 2, &KernelCalls::listen},
                                                    {"accept", 3, &KernelCalls::accept},
                                                    {"accept4", 4, &KernelCalls::accept},
                                                    {"connect", 3, &KernelCalls::connect},
                                                    {"read", 3, &KernelCalls::read},
                                                    {"recv", 4, &KernelCalls::read},
                                                    {"recvfrom", 6, &KernelCalls::read},
                                                    {"readv", 3, &KernelCalls::readv},
                                                    {"recvmsg", 3, &KernelCalls::recvmsg},
                                                    {"write", 3, &KernelCalls::write},
                                                    {"send", 4, &KernelCalls::write},
                                                    {"writev", 3, &KernelCalls::writev},
                                                    {"sendto", 6, &KernelCalls::sendto},
                                                    {"sendmsg", 3, &KernelCalls::sendmsg},
                                                    {"sendfile", 4, &KernelCalls::sendfile},
                                                    {"splice", 6, &KernelCalls::splice},
                                                    {"shutdown", 2, &KernelCalls::shutdown},
                                                    {"close", 1, &KernelCalls::close},
                                                    {"open", 2, &KernelCalls::open},
                                                    {"pipe", 1, &KernelCalls::pipe},
                                                    {"getsockopt", 5, &KernelCalls::getsockopt},
                                                    {"setsockopt", 5, &KernelCalls::setsockopt},
                                                    {"fcntl", 2, &KernelCalls::fcntl},
                                                    {"ioctl", 2, &KernelCalls::ioctl},
                                                    {"poll", 3, &KernelCalls::poll},
                                                    {"epoll_create", 1, &KernelCalls::epoll_create},
                                                    {"epoll_ctl", 4, &KernelCalls::epoll_ctl},
                                                    {"epoll_wait", 4, &KernelCalls::epoll_wait}});
  return kRows;
}

AgentCall KernelCalls::prepare(const CallSpec& call) {
  const auto row = std::ranges::find(rows(), std::string_view{call.name}, &Row::name);
  if (row == rows().end()) throw NotSupported{"there is no " + call.name + "()"};
  if (call.arguments.size() < row->arguments)
    throw NotSupported{call.name + "() with " + std::to_string(call.arguments.size()) + " arguments"};
  Prepared prepared = (this->*row->prepare)(call);
  conclude_ = std::move(prepared.conclude);
  return prepared.call;
}

Outcome KernelCalls::conclude(const AgentReply& reply, const RealClock& clock) {
  Outcome outcome{
      .at = clock.at(reply.at), .value = reply.value, .error = {}, .message = {}, .differences = {}};
  if (reply.value < 0) {
    outcome.error = name_of_error(reply.error);
    outcome.message = std::strerror(reply.error);
  } else if (conclude_) {
    conclude_(reply, clock, outcome);
  }
  return outcome;
}

// --- Arguments

std::uint64_t KernelCalls::number(const Value& value) {
  return static_cast<std::uint64_t>(number_for(value, OsFamily::linux_os));
}

int KernelCalls::descriptor_of(const Value& value) const {
  const auto found = descriptors_.find(number_for(value, OsFamily::linux_os));
  return found == descriptors_.end() ? -1 : found->second;
}

std::uint64_t KernelCalls::fd(const Value& value) const {
  return static_cast<std::uint64_t>(descriptor_of(value));
}

std::uint64_t KernelCalls::address_of(const void* shared) { return reinterpret_cast<std::uint64_t>(shared); }

KernelCalls::Conclude KernelCalls::names_descriptor(const CallSpec& call) {
  const std::optional<std::int64_t> expected = script::number_of(call.result, OsFamily::linux_os);
  return [this, expected](const AgentReply& reply, const RealClock&, Outcome& outcome) {
    outcome.value = expected && *expected >= 0 ? *expected : reply.value;
    descriptors_[outcome.value] = static_cast<int>(reply.value);
  };
}

KernelCalls::NativeAddress KernelCalls::socket_address(const Value& value, const SocketAddress& otherwise) {
  if (is_null(value)) return {};
  if (value.kind == Value::Kind::word) {  // AF_UNSPEC: an address of that family, without one
    sockaddr_storage address{};
    address.ss_family = static_cast<sa_family_t>(number(value));
    return {.place = address_of(agent_.put(address)), .size = sizeof(sockaddr_in6)};
  }
  std::optional<SocketAddress> given = otherwise;
  if (value.kind != Value::Kind::ellipsis) given = script::socket_address_of(value);
  if (!given) throw NotSupported{"an address like " + script::text_of(value)};
  if (!given->ip.is_v6() && !(addresses_.is_mapped && value.kind == Value::Kind::ellipsis)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(given->port);
    std::memcpy(&address.sin_addr, given->ip.data(), given->ip.size());
    return {.place = address_of(agent_.put(address)), .size = sizeof address};
  }
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(given->port);
  const std::size_t before = sizeof address.sin6_addr - given->ip.size();
  if (before > 0) std::memset(address.sin6_addr.s6_addr + before - 2, 0xff, 2);
  std::memcpy(address.sin6_addr.s6_addr + before, given->ip.data(), given->ip.size());
  return {.place = address_of(agent_.put(address)), .size = sizeof address};
}

std::span<std::byte> KernelCalls::room_for(const Value& value, std::size_t size) {
  return is_null(value) ? std::span<std::byte>{} : agent_.room(size);
}

std::span<std::byte> KernelCalls::bytes_of(const Value& value, std::size_t size) {
  if (is_null(value)) return {};
  const std::vector<std::uint8_t> bytes = bytes_to_write(value, size);
  const std::span<std::byte> room = agent_.room(size);
  if (size > 0) std::memcpy(room.data(), bytes.data(), size);
  return room;
}

// --- Calls

KernelCalls::Prepared KernelCalls::socket(const CallSpec& call) {
  const Value& domain = call.arguments[0];
  const bool is_v6 = addresses_.bind_to.ip.is_v6() || addresses_.is_mapped;
  const std::uint64_t family =
      domain.kind == Value::Kind::ellipsis ? (is_v6 ? AF_INET6 : AF_INET) : number(domain);
  return {.call = {.number = SYS_socket,
                   .arguments = {family, number(call.arguments[1]), number(call.arguments[2])}},
          .conclude = names_descriptor(call)};
}

KernelCalls::Prepared KernelCalls::bind(const CallSpec& call) {
  const NativeAddress local = socket_address(call.arguments[1], addresses_.bind_to);
  return {.call = {.number = SYS_bind, .arguments = {fd(call.arguments[0]), local.place, local.size}}};
}

KernelCalls::Prepared KernelCalls::listen(const CallSpec& call) {
  return {.call = {.number = SYS_listen, .arguments = {fd(call.arguments[0]), number(call.arguments[1])}}};
}

KernelCalls::Prepared KernelCalls::accept(const CallSpec& call) {
  const std::uint64_t place = is_null(call.arguments[1]) ? 0 : address_of(agent_.put(sockaddr_storage{}));
  const std::uint64_t size =
      place == 0 ? 0 : address_of(agent_.put(static_cast<socklen_t>(sizeof(sockaddr_storage))));
  const std::uint64_t flags = call.name == "accept4" ? number(call.arguments[3]) : 0;
  return {.call = {.number = SYS_accept4, .arguments = {fd(call.arguments[0]), place, size, flags}},
          .conclude = names_descriptor(call)};
}

KernelCalls::Prepared KernelCalls::connect(const CallSpec& call) {
  const NativeAddress remote = socket_address(call.arguments[1], addresses_.connect_to);
  return {.call = {.number = SYS_connect, .arguments = {fd(call.arguments[0]), remote.place, remote.size}}};
}

KernelCalls::Prepared KernelCalls::shutdown(const CallSpec& call) {
  return {.call = {.number = SYS_shutdown, .arguments = {fd(call.arguments[0]), number(call.arguments[1])}}};
}

KernelCalls::Prepared KernelCalls::close(const CallSpec& call) {
  const std::uint64_t closed = fd(call.arguments[0]);
  descriptors_.erase(number_for(call.arguments[0], OsFamily::linux_os));
  return {.call = {.number = SYS_close, .arguments = {closed}}};
}

KernelCalls::Prepared KernelCalls::open(const CallSpec& call) {
  const Value& path = call.arguments[0];
  if (path.kind != Value::Kind::string) throw NotSupported{"open() of " + script::text_of(path)};
  const std::string name = script::unescaped(path.text).value_or(path.text);
  const std::span<std::byte> text = agent_.room(name.size() + 1);
  std::memcpy(text.data(), name.data(), name.size());
  const std::uint64_t mode = call.arguments.size() > 2 ? number(call.arguments[2]) : 0600;
  return {.call = {.number = SYS_openat,
                   .arguments = {static_cast<std::uint64_t>(AT_FDCWD), address_of(text.data()),
                                 number(call.arguments[1]), mode}},
          .conclude = names_descriptor(call)};
}

KernelCalls::Prepared KernelCalls::pipe(const CallSpec& call) {
  const Value& ends = call.arguments[0];
  if (ends.kind != Value::Kind::list || ends.items.size() != 2)
    throw NotSupported{"pipe() of " + script::text_of(ends)};
  const auto* made = agent_.put(std::array<int, 2>{-1, -1});
  const std::array<std::int64_t, 2> names{number_for(ends.items[0], OsFamily::linux_os),
                                          number_for(ends.items[1], OsFamily::linux_os)};
  return {.call = {.number = SYS_pipe2, .arguments = {address_of(made), 0}},
          .conclude = [this, made, names](const AgentReply&, const RealClock&, Outcome&) {
            for (std::size_t i = 0; i < names.size(); ++i) descriptors_[names[i]] = (*made)[i];
          }};
}

KernelCalls::Prepared KernelCalls::fcntl(const CallSpec& call) {
  const std::uint64_t argument = call.arguments.size() > 2 ? number(call.arguments[2]) : 0;
  return {.call = {.number = SYS_fcntl,
                   .arguments = {fd(call.arguments[0]), number(call.arguments[1]), argument}}};
}

}  // namespace halfopen::drill

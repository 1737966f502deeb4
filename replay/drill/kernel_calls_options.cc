// Calls that ask and set: options, readiness.
#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include <algorithm>
#include <cstring>

#include "replay/drill/kernel_calls.h"
#include "replay/drill/tcp_info_fields.h"
#include "sim/drill/call_arguments.h"
#include "sim/script/text.h"

namespace halfopen::drill {
namespace {

using script::CallSpec;
using script::Value;

constexpr std::size_t kOptionRoom = 512;

std::int64_t number_in(const Value& structure, std::string_view name) {
  const Value* field = structure.field(name);
  if (field == nullptr) throw NotSupported{"a structure like " + script::text_of(structure)};
  return number_for(*field, OsFamily::linux_os);
}

// What an option is set to, as the kernel wants it: a string, linger, timeval, or an int.
std::vector<std::byte> option_bytes(const Value& value) {
  std::vector<std::byte> bytes;
  const auto copy = [&bytes](const auto& native) {
    bytes.resize(sizeof native);
    std::memcpy(bytes.data(), &native, sizeof native);
  };
  if (value.kind == Value::Kind::string) {
    const std::string text = script::unescaped(value.text).value_or(value.text);
    bytes.resize(text.size() + 1);
    std::memcpy(bytes.data(), text.data(), text.size());
  } else if (value.field("onoff") != nullptr) {
    copy(linger{.l_onoff = static_cast<int>(number_in(value, "onoff")),
                .l_linger = static_cast<int>(number_in(value, "linger"))});
  } else if (value.field("tv_sec") != nullptr) {
    copy(timeval{.tv_sec = number_in(value, "tv_sec"), .tv_usec = number_in(value, "tv_usec")});
  } else {
    copy(static_cast<int>(number_for(value, OsFamily::linux_os)));
  }
  return bytes;
}

// What an option was found to be, in the words of `expected`.
std::string option_text(const Value& expected, std::span<const std::byte> value) {
  const auto as = [value]<class T>(T native) {
    std::memcpy(&native, value.data(), std::min(sizeof native, value.size()));
    return native;
  };
  if (expected.kind == Value::Kind::string) {
    const std::string text{reinterpret_cast<const char*>(value.data()), value.size()};
    return '"' + text.substr(0, text.find('\0')) + '"';
  }
  if (expected.field("onoff") != nullptr) {
    const auto found = as(linger{});
    return "{onoff=" + std::to_string(found.l_onoff) + ", linger=" + std::to_string(found.l_linger) + "}";
  }
  if (expected.field("tv_sec") != nullptr) {
    const auto found = as(timeval{});
    return "{tv_sec=" + std::to_string(found.tv_sec) + ", tv_usec=" + std::to_string(found.tv_usec) + "}";
  }
  return std::to_string(value.size() == 1 ? std::to_integer<int>(value[0]) : as(int{}));
}

}  // namespace

// setsockopt(fd, level, name, value, length).
KernelCalls::Prepared KernelCalls::setsockopt(const CallSpec& call) {
  const std::size_t size = byte_count(number_for(call.arguments[4], OsFamily::linux_os));
  const Value& given = pointed_at(call.arguments[3]);
  std::uint64_t place = 0;
  if (given.kind != Value::Kind::word || given.text != "NULL") {
    const std::vector<std::byte> bytes = option_bytes(given);
    const std::span<std::byte> room = agent_.room(std::max(size, bytes.size()));
    std::ranges::copy(bytes, room.begin());
    place = address_of(room.data());
  }
  return {.call = {.number = SYS_setsockopt,
                   .arguments = {fd(call.arguments[0]), number(call.arguments[1]), number(call.arguments[2]),
                                 place, size}}};
}

// getsockopt(fd, level, name, value, [length]).
KernelCalls::Prepared KernelCalls::getsockopt(const CallSpec& call) {
  const Value& length = pointed_at(call.arguments[4]);
  const bool is_open = length.kind == Value::Kind::ellipsis;
  const std::size_t given = is_open ? kOptionRoom : byte_count(number_for(length, OsFamily::linux_os));
  const std::span<std::byte> room = agent_.room(std::max(given, kOptionRoom));
  const auto* size = agent_.put(static_cast<socklen_t>(given));
  Prepared prepared{
      .call = {.number = SYS_getsockopt,
               .arguments = {fd(call.arguments[0]), number(call.arguments[1]), number(call.arguments[2]),
                             address_of(room.data()), address_of(size)}}};
  prepared.conclude = [room, size, &wanted = pointed_at(call.arguments[3]),
                       name = script::text_of(call.arguments[2])](const AgentReply&, const RealClock&,
                                                                  Outcome& outcome) {
    if (wanted.kind == Value::Kind::ellipsis) return;
    const std::vector<std::byte> bytes = option_bytes(wanted);
    const std::string expected = option_text(wanted, bytes);
    const std::string found = option_text(wanted, room.first(std::min<std::size_t>(*size, room.size())));
    if (expected != found) outcome.differences.push_back({name, expected, found});
  };
  return prepared;
}

// ioctl(fd, request, [value]): the value is what is asked for.
KernelCalls::Prepared KernelCalls::ioctl(const CallSpec& call) {
  const auto* value = agent_.put(0);
  const std::string name = script::text_of(call.arguments[1]);
  Prepared prepared{.call = {.number = SYS_ioctl,
                             .arguments = {fd(call.arguments[0]), number(call.arguments[1]),
                                           call.arguments.size() > 2 ? address_of(value) : 0}}};
  if (call.arguments.size() < 3) return prepared;
  prepared.conclude = [value, name, &wanted = pointed_at(call.arguments[2])](
                          const AgentReply&, const RealClock&, Outcome& outcome) {
    if (wanted.kind == Value::Kind::ellipsis) return;
    if (number_for(wanted, OsFamily::linux_os) != *value)
      outcome.differences.push_back({name, script::text_of(wanted), std::to_string(*value)});
  };
  return prepared;
}

// poll([{fd=4, events=POLLIN, revents=0}], count, milliseconds).
KernelCalls::Prepared KernelCalls::poll(const CallSpec& call) {
  const std::vector<Value>& items = call.arguments[0].items;
  const std::span<std::byte> shared = agent_.room(items.size() * sizeof(pollfd));
  auto* polled = reinterpret_cast<pollfd*>(shared.data());
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Value* asked = items[i].field("fd");
    if (asked == nullptr) throw NotSupported{"poll() of " + script::text_of(items[i])};
    polled[i] = {.fd = descriptor_of(*asked),
                 .events = static_cast<short>(number_in(items[i], "events")),
                 .revents = 0};
  }
  const std::int64_t millis = number_for(call.arguments[2], OsFamily::linux_os);
  const timespec timeout{.tv_sec = millis / 1000, .tv_nsec = millis % 1000 * 1'000'000};
  const std::uint64_t limit = millis < 0 ? 0 : address_of(agent_.put(timeout));
  Prepared prepared{.call = {.number = SYS_ppoll,
                             .arguments = {address_of(polled), number(call.arguments[1]), limit, 0, 0}}};
  prepared.conclude = [polled, &items](const AgentReply&, const RealClock&, Outcome& outcome) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      const Value* wanted = items[i].field("revents");
      if (wanted == nullptr || wanted->kind == Value::Kind::ellipsis) continue;
      if (number_for(*wanted, OsFamily::linux_os) != polled[i].revents)
        outcome.differences.push_back(
            {"revents", script::text_of(*wanted), std::to_string(polled[i].revents)});
    }
  };
  return prepared;
}

KernelCalls::Prepared KernelCalls::epoll_create(const CallSpec& call) {
  // The size is without meaning, but must not be zero or less (epoll_create(2)).
  const bool is_valid = number_for(call.arguments[0], OsFamily::linux_os) > 0;
  return {.call = {.number = SYS_epoll_create1, .arguments = {is_valid ? 0 : ~std::uint64_t{0}}},
          .conclude = names_descriptor(call)};
}

namespace {

// {events=EPOLLIN, fd=4}: the script's own number, or that of ptr or u32, is what epoll_wait() gives back.
epoll_event event_of(const Value& value) {
  epoll_event event{};
  event.events = static_cast<std::uint32_t>(number_in(value, "events"));
  for (const std::string_view name : {"fd", "ptr", "u32", "u64"})
    if (value.field(name) != nullptr) event.data.u64 = static_cast<std::uint64_t>(number_in(value, name));
  return event;
}

std::string text_of_event(const epoll_event& event) {
  return "events=" + std::to_string(event.events) + ", fd=" + std::to_string(event.data.u64);
}

}  // namespace

KernelCalls::Prepared KernelCalls::epoll_ctl(const CallSpec& call) {
  const Value& event = call.arguments[3];
  const std::uint64_t place =
      event.kind == Value::Kind::structure ? address_of(agent_.put(event_of(event))) : 0;
  return {.call = {
              .number = SYS_epoll_ctl,
              .arguments = {fd(call.arguments[0]), number(call.arguments[1]), fd(call.arguments[2]), place}}};
}

// epoll_wait(fd, {events=..., fd=...}, count, milliseconds), or a list of them: of those that came.
KernelCalls::Prepared KernelCalls::epoll_wait(const CallSpec& call) {
  const std::size_t most = byte_count(number_for(call.arguments[2], OsFamily::linux_os));
  const std::span<std::byte> shared = agent_.room(std::max<std::size_t>(most, 1) * sizeof(epoll_event));
  const auto* came = reinterpret_cast<const epoll_event*>(shared.data());
  Prepared prepared{.call = {.number = SYS_epoll_pwait,
                             .arguments = {fd(call.arguments[0]), address_of(came), number(call.arguments[2]),
                                           number(call.arguments[3]), 0, 0}}};
  prepared.conclude = [came, &wanted = call.arguments[1]](const AgentReply& reply, const RealClock&,
                                                          Outcome& outcome) {
    const bool is_one = wanted.kind == Value::Kind::structure;
    const std::span<const Value> all = is_one ? std::span{&wanted, 1} : std::span{wanted.items};
    const auto count = std::min<std::size_t>(static_cast<std::size_t>(reply.value), all.size());
    for (std::size_t i = 0; i < count; ++i) {
      const std::string expected = text_of_event(event_of(all[i]));
      const std::string found = text_of_event(came[i]);
      if (expected != found) outcome.differences.push_back({"epoll event", expected, found});
    }
  };
  return prepared;
}

AgentCall KernelCalls::ask(std::int64_t descriptor, int level, int name) {
  const std::span<std::byte> room = agent_.room(kOptionRoom);
  info_ = room.data();
  info_size_ = agent_.put(static_cast<socklen_t>(room.size()));
  const auto found = descriptors_.find(descriptor);
  const int fd = found == descriptors_.end() ? -1 : found->second;
  return {.number = SYS_getsockopt,
          .arguments = {static_cast<std::uint64_t>(fd), static_cast<std::uint64_t>(level),
                        static_cast<std::uint64_t>(name), address_of(info_), address_of(info_size_)}};
}

AgentCall KernelCalls::ask_tcp_info(std::int64_t descriptor) {
  constexpr int kTcp = 6;    // SOL_TCP
  constexpr int kInfo = 11;  // TCP_INFO
  return ask(descriptor, kTcp, kInfo);
}

AgentCall KernelCalls::ask_memory_info(std::int64_t descriptor) {
  return ask(descriptor, SOL_SOCKET, SO_MEMINFO);
}

std::span<const std::byte> KernelCalls::answer(const AgentReply& reply) const {
  if (reply.value < 0) return {};
  return {static_cast<const std::byte*>(info_), *info_size_};
}

std::vector<TcpInfoField> KernelCalls::tcp_info(const AgentReply& reply) const {
  return tcp_info_fields(answer(reply));
}

std::vector<TcpInfoField> KernelCalls::memory_info(const AgentReply& reply) const {
  return memory_info_fields(answer(reply));
}

}  // namespace halfopen::drill

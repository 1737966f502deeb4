// Calls that move bytes.
#include <sys/syscall.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstring>

#include "replay/drill/control_messages.h"
#include "replay/drill/kernel_calls.h"
#include "sim/drill/call_arguments.h"
#include "sim/os/call_text.h"
#include "sim/script/text.h"

namespace halfopen::drill {
namespace {

using script::CallSpec;
using script::Value;

std::span<const std::uint8_t> bytes_at(std::span<const std::byte> shared) {
  return {reinterpret_cast<const std::uint8_t*>(shared.data()), shared.size()};
}

// What was read, against what the script says.
void compare_bytes(const std::string& expected, std::span<const std::byte> read, Outcome& outcome) {
  const std::span<const std::uint8_t> got = bytes_at(read);
  const std::span<const std::uint8_t> wanted{reinterpret_cast<const std::uint8_t*>(expected.data()),
                                             std::min(expected.size(), got.size())};
  if (!std::ranges::equal(wanted, got.first(wanted.size())))
    outcome.differences.push_back({"data", quote(wanted), quote(got)});
}

const Value& vectors_of(const Value& message) {
  const Value* vectors = message.field("msg_iov");
  if (vectors == nullptr) throw NotSupported{"a message without msg_iov"};
  return *vectors;
}

constexpr std::size_t kControlRoom = 4096;  // more than any message's control has

}  // namespace

// read(fd, data, size), recv(fd, data, size, flags), recvfrom(fd, data, size, flags, from, length).
KernelCalls::Prepared KernelCalls::read(const CallSpec& call) {
  const std::size_t size = byte_count(number_for(call.arguments[2], OsFamily::linux_os));
  const std::span<std::byte> room = room_for(call.arguments[1], size);
  Prepared prepared;
  prepared.call.arguments = {fd(call.arguments[0]), address_of(room.data()), size};
  if (call.name == "read") {
    prepared.call.number = SYS_read;
  } else {
    prepared.call.number = SYS_recvfrom;
    prepared.call.arguments[3] = number(call.arguments[3]);
    if (call.name == "recvfrom" && call.arguments[4].kind == Value::Kind::ellipsis) {
      prepared.call.arguments[4] = address_of(agent_.put(sockaddr_storage{}));
      prepared.call.arguments[5] = address_of(agent_.put(static_cast<socklen_t>(sizeof(sockaddr_storage))));
    }
  }
  if (const std::optional<std::string> expected = expected_bytes(call.arguments[1]))
    prepared.conclude = [room, text = *expected](const AgentReply& reply, const RealClock&,
                                                 Outcome& outcome) {
      compare_bytes(text, room.first(std::min(room.size(), static_cast<std::size_t>(reply.value))), outcome);
    };
  return prepared;
}

// write(fd, data, size), send(fd, data, size, flags).
KernelCalls::Prepared KernelCalls::write(const CallSpec& call) {
  const std::size_t size = byte_count(number_for(call.arguments[2], OsFamily::linux_os));
  const std::uint64_t place = address_of(bytes_of(call.arguments[1], size).data());
  const std::uint64_t to = fd(call.arguments[0]);
  if (call.name == "write") return {.call = {.number = SYS_write, .arguments = {to, place, size}}};
  return {.call = {.number = SYS_sendto, .arguments = {to, place, size, number(call.arguments[3])}}};
}

KernelCalls::Prepared KernelCalls::sendto(const CallSpec& call) {
  const std::size_t size = byte_count(number_for(call.arguments[2], OsFamily::linux_os));
  const std::uint64_t place = address_of(bytes_of(call.arguments[1], size).data());
  const NativeAddress to = socket_address(call.arguments[4], addresses_.connect_to);
  return {.call = {.number = SYS_sendto,
                   .arguments = {fd(call.arguments[0]), place, size, number(call.arguments[3]), to.place,
                                 to.size}}};
}

std::span<iovec> KernelCalls::vectors(const Value& list, bool is_read) {
  const std::vector<IoBuffer> buffers = buffers_of(list, OsFamily::linux_os);
  const std::span<std::byte> shared = agent_.room(buffers.size() * sizeof(iovec));
  const std::span<iovec> vectors{reinterpret_cast<iovec*>(shared.data()), buffers.size()};
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    const auto& [data, size] = buffers[i];
    const std::span<std::byte> bytes = is_read ? room_for(*data, size) : bytes_of(*data, size);
    vectors[i] = {.iov_base = bytes.data(), .iov_len = size};
  }
  return vectors;
}

KernelCalls::Prepared KernelCalls::readv(const CallSpec& call) {
  const std::span<iovec> into = vectors(call.arguments[1], true);
  return {.call = {.number = SYS_readv,
                   .arguments = {fd(call.arguments[0]), address_of(into.data()), number(call.arguments[2])}}};
}

KernelCalls::Prepared KernelCalls::writev(const CallSpec& call) {
  const std::span<iovec> from = vectors(call.arguments[1], false);
  return {.call = {.number = SYS_writev,
                   .arguments = {fd(call.arguments[0]), address_of(from.data()), number(call.arguments[2])}}};
}

// {msg_name(...)=..., msg_iov(1)=[{..., 10}], msg_flags=0, msg_control=[...]}, in shared memory.
msghdr* KernelCalls::message(const Value& value, bool is_read) {
  msghdr* message = agent_.put(msghdr{});
  if (const Value* name = value.field("msg_name"); name != nullptr && is_read) {
    message->msg_name = agent_.put(sockaddr_storage{});
    message->msg_namelen = sizeof(sockaddr_storage);
  } else if (name != nullptr) {
    const NativeAddress to = socket_address(*name, addresses_.connect_to);
    message->msg_name = reinterpret_cast<void*>(to.place);
    message->msg_namelen = static_cast<socklen_t>(to.size);
  }
  const std::span<iovec> buffers = vectors(vectors_of(value), is_read);
  message->msg_iov = buffers.data();
  message->msg_iovlen = buffers.size();
  const Value* control = value.field("msg_control");
  if (control == nullptr) return message;
  const std::span<std::byte> room = agent_.room(kControlRoom);
  message->msg_control = room.data();
  message->msg_controllen = is_read ? room.size() : write_control(*control, room);
  return message;
}

KernelCalls::Prepared KernelCalls::sendmsg(const CallSpec& call) {
  const msghdr* sent = message(call.arguments[1], false);
  return {.call = {.number = SYS_sendmsg,
                   .arguments = {fd(call.arguments[0]), address_of(sent), number(call.arguments[2])}}};
}

KernelCalls::Prepared KernelCalls::recvmsg(const CallSpec& call) {
  const msghdr* read = message(call.arguments[1], true);
  Prepared prepared{
      .call = {.number = SYS_recvmsg,
               .arguments = {fd(call.arguments[0]), address_of(read), number(call.arguments[2])}}};
  prepared.conclude = [this, read, &wanted = call.arguments[1]](const AgentReply&, const RealClock& clock,
                                                                Outcome& outcome) {
    if (const Value* flags = wanted.field("msg_flags");
        flags != nullptr && flags->kind != Value::Kind::ellipsis &&
        number(*flags) != static_cast<std::uint64_t>(read->msg_flags))
      outcome.differences.push_back({"msg_flags", script::text_of(*flags), std::to_string(read->msg_flags)});
    if (const Value* control = wanted.field("msg_control"))
      compare_control(*control, *read, clock, tolerance_, outcome);
  };
  return prepared;
}

// sendfile(to, from, [offset], size): the offset may be NULL.
KernelCalls::Prepared KernelCalls::sendfile(const CallSpec& call) {
  const Value& offset = call.arguments[2];
  std::uint64_t place = 0;
  if (offset.kind == Value::Kind::list)
    place = address_of(agent_.put(static_cast<off_t>(number(pointed_at(offset)))));
  return {.call = {
              .number = SYS_sendfile,
              .arguments = {fd(call.arguments[0]), fd(call.arguments[1]), place, number(call.arguments[3])}}};
}

// splice(from, [offset], to, [offset], size, flags): offsets may be NULL.
KernelCalls::Prepared KernelCalls::splice(const CallSpec& call) {
  const auto offset = [this](const Value& value) {
    return value.kind == Value::Kind::list
               ? address_of(agent_.put(static_cast<loff_t>(number(pointed_at(value)))))
               : 0;
  };
  return {.call = {.number = SYS_splice,
                   .arguments = {fd(call.arguments[0]), offset(call.arguments[1]), fd(call.arguments[2]),
                                 offset(call.arguments[3]), number(call.arguments[4]),
                                 number(call.arguments[5])}}};
}

}  // namespace halfopen::drill

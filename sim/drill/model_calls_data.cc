// Calls that move bytes.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/drill/call_arguments.h"
#include "sim/drill/model_calls.h"
#include "sim/os/call_text.h"
#include "sim/os/kernel.h"
#include "sim/os/os_rules.h"
#include "sim/script/text.h"
#include "sim/wire/bytes.h"

namespace halfopen::drill {
namespace {

using script::CallSpec;
using script::Value;

}  // namespace

ModelCalls::Prepared ModelCalls::read_into(int fd, std::size_t size, std::int64_t flags,
                                           std::optional<std::string> expected) {
  const std::int64_t peek = word("MSG_PEEK");
  const std::int64_t dont_wait = word("MSG_DONTWAIT");
  const std::int64_t wait_all = word("MSG_WAITALL");
  const std::int64_t truncate = rules_of(host_.profile()).discards_when_truncating ? word("MSG_TRUNC") : 0;
  const std::int64_t urgent = word("MSG_OOB");
  if ((flags & ~(peek | dont_wait | wait_all | urgent | truncate | word("MSG_NOSIGNAL"))) != 0)
    throw NotSupported{fmt::format("the model has no such flags for reading: {:#x}", flags)};
  bytes_.assign(size, 0);
  Call call = calls::read(fd, bytes_);
  call.peek = (flags & peek) != 0;
  call.dont_wait = (flags & dont_wait) != 0;
  call.wait_all = (flags & wait_all) != 0;
  call.urgent = (flags & urgent) != 0;
  const bool discards = (flags & truncate) != 0;
  if (discards && !call.peek) call.discard = size;
  Prepared prepared{.call = call, .immediate = {}, .conclude = {}};
  if (expected && !discards) {
    prepared.conclude = [this, text = std::move(expected)](const CallResult& result, Outcome& outcome) {
      compare_data(text, std::span{bytes_}.first(static_cast<std::size_t>(result.value)), outcome);
    };
  }
  return prepared;
}

void ModelCalls::compare_data(const std::optional<std::string>& expected, std::span<const std::uint8_t> got,
                              Outcome& outcome) const {
  if (!expected) return;
  const std::span<const std::uint8_t> wanted{reinterpret_cast<const std::uint8_t*>(expected->data()),
                                             std::min(expected->size(), got.size())};
  if (!std::ranges::equal(wanted, got.first(wanted.size())))
    outcome.differences.push_back({"data", quote(wanted), quote(got)});
}

ModelCalls::Prepared ModelCalls::write_of(int fd, std::vector<std::uint8_t> bytes, std::int64_t flags,
                                          const Value* to) {
  const std::int64_t dont_wait = word("MSG_DONTWAIT");
  const bool marks = rules_of(host_.profile()).marks_writes;
  const std::int64_t eor = marks ? word("MSG_EOR") : 0;
  const std::int64_t more = marks ? word("MSG_MORE") : 0;
  const std::int64_t zero_copy = marks ? word("MSG_ZEROCOPY") : 0;
  const std::int64_t fast_open = word("MSG_FASTOPEN");
  const std::int64_t urgent = word("MSG_OOB");
  const std::int64_t known = dont_wait | word("MSG_NOSIGNAL") | eor | more | zero_copy | fast_open | urgent;
  if (const std::int64_t other = flags & ~known; other != 0) {
    for (const std::string_view name : {"MSG_ZEROCOPY", "MSG_EOR", "MSG_MORE"})
      if (word(name) != 0 && (other & word(name)) != 0)
        throw NotSupported{"the model has no " + std::string{name}};
    throw NotSupported{fmt::format("the model has no such flags for writing: {:#x}", other)};
  }
  if (Syscalls::is_datagram(process_, fd)) check_datagram(bytes.size(), flags & ~dont_wait);
  bytes_ = std::move(bytes);
  Call call = calls::write(fd, bytes_);
  call.dont_wait = (flags & dont_wait) != 0;
  call.flags = {.ends_record = (flags & eor) != 0,
                .more = (flags & more) != 0,
                .zero_copy = (flags & zero_copy) != 0,
                .urgent = (flags & urgent) != 0};
  if (to != nullptr) return write_to(call, *to, (flags & fast_open) != 0);
  return {.call = call, .immediate = {}, .conclude = {}};
}

// A datagram to send, throws NotSupported for what the model does not send.
void ModelCalls::check_datagram(std::size_t size, std::int64_t flags) const {
  if ((flags & ~word("MSG_NOSIGNAL")) != 0)
    throw NotSupported{fmt::format("the model has no such flags for datagrams: {:#x}", flags)};
  const ModelHostConfig& host = host_.config();
  const std::size_t headers =
      (host.address.is_v6() ? wire::kIpV6Header : wire::kIpV4Header) + wire::kUdpHeader;
  if (headers + size > host.mtu) throw NotSupported{"the model sends no fragments"};
}

bool ModelCalls::is_null(const Value& value) {
  return (value.kind == Value::Kind::word && value.text == "NULL") ||
         (value.kind == Value::Kind::decimal && value.number == 0);
}

ModelCalls::Prepared ModelCalls::fails(Errno error) {
  return {.call = {}, .immediate = CallResult::failure(error), .conclude = {}};
}

// read(fd, data, size), recv(fd, data, size, flags), recvfrom(fd, data, size, flags, ...).
ModelCalls::Prepared ModelCalls::read(const CallSpec& call) {
  const std::int64_t flags = call.arguments.size() > 3 ? number(call.arguments[3]) : 0;
  if (files_.kind_of(number(call.arguments[0])) != ModelFiles::Kind::none)
    return read_file(call, expected_bytes(call.arguments[1]));
  const std::int64_t truncate = rules_of(host_.profile()).discards_when_truncating ? word("MSG_TRUNC") : 0;
  if (is_null(call.arguments[1]) && (flags & truncate) == 0) return fails(Errno::fault);
  if (call.arguments.size() > 4 && is_datagram(call) && !is_null(call.arguments[4]) &&
      call.arguments[4].kind != Value::Kind::ellipsis)
    throw NotSupported{"the model tells no sender: " + script::text_of(call.arguments[4])};
  return read_into(descriptor(call), byte_count(number(call.arguments[2])), flags,
                   expected_bytes(call.arguments[1]));
}

ModelCalls::Prepared ModelCalls::readv(const CallSpec& call) {
  const OsFamily os = host_.profile().family;
  std::size_t size = 0;
  for (const auto& [data, length] : buffers_of(call.arguments[1], os)) size += length;
  return read_into(descriptor(call), size, 0, std::nullopt);
}

// write(fd, data, size), send(fd, data, size, flags).
ModelCalls::Prepared ModelCalls::write(const CallSpec& call) {
  const std::int64_t flags = call.arguments.size() > 3 ? number(call.arguments[3]) : 0;
  if (files_.kind_of(number(call.arguments[0])) != ModelFiles::Kind::none) return write_file(call);
  if (is_null(call.arguments[1])) return fails(Errno::fault);
  return write_of(descriptor(call), bytes_to_write(call.arguments[1], byte_count(number(call.arguments[2]))),
                  flags);
}

ModelCalls::Prepared ModelCalls::sendto(const CallSpec& call) {
  const std::int64_t flags = number(call.arguments[3]);
  if (is_null(call.arguments[1])) return fails(Errno::fault);
  return write_of(descriptor(call), bytes_to_write(call.arguments[1], byte_count(number(call.arguments[2]))),
                  flags, &call.arguments[4]);
}

ModelCalls::Prepared ModelCalls::writev(const CallSpec& call) {
  const OsFamily os = host_.profile().family;
  std::vector<std::uint8_t> bytes;
  for (const auto& [data, length] : buffers_of(call.arguments[1], os)) {
    const std::vector<std::uint8_t> part = bytes_to_write(*data, length);
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return write_of(descriptor(call), std::move(bytes), 0);
}

ModelCalls::Prepared ModelCalls::sendmsg(const CallSpec& call) {
  const OsFamily os = host_.profile().family;
  const Value* vectors = call.arguments[1].field("msg_iov");
  if (vectors == nullptr) throw NotSupported{"a message without msg_iov"};
  if (call.arguments[1].field("msg_control") != nullptr)
    throw NotSupported{"the model has no control messages"};
  std::vector<std::uint8_t> bytes;
  for (const auto& [data, length] : buffers_of(*vectors, os)) {
    const std::vector<std::uint8_t> part = bytes_to_write(*data, length);
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return write_of(descriptor(call), std::move(bytes), number(call.arguments[2]),
                  call.arguments[1].field("msg_name"));
}

}  // namespace halfopen::drill

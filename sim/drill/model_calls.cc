// The table of calls, what they share, and those that make, name and end sockets.
#include "sim/drill/model_calls.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "sim/os/kernel.h"
#include "sim/script/constants.h"
#include "sim/script/meaning.h"
#include "sim/script/text.h"

namespace halfopen::drill {
namespace {

using script::CallSpec;
using script::Value;

Process& start(ModelHost& host) {
  Process& process = host.syscalls().start_driver(kTimeZero, "packetdrill");
  process.dispositions.push_back({.signal = sig::pipe, .handler = {}});  // ignored: a script sees EPIPE
  return process;
}

// Calls on sockets of which the model has no UDP form.
bool is_of_connections(std::string_view name) {
  constexpr std::string_view kNames[]{"accept", "accept4", "shutdown", "ioctl", "readv", "recvmsg"};
  return std::ranges::find(kNames, name) != std::end(kNames);
}

}  // namespace

ModelCalls::ModelCalls(ModelHost& host, ModelFiles& files, const CallSetting& setting)
    : host_{host}, files_{files}, setting_{setting}, process_{start(host)} {}

std::span<const ModelCalls::Row> ModelCalls::rows() {
  static constexpr auto kRows = std::to_array<Row>({{"socket", 3, &ModelCalls::socket},
                                                    {"bind", 2, &ModelCalls::bind},
                                                    {"listen", 2, &ModelCalls::listen},
                                                    {"accept", 1, &ModelCalls::accept},
                                                    {"accept4", 4, &ModelCalls::accept},
                                                    {"connect", 2, &ModelCalls::connect},
                                                    {"read", 3, &ModelCalls::read},
                                                    {"recv", 4, &ModelCalls::read},
                                                    {"recvfrom", 4, &ModelCalls::read},
                                                    {"readv", 2, &ModelCalls::readv},
                                                    {"recvmsg", 3, &ModelCalls::recvmsg},
                                                    {"write", 3, &ModelCalls::write},
                                                    {"send", 4, &ModelCalls::write},
                                                    {"writev", 2, &ModelCalls::writev},
                                                    {"sendto", 5, &ModelCalls::sendto},
                                                    {"sendmsg", 3, &ModelCalls::sendmsg},
                                                    {"shutdown", 2, &ModelCalls::shutdown},
                                                    {"close", 1, &ModelCalls::close},
                                                    {"getsockopt", 5, &ModelCalls::getsockopt},
                                                    {"setsockopt", 4, &ModelCalls::setsockopt},
                                                    {"fcntl", 2, &ModelCalls::fcntl},
                                                    {"ioctl", 2, &ModelCalls::ioctl},
                                                    {"open", 2, &ModelCalls::open},
                                                    {"pipe", 1, &ModelCalls::pipe},
                                                    {"sendfile", 4, &ModelCalls::sendfile},
                                                    {"splice", 6, &ModelCalls::splice},
                                                    {"poll", 3, &ModelCalls::poll},
                                                    {"epoll_create", 1, &ModelCalls::epoll_create},
                                                    {"epoll_ctl", 4, &ModelCalls::epoll_ctl},
                                                    {"epoll_wait", 4, &ModelCalls::epoll_wait}});
  return kRows;
}

std::optional<Outcome> ModelCalls::begin(TimePoint now, const CallSpec& call) {
  const auto row = std::ranges::find(rows(), std::string_view{call.name}, &Row::name);
  if (row == rows().end()) throw NotSupported{"the model has no " + call.name + "()"};
  if (call.arguments.size() < row->arguments)
    throw NotSupported{call.name + "() with " + std::to_string(call.arguments.size()) + " arguments"};
  if (is_of_connections(call.name) && is_datagram(call)) throw NotSupported{call.name + "() of a UDP socket"};
  now_ = now;
  Prepared prepared = (this->*row->prepare)(call);
  conclude_ = std::move(prepared.conclude);
  if (!prepared.call) return outcome_of(now, prepared.immediate);
  const CallResult result = host_.syscalls().call(now, process_, *prepared.call);
  if (result.blocked) return std::nullopt;
  return outcome_of(now, result);
}

std::optional<Outcome> ModelCalls::take_completed(TimePoint now) {
  const std::optional<CallResult> result = Syscalls::take_completed(process_);
  return result ? std::optional{outcome_of(now, *result)} : std::nullopt;
}

Outcome ModelCalls::outcome_of(TimePoint now, const CallResult& result) {
  Outcome outcome{.at = now, .value = result.value, .error = {}, .message = {}, .differences = {}};
  if (result.failed()) {
    outcome.value = -1;
    outcome.error = to_string(result.error);
    outcome.message = message_of(result.error);
  } else if (conclude_) {
    conclude_(result, outcome);
  }
  return outcome;
}

const Endpoint* ModelCalls::endpoint_of(std::int64_t descriptor) {
  const auto found = descriptors_.find(descriptor);
  return found == descriptors_.end() ? nullptr : Syscalls::endpoint_of(process_, found->second);
}

bool ModelCalls::is_listener(std::int64_t descriptor) const {
  const auto found = descriptors_.find(descriptor);
  return found != descriptors_.end() && Syscalls::is_listener(process_, found->second);
}

// --- Arguments

std::int64_t ModelCalls::number(const Value& value) const {
  const std::optional<std::int64_t> number = script::number_of(value, host_.profile().family);
  if (number) return *number;
  const Value* unknown = script::unknown_word_in(value, host_.profile().family);
  throw NotSupported{"the model has no " + (unknown != nullptr ? unknown->text : script::text_of(value))};
}

int ModelCalls::descriptor(const CallSpec& call) const {
  const auto found = descriptors_.find(number(call.arguments[0]));
  return found == descriptors_.end() ? -1 : found->second;
}

bool ModelCalls::is_datagram(const CallSpec& call) const {
  return Syscalls::is_datagram(process_, descriptor(call));
}

SocketAddress ModelCalls::address(const Value& value, const SocketAddress& otherwise) const {
  if (value.kind == Value::Kind::ellipsis) return otherwise;
  if (const std::optional<SocketAddress> address = script::socket_address_of(value)) return *address;
  throw NotSupported{"the model has no address like " + script::text_of(value)};
}

std::int64_t ModelCalls::word(std::string_view name) const {
  return script::constant_of(name, host_.profile().family).value_or(0);
}

// The script says which number its new descriptor has.
void ModelCalls::names_new_descriptor(Prepared& prepared, const CallSpec& call) {
  const std::optional<std::int64_t> expected = script::number_of(call.result, host_.profile().family);
  prepared.conclude = [this, expected](const CallResult& result, Outcome& outcome) {
    const std::int64_t named = expected && *expected >= 0 ? *expected : result.value;
    descriptors_[named] = static_cast<int>(result.value);
    outcome.value = named;
  };
}

// --- Calls

ModelCalls::Prepared ModelCalls::socket(const CallSpec& call) {
  const bool is_v6 = setting_.bind_to.ip.is_v6() || setting_.is_mapped;
  const Value& domain = call.arguments[0];
  if (domain.kind != Value::Kind::ellipsis && number(domain) != word(is_v6 ? "AF_INET6" : "AF_INET"))
    throw NotSupported{"the model's sockets are of one address family: not " + script::text_of(domain)};
  const std::int64_t nonblock = word("SOCK_NONBLOCK");
  const std::int64_t type = number(call.arguments[1]);
  const std::int64_t protocol = number(call.arguments[2]);
  const std::int64_t kind = type & ~(nonblock | word("SOCK_CLOEXEC"));
  const bool is_udp = kind == word("SOCK_DGRAM") && (protocol == 0 || protocol == word("IPPROTO_UDP"));
  const bool is_tcp = kind == word("SOCK_STREAM") && (protocol == 0 || protocol == word("IPPROTO_TCP"));
  if (!is_udp && !is_tcp)
    throw NotSupported{"the model has no sockets of " + script::text_of(call.arguments[1]) + ", " +
                       script::text_of(call.arguments[2])};
  Call made = calls::socket();
  made.datagrams = is_udp;
  Prepared prepared{.call = made, .immediate = {}, .conclude = {}};
  names_new_descriptor(prepared, call);
  if ((type & nonblock) != 0) {
    prepared.conclude = [this, name = prepared.conclude](const CallResult& result, Outcome& outcome) {
      name(result, outcome);
      Syscalls::set_nonblocking(process_, static_cast<int>(result.value), true);
    };
  }
  return prepared;
}

ModelCalls::Prepared ModelCalls::bind(const CallSpec& call) {
  const SocketAddress local = address(call.arguments[1], setting_.bind_to);
  return {.call = calls::bind(descriptor(call), local), .immediate = {}, .conclude = {}};
}

ModelCalls::Prepared ModelCalls::listen(const CallSpec& call) {
  const std::int64_t backlog = number(call.arguments[1]);
  return {
      .call = calls::listen(descriptor(call), static_cast<std::uint32_t>(std::max<std::int64_t>(backlog, 0))),
      .immediate = {},
      .conclude = {}};
}

ModelCalls::Prepared ModelCalls::accept(const CallSpec& call) {
  Prepared prepared{.call = calls::accept(descriptor(call)), .immediate = {}, .conclude = {}};
  names_new_descriptor(prepared, call);
  const bool nonblocking = call.name == "accept4" && (number(call.arguments[3]) & word("SOCK_NONBLOCK")) != 0;
  prepared.conclude = [this, nonblocking, name = prepared.conclude](const CallResult& result,
                                                                    Outcome& outcome) {
    name(result, outcome);
    // BSD's accept() hands O_NONBLOCK on; Linux's does not.
    const bool inherits =
        host_.profile().family != OsFamily::linux_os && Syscalls::is_nonblocking(process_, accepting_);
    Syscalls::set_nonblocking(process_, static_cast<int>(result.value), nonblocking || inherits);
  };
  accepting_ = descriptor(call);
  return prepared;
}

ModelCalls::Prepared ModelCalls::connect(const CallSpec& call) {
  const Value& to = call.arguments[1];
  const bool disconnects = script::is_unspecified(to);
  const SocketAddress remote = disconnects ? SocketAddress{} : address(to, setting_.connect_to);
  Call connect = calls::connect(descriptor(call), remote);
  connect.disconnects = disconnects;
  return {.call = connect, .immediate = {}, .conclude = {}};
}

ModelCalls::Prepared ModelCalls::shutdown(const CallSpec& call) {
  const std::int64_t how = number(call.arguments[1]);
  if (how < 0 || how > 2) return {.call = {}, .immediate = CallResult::failure(Errno::inval), .conclude = {}};
  return {.call = calls::shutdown(descriptor(call), how == 0   ? ShutdownHow::read
                                                    : how == 1 ? ShutdownHow::write
                                                               : ShutdownHow::both),
          .immediate = {},
          .conclude = {}};
}

ModelCalls::Prepared ModelCalls::close(const CallSpec& call) {
  const int fd = descriptor(call);
  const std::int64_t named = number(call.arguments[0]);
  if (files_.kind_of(named) != ModelFiles::Kind::none) {
    files_.close(named);
    return {.call = {}, .immediate = CallResult::of(0), .conclude = {}};
  }
  descriptors_.erase(named);
  return {.call = calls::close(fd), .immediate = {}, .conclude = {}};
}

}  // namespace halfopen::drill

// Calls that ask and set: options, flags of descriptors.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/drill/call_arguments.h"
#include "sim/drill/model_calls.h"
#include "sim/os/kernel.h"
#include "sim/script/constants.h"
#include "sim/script/meaning.h"
#include "sim/script/text.h"

namespace halfopen::drill {
namespace {

using script::CallSpec;
using script::Value;

// FreeBSD's stacks beside the default one have options of their own, which that one does not know
// (netinet/tcp_usrreq.c tcp_default_ctloutput: ENOPROTOOPT).
bool is_of_another_stack(const OsProfile& os, const Value& name) {
  if (os.family != OsFamily::freebsd || name.kind != Value::Kind::word) return false;
  return name.text.starts_with("TCP_RACK_") || name.text.starts_with("TCP_BBR_");
}

// An option that the system has and the model has not is missing; one that the system has not is an error of
// the call.
SocketOption option_named(const OsProfile& os, const Value& level, const Value& name, bool is_udp) {
  const bool is_of_tcp = level.text == "IPPROTO_TCP" || level.text == "SOL_TCP";
  if (is_udp && is_of_tcp) throw NotSupported{script::text_of(name) + " of a UDP socket"};
  if (is_of_another_stack(os, name)) return SocketOption::count_;
  const std::optional<SocketOption> option =
      name.kind == Value::Kind::word ? socket_option_from(name.text) : std::nullopt;
  const bool is_missing =
      !option || (!has_option(os, *option) && script::constant_of(name.text, os.family).has_value());
  if (is_missing || level.kind != Value::Kind::word)
    throw NotSupported{"the model has no " + script::text_of(name)};
  return *option;
}

bool is_of_ip(SocketOption option) {
  return option == SocketOption::ip_tos || option == SocketOption::ip_ttl ||
         option == SocketOption::ip_freebind || option == SocketOption::ip_mtu_discover;
}

// The least bytes that a value must have (Linux: net/core/sock.c sk_setsockopt, net/ipv4/tcp.c
// do_tcp_setsockopt, net/ipv4/ip_sockglue.c do_ip_setsockopt; FreeBSD: kern/uipc_socket.c sooptcopyin).
std::int64_t least_length(OsFamily os, SocketOption option) {
  if (option == SocketOption::so_linger) return 8;
  if (option == SocketOption::so_rcvtimeo) return 16;
  return os == OsFamily::linux_os && is_of_ip(option) ? 1 : 4;
}

// setsockopt()'s last argument; enough for anything where the script has no number.
std::int64_t given_length(const CallSpec& call, OsFamily os) {
  constexpr std::int64_t kEnough = 256;
  return call.arguments.size() > 4 ? script::number_of(call.arguments[4], os).value_or(kEnough) : kEnough;
}

}  // namespace

// TCP_FUNCTION_BLK of FreeBSD: which of its TCP stacks a connection uses. The model is the default one.
ModelCalls::Prepared ModelCalls::choose_stack(const CallSpec& call) const {
  const Value* name = call.arguments[3].field("function_set_name");
  if (name == nullptr || name->text != "freebsd")
    throw NotSupported{"the model has no TCP stack but \"freebsd\": " + script::text_of(call.arguments[3])};
  return {.call = {}, .immediate = CallResult::of(0), .conclude = {}};
}

ModelCalls::Prepared ModelCalls::setsockopt(const CallSpec& call) {
  if (call.arguments[2].text == "TCP_FUNCTION_BLK" && host_.profile().family == OsFamily::freebsd)
    return choose_stack(call);
  const SocketOption option =
      option_named(host_.profile(), call.arguments[1], call.arguments[2], is_datagram(call));
  if (option == SocketOption::tcp_fastopen_key) return set_fast_open_key(call);
  const std::int64_t length = given_length(call, host_.profile().family);
  if (is_null(call.arguments[3]) && length > 0) return fails(Errno::fault);
  if (length < least_length(host_.profile().family, option)) return fails(Errno::inval);
  const Value& given = pointed_at(call.arguments[3]);
  std::int64_t value = 0;
  if (option == SocketOption::so_linger) {
    const Value* on = given.field("onoff");
    const Value* time = given.field("linger");
    if (on == nullptr || time == nullptr) throw NotSupported{"SO_LINGER of " + script::text_of(given)};
    value = number(*on) != 0 ? number(*time) : -1;
  } else if (option == SocketOption::so_rcvtimeo) {
    const Value* seconds = given.field("tv_sec");
    const Value* micros = given.field("tv_usec");
    if (seconds == nullptr || micros == nullptr)
      throw NotSupported{"SO_RCVTIMEO of " + script::text_of(given)};
    value = number(*seconds) * 1000 + number(*micros) / 1000;
  } else {
    value = number(given);
    if (length < 4) value &= 0xff;  // then it is a char
  }
  if (option == SocketOption::ipv6_v6only && value != 0 && setting_.is_mapped)
    throw NotSupported{"a socket for IPv6 only and addresses of IPv4"};
  return {.call = calls::setsockopt(descriptor(call), option, value), .immediate = {}, .conclude = {}};
}

ModelCalls::Prepared ModelCalls::getsockopt(const CallSpec& call) {
  const SocketOption option =
      option_named(host_.profile(), call.arguments[1], call.arguments[2], is_datagram(call));
  const Value& wanted = pointed_at(call.arguments[3]);
  const std::optional<std::int64_t> length =
      script::number_of(pointed_at(call.arguments[4]), host_.profile().family);
  if (length && *length < 0) return fails(Errno::inval);
  Prepared prepared{.call = calls::getsockopt(descriptor(call), option), .immediate = {}, .conclude = {}};
  prepared.conclude = [this, option, &wanted](const CallResult& result, Outcome& outcome) {
    outcome.value = 0;
    if (wanted.kind != Value::Kind::ellipsis) compare_option(option, wanted, result.value, outcome);
  };
  return prepared;
}

void ModelCalls::compare_option(SocketOption option, const Value& wanted, std::int64_t value,
                                Outcome& outcome) const {
  const std::string name{to_string(option)};
  const auto hold = [&](std::string_view part, const Value* expected, std::int64_t actual) {
    if (expected == nullptr || expected->kind == Value::Kind::ellipsis || number(*expected) == actual) return;
    outcome.differences.push_back(
        {name + std::string{part}, std::to_string(number(*expected)), std::to_string(actual)});
  };
  switch (option) {
    case SocketOption::so_error: {
      const auto found = to_string(static_cast<Errno>(value));
      const std::string expected = script::text_of(wanted);
      if (found != expected) outcome.differences.push_back({name, expected, std::string{found}});
      return;
    }
    case SocketOption::so_linger:
      hold(" onoff", wanted.field("onoff"), value >= 0 ? 1 : 0);
      if (value >= 0) hold(" linger", wanted.field("linger"), value);
      return;
    case SocketOption::so_rcvtimeo:
      hold(" tv_sec", wanted.field("tv_sec"), value / 1000);
      hold(" tv_usec", wanted.field("tv_usec"), value % 1000 * 1000);
      return;
    case SocketOption::tcp_fastopen_key: throw NotSupported{"getsockopt() of " + name};
    default: hold("", &wanted, value);
  }
}

ModelCalls::Prepared ModelCalls::fcntl(const CallSpec& call) {
  const int fd = descriptor(call);
  const std::int64_t command = number(call.arguments[1]);
  const std::int64_t nonblock = word("O_NONBLOCK");
  const std::int64_t both = word("O_RDWR");
  if (command == word("F_GETFL")) {
    const std::int64_t flags = both | (Syscalls::is_nonblocking(process_, fd) ? nonblock : 0);
    return {.call = {}, .immediate = CallResult::of(flags), .conclude = {}};
  }
  if (command != word("F_SETFL") || call.arguments.size() < 3)
    throw NotSupported{"the model has no fcntl() of " + script::text_of(call.arguments[1])};
  const std::int64_t flags = number(call.arguments[2]);
  if ((flags & ~(nonblock | both)) != 0)
    throw NotSupported{"the model has no flags but O_NONBLOCK: " + script::text_of(call.arguments[2])};
  const Errno error = Syscalls::set_nonblocking(process_, fd, (flags & nonblock) != 0);
  const CallResult result = error == Errno::none ? CallResult::of(0) : CallResult::failure(error);
  return {.call = {}, .immediate = result, .conclude = {}};
}

ModelCalls::Prepared ModelCalls::ioctl(const CallSpec& call) {
  const std::string name = script::text_of(call.arguments[1]);
  const Endpoint* endpoint = endpoint_of(number(call.arguments[0]));
  if (endpoint == nullptr || call.arguments.size() < 3)
    throw NotSupported{"the model has no ioctl() of " + name};
  std::int64_t value = 0;
  if (name == "SIOCINQ" || name == "FIONREAD") {
    value = static_cast<std::int64_t>(endpoint->readable_to_mark());
  } else if (name == "SIOCOUTQ" || name == "TIOCOUTQ") {
    value = endpoint->unacknowledged();
  } else if (name == "SIOCOUTQNSD") {
    value = endpoint->info().unsent;
  } else if (name == "SIOCATMARK") {
    value = endpoint->at_urgent_mark() ? 1 : 0;
  } else {
    throw NotSupported{"the model has no ioctl() of " + name};
  }
  Prepared prepared{.call = {}, .immediate = CallResult::of(0), .conclude = {}};
  prepared.conclude = [this, value, name, &wanted = pointed_at(call.arguments[2])](const CallResult&,
                                                                                   Outcome& outcome) {
    if (wanted.kind != Value::Kind::ellipsis && number(wanted) != value)
      outcome.differences.push_back({name, std::to_string(number(wanted)), std::to_string(value)});
  };
  return prepared;
}

}  // namespace halfopen::drill

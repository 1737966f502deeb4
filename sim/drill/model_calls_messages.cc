// recvmsg() and its control messages: what is left to read, and the error queue.
#include <algorithm>
#include <chrono>
#include <utility>

#include "sim/drill/call_arguments.h"
#include "sim/drill/model_calls.h"
#include "sim/os/kernel.h"
#include "sim/script/text.h"

namespace halfopen::drill {
namespace {

using script::CallSpec;
using script::Value;

constexpr std::int64_t kNanos = 1'000'000'000;

}  // namespace

ModelCalls::Prepared ModelCalls::recvmsg(const CallSpec& call) {
  const Value& message = call.arguments[1];
  const std::int64_t flags = number(call.arguments[2]);
  const std::int64_t error_queue = word("MSG_ERRQUEUE");
  if (error_queue != 0 && (flags & error_queue) != 0) return take_report(call);
  const Value* vectors = message.field("msg_iov");
  if (vectors == nullptr) throw NotSupported{"a message without msg_iov"};
  std::size_t size = 0;
  for (const auto& [data, length] : buffers_of(*vectors, host_.profile().family)) size += length;
  Prepared prepared = read_into(descriptor(call), size, flags, std::nullopt);
  const Value* control = message.field("msg_control");
  if (control == nullptr || control->kind == Value::Kind::ellipsis) return prepared;
  // TCP_INQ: what is left to read; 1 stands for the end (net/ipv4/tcp.c tcp_inq_hint).
  prepared.conclude = [this, control, socket = number(call.arguments[0])](const CallResult&,
                                                                          Outcome& outcome) {
    const Endpoint* endpoint = endpoint_of(socket);
    std::vector<ControlMessage> actual;
    if (endpoint != nullptr && endpoint->options().tells_unread) {
      const bool at_end = endpoint->readable() == 0 && endpoint->fin_received();
      const std::int64_t left = at_end ? 1 : static_cast<std::int64_t>(endpoint->readable());
      actual.push_back(
          {.level = word("SOL_TCP"), .type = word("TCP_CM_INQ"), .data = {{"", left}}, .at = std::nullopt});
    }
    compare(*control, actual, outcome);
  };
  return prepared;
}

// recvmsg() with MSG_ERRQUEUE, which never waits. The bytes that a report quotes are not read.
ModelCalls::Prepared ModelCalls::take_report(const CallSpec& call) {
  const std::optional<SendReport> report = host_.syscalls().take_report(now_, process_, descriptor(call));
  if (!report) return fails(Errno::again);
  Prepared prepared{.call = {}, .immediate = CallResult::of(0), .conclude = {}};
  const Value& message = call.arguments[1];
  prepared.conclude = [this, &message, report = *report](const CallResult&, Outcome& outcome) {
    const bool quotes = report.what != SendReport::What::zero_copy;  // more than the buffers hold
    const std::int64_t flags = word("MSG_ERRQUEUE") | (quotes ? word("MSG_TRUNC") : 0);
    const Value* expected = message.field("msg_flags");
    if (expected != nullptr && expected->kind != Value::Kind::ellipsis && number(*expected) != flags)
      outcome.differences.push_back({"msg_flags", std::to_string(number(*expected)), std::to_string(flags)});
    const Value* control = message.field("msg_control");
    if (control != nullptr && control->kind != Value::Kind::ellipsis)
      compare(*control, messages_of(report), outcome);
  };
  return prepared;
}

// include/uapi/linux/errqueue.h. A model's device copies what it sends, as loopback and TUN do.
std::vector<ModelCalls::ControlMessage> ModelCalls::messages_of(const SendReport& report) const {
  const bool is_v6 = setting_.bind_to.ip.is_v6() || setting_.is_mapped;  // the socket, not its addresses
  ControlMessage error{.level = word(is_v6 ? "SOL_IPV6" : "SOL_IP"),
                       .type = word(is_v6 ? "IPV6_RECVERR" : "IP_RECVERR"),
                       .data = {{"ee_type", 0}},
                       .at = std::nullopt};
  if (report.what == SendReport::What::zero_copy) {
    error.data.insert(error.data.end(), {{"ee_errno", 0},
                                         {"ee_origin", word("SO_EE_ORIGIN_ZEROCOPY")},
                                         {"ee_code", word("SO_EE_CODE_ZEROCOPY_COPIED")},
                                         {"ee_info", report.first},
                                         {"ee_data", report.last}});
    return {error};
  }
  const std::int64_t kind = report.what == SendReport::What::scheduled ? word("SCM_TSTAMP_SCHED")
                            : report.what == SendReport::What::sent    ? word("SCM_TSTAMP_SND")
                                                                       : word("SCM_TSTAMP_ACK");
  error.data.insert(error.data.end(), {{"ee_errno", word("ENOMSG")},
                                       {"ee_origin", word("SO_EE_ORIGIN_TIMESTAMPING")},
                                       {"ee_code", 0},
                                       {"ee_info", kind},
                                       {"ee_data", report.last}});
  ControlMessage stamp{
      .level = word("SOL_SOCKET"), .type = word("SCM_TIMESTAMPING"), .data = {}, .at = report.at};
  return {stamp, error};
}

void ModelCalls::compare(const Value& expected, const std::vector<ControlMessage>& actual,
                         Outcome& outcome) const {
  if (expected.items.size() != actual.size()) {
    outcome.differences.push_back(
        {"control messages", std::to_string(expected.items.size()), std::to_string(actual.size())});
    return;
  }
  for (std::size_t i = 0; i < actual.size(); ++i) compare(expected.items[i], actual[i], outcome);
}

void ModelCalls::compare(const Value& expected, const ControlMessage& actual, Outcome& outcome) const {
  const auto hold = [&](std::string_view name, const Value* wanted, std::int64_t got) {
    if (wanted == nullptr || wanted->kind == Value::Kind::ellipsis || number(*wanted) == got) return;
    outcome.differences.push_back({std::string{name}, std::to_string(number(*wanted)), std::to_string(got)});
  };
  hold("cmsg_level", expected.field("cmsg_level"), actual.level);
  hold("cmsg_type", expected.field("cmsg_type"), actual.type);
  const Value* data = expected.field("cmsg_data");
  if (data == nullptr || data->kind == Value::Kind::ellipsis) return;
  for (const auto& [name, value] : actual.data)
    hold(name.empty() ? "cmsg_data" : name, name.empty() ? data : data->field(name), value);
  if (!actual.at) return;
  const Value* seconds = data->field("scm_sec");
  const Value* nanos_left = data->field("scm_nsec");
  if (seconds == nullptr || nanos_left == nullptr) return;
  const std::int64_t wanted = number(*seconds) * kNanos + number(*nanos_left);
  const std::int64_t got = nanos(*actual.at);
  if (std::max(wanted, got) - std::min(wanted, got) > setting_.tolerance.count())
    outcome.differences.push_back({"timestamp", std::to_string(wanted), std::to_string(got)});
}

}  // namespace halfopen::drill

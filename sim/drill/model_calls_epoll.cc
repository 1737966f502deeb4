// Calls that ask what is ready: poll() and epoll(7).
#include <algorithm>
#include <array>
#include <utility>

#include "sim/drill/model_calls.h"
#include "sim/os/kernel.h"
#include "sim/script/text.h"

namespace halfopen::drill {
namespace {

using script::CallSpec;
using script::Value;

// Linux's numbers (include/uapi/linux/eventpoll.h) that have no bit of their own in poll_event.
constexpr std::int64_t kEpollRdhup = 0x2000;
constexpr std::int64_t kEpollExclusive = 0x1000'0000;  // of several processes that wait, one wakes
constexpr std::int64_t kEpollOneShot = 0x4000'0000;
constexpr std::int64_t kEpollEdge = 0x8000'0000;
constexpr std::int64_t kSameBits =
    poll_event::in | poll_event::pri | poll_event::out | poll_event::err | poll_event::hup;

struct EventWord {
  std::string_view name;
  std::uint8_t bit;
};
constexpr std::array<EventWord, 7> kEvents{{{"POLLIN", poll_event::in},
                                            {"POLLPRI", poll_event::pri},
                                            {"POLLOUT", poll_event::out},
                                            {"POLLERR", poll_event::err},
                                            {"POLLHUP", poll_event::hup},
                                            {"POLLNVAL", poll_event::nval},
                                            {"POLLRDHUP", poll_event::rdhup}}};

std::string events_text(std::uint8_t events) {
  std::string text;
  for (const EventWord& word : kEvents)
    if ((events & word.bit) != 0) text += (text.empty() ? "" : "|") + std::string{word.name};
  return text.empty() ? "0" : text;
}

// POLLIN|POLLOUT, or 0.
std::uint8_t events_of(const Value& value) {
  if (value.kind == Value::Kind::decimal && value.number == 0) return 0;
  std::uint8_t events = 0;
  const auto add = [&events](const Value& word) {
    const auto found = std::ranges::find(kEvents, std::string_view{word.text}, &EventWord::name);
    if (word.kind != Value::Kind::word || found == kEvents.end())
      throw NotSupported{"the model has no poll event " + script::text_of(word)};
    events |= found->bit;
  };
  if (value.kind == Value::Kind::any_of) {
    std::ranges::for_each(value.items, add);
  } else {
    add(value);
  }
  return events;
}

std::string epoll_text(std::uint8_t events) {
  std::string text = events_text(events);
  for (std::size_t at = text.find("POLL"); at != std::string::npos; at = text.find("POLL", at + 5))
    text.insert(at, "E");
  return text;
}

// The right side of the field that epoll_data is called by: fd, ptr, u32 or u64.
const Value* data_of(const Value& event) {
  for (const std::string_view name : {"fd", "ptr", "u32", "u64"})
    if (const Value* data = event.field(name)) return data;
  return nullptr;
}

}  // namespace

ModelCalls::Prepared ModelCalls::poll(const CallSpec& call) {
  std::vector<std::uint8_t> wanted;
  polled_.clear();
  for (const Value& one : call.arguments[0].items) {
    const Value* fd = one.field("fd");
    const Value* events = one.field("events");
    const Value* returned = one.field("revents");
    if (fd == nullptr || events == nullptr || returned == nullptr)
      throw NotSupported{"poll() of " + script::text_of(one)};
    const auto found = descriptors_.find(number(*fd));
    polled_.push_back({.fd = found == descriptors_.end() ? -1 : found->second,
                       .wanted = events_of(*events),
                       .returned = 0});
    wanted.push_back(events_of(*returned));
  }
  const std::int64_t millis = number(call.arguments[2]);
  const Duration timeout = millis < 0 ? Duration::max() : Duration{std::chrono::milliseconds{millis}};
  Prepared prepared{.call = calls::poll(polled_, timeout), .immediate = {}, .conclude = {}};
  prepared.conclude = [this, wanted](const CallResult&, Outcome& outcome) {
    for (std::size_t i = 0; i < polled_.size(); ++i)
      if (polled_[i].returned != wanted[i])
        outcome.differences.push_back({"revents", events_text(wanted[i]), events_text(polled_[i].returned)});
  };
  return prepared;
}

ModelCalls::Prepared ModelCalls::epoll_create(const CallSpec& call) {
  Prepared prepared{
      .call = {}, .immediate = CallResult::of(host_.syscalls().create_epoll(process_)), .conclude = {}};
  names_new_descriptor(prepared, call);
  return prepared;
}

// epoll_ctl(epfd, operation, fd, {events=..., fd=...}).
ModelCalls::Prepared ModelCalls::epoll_ctl(const CallSpec& call) {
  using Change = Syscalls::EpollChange;
  const std::int64_t operation = number(call.arguments[1]);
  const auto watched = descriptors_.find(number(call.arguments[2]));
  EpollEvent wanted;
  if (const Value* events = call.arguments[3].field("events")) {
    const std::int64_t bits = number(*events);
    const std::int64_t known = kSameBits | kEpollRdhup | kEpollExclusive | kEpollOneShot | kEpollEdge;
    if ((bits & ~known) != 0) throw NotSupported{"the model has no event like " + script::text_of(*events)};
    wanted.events =
        static_cast<std::uint8_t>((bits & kSameBits) | ((bits & kEpollRdhup) != 0 ? poll_event::rdhup : 0));
    wanted.edge = (bits & kEpollEdge) != 0;
    wanted.one_shot = (bits & kEpollOneShot) != 0;
  }
  if (const Value* data = data_of(call.arguments[3])) wanted.data = number(*data);
  const Change change = operation == word("EPOLL_CTL_ADD")   ? Change::add
                        : operation == word("EPOLL_CTL_MOD") ? Change::modify
                                                             : Change::remove;
  const Errno error = host_.syscalls().change_epoll(
      process_, descriptor(call), change, watched == descriptors_.end() ? -1 : watched->second, wanted);
  if (error != Errno::none) return fails(error);
  return {.call = {}, .immediate = CallResult::of(0), .conclude = {}};
}

// epoll_wait(epfd, {events=..., fd=...}, most, milliseconds).
ModelCalls::Prepared ModelCalls::epoll_wait(const CallSpec& call) {
  const Value& given = call.arguments[1];
  const std::int64_t most = number(call.arguments[2]);
  if (most <= 0) return fails(Errno::inval);
  ready_.assign(static_cast<std::size_t>(std::min<std::int64_t>(most, 1024)), EpollEvent{});
  const std::int64_t millis = number(call.arguments[3]);
  const Duration timeout = millis < 0 ? Duration::max() : Duration{std::chrono::milliseconds{millis}};
  Prepared prepared{
      .call = calls::epoll_wait(descriptor(call), ready_, timeout), .immediate = {}, .conclude = {}};
  prepared.conclude = [this, &given](const CallResult& result, Outcome& outcome) {
    const std::span<const Value> wanted =
        given.kind == Value::Kind::list ? std::span{given.items} : std::span{&given, 1};
    for (std::size_t i = 0; i < wanted.size() && i < static_cast<std::size_t>(result.value); ++i) {
      const Value* events = wanted[i].field("events");
      const Value* data = data_of(wanted[i]);
      const std::int64_t bits = events == nullptr ? 0 : number(*events);
      const auto expected =
          static_cast<std::uint8_t>((bits & kSameBits) | ((bits & kEpollRdhup) != 0 ? poll_event::rdhup : 0));
      if (events != nullptr && expected != ready_[i].events)
        outcome.differences.push_back({"events", epoll_text(expected), epoll_text(ready_[i].events)});
      if (data != nullptr && number(*data) != ready_[i].data)
        outcome.differences.push_back(
            {"epoll data", std::to_string(number(*data)), std::to_string(ready_[i].data)});
    }
  };
  return prepared;
}

}  // namespace halfopen::drill

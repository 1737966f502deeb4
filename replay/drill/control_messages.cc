#include "replay/drill/control_messages.h"

#include <linux/errqueue.h>
#include <time.h>

#include <cstring>
#include <functional>
#include <string>

#include "sim/drill/call_arguments.h"
#include "sim/script/text.h"

namespace halfopen::drill {
namespace {

using script::Value;

// The front of what a control message carries, as a T; the rest is zero where it is shorter.
template <class T>
T data_of(const cmsghdr& header) {
  T data{};
  const std::size_t size = header.cmsg_len - CMSG_LEN(0);
  std::memcpy(&data, CMSG_DATA(&header), std::min(size, sizeof data));
  return data;
}

class Comparing {
 public:
  Comparing(const cmsghdr& header, const RealClock& clock, Duration tolerance, Outcome& outcome)
      : header_{header}, clock_{clock}, tolerance_{tolerance}, outcome_{outcome} {}

  void compare(const Value& expected) {
    number("cmsg_level", expected.field("cmsg_level"), header_.cmsg_level);
    number("cmsg_type", expected.field("cmsg_type"), header_.cmsg_type);
    const Value* data = expected.field("cmsg_data");
    if (data == nullptr || data->kind == Value::Kind::ellipsis) return;
    if (data->field("scm_sec") != nullptr) return time(*data);
    if (data->field("ee_errno") != nullptr) return error(*data);
    if (data->kind == Value::Kind::structure) throw NotSupported{"cmsg_data like " + script::text_of(*data)};
    number("cmsg_data", &pointed_at(*data), data_of<std::int32_t>(header_));
  }

 private:
  void number(const std::string& name, const Value* expected, std::int64_t actual) {
    if (expected == nullptr || expected->kind == Value::Kind::ellipsis) return;
    if (number_for(*expected, OsFamily::linux_os) != actual)
      outcome_.differences.push_back({name, script::text_of(*expected), std::to_string(actual)});
  }

  // The first of three, which the kernel takes by its own clock (Documentation/networking/timestamping.rst).
  void time(const Value& expected) {
    const Value* seconds = expected.field("scm_sec");
    const Value* nanos = expected.field("scm_nsec");
    if (nanos == nullptr) throw NotSupported{"cmsg_data like " + script::text_of(expected)};
    const Duration wanted = std::chrono::seconds{number_for(*seconds, OsFamily::linux_os)} +
                            Duration{number_for(*nanos, OsFamily::linux_os)};
    const auto taken = data_of<timespec>(header_);
    const Duration actual =
        clock_.at_real(std::chrono::seconds{taken.tv_sec} + std::chrono::nanoseconds{taken.tv_nsec}) -
        kTimeZero;
    if (std::chrono::abs(actual - wanted) <= tolerance_) return;
    const auto text = [](Duration time) {
      return std::to_string(std::chrono::duration<double>(time).count());
    };
    outcome_.differences.push_back({"timestamp", text(wanted), text(actual)});
  }

  void error(const Value& expected) {
    const auto error = data_of<sock_extended_err>(header_);
    number("ee_errno", expected.field("ee_errno"), error.ee_errno);
    number("ee_origin", expected.field("ee_origin"), error.ee_origin);
    number("ee_type", expected.field("ee_type"), error.ee_type);
    number("ee_code", expected.field("ee_code"), error.ee_code);
    number("ee_info", expected.field("ee_info"), error.ee_info);
    number("ee_data", expected.field("ee_data"), error.ee_data);
  }

  const cmsghdr& header_;
  const RealClock& clock_;
  Duration tolerance_;
  Outcome& outcome_;
};

}  // namespace

void compare_control(const Value& expected, const msghdr& message, const RealClock& clock, Duration tolerance,
                     Outcome& outcome) {
  if (expected.kind == Value::Kind::ellipsis) return;
  msghdr walked = message;
  std::size_t count = 0;
  for (cmsghdr* header = CMSG_FIRSTHDR(&walked); header != nullptr; header = CMSG_NXTHDR(&walked, header)) {
    if (count < expected.items.size())
      Comparing{*header, clock, tolerance, outcome}.compare(expected.items[count]);
    ++count;
  }
  if (count != expected.items.size())
    outcome.differences.push_back(
        {"control messages", std::to_string(expected.items.size()), std::to_string(count)});
}

std::size_t write_control(const Value& given, std::span<std::byte> room) {
  std::size_t used = 0;
  for (const Value& one : given.items) {
    const Value* level = one.field("cmsg_level");
    const Value* type = one.field("cmsg_type");
    const Value* data = one.field("cmsg_data");
    if (level == nullptr || type == nullptr || data == nullptr || data->kind == Value::Kind::structure)
      throw NotSupported{"sendmsg() with a control message like " + script::text_of(one)};
    if (used + CMSG_SPACE(sizeof(int)) > room.size()) throw NotSupported{"so many control messages"};
    auto* header = reinterpret_cast<cmsghdr*>(room.data() + used);
    header->cmsg_len = CMSG_LEN(sizeof(int));
    header->cmsg_level = static_cast<int>(number_for(*level, OsFamily::linux_os));
    header->cmsg_type = static_cast<int>(number_for(*type, OsFamily::linux_os));
    const auto number = static_cast<int>(number_for(pointed_at(*data), OsFamily::linux_os));
    std::memcpy(CMSG_DATA(header), &number, sizeof number);
    used += CMSG_SPACE(sizeof(int));
  }
  return used;
}

}  // namespace halfopen::drill

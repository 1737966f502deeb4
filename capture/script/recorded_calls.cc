#include "capture/script/recorded_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "sim/base/errno.h"

namespace halfopen {
namespace {

using script::CallSpec;
using script::Value;

constexpr Duration kWaits = std::chrono::milliseconds{1};  // a call that takes this long has waited

Value word(std::string_view text) { return script::value_of(Value::Kind::word, std::string{text}); }

// The arguments of strace's notation: commas in quotes and brackets divide nothing.
std::vector<std::string> arguments_of(std::string_view text) {
  std::vector<std::string> arguments{""};
  int depth = 0;
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_quoted && c == '\\' && i + 1 < text.size()) {
      arguments.back() += c;
      arguments.back() += text[++i];
      continue;
    }
    if (c == '"') is_quoted = !is_quoted;
    if (!is_quoted && (c == '[' || c == '{')) ++depth;
    if (!is_quoted && (c == ']' || c == '}')) --depth;
    if (!is_quoted && depth == 0 && c == ',') {
      arguments.emplace_back();
      if (i + 1 < text.size() && text[i + 1] == ' ') ++i;
      continue;
    }
    arguments.back() += c;
  }
  return arguments;
}

std::optional<std::int64_t> number_from(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  std::int64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && stop == text.data() + text.size() ? std::optional{number} : std::nullopt;
}

// Flags as they stand: "MSG_NOSIGNAL|MSG_DONTWAIT", "0".
Value flags_of(std::string_view text) {
  if (const auto number = number_from(text)) return script::decimal(*number);
  std::vector<Value> parts;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find('|'));
    parts.push_back(word(part));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
  }
  if (parts.size() == 1) return parts.front();
  return script::value_of(Value::Kind::any_of, "", std::move(parts));
}

Value assigned(std::string_view name, std::int64_t number) {
  return script::value_of(Value::Kind::assignment, "", {word(name), script::decimal(number)});
}

// setsockopt(3, SO_KEEPALIVE, 1), or with level and length as a kernel has it. nullopt: not understood.
std::optional<std::vector<Value>> option_arguments(const std::vector<std::string>& arguments) {
  const auto name = std::ranges::find_if(arguments, [](const std::string& text) {
    return text.starts_with("SO_") || (text.starts_with("TCP_") && text != "TCP_");
  });
  if (name == arguments.end() || name + 1 == arguments.end()) return std::nullopt;
  const std::optional<std::int64_t> given = number_from(*(name + 1));
  if (!given) return std::nullopt;
  Value value = script::value_of(Value::Kind::list, "", {script::decimal(*given)});
  std::int64_t size = 4;
  if (*name == "SO_RCVTIMEO") {  // milliseconds
    value = script::value_of(Value::Kind::structure, "",
                             {assigned("tv_sec", *given / 1000), assigned("tv_usec", *given % 1000 * 1000)});
    size = 16;
  } else if (*name == "SO_LINGER") {  // seconds
    value = script::value_of(Value::Kind::structure, "", {assigned("onoff", 1), assigned("linger", *given)});
    size = 8;
  }
  return std::vector{word(name->starts_with("SO_") ? "SOL_SOCKET" : "IPPROTO_TCP"), word(*name),
                     std::move(value), script::decimal(size)};
}

CallSpec close_of(std::int64_t descriptor) {
  CallSpec call;
  call.name = "close";
  call.arguments = {script::decimal(descriptor)};
  call.result = script::decimal(0);
  return call;
}

// Those that a script makes when they returned: what they wait for is there by then. The others do something
// when they begin.
bool acts_at_its_end(const CallNote& note) {
  const bool waits_only = note.call == "accept" || note.call == "accept4" || note.call == "read" ||
                          note.call == "recvfrom" || note.call == "recv";
  return waits_only && note.error != static_cast<int>(Errno::again);
}

}  // namespace

// By name: nullopt for what need not be made, and for what cannot, which is left out.
std::optional<CallSpec> RecordedCalls::call_of(const CallNote& note) {
  const std::vector<std::string> arguments = arguments_of(note.args);
  const std::string& name = note.call;
  CallSpec call;
  call.name = name;
  call.result = script::decimal(note.error > 0 ? -1 : note.result);
  if (note.error > 0) {
    call.error = to_string(static_cast<Errno>(note.error));
    call.note = message_of(static_cast<Errno>(note.error));
  }
  if (name == "socket") {
    call.arguments = {script::ellipsis(), word("SOCK_STREAM"), word("IPPROTO_TCP")};
    return call;
  }
  const std::optional<std::int64_t> descriptor = number_from(arguments.front());
  if (!descriptor) return std::nullopt;
  call.arguments = {script::decimal(*descriptor)};
  const auto add = [&](std::vector<Value> more) {
    std::ranges::move(more, std::back_inserter(call.arguments));
  };
  if (name == "bind" || name == "connect" || name == "accept" || name == "accept4") {
    if (name == "accept4") call.name = "accept";
    add({script::ellipsis(), script::ellipsis()});
  } else if (name == "listen" || name == "shutdown") {
    if (arguments.size() < 2) return std::nullopt;
    add({flags_of(arguments[1])});
  } else if (name == "read" || name == "write") {
    const std::optional<std::int64_t> size = number_from(arguments.back());
    if (!size) return std::nullopt;
    add({script::ellipsis(), script::decimal(*size)});
  } else if (name == "recvfrom" || name == "recv" || name == "sendto" || name == "send") {
    const std::optional<std::int64_t> size = arguments.size() < 4 ? std::nullopt : number_from(arguments[2]);
    if (!size) return std::nullopt;
    call.name = name.starts_with("recv") ? "recv" : "send";
    add({script::ellipsis(), script::decimal(*size), flags_of(arguments[3])});
  } else if (name == "setsockopt") {
    std::optional<std::vector<Value>> values = option_arguments(arguments);
    if (!values) {
      left_out_.push_back(fmt::format("{}({})", name, note.args));
      return std::nullopt;
    }
    add(*std::move(values));
  } else {
    return std::nullopt;
  }
  return call;
}

bool RecordedCalls::is_last_of(std::uint64_t file) const {
  return std::ranges::none_of(processes_, [&](const auto& process) {
    return std::ranges::any_of(process.second, [&](const auto& entry) { return entry.second == file; });
  });
}

std::vector<RecordedCall> RecordedCalls::see(const CallNote& note, std::size_t order) {
  Descriptors& mine = processes_[note.pid];
  const std::size_t after = std::exchange(last_return_[note.pid], order);
  if (note.call == "fork" && note.result > 0) {
    processes_[static_cast<std::uint32_t>(note.result)].insert(mine.begin(), mine.end());
    return {};
  }
  if (note.error == static_cast<int>(Errno::intr)) return {};
  if (note.call == "close") {
    const std::optional<std::int64_t> descriptor = number_from(note.args);
    const auto found = descriptor ? mine.find(*descriptor) : mine.end();
    if (found == mine.end()) return {};
    const std::uint64_t file = found->second;
    mine.erase(found);
    if (!is_last_of(file)) return {};
    return {{.at = note.began,
             .end = {},
             .after = note.began < note.at ? std::optional{after} : std::nullopt,
             .is_of_exit = false,
             .call = close_of(*descriptor)}};
  }
  std::optional<CallSpec> call = call_of(note);
  if (!call) return {};
  if (note.error == 0 && (note.call == "socket" || note.call.starts_with("accept")))
    mine[note.result] = ++files_;
  if (note.began == note.at || acts_at_its_end(note))
    return {{.at = note.at, .end = {}, .after = {}, .is_of_exit = false, .call = *std::move(call)}};
  // A real kernel's calls take time, too, when they wait for nothing.
  const bool waits = note.at - note.began >= kWaits;
  return {{.at = note.began,
           .end = waits ? std::optional{note.at} : std::nullopt,
           .after = after,
           .is_of_exit = false,
           .call = *std::move(call)}};
}

std::vector<RecordedCall> RecordedCalls::see(const ProcessNote& note) {
  std::vector<RecordedCall> calls;
  if (note.what != ProcessNote::What::exited && note.what != ProcessNote::What::killed) return calls;
  const auto gone = processes_.extract(note.pid);
  if (gone.empty()) return calls;
  const std::size_t after = last_return_[note.pid];
  for (const auto& [descriptor, file] : gone.mapped())
    if (is_last_of(file))
      calls.push_back(
          {.at = note.at, .end = {}, .after = after, .is_of_exit = true, .call = close_of(descriptor)});
  return calls;
}

}  // namespace halfopen

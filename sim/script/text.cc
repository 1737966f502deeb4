#include "sim/script/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace halfopen::script {
namespace {

std::string joined(const std::vector<Value>& values, std::string_view between) {
  std::string text;
  for (const Value& value : values) {
    if (&value != &values.front()) text += between;
    text += text_of(value);
  }
  return text;
}

// "0.1", "12", "0.000000001".
std::string seconds_text(Duration duration) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  std::string decimals = std::to_string(kSecond + duration.count() % kSecond).substr(1);
  decimals.erase(decimals.find_last_not_of('0') + 1);
  return std::to_string(duration.count() / kSecond) + (decimals.empty() ? "" : "." + decimals);
}

struct ActionText {
  Dialect dialect;
  std::string operator()(const PacketSpec& packet) const { return text_of(packet, dialect); }
  std::string operator()(const CallSpec& call) const { return text_of(call); }
  std::string operator()(const CommandSpec& command) const { return '`' + command.line + '`'; }
  std::string operator()(const CodeSpec& code) const { return "%{ " + code.text + " }%"; }
};

std::string option_text(const Option& option) {
  if (!option.value) return "--" + option.name;
  const std::string& value = *option.value;
  const bool is_plain = !value.empty() && std::ranges::all_of(value, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  });
  return "--" + option.name + "=" + (is_plain ? value : '"' + value + '"');
}

}  // namespace

std::string text_of(const Value& value) {
  switch (value.kind) {
    case Value::Kind::ellipsis: return "...";
    case Value::Kind::decimal: return std::to_string(value.number);
    case Value::Kind::hexadecimal: return fmt::format("{:#x}", static_cast<std::uint64_t>(value.number));
    case Value::Kind::word: return value.text;
    case Value::Kind::string: return '"' + value.text + '"' + (value.goes_on ? "..." : "");
    case Value::Kind::list: return '[' + joined(value.items, ", ") + ']';
    case Value::Kind::structure: return '{' + joined(value.items, ", ") + '}';
    case Value::Kind::call: return value.text + '(' + joined(value.items, ", ") + ')';
    case Value::Kind::any_of: return joined(value.items, "|");
    case Value::Kind::assignment: return joined(value.items, "=");
  }
  return {};
}

std::string text_of(const EventTime& time) {
  const std::string from = seconds_text(time.from);
  switch (time.kind) {
    case EventTime::Kind::absolute: return from;
    case EventTime::Kind::relative: return "+" + from;
    case EventTime::Kind::any: return "*";
    case EventTime::Kind::absolute_range: return from + "~" + seconds_text(time.to);
    case EventTime::Kind::relative_range: return "+" + from + "~+" + seconds_text(time.to);
  }
  return {};
}

std::string text_of(const CallSpec& call) {
  std::string text = call.name + '(' + joined(call.arguments, ", ") + ") = " + text_of(call.result);
  if (call.error) text += ' ' + *call.error;
  if (call.note) text += " (" + *call.note + ')';
  return text;
}

std::string text_of(const Event& event, Dialect dialect) {
  std::string text = text_of(event.time);
  const auto* call = std::get_if<CallSpec>(&event.action);
  if (call != nullptr && call->end) text += "..." + seconds_text(*call->end);
  return text + ' ' + std::visit(ActionText{dialect}, event.action);
}

std::string text_of(const Script& script) {
  std::string text;
  for (const Option& option : script.options) text += option_text(option) + '\n';
  if (script.init) text += '`' + script.init->line + "`\n";
  for (const Event& event : script.events) text += text_of(event, script.dialect) + '\n';
  if (script.cleanup) text += '`' + script.cleanup->line + "`\n";
  return text;
}

}  // namespace halfopen::script

// A packetdrill script as values: what is to happen, in order. parser.h reads one, text.h writes it again;
// who plays it is elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sim/base/time.h"
#include "sim/script/packet_spec.h"
#include "sim/script/value.h"

namespace halfopen::script {

// google: github.com/google/packetdrill, and the selftests of the Linux kernel. nplab: the fork that
// FreeBSD's suite is written for. Most of the language is common.
enum class Dialect : std::uint8_t { google, nplab };
[[nodiscard]] std::string_view to_string(Dialect dialect);  // "google", "nplab"

// --name or --name=value at the top. The value is without its quotes.
struct Option {
  std::string name;
  std::optional<std::string> value;
  Place place;
  friend bool operator==(const Option&, const Option&) = default;
};

struct EventTime {
  enum class Kind : std::uint8_t {
    absolute,        // 0.1: since the script's begin
    relative,        // +0.1: since the event before
    any,             // *: whenever it comes
    absolute_range,  // 0.1~0.2
    relative_range,  // +0.1~+0.2
  };
  Kind kind = Kind::absolute;
  Duration from{};
  Duration to{};  // of a range
  friend bool operator==(const EventTime&, const EventTime&) = default;
};

struct CallSpec {
  std::optional<Duration> end;  // of a blocking call; counted as the event's own time is
  std::string name;
  std::vector<Value> arguments;
  Value result;
  std::optional<std::string> error;  // "EAGAIN"
  std::optional<std::string> note;   // for people: "Resource temporarily unavailable", "flags O_RDWR"
  friend bool operator==(const CallSpec&, const CallSpec&) = default;
};

struct CommandSpec {  // for sh
  std::string line;   // as written between the backticks
  friend bool operator==(const CommandSpec&, const CommandSpec&) = default;
};

struct CodeSpec {    // for Python
  std::string text;  // between %{ and }%, without the blanks and tabs at either end
  friend bool operator==(const CodeSpec&, const CodeSpec&) = default;
};

struct Event {
  Place place;  // of its time
  EventTime time;
  std::variant<PacketSpec, CallSpec, CommandSpec, CodeSpec> action;
  friend bool operator==(const Event&, const Event&) = default;
};

struct Script {
  Dialect dialect = Dialect::google;  // as given or shown; no value depends on it
  std::vector<Option> options;        // without --define: definitions are put in where their words stand
  std::optional<CommandSpec> init;
  std::vector<Event> events;  // at least one
  std::optional<CommandSpec> cleanup;
  friend bool operator==(const Script&, const Script&) = default;
};

}  // namespace halfopen::script

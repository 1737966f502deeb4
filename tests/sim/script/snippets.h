// Parts of scripts, read alone.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>

#include "sim/base/input_error.h"
#include "sim/script/parser.h"
#include "sim/script/text.h"

namespace halfopen::script {

inline Script script_of(std::string_view text, const ParseSettings& settings = {}) {
  return parse_script(text, "x.pkt", settings);
}

// The one event of a script.
inline Event event_of(std::string_view text, const ParseSettings& settings = {}) {
  const Script script = script_of(text, settings);
  EXPECT_EQ(script.events.size(), 1U) << text;
  return script.events.front();
}

// "> S 0:0(0)" at some time.
inline PacketSpec packet_of(std::string_view text) {
  return std::get<PacketSpec>(event_of("+0 " + std::string{text}).action);
}
inline TcpSpec tcp_of(std::string_view text) { return std::get<TcpSpec>(packet_of(text).body); }
inline IcmpSpec icmp_of(std::string_view text) { return std::get<IcmpSpec>(packet_of(text).body); }

inline CallSpec call_of(std::string_view text) {
  return std::get<CallSpec>(event_of("+0 " + std::string{text}).action);
}
// As the argument of a call.
inline Value read_value_of(std::string_view text) {
  return call_of("f(" + std::string{text} + ") = 0").arguments.front();
}

// What a refusal says; "accepted" if there is none.
inline std::string refusal_of(std::string_view text, const ParseSettings& settings = {}) {
  try {
    static_cast<void>(parse_script(text, "x.pkt", settings));
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace halfopen::script

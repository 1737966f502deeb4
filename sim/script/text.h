// Scripts and their parts in packetdrill's notation: for messages, and for scripts that are made. What is
// written here reads back as the same value.
#pragma once

#include <string>

#include "sim/script/script.h"

namespace halfopen::script {

[[nodiscard]] std::string text_of(const Value& value);
[[nodiscard]] std::string text_of(const EventTime& time);  // "+0.1", "0.1~0.2", "*"
// Without its end: that stands with the event's time.
[[nodiscard]] std::string text_of(const CallSpec& call);

// Where the dialects have words of their own, those of `dialect` are taken; what only the other can say is
// said in its words.
[[nodiscard]] std::string text_of(const TcpOptionSpec& option, Dialect dialect);
[[nodiscard]] std::string text_of(const OuterHeader& header);  // with its colon and a space
[[nodiscard]] std::string text_of(const PacketSpec& packet, Dialect dialect);
[[nodiscard]] std::string text_of(const Event& event, Dialect dialect);  // without a newline
[[nodiscard]] std::string text_of(const Script& script);

// The letters of flags, the dot last, then the digit: "FP.", "S.5", "-".
[[nodiscard]] std::string text_of(const TcpFlags& flags);

}  // namespace halfopen::script

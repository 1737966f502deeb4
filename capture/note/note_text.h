// A note as a line of the ladder, without its time.
#pragma once

#include <string>

#include "capture/note/names.h"
#include "sim/trace/observe.h"

namespace halfopen {

// `line-client[100] write(3, "anybody there?\n", 15) = 15`, `... = -1 ETIMEDOUT (Connection timed out) <539.5
// s>`: strace's notation, with the time in the call where it was a millisecond or more.
[[nodiscard]] std::string call_text(const CallNote& note);

// `client  CLOSE_WAIT <- ESTABLISHED (FIN received)`, `-- server host crashes --`. `names` tells connections
// of one host apart.
[[nodiscard]] std::string note_text(const Note& note, Names& names);

// "(lost)", "(lost: path is cut)"; empty for a packet that arrives.
[[nodiscard]] std::string fate_text(PacketFate fate);

}  // namespace halfopen

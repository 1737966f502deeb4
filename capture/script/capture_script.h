// A packetdrill script from one connection of a capture: what one end got is injected, what it sent is
// expected, and the calls of its programs are made where the capture records them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/trace/observe.h"

namespace halfopen {

struct CaptureScript {
  std::string text;                  // reads back as a script; begins with comments
  std::vector<std::string> remarks;  // what of the capture is not in it, a line each
};

// `connection` is libpcap's filter, as --connection takes it; it may be empty where there is only one.
// `side`: whose host is to be played; without it that at whose device the capture was made, if it says so,
// else who opened the connection. Throws InputError for what is no capture or no filter, for no or more than
// one connection, and for a connection whose beginning is not there.
[[nodiscard]] CaptureScript script_of_capture(const std::string& path, const std::string& connection,
                                              std::optional<HostId> side);

}  // namespace halfopen

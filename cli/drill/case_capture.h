// -w: the packets of a case as pcapng, with the reasons for which they left.
#pragma once

#include <string>

#include "cli/drill/drill_run.h"

namespace halfopen {

// "net-tcp-basic.ipv4.linux-6.18.pcapng": the path with its slashes as dashes, the IP version, the host.
[[nodiscard]] std::string capture_name(const DrillCase& one);

// Listens to the case and writes DIRECTORY/capture_name(); the directory is made if it is not there. Its
// last note says what became of the case. Throws Trouble or CaptureError where it cannot be written.
void write_capture(const DrillCase& one, const DrillOptions& options, const DrillResult& result,
                   const std::string& directory);

}  // namespace halfopen

// halfopen show --summary: a line for each connection of a capture.
#pragma once

#include <string>

namespace halfopen {

// Prints to standard output. `capture`: a file, or "-" for standard input. Throws InputError where it cannot
// be read, after the connections up to there. Returns the exit code.
int show_summary(const std::string& capture);

}  // namespace halfopen

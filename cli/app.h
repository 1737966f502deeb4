// The command line of halfopen.
#pragma once

namespace halfopen {

// Parses the command line, runs the command and returns the exit status. Every error becomes one line on
// standard error.
int run_app(int argc, char** argv);

}  // namespace halfopen

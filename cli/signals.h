// What a signal that ends us leaves behind: captures that are valid as far as they go, and no half-written
// file.
#pragma once

namespace halfopen {

// On SIGINT, SIGTERM and SIGHUP: completes captures and exits with 128 + the signal. Ignores SIGPIPE and
// SIGXFSZ, so that a reader who leaves and a file that may not grow are errors of a write.
void install_signal_handlers();

}  // namespace halfopen

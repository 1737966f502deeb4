// Accepts and never reads: the client's data fills the window, and the client is stuck.
#include <unistd.h>

#include "replay/programs/forking_server.h"
#include "replay/programs/options.h"

namespace halfopen::programs {
namespace {

int stall(const ProgramConfig&, int) {
  for (;;) ::pause();
}

}  // namespace
}  // namespace halfopen::programs

int main(int argc, char** argv) {
  using namespace halfopen::programs;
  return serve_forking(config_or_exit("stalled-server", argc, argv), &stall);
}

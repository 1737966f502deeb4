#include "sim/apps/registry.h"

#include <algorithm>
#include <array>

#include "sim/apps/programs.h"

namespace halfopen {
namespace {

constexpr std::array<std::string_view, 6> kNames{"line-client", "bulk-client",    "echo-server",
                                                 "sink",        "stalled-server", "reply-server"};
constexpr auto kMains =
    std::to_array({&line_client, &bulk_client, &echo_server, &sink, &stalled_server, &reply_server});
static_assert(kNames.size() == kMains.size());

}  // namespace

ProgramMain make_program(const ProgramConfig& config) {
  const auto found = std::ranges::find(kNames, config.name);
  if (found == kNames.end()) return {};
  const auto main = kMains[static_cast<std::size_t>(found - kNames.begin())];
  return [main, &config](Sys sys) { return main(sys, config); };
}

std::span<const std::string_view> program_names() { return kNames; }

}  // namespace halfopen

#include "cli/line/pairing.h"

#include <algorithm>
#include <array>

namespace halfopen {
namespace {

struct NamedPairing {
  std::string_view name;
  Pairing hosts;
};

constexpr std::array<NamedPairing, 4> kPairings{
    {{"sim", {}},
     {"replay", {.client_is_kernel = true}},
     {"live", {.client_is_kernel = true, .server_is_kernel = true}},
     {"model-kernel", {.server_is_kernel = true}}}};

}  // namespace

std::string_view to_string(const Pairing& hosts) {
  return std::ranges::find(kPairings, hosts, &NamedPairing::hosts)->name;
}

std::optional<Pairing> pairing_from(std::string_view name) {
  const auto found = std::ranges::find(kPairings, name, &NamedPairing::name);
  if (found == kPairings.end()) return std::nullopt;
  return found->hosts;
}

}  // namespace halfopen

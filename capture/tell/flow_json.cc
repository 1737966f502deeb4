#include "capture/tell/flow_json.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

namespace halfopen {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 2> kRoles{"client", "server"};
// By Ending.
constexpr std::array<std::string_view, 9> kEndings{"open",    "syn-only",    "refused",    "reset", "closed",
                                                   "closing", "half-closed", "unanswered", "silent"};

Json role_or_null(const Flow& flow, const std::optional<std::uint8_t>& index) {
  return index ? Json(kRoles[flow.role_of(*index)]) : Json();
}

Json end_json(const SocketAddress& address, const FlowEnd& end) {
  return {{"address", address.ip.to_string()},
          {"port", address.port},
          {"packets", end.packets},
          {"bytes", end.bytes},
          {"retransmissions", end.retransmissions},
          {"out_of_order", end.out_of_order},
          {"probes", end.probes},
          {"tries", end.tries},
          {"state", to_string(end.state)},
          {"missing", static_cast<bool>(end.is_missing)}};
}

}  // namespace

std::string flow_json(const Flow& flow) {
  const auto [what, by] = flow.ending();
  const bool names_one = what != Ending::open && what != Ending::syn_only;
  return Json{{"connection", flow.number},
              {"began", nanos(flow.began)},
              {"last", nanos(flow.last)},
              {"client", end_json(flow.address(0), flow.end(0))},
              {"server", end_json(flow.address(1), flow.end(1))},
              {"handshake", flow.has_syn},
              {"ending", kEndings[static_cast<std::size_t>(what)]},
              {"by", names_one ? Json(kRoles[by]) : Json()},
              {"refusals", flow.refusals},
              {"reset_after_close_by", role_or_null(flow, flow.late_reset_by)},
              {"resets_that_do_not_count", flow.void_resets},
              {"icmp_errors", flow.icmp_errors}}
      .dump();
}

}  // namespace halfopen

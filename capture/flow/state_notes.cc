#include "capture/flow/state_notes.h"

namespace halfopen {

void tell_states(const Flow& flow, const FlowFacts& facts, TimePoint at,
                 const std::function<void(const StateNote&)>& tell) {
  for (const StateChange& change : facts.state_changes()) {
    tell({.at = at,
          .host = change.is_client ? HostId::client : HostId::server,
          .connection = change.end == 0 ? flow.key : FourTuple{flow.key.remote, flow.key.local},
          .from = change.from,
          .to = change.to,
          .why = Cause::unknown});
  }
}

}  // namespace halfopen

// The states of a flow as the notes that a host would have made of them, for captures that do not record
// states.
#pragma once

#include <functional>

#include "capture/flow/flow.h"
#include "sim/trace/observe.h"

namespace halfopen {

// Tells the changes that a segment made to its flow, in order. `why` is always unknown.
void tell_states(const Flow& flow, const FlowFacts& facts, TimePoint at,
                 const std::function<void(const StateNote&)>& tell);

}  // namespace halfopen

// A connection of a capture as JSON, for `show --summary --json`.
#pragma once

#include <string>

#include "capture/flow/flow.h"

namespace halfopen {

// One object, without a newline; its fields are in docs/json.md.
[[nodiscard]] std::string flow_json(const Flow& flow);

}  // namespace halfopen

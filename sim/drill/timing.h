// When an event of a script is to happen, and whether it did.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sim/base/time.h"
#include "sim/drill/config.h"
#include "sim/script/script.h"

namespace halfopen::drill {

struct EventWindow {
  script::EventTime::Kind kind = script::EventTime::Kind::absolute;
  TimePoint from;
  TimePoint to;       // of a range, else the same
  Duration offset{};  // what a relative time was counted from
  // `base`: of relative times.
  [[nodiscard]] static EventWindow of(const script::EventTime& time, TimePoint base);
};

// The tolerance of what is to happen at `due` when the event before was due at `last`.
[[nodiscard]] Duration tolerance_at(const DrillConfig& config, TimePoint due, std::optional<TimePoint> last);

// packetdrill's sentence if `what` ("outbound packet") happened too early or too late.
[[nodiscard]] std::optional<std::string> timing_error(const EventWindow& window, TimePoint at,
                                                      Duration tolerance, std::string_view what);

}  // namespace halfopen::drill

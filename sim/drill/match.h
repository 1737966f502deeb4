// A packet that came against one that was expected, both in the script's numbers.
#pragma once

#include <vector>

#include "sim/drill/difference.h"
#include "sim/script/packet_spec.h"
#include "sim/script/script.h"

namespace halfopen::drill {

struct MatchSettings {
  script::Dialect dialect = script::Dialect::google;  // in whose words options are told
  Duration tolerance{};                               // of timestamps, where they are checked
  Duration timestamp_tick{};                          // of one step of TSval; zero: TSval is not checked
};

// Every difference; none: it is as expected. What the expectation leaves open is not compared, nor are TSecr
// and, unless a tick is given, TSval: their presence is.
[[nodiscard]] std::vector<Difference> differences(const script::PacketSpec& expected,
                                                  const script::PacketSpec& actual,
                                                  const MatchSettings& settings);

}  // namespace halfopen::drill

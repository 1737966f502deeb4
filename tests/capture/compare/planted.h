// Differences to plant into the trace of traces.h, one at a time, and what is to be found of each.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "tests/capture/compare/traces.h"

namespace halfopen::test {

struct Planted {
  std::string name;
  std::function<void(TraceOfPackets&)> plant;
  compare::What what = compare::What::changed;
  std::vector<compare::Field> fields = {};
  const char* says = "";  // in the explanation
};

// Fields of a packet that is in both traces.
[[nodiscard]] std::vector<Planted> field_changes();
// Packets that are in one trace only, elsewhere or at another time.
[[nodiscard]] std::vector<Planted> packet_changes();

// The time stamps of the options that are planted.
inline constexpr Timestamps kTs{TsVal{101'000}, TsVal{71'000}};
void erase(TraceOfPackets& trace, std::size_t index);
void set_options(TraceOfPackets& trace, std::size_t index, const std::function<void(TcpOptions&)>& build);

}  // namespace halfopen::test

// How a connection ended, by what its flow shows when the capture ends.
#include "capture/flow/flow.h"

namespace halfopen {
namespace {

// A capture may end before a probe's answer; with two of them something is wrong.
constexpr std::uint64_t kSilentProbes = 2;

}  // namespace

Flow::End Flow::ending() const {
  const FlowEnd& client = end(0);
  const FlowEnd& server = end(1);
  if (reset_by) {
    const std::uint8_t by = role_of(*reset_by);
    return {reset_answers_syn && by == 1 ? Ending::refused : Ending::reset, by};
  }
  if (client.sent_syn && !client.was_acked && !server.sent_syn && !server.is_missing)
    return {Ending::syn_only, 0};
  if (client.sent_fin && server.sent_fin)
    return {closed_in_order() ? Ending::closed : Ending::closing, role_of(*first_fin)};
  for (const std::uint8_t by : {std::uint8_t{0}, std::uint8_t{1}}) {
    if (end(by ^ 1).is_missing) continue;  // whether it heard nothing, the capture does not say
    if (end(by).is_waiting && end(by).tries > 0) return {Ending::unanswered, by};
    if (end(by).tries >= kSilentProbes) return {Ending::silent, by};
  }
  if (first_fin) return {Ending::half_closed, role_of(*first_fin)};
  return {Ending::open, 0};
}

}  // namespace halfopen

#include "tests/fidelity/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace halfopen::fidelity {
namespace {

using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;

// The longest common subsequence of both packets, as pairs of places.
Pairs in_common(const std::vector<Packet>& a, const std::vector<Packet>& b) {
  const std::size_t width = b.size() + 1;
  std::vector<std::uint32_t> longest((a.size() + 1) * width);  // of what is left from (i, j) on
  for (std::size_t i = a.size(); i-- > 0;) {
    for (std::size_t j = b.size(); j-- > 0;) {
      longest[i * width + j] = a[i].what == b[j].what
                                   ? longest[(i + 1) * width + j + 1] + 1
                                   : std::max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
    }
  }
  Pairs pairs;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i].what == b[j].what) {
      pairs.emplace_back(i++, j++);
    } else if (longest[(i + 1) * width + j] >= longest[i * width + j + 1]) {
      ++i;
    } else {
      ++j;
    }
  }
  return pairs;
}

bool is_near(Duration a, Duration b, const Tolerance& tolerance) {
  const auto allowed =
      tolerance.slack +
      Duration{static_cast<std::int64_t>(static_cast<double>(std::max(a, b).count()) * tolerance.stretch)};
  return std::max(a, b) - std::min(a, b) <= allowed;
}

bool is_near(std::uint32_t a, std::uint32_t b, double stretch) {
  return static_cast<double>(std::max(a, b) - std::min(a, b)) <=
         static_cast<double>(std::max(a, b)) * stretch;
}

void note_first(Measure& measure, std::string text) {
  if (measure.first.empty()) measure.first = std::move(text);
}

void measure_packets(const Recording& truth, const Recording& model, const Tolerance& tolerance,
                     Measure& measure) {
  const Pairs pairs = in_common(truth.packets, model.packets);
  measure.packets = std::max(truth.packets.size(), model.packets.size());
  measure.matched = pairs.size();
  std::size_t next = 0;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const auto [at, other] = pairs[i];
    const Packet& a = truth.packets[at];
    const Packet& b = model.packets[other];
    if (at != next || other != next)
      note_first(measure, fmt::format("packet {}: {} | {}", next + 1, text_of(truth.packets[next]),
                                      text_of(model.packets[next])));
    ++next;
    if (!a.has_window || is_near(a.window, b.window, tolerance.window)) {
      ++measure.windows;
    } else {
      note_first(measure, fmt::format("window of packet {}: {} | {}", at + 1, text_of(a), text_of(b)));
    }
    const Duration gap_a = i == 0 ? Duration::zero() : a.at - truth.packets[pairs[i - 1].first].at;
    const Duration gap_b = i == 0 ? Duration::zero() : b.at - model.packets[pairs[i - 1].second].at;
    if (is_near(gap_a, gap_b, tolerance)) {
      ++measure.gaps;
    } else {
      note_first(measure, fmt::format("time of packet {}: {} | {}", at + 1, text_of(a), text_of(b)));
    }
  }
  if (measure.matched < measure.packets) {
    const auto of = [&](const std::vector<Packet>& packets) {
      return next < packets.size() ? text_of(packets[next]) : "nothing";
    };
    note_first(measure, fmt::format("packet {}: {} | {}", next + 1, of(truth.packets), of(model.packets)));
  }
}

void measure_calls(const Recording& truth, const Recording& model, const Tolerance& tolerance,
                   Measure& measure) {
  measure.call_results = truth.calls == model.calls;
  measure.calls = measure.call_results;
  for (std::size_t i = 0; i < std::min(truth.calls.size(), model.calls.size()); ++i) {
    const Call& a = truth.calls[i];
    const Call& b = model.calls[i];
    // When the first SYN left is the machine's business; its answer is among the packets.
    const bool is_on_time =
        a.name == "connect" || is_near(a.at - kTimeZero, b.at - kTimeZero, {.slack = 2 * tolerance.slack});
    if (a == b && is_on_time) continue;
    measure.calls = false;
    note_first(measure, fmt::format("call {}: {} | {}", i + 1, text_of(a), text_of(b)));
  }
  if (truth.calls.size() != model.calls.size())
    note_first(measure, fmt::format("{} calls | {}", truth.calls.size(), model.calls.size()));
}

}  // namespace

std::string text_of(const Packet& packet) {
  return fmt::format("{:.6f} {} win {}", std::chrono::duration<double>(packet.at.time_since_epoch()).count(),
                     packet.what, packet.window);
}

std::string text_of(const Call& call) {
  return fmt::format("{:.6f} {} = {} {}", std::chrono::duration<double>(call.at.time_since_epoch()).count(),
                     call.name, call.result, call.error);
}

Measure measure(const Recording& truth, const Recording& model, const Tolerance& tolerance) {
  Measure measure;
  measure_packets(truth, model, tolerance, measure);
  measure_calls(truth, model, tolerance, measure);
  return measure;
}

}  // namespace halfopen::fidelity

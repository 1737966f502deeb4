#include "capture/compare/explain_text.h"

#include <fmt/format.h>

namespace halfopen::compare {
namespace {

double to_ms(Duration span) { return static_cast<double>(span.count()) / 1e6; }
double to_seconds(Duration span) { return static_cast<double>(span.count()) / 1e9; }

}  // namespace

std::string untold(std::string_view depends_on) {
  std::string text{"why cannot be told from the packets"};
  return depends_on.empty() ? text : fmt::format("{} (it depends on {})", text, depends_on);
}

std::string ms_text(Duration span) { return fmt::format("{:.4g} ms", to_ms(span)); }

std::string span_text(Duration span) {
  return span < 1s ? ms_text(span) : fmt::format("{:.3f} s", to_seconds(span));
}

std::string tenths_text(Duration span) { return fmt::format("{:.1f} s", to_seconds(span)); }

}  // namespace halfopen::compare

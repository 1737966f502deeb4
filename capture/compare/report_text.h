// The report of a comparison as text: a ladder with both traces' times side by side.
//
//   12  3.000000     3.000441    = client > server  P.  15:30(15)  ack 15  win 64512  <nop,nop,TS>
//   13  3.224000     3.228310    ~ client > server  P.  ...
//                                  time: +4.31 ms (allowed 3 ms)
//        -           3.452831    > client > server  P.  ...       only B has it
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "capture/compare/report.h"

namespace halfopen::compare {

struct ReportLine {
  enum class Tone : std::uint8_t { plain, title, equal, changed, missing, extra, reason };
  Tone tone = Tone::plain;
  std::string text;
};

// "-3.2 ms", "+64 ms".
[[nodiscard]] std::string signed_text(Duration duration);
// The first difference in one line, its reason behind it.
[[nodiscard]] std::string first_line(const ConnectionReport& report);
// All of it, or the first `most` differences; `name_a` and `name_b` head the columns.
[[nodiscard]] std::vector<ReportLine> report_lines(const ConnectionReport& report, std::string_view name_a,
                                                   std::string_view name_b, std::uint64_t most = UINT64_MAX);
[[nodiscard]] std::vector<ReportLine> outcome_lines(const std::vector<OutcomeDifference>& outcomes,
                                                    std::string_view name_a, std::string_view name_b);

}  // namespace halfopen::compare

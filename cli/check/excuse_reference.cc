#include "cli/check/excuse_reference.h"

#include <fmt/format.h>

#include <string_view>

#include "cli/run/excuse.h"

namespace halfopen {
namespace {

// What differs in a comparison, but not when.
class Differences final : public CompareListener {
 public:
  void on_connection(const compare::ConnectionReport& report) override {
    if (report.number_a == 0 || report.number_b == 0) {
      all_.push_back(fmt::format("a connection {}", report.number_a == 0 ? "more" : "less"));
    }
    for (const compare::ConnectionReport::Config& config : report.config) {
      all_.push_back(fmt::format("{}: {} | {}", config.what, config.a, config.b));
    }
    for (const compare::Row& row : report.rows) {
      if (row.what == compare::What::equal) continue;
      std::string text = fmt::format("{} {}", word_of(row.what), row.text);
      for (const compare::FieldChange& change : row.changes) {
        text += fmt::format(" {}: {} | {}", to_string(change.field), change.a, change.b);
      }
      all_.push_back(std::move(text));
    }
  }
  [[nodiscard]] const std::vector<std::string>& all() const { return all_; }

 private:
  static std::string_view word_of(compare::What what) {
    switch (what) {
      case compare::What::missing: return "missing";
      case compare::What::extra: return "extra";
      case compare::What::moved: return "moved";
      case compare::What::late: return "at another time";
      default: return "changed";
    }
  }

  std::vector<std::string> all_;
};

}  // namespace

ReferenceResult excuse_reference(ReferenceResult judged, const Lateness& lateness,
                                 const std::string& reference, const std::string& run, CompareOptions options,
                                 std::vector<std::string>& unsized) {
  using What = ReferenceResult::What;
  const bool is_bad = judged.what == What::different || judged.what == What::gone;
  if (!is_bad || lateness.worst().by == Duration::zero()) return judged;
  allow_for(lateness, options);
  Differences differences;
  const Comparison rest = compare_captures(reference, run, options, &differences);
  const bool is_time_alone = judged.what == What::different && rest.is_same();
  if (!is_time_alone && !lateness.may_have_decided()) return judged;
  if (!is_time_alone) {
    if (!rest.first.empty()) judged.text = rest.first;
    for (const std::string& text : differences.all()) unsized.push_back(judged.name + ": " + text);
    for (const compare::OutcomeDifference& outcome : rest.outcomes)
      unsized.push_back(judged.name + ": " + outcome.subject);
    if (judged.what == What::gone) unsized.push_back(judged.name + ": gone");
  }
  judged.what = What::unresolved;
  judged.text += "; " + text_of(lateness);
  return judged;
}

}  // namespace halfopen

#include "cli/check/check_attempts.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace halfopen {
namespace {

bool is_in_all(const std::vector<CheckResult>& attempts, const std::string& key) {
  return std::ranges::all_of(attempts, [&](const CheckResult& attempt) {
    return std::ranges::find(attempt.unsized, key) != attempt.unsized.end();
  });
}

void fail_what_stays(CheckResult& last, const std::string& key, const std::string& why) {
  last.what = CheckResult::What::failed;
  for (auto text = last.unresolved.begin(); text != last.unresolved.end();) {
    if (!text->starts_with(key)) {
      ++text;
      continue;
    }
    last.failed.push_back(*text + why);
    text = last.unresolved.erase(text);
  }
  for (ReferenceResult& reference : last.references) {
    const bool is_meant =
        reference.what == ReferenceResult::What::unresolved && key.starts_with(reference.name + ": ");
    if (!is_meant) continue;
    reference.what = ReferenceResult::What::different;
    reference.text += why;
  }
}

}  // namespace

CheckResult settle(std::vector<CheckResult> attempts) {
  CheckResult last = attempts.back();
  if (attempts.size() == 1) return last;
  last.took = {};
  for (const CheckResult& attempt : attempts) last.took += attempt.took;
  if (last.what == CheckResult::What::unresolved) {
    const std::string why = fmt::format("; the same in all {} runs, so it is no accident", attempts.size());
    for (const std::string& key : std::vector{last.unsized}) {
      if (is_in_all(attempts, key)) fail_what_stays(last, key, why);
    }
    return last;
  }
  const std::vector<std::string> before = attempts.front().complaints();
  last.remarks.push_back(fmt::format("at attempt {}; before: {}", attempts.size(),
                                     before.empty() ? std::string{"unresolved"} : before.front()));
  return last;
}

}  // namespace halfopen

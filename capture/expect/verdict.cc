#include "capture/expect/verdict.h"

#include <fmt/format.h>

namespace halfopen {

std::string_view to_string(Verdict::What what) {
  switch (what) {
    case Verdict::What::passed: return "passed";
    case Verdict::What::failed: return "failed";
    case Verdict::What::unresolved: return "unresolved";
    case Verdict::What::not_applicable: return "not applicable";
    case Verdict::What::skipped: break;
  }
  return "skipped";
}

std::string line_of(const Verdict& verdict) {
  switch (verdict.what) {
    case Verdict::What::passed:
      return verdict.found.empty() ? fmt::format("passed   {}", verdict.text)
                                   : fmt::format("passed   {} ({})", verdict.text, verdict.found);
    case Verdict::What::failed:
      return fmt::format("FAILED   {}: expected {}, found {}", verdict.place, verdict.text, verdict.found);
    case Verdict::What::unresolved:
      return fmt::format("UNRESOLVED {}: expected {}, found {}", verdict.place, verdict.text, verdict.found);
    case Verdict::What::not_applicable:
      return fmt::format("not applicable: {} ({})", verdict.text, verdict.found);
    case Verdict::What::skipped: break;
  }
  return fmt::format("skipped  {} ({})", verdict.text, verdict.found);
}

}  // namespace halfopen

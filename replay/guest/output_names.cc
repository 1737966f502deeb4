#include "replay/guest/output_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace halfopen::guest {

std::string name_inside(std::vector<NamedOutput>& outputs, const std::string& outside,
                        const std::string& path) {
  const auto known = std::ranges::find(outputs, path, &NamedOutput::path);
  if (known != outputs.end()) return known->inside;
  // The number is closed by a dot or a dash: no name begins another one.
  const std::string ending = std::filesystem::path{path}.extension().string();
  std::string inside = fmt::format("{}/{}{}", kOutputs, outputs.size() + 1, ending.empty() ? "-" : ending);
  outputs.push_back({.inside = inside, .outside = outside, .path = path});
  return inside;
}

std::string OutputNames::pass(std::string_view bytes) {
  held_ += bytes;
  std::string passed;
  std::string_view left = held_;
  while (!left.empty()) {
    const std::size_t start = std::min(left.find('/'), left.size());
    passed += left.substr(0, start);
    left.remove_prefix(start);
    if (left.empty()) break;
    const auto whole = std::ranges::find_if(
        outputs_, [&](const NamedOutput& output) { return left.starts_with(output.inside); });
    const bool may_become_one = std::ranges::any_of(outputs_, [&](const NamedOutput& output) {
      return std::string_view{output.inside}.starts_with(left);
    });
    if (whole != outputs_.end()) {
      passed += whole->outside;
      left.remove_prefix(whole->inside.size());
    } else if (may_become_one) {
      break;
    } else {
      passed += '/';
      left.remove_prefix(1);
    }
  }
  held_.erase(0, held_.size() - left.size());
  return passed;
}

std::string OutputNames::rest() { return std::exchange(held_, {}); }

}  // namespace halfopen::guest

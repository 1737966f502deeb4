#include "cli/tell/ladder_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "sim/base/input_error.h"

namespace halfopen {
namespace {

struct Kind {
  std::string_view word;
  bool LadderOptions::*told;
};
constexpr auto kKinds = std::to_array<Kind>({{"packets", &LadderOptions::packets},
                                             {"calls", &LadderOptions::calls},
                                             {"polls", &LadderOptions::polls},
                                             {"processes", &LadderOptions::processes},
                                             {"states", &LadderOptions::states},
                                             {"timeline", &LadderOptions::timeline},
                                             {"client", &LadderOptions::client},
                                             {"server", &LadderOptions::server}});
constexpr std::size_t kOfKinds = 6;  // the hosts come after them

const Kind& kind_of(const char* option, std::string_view word) {
  const auto* found = std::ranges::find(kKinds, word, &Kind::word);
  if (found != kKinds.end()) return *found;
  std::string words;
  for (const Kind& kind : kKinds) words += fmt::format("{}{}", words.empty() ? "" : ", ", kind.word);
  throw InputError{option, words, fmt::format("\"{}\"", word)};
}

std::vector<const Kind*> kinds_of(const char* option, const std::vector<std::string>& lists) {
  std::vector<const Kind*> kinds;
  for (const std::string_view list : lists) {
    for (std::size_t begin = 0; begin <= list.size();) {
      const std::size_t end = std::min(list.find(',', begin), list.size());
      kinds.push_back(&kind_of(option, list.substr(begin, end - begin)));
      begin = end + 1;
    }
  }
  return kinds;
}

}  // namespace

void choose_rungs(const std::vector<std::string>& shown, const std::vector<std::string>& hidden,
                  LadderOptions& options) {
  const std::vector<const Kind*> only = kinds_of("--show", shown);
  const auto among = [&](std::size_t from, std::size_t to) {
    return std::ranges::any_of(
        only, [&](const Kind* kind) { return kind >= &kKinds.at(from) && kind <= &kKinds.at(to - 1); });
  };
  if (among(0, kOfKinds)) {
    for (std::size_t i = 0; i < kOfKinds; ++i) options.*kKinds.at(i).told = false;
  }
  if (among(kOfKinds, kKinds.size())) options.client = options.server = false;
  for (const Kind* kind : only) {
    options.*kind->told = true;
    if (kind->told == &LadderOptions::calls) options.polls = true;
  }
  for (const Kind* kind : kinds_of("--hide", hidden)) options.*kind->told = false;
}

}  // namespace halfopen

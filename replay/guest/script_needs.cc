#include "replay/guest/script_needs.h"

#include <algorithm>

namespace halfopen::guest {

std::vector<std::string> words_of_shell(std::string_view program) {
  constexpr std::string_view kBetween = " \t\r\n;|&()[]{}<>`'\"=,";
  std::vector<std::string> words;
  if (program.starts_with("#!")) program.remove_prefix(2);
  while (!program.empty()) {
    if (program.front() == '#') {
      program.remove_prefix(std::min(program.size(), program.find('\n')));
      continue;
    }
    const std::size_t end = std::min(program.size(), program.find_first_of(kBetween));
    if (end > 0) words.emplace_back(program.substr(0, end));
    program.remove_prefix(std::min(program.size(), std::max<std::size_t>(end, 1)));
  }
  return words;
}

std::vector<std::string> words_of_script(std::string_view script) {
  std::vector<std::string> words;
  if (script.find("%{") != std::string_view::npos) words.emplace_back("python3");
  for (std::size_t at = script.find('`'); at != std::string_view::npos; at = script.find('`', at)) {
    const std::size_t end = std::min(script.size(), script.find('`', at + 1));
    std::ranges::copy(words_of_shell(script.substr(at + 1, end - at - 1)), std::back_inserter(words));
    at = std::min(script.size(), end + 1);
  }
  return words;
}

}  // namespace halfopen::guest

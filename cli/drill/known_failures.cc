#include "cli/drill/known_failures.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/tell/exit_code.h"
#include "sim/base/input_error.h"
#include "sim/tcp/profile.h"

namespace halfopen {
namespace {

constexpr std::string_view kBlanks = " \t\r";

// The first word of `rest`, which begins with the next one afterwards.
std::string_view take_word(std::string_view& rest) {
  const std::string_view word = rest.substr(0, std::min(rest.find_first_of(kBlanks), rest.size()));
  rest.remove_prefix(word.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
  return word;
}

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

// A comment begins at the line's begin or after a blank.
std::string_view without_comment(std::string_view line) {
  for (std::size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1))
    if (at == 0 || kBlanks.find(line[at - 1]) != std::string_view::npos) return line.substr(0, at);
  return line;
}

std::string host_from(std::string_view word) {
  if (word == kKernelHost) return std::string{word};
  const OsProfile* profile = find_profile(word);
  return profile == nullptr ? std::string{} : std::string{profile->name};
}

bool is_version(std::string_view word) {
  return word == "ipv4" || word == "ipv6" || word == "ipv4-mapped-ipv6";
}

bool ends_with_path(std::string_view path, std::string_view end) {
  if (!path.ends_with(end)) return false;
  return path.size() == end.size() || path[path.size() - end.size() - 1] == '/';
}

}  // namespace

KnownFailures::KnownFailures(std::string_view text, const std::string& name) : name_{name} {
  std::uint32_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view line = text.substr(at, std::min(text.find('\n', at), text.size()) - at);
    at += line.size() + 1;
    ++number;
    std::string_view rest = trimmed(without_comment(line));
    if (rest.empty()) continue;
    const auto require = [&](bool holds, std::string_view word, const char* expected) {
      const auto column = static_cast<std::size_t>(word.data() - line.data()) + 1;
      if (!holds)
        throw InputError{fmt::format("{}:{}:{}", name, number, column), expected,
                         word.empty() ? "the end of the line" : std::string{word}};
    };
    Entry entry{.line = number, .host = {}, .ip_version = {}, .script = {}};
    const std::string_view host = take_word(rest);
    entry.host = host_from(host);
    require(!entry.host.empty(), host, "a profile's name, or kernel");
    const std::string_view version = take_word(rest);
    entry.ip_version = version;
    require(is_version(version), version, "ipv4, ipv6 or ipv4-mapped-ipv6");
    entry.script = rest;
    require(!rest.empty(), rest, "a script's path");
    const bool is_new = std::ranges::none_of(entries_, [&](const Entry& other) {
      return other.host == entry.host && other.ip_version == entry.ip_version && other.script == entry.script;
    });
    require(is_new, rest, "each case once");
    entries_.push_back(std::move(entry));
  }
}

KnownFailures KnownFailures::from_file(const std::string& path) {
  const std::optional<std::string> text = text_of_file(path);
  if (!text) throw Trouble{path + ": cannot be read"};
  return {*text, path};
}

const KnownFailures::Entry* KnownFailures::find(const DrillCase& one) const {
  const std::string_view version = name_of(one.ip_version);
  const auto found = std::ranges::find_if(entries_, [&](const Entry& entry) {
    return entry.host == one.profile && entry.ip_version == version && ends_with_path(one.path, entry.script);
  });
  return found == entries_.end() ? nullptr : &*found;
}

void KnownFailures::judge(const DrillCase& one, DrillResult& result) const {
  const Entry* entry = find(one);
  if (entry == nullptr) return;
  if (result.outcome == CaseOutcome::failed) {
    result.outcome = CaseOutcome::known;
  } else if (result.outcome == CaseOutcome::passed) {
    result.outcome = CaseOutcome::failed;
    result.reason = fmt::format("passes, though {}:{} lists it as a failure", name_, entry->line);
  }
}

}  // namespace halfopen

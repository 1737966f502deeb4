// The pattern of a ladder's rung, as expectations write it.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <vector>

#include "sim/base/input_error.h"
#include "sim/scenario/expectation.h"

namespace halfopen {
namespace {

std::optional<HostId> host_from(std::string_view word) {
  for (const HostId host : {HostId::client, HostId::server, HostId::router}) {
    if (to_string(host) == word) return host;
  }
  return std::nullopt;
}

// A number at the head of `text`, which is removed.
std::optional<std::uint32_t> take_number(std::string_view& text) {
  std::uint32_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return n;
}

// "1:6(5)", "1:6", "1" or "(5)".
bool read_sequence(std::string_view word, RungPattern& rung) {
  rung.seq = take_number(word);
  if (rung.seq && word.starts_with(':')) {
    word.remove_prefix(1);
    rung.end = take_number(word);
    if (!rung.end) return false;
  }
  if (word.starts_with('(')) {
    word.remove_prefix(1);
    rung.len = take_number(word);
    return rung.len && word == ")";
  }
  return word.empty() && rung.seq.has_value();
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (auto start = text.find_first_not_of(' '); start != std::string_view::npos;
       start = text.find_first_not_of(' ')) {
    text.remove_prefix(start);
    const auto end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

[[noreturn]] void fail(const std::string& place, std::string_view expected, std::string_view found) {
  throw InputError{place, fmt::format("{} in a ladder line", expected),
                   found.empty() ? "its end" : fmt::format("\"{}\"", found.substr(0, 40))};
}

}  // namespace

RungPattern rung_from(std::string_view text, const std::string& place) {
  RungPattern rung;
  const auto words = words_of(text.substr(0, 300));
  const auto word = [&words](std::size_t i) { return i < words.size() ? words[i] : std::string_view{}; };
  const auto from = host_from(word(0));
  const auto to = host_from(word(2));
  if (!from) fail(place, "client, server or router", word(0));
  if (word(1) != ">") fail(place, "\">\"", word(1));
  if (!to || *to == *from || *to == HostId::router) fail(place, "the other host", word(2));
  rung.from = *from;
  rung.to = *to;
  if (word(3) == "icmp") {
    rung.is_icmp = true;
    if (words.size() == 4) return rung;
    const std::string_view kind = text.substr(static_cast<std::size_t>(word(4).data() - text.data()));
    rung.icmp = icmp_kind_from(kind.substr(0, kind.find_last_not_of(' ') + 1));
    if (!rung.icmp) fail(place, "an ICMP error such as \"host unreachable\"", kind);
    return rung;
  }
  if (word(3) != "*") {
    rung.flags = flags_from(word(3));
    if (!rung.flags) fail(place, "tcpdump's flag letters, \"*\" or icmp", word(3));
  }
  for (std::size_t i = 4; i < words.size(); ++i) {
    std::optional<std::uint32_t>* field = word(i) == "ack"   ? &rung.ack
                                          : word(i) == "win" ? &rung.win
                                                             : nullptr;
    if (field == nullptr) {
      if (i == 4 && read_sequence(word(i), rung)) continue;
      fail(place, "seq:end(len), \"ack N\" or \"win N\"", word(i));
    }
    std::string_view number = word(++i);
    *field = take_number(number);
    if (!*field || !number.empty()) fail(place, "a number", word(i));
  }
  return rung;
}

}  // namespace halfopen

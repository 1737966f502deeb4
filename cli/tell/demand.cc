#include "cli/tell/demand.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "capture/note/text.h"
#include "sim/base/input_error.h"
#include "sim/base/units.h"
#include "sim/os/signals.h"

namespace halfopen {
namespace {

using What = Demand::What;

constexpr std::string_view kForms =
    "\"HOST notices\", \"HOST exits [with N]\", \"HOST sees ERRNO\", each perhaps with \"within 5s\", or "
    "\"no retransmission [of the HOST]\" (HOST is client or server)";

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t begin = text.find_first_not_of(" \t\n");
    if (begin == std::string_view::npos) return words;
    text.remove_prefix(begin);
    const std::size_t end = std::min(text.find_first_of(" \t\n"), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::optional<HostId> host_from(std::string_view word) {
  if (word == "client") return HostId::client;
  if (word == "server") return HostId::server;
  return std::nullopt;
}

std::optional<int> status_from(std::string_view word) {
  int status = -1;
  const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), status);
  if (error != std::errc{} || stop != word.data() + word.size() || status < 0 || status > 255)
    return std::nullopt;
  return status;
}

// "no retransmission", "no retransmissions of the client".
bool read_no_retransmission(const std::vector<std::string_view>& words, Demand& demand) {
  if (words.size() < 2 || words[0] != "no") return false;
  if (words[1] != "retransmission" && words[1] != "retransmissions") return false;
  demand.what = What::no_retransmission;
  if (words.size() == 2) return true;
  if (words.size() != 5 || words[2] != "of" || words[3] != "the") return false;
  demand.host = host_from(words[4]);
  return demand.host.has_value();
}

// What stands behind HOST, without "within T".
bool read_verb(const std::vector<std::string_view>& words, Demand& demand) {
  const std::string_view verb = words[1];
  if (verb == "notices" && words.size() == 2) {
    demand.what = What::notices;
    return true;
  }
  if (verb == "exits" && (words.size() == 2 || (words.size() == 4 && words[2] == "with"))) {
    demand.what = What::exits;
    if (words.size() == 4) demand.status = status_from(words[3]);
    return words.size() == 2 || demand.status;
  }
  if (verb == "sees" && words.size() == 3) {
    demand.what = What::sees;
    const auto error = errno_from(words[2]);
    demand.error = error.value_or(Errno::none);
    return error && *error != Errno::none;
  }
  return false;
}

bool read_demand(std::vector<std::string_view> words, Demand& demand) {
  if (read_no_retransmission(words, demand)) return true;
  if (words.size() < 2) return false;
  demand.host = host_from(words[0]);
  if (words.size() >= 4 && words[words.size() - 2] == "within") {
    demand.within = duration_from(words.back());
    if (!demand.within) return false;
    words.resize(words.size() - 2);
  }
  return demand.host && read_verb(words, demand);
}

std::string at_text(TimePoint at) { return "at " + human_duration(at - kTimeZero); }

}  // namespace

Demand demand_from(std::string_view text) {
  Demand demand;
  if (!read_demand(words_of(text), demand)) {
    throw InputError{"--expect", std::string{kForms}, fmt::format("\"{}\"", text)};
  }
  demand.text = text;
  return demand;
}

Demands::Demands(std::vector<Demand> demands) {
  for (Demand& demand : demands) tracked_.emplace_back().demand = std::move(demand);
}

bool Demands::wants_packets() const {
  return std::ranges::any_of(tracked_,
                             [](const Tracked& one) { return one.demand.what == What::no_retransmission; });
}

bool Demands::wants(NoteKind kind) const {
  return !tracked_.empty() && (kind == NoteKind::timeline || NoticeWatch::wants(kind));
}

void Demands::on_packet(const PacketNote& note) {
  if (note.packet->segment() == nullptr) return;
  const FlowFacts facts = flows_.see(*note.packet, note.at);
  if (!is_retransmission(*note.packet, facts)) return;
  for (Tracked& one : tracked_) {
    if (one.demand.what != What::no_retransmission || one.met) continue;
    if (one.demand.host && one.demand.host != note.from) continue;
    one.met = note.at;
    one.met_by = fmt::format("one of the {}", to_string(note.from));
  }
}

void Demands::on_note(const Note& note) {
  if (const auto* timeline = std::get_if<TimelineNote>(&note)) failure_.on_note(*timeline);
  if (const auto notice = notices_.on_note(note)) on_notice(*notice);
  if (const auto* process = std::get_if<ProcessNote>(&note)) on_process(*process);
}

void Demands::on_notice(const Notice& notice) {
  const bool after = failure_.failure() && notice.at >= failure_.failure()->at;
  for (Tracked& one : tracked_) {
    if (one.demand.host != notice.host || one.met) continue;
    const bool notices = one.demand.what == What::notices && after;
    const bool sees = one.demand.what == What::sees && notice.error == one.demand.error;
    if (notices || sees) {
      one.met = notice.at;
      one.met_by = notice.what;
    } else if (one.demand.what == What::sees && !one.near) {
      one.near = notice.at;
      one.near_by = notice.what;
    }
  }
}

void Demands::on_process(const ProcessNote& process) {
  if (process.what == ProcessNote::What::started) first_process_[process.host] = process.pid;
  const bool exits = process.what == ProcessNote::What::exited;
  if (!exits && process.what != ProcessNote::What::killed) return;
  const auto first = first_process_.find(process.host);
  if (first == first_process_.end() || first->second != process.pid) return;
  const std::string how = exits ? fmt::format("it exited with {}", process.status)
                                : fmt::format("{} killed it", signal_name(process.signal));
  for (Tracked& one : tracked_) {
    if (one.demand.what != What::exits || one.demand.host != process.host || one.met) continue;
    if (!one.demand.status || (exits && one.demand.status == process.status)) {
      one.met = process.at;
      one.met_by = how;
    } else {
      one.near = process.at;
      one.near_by = how;
    }
  }
}

Verdict Demands::verdict_of(const Tracked& one, std::size_t index) const {
  const Demand& demand = one.demand;
  Verdict verdict{Verdict::What::failed, fmt::format("--expect {}", index + 1), demand.text, {}};
  verdict.is_fragile = demand.what == What::no_retransmission;
  if (!verdict.is_fragile) verdict.program = demand.host;
  if (one.met) verdict.found = fmt::format("{} {}", one.met_by, at_text(*one.met));
  if (demand.what == What::no_retransmission) {
    if (!one.met) verdict.what = Verdict::What::passed;
    return verdict;
  }
  const auto& failure = failure_.failure();
  if (!failure && (demand.within || demand.what == What::notices)) {
    verdict.found = "nothing that failed in this run";
  } else if (!one.met) {
    verdict.found = one.near ? fmt::format("{} {}", one.near_by, at_text(*one.near)) : "nothing of the kind";
  } else if (!demand.within || *one.met <= failure->at + *demand.within) {
    verdict.what = Verdict::What::passed;
  } else {
    verdict.found += fmt::format(", {} after {}", human_duration(*one.met - failure->at), failure->name);
    verdict.missed_at = *one.met;
    verdict.missed_by = *one.met - failure->at - *demand.within;
  }
  if (failure && demand.within) verdict.decided_at = failure->at + *demand.within;
  return verdict;
}

std::vector<Verdict> Demands::finish() const {
  std::vector<Verdict> verdicts;
  for (std::size_t i = 0; i < tracked_.size(); ++i) verdicts.push_back(verdict_of(tracked_[i], i));
  return verdicts;
}

}  // namespace halfopen

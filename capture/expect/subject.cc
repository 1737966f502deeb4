#include "capture/expect/subject.h"

#include <fmt/format.h>

#include "capture/note/text.h"
#include "sim/os/signals.h"
#include "sim/scenario/trigger.h"

namespace halfopen {

using Subject = Expectation::Subject;

namespace {

template <class T>
bool fits(const std::optional<T>& wanted, const T& found) {
  return !wanted || *wanted == found;
}

bool rung_matches(const RungPattern& rung, const PacketNote& note, const FlowFacts& facts) {
  if (rung.from != note.from) return false;
  const Packet& packet = *note.packet;
  if (rung.is_icmp) {
    const IcmpMessage* icmp = packet.icmp();
    if (icmp == nullptr) return false;
    return !rung.icmp || kind_of({icmp->type, icmp->code}, packet.ip.source.is_v6()) == rung.icmp;
  }
  const Segment* segment = packet.segment();
  if (segment == nullptr) return false;
  if (rung.ack && !segment->has(tcp_flag::ack)) return false;
  return fits(rung.flags, segment->flags) && fits(rung.seq, facts.seq) && fits(rung.end, facts.end) &&
         fits(rung.len, segment->payload.size()) && fits(rung.ack, facts.ack) &&
         fits(rung.win, std::uint32_t{segment->window});
}

}  // namespace

bool is_about_process(Subject subject) {
  return subject == Subject::signal || subject == Subject::exit_status || subject == Subject::output ||
         subject == Subject::process;
}

bool is_about_packets(Subject subject) {
  return subject == Subject::retransmissions || subject == Subject::packets || subject == Subject::rung;
}

bool is_fragile(const Expectation& expect) {
  const bool counts_bytes = expect.subject == Subject::call && expect.result && expect.result->high > 0;
  return is_about_packets(expect.subject) || counts_bytes || expect.waited || !expect.contains.empty();
}

std::optional<HostId> program_of(const Expectation& expect) {
  if (expect.by) return expect.by;
  if (expect.subject == Subject::call || is_about_process(expect.subject)) return expect.host;
  if (!expect.after) return std::nullopt;
  using When = Trigger::What;
  const When what = expect.after->what;
  if (what == When::line_answered) return HostId::client;
  const bool is_a_programs = what == When::call || what == When::exits || what == When::accepted;
  return is_a_programs ? std::optional{expect.after->host} : std::nullopt;
}

bool process_matches(const Expectation& expect, const ProcessNote& note) {
  using What = ProcessNote::What;
  switch (expect.subject) {
    case Subject::signal:
      return (note.what == What::signalled || note.what == What::killed) && note.signal == expect.number;
    case Subject::exit_status: return note.what == What::exited && note.status == expect.number;
    case Subject::output:
      return note.what == What::output && note.text.find(expect.contains) != std::string::npos;
    case Subject::process: return note.what == expect.process;
    default: return false;
  }
}

bool process_is_near(const Expectation& expect, const ProcessNote& note) {
  using What = ProcessNote::What;
  switch (expect.subject) {
    case Subject::signal: return note.what == What::signalled || note.what == What::killed;
    case Subject::exit_status: return note.what == What::exited || note.what == What::killed;
    case Subject::output: return note.what == What::output;
    default: return false;
  }
}

std::string process_text(const ProcessNote& note) {
  using What = ProcessNote::What;
  switch (note.what) {
    case What::started: return "a process started";
    case What::forked: return "a process forked";
    case What::signalled: return fmt::format("a process got {}", signal_name(note.signal));
    case What::output: return fmt::format("it printed \"{}\"", note.text.substr(0, note.text.find('\n')));
    case What::exited: return fmt::format("a process exited with {}", note.status);
    case What::killed: return fmt::format("{} killed a process", signal_name(note.signal));
    case What::frozen: return "a process was frozen";
    case What::thawed: return "a process thawed";
    case What::reaped: return "a process was reaped";
  }
  return {};
}

bool call_matches(const Expectation& expect, const CallNote& call) {
  if (expect.error && static_cast<Errno>(call.error) != *expect.error) return false;
  if (expect.result && !expect.result->contains(call.result)) return false;
  if (expect.waited && !expect.waited->contains((call.at - call.began).count())) return false;
  return expect.contains.empty() || call.args.find(expect.contains) != std::string::npos ||
         call.detail.find(expect.contains) != std::string::npos;
}

bool packet_matches(const Expectation& expect, const PacketNote& note, const FlowFacts& facts) {
  switch (expect.subject) {
    case Subject::retransmissions:
      return note.from == expect.host && note.packet->segment() != nullptr &&
             is_retransmission(*note.packet, facts);
    case Subject::packets: return matches(expect.match, note.from, *note.packet);
    case Subject::rung: return rung_matches(expect.rung, note, facts);
    default: return false;
  }
}

}  // namespace halfopen

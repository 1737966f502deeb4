#include "cli/commands/show_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "capture/flow/connection_summary.h"
#include "capture/note/text.h"
#include "cli/tell/exit_code.h"
#include "cli/tell/prose.h"

namespace halfopen {
namespace {

constexpr std::string_view kColumns = "{:>12}  {:>12}  {:<47}  {:>17}  {:>23}  {:>11}  {}";

std::string both(std::uint64_t client, std::uint64_t server) {
  return fmt::format("{} / {}", client, server);
}

std::string_view name_of(std::uint8_t end) { return end == 0 ? "client" : "server"; }

std::string ending_text(const ConnectionRecord& record) {
  using Ending = ConnectionRecord::Ending;
  const auto [what, by] = record.ending();
  const std::string_view who = name_of(by);
  const std::string_view other = name_of(static_cast<std::uint8_t>(1 - by));
  const EndRecord& end = record.ends[by];
  switch (what) {
    case Ending::open: return "open";
    case Ending::syn_only: return "SYN not answered";
    case Ending::refused: return "refused";
    case Ending::reset:
      return end.tries == 0 ? fmt::format("reset by {}", who)
                            : fmt::format("reset by {}, {} silent since {}", who, other,
                                          seconds_text(record.ends[1 - by].last_sent));
    case Ending::closed: return fmt::format("closed, {} first", who);
    case Ending::closing: return fmt::format("closing, {} first; last FIN not acknowledged", who);
    case Ending::half_closed: return fmt::format("half-closed by {}", who);
    case Ending::unanswered:
      return fmt::format("half-open: {} silent since {}, {} tries", other, seconds_text(end.waiting_since),
                         end.tries);
    case Ending::silent:
      return fmt::format("half-open: {} silent since {}, {} probes", other,
                         seconds_text(record.ends[1 - by].last_sent), end.tries);
  }
  return {};
}

std::string icmp_words(const ConnectionRecord& record) {
  if (record.icmp_errors == 0) return {};
  const auto kind = kind_of(record.last_icmp, record.ends[0].address.ip.is_v6());
  const std::string what = kind ? std::string{to_string(*kind)}
                                : fmt::format("ICMP {}/{}", record.last_icmp.type, record.last_icmp.code);
  return fmt::format(", {} ({})", what, record.icmp_errors);
}

class Printer {
 public:
  explicit Printer(Prose& out) : out_{out} {}

  void head(const CaptureInfo& info) {
    names_ = info.names;
    out_.line(
        out_.paint(Style::heading, fmt::format(fmt::runtime(kColumns), "began", "duration", "client > server",
                                               "packets", "bytes", "retrans", "end")));
  }
  void line(const ConnectionRecord& record) {
    const auto& [client, server] = record.ends;
    const std::string who = fmt::format("{} > {}", names_.of(client.address), names_.of(server.address));
    const TimePoint duration = kTimeZero + (std::max(record.last, record.began) - record.began);
    out_.line(fmt::format(fmt::runtime(kColumns), seconds_text(record.began), seconds_text(duration), who,
                          both(client.packets, server.packets), both(client.bytes, server.bytes),
                          both(client.retransmissions, server.retransmissions),
                          ending_text(record) + icmp_words(record) +
                              (record.is_from_middle ? ", its beginning is missing" : "")));
  }

 private:
  Prose& out_;
  Names names_;
};

void print_tail(Prose& out, std::uint64_t connections, const CaptureCounts& counts) {
  std::string text = fmt::format("{} connection{}, {} packet{}", connections, connections == 1 ? "" : "s",
                                 counts.packets, counts.packets == 1 ? "" : "s");
  if (counts.malformed > 0) text += fmt::format(", {} malformed", counts.malformed);
  if (counts.other > 0) text += fmt::format(", {} not IP", counts.other);
  out.line();
  out.line(text);
  out.flush();
}

}  // namespace

int show_summary(const std::string& capture) {
  Prose out{stdout};
  Printer printer{out};
  ConnectionSummary summary{[&](const ConnectionRecord& record) { printer.line(record); }};
  CaptureHandlers handlers;
  handlers.info = [&](const CaptureInfo& info) { printer.head(info); };
  handlers.view = [&](const CapturedPacket& packet) { summary.on_packet(packet); };
  CaptureReader reader{capture, handlers};
  const auto finish = [&] {
    summary.finish();
    print_tail(out, summary.connections(), reader.counts());
  };
  try {
    while (!out.reader_left() && reader.step()) {
    }
  } catch (const InputError&) {  // what was readable counts
    finish();
    throw;
  }
  finish();
  return kExitYes;
}

}  // namespace halfopen

#include "cli/commands/show_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "capture/note/text.h"
#include "capture/tell/flow_json.h"
#include "cli/tell/terminal.h"

namespace halfopen {
namespace {

constexpr std::string_view kColumns = "{:>12}  {:>12}  {:<47}  {:>17}  {:>23}  {:>11}  {:>12}  {}";
constexpr std::size_t kRoomForAll = 196;  // with the longer endings
// How it ended stands on a line of its own then.
constexpr std::string_view kNarrowColumns = "{:>12}  {:<47}  {:>17}";
constexpr std::size_t kNarrowIndent = 14;

std::string both(std::uint64_t client, std::uint64_t server) {
  return fmt::format("{} / {}", client, server);
}

std::string_view name_of(std::uint8_t role) { return role == 0 ? "client" : "server"; }

std::string ending_text(const Flow& flow) {
  const auto [what, by] = flow.ending();
  const std::string_view who = name_of(by);
  const std::string_view other = name_of(by ^ 1);
  const FlowEnd& end = flow.end(by);
  const TimePoint last_heard = flow.end(by ^ 1).last_sent;
  switch (what) {
    case Ending::open: return flow.end(1).state == State::syn_received ? "SYN-ACK not answered" : "open";
    case Ending::syn_only: return "SYN not answered";
    case Ending::refused: return "refused";
    case Ending::reset:
      return end.tries == 0
                 ? fmt::format("reset by {}", who)
                 : fmt::format("reset by {}, {} silent since {}", who, other, seconds_text(last_heard));
    case Ending::closed: return fmt::format("closed, {} first", who);
    case Ending::closing: return fmt::format("closing, {} first; last FIN not acknowledged", who);
    case Ending::half_closed: return fmt::format("half-closed by {}", who);
    case Ending::unanswered:
      return fmt::format("half-open: {} silent since {}, {} tries", other, seconds_text(end.waiting_since),
                         end.tries);
    case Ending::silent:
      return fmt::format("half-open: {} silent since {}, {} probes", other, seconds_text(last_heard),
                         end.tries);
  }
  return {};
}

std::string times(std::uint64_t count) { return count == 1 ? "once" : fmt::format("{} times", count); }

// What else a reader should know of it, each after a comma.
std::string remarks(const Flow& flow) {
  std::string text;
  const bool ends_refused = flow.ending().what == Ending::refused;
  if (flow.refusals > 0 && !ends_refused) text += fmt::format(", refused {} before", times(flow.refusals));
  if (ends_refused && flow.refusals > 1) text += " " + times(flow.refusals);
  if (flow.late_reset_by) {
    text += fmt::format(", a reset by {} after it", name_of(flow.role_of(*flow.late_reset_by)));
  }
  if (flow.void_resets > 0) {
    text += flow.void_resets == 1 ? ", one reset that does not count"
                                  : fmt::format(", {} resets that do not count", flow.void_resets);
  }
  if (flow.icmp_errors > 0) {
    const auto kind = kind_of(flow.last_icmp, flow.key.local.ip.is_v6());
    const std::string what = kind ? std::string{to_string(*kind)}
                                  : fmt::format("ICMP {}/{}", flow.last_icmp.type, flow.last_icmp.code);
    text += fmt::format(", {} ({})", what, flow.icmp_errors);
  }
  if (!flow.has_syn) text += ", its beginning is missing";
  for (const std::uint8_t role : {std::uint8_t{0}, std::uint8_t{1}}) {
    if (flow.end(role).is_missing) text += fmt::format(", the {}'s direction is missing", name_of(role));
  }
  return text;
}

}  // namespace

void SummaryPrinter::head(const CaptureInfo& info) {
  names_ = info.names;
  if (json_) return;
  if (is_narrow()) {
    const std::string columns =
        fmt::format(fmt::runtime(kNarrowColumns), "began", "client > server", "packets");
    return out_.line(out_.paint(Style::heading, columns));
  }
  out_.line(
      out_.paint(Style::heading, fmt::format(fmt::runtime(kColumns), "began", "duration", "client > server",
                                             "packets", "bytes", "retrans", "out of order", "end")));
}

void SummaryPrinter::line(const Flow& flow) {
  ++connections_;
  if (json_) return out_.line(flow_json(flow));
  const FlowEnd& client = flow.end(0);
  const FlowEnd& server = flow.end(1);
  const std::string who = fmt::format("{} > {}", names_.of(flow.address(0)), names_.of(flow.address(1)));
  if (is_narrow()) return narrow_line(flow, who);
  const TimePoint duration = kTimeZero + (std::max(flow.last, flow.began) - flow.began);
  out_.line(fmt::format(fmt::runtime(kColumns), seconds_text(flow.began), seconds_text(duration), who,
                        both(client.packets, server.packets), both(client.bytes, server.bytes),
                        both(client.retransmissions, server.retransmissions),
                        both(client.out_of_order, server.out_of_order), ending_text(flow) + remarks(flow)));
}

bool SummaryPrinter::is_narrow() const { return width_ > 0 && width_ < kRoomForAll; }

void SummaryPrinter::narrow_line(const Flow& flow, const std::string& who) {
  out_.line(fmt::format(fmt::runtime(kNarrowColumns), seconds_text(flow.began), who,
                        both(flow.end(0).packets, flow.end(1).packets)));
  const std::string end = fmt::format("{:{}}{}{}", "", kNarrowIndent, ending_text(flow), remarks(flow));
  out_.line(wrapped(end, width_, kNarrowIndent + 2));
}

void SummaryPrinter::print_left_out() {
  if (json_ || !is_narrow()) return;
  const std::string_view what = "duration, bytes, retransmissions, out of order";
  out_.line(out_.paint(Style::faint, left_out_text(width_, what)));
}

}  // namespace halfopen

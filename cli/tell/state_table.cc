#include "cli/tell/state_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "capture/note/text.h"
#include "sim/why/rules.h"

namespace halfopen {
namespace {

constexpr std::string_view kAddressHead = "Foreign Address";
constexpr std::size_t kAddressWidth = 23;  // netstat's
constexpr std::size_t kStateWidth = 11;    // of ESTABLISHED
constexpr std::size_t kRoomForAll = 89;    // of netstat's columns, after time and host
constexpr std::size_t kBelow = 13;         // where what belongs to a line begins on the lines under it

// Address and port as netstat has them, an IPv6 address without brackets.
std::string end_text(const SocketAddress& end) { return fmt::format("{}:{}", end.ip.to_string(), end.port); }

Style style_of(State state) {
  if (state == State::established) return Style::good;
  return state == State::closed ? Style::faint : Style::plain;
}

}  // namespace

std::string_view netstat_word(State state) {
  // net-tools' names, in State's order.
  constexpr std::array<std::string_view, kStates> kWords{
      "(gone)",    "LISTEN",     "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT1",
      "FIN_WAIT2", "CLOSE_WAIT", "CLOSING",  "LAST_ACK", "TIME_WAIT"};
  return kWords[static_cast<std::size_t>(state)];
}

StateTable::StateTable(Prose& out, bool explain, std::size_t width)
    : out_{out},
      explain_{explain},
      width_{width},
      has_protocol_{width == 0 || width >= kRoomForAll},
      address_width_{kAddressWidth} {
  if (has_protocol_) return;
  const std::size_t beside = row({}, {}, {}, {}, {}).size() - 2 * kAddressWidth + kStateWidth;
  address_width_ = std::clamp((width_ - std::min(beside, width_)) / 2, kAddressHead.size(), kAddressWidth);
}

// Up to where the state begins.
std::string StateTable::row(std::string_view time, std::string_view host, std::string_view protocol,
                            std::string_view local, std::string_view remote) const {
  std::string text = fmt::format("{:>11}  {:<6}  ", time, host);
  if (has_protocol_) text += fmt::format("{:<5}  ", protocol);
  return text + fmt::format("{:<{}}  {:<{}}  ", local, address_width_, remote, address_width_);
}

void StateTable::print_head(std::string_view source) {
  out_.line(wrapped(source, width_, 2));
  out_.line();
  const std::string head = row("Time", "Host", "Proto", "Local Address", kAddressHead) + "State";
  out_.line(out_.paint(Style::heading, wrapped(head, width_, kBelow)));
}

void StateTable::on_state(const StateNote& note) {
  const std::string local = end_text(note.connection.local);
  const std::string remote = end_text(note.connection.remote);
  address_width_ = std::max({address_width_, local.size(), remote.size()});
  const bool is_v6 = note.connection.local.ip.is_v6();
  std::string text = row(seconds_text(note.at), to_string(note.host), is_v6 ? "tcp6" : "tcp", local, remote);
  const std::size_t before_state = text.size();
  std::string state{netstat_word(note.to)};
  std::string why;
  if (explain_ && note.why != Cause::unknown) why = fmt::format("({})", describe(note.why));
  const bool fits = width_ == 0 || before_state + kStateWidth + 2 + why.size() <= width_;
  if (!why.empty() && fits) state.resize(kStateWidth, ' ');

  text = wrapped(text + state, width_, kBelow);
  text.resize(text.size() - state.size());
  text += out_.paint(style_of(note.to), state);
  if (!why.empty()) {
    text += fits ? "  " + why : "\n" + wrapped(fmt::format("{:{}}{}", "", kBelow, why), width_, kBelow + 2);
  }
  out_.line(text);
}

}  // namespace halfopen

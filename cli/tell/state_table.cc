#include "cli/tell/state_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "capture/note/text.h"
#include "sim/why/rules.h"

namespace halfopen {
namespace {

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

void StateTable::print_head(std::string_view source) {
  out_.line(source);
  out_.line();
  out_.line(out_.paint(Style::heading, fmt::format("{:>11}  {:<6}  {:<5}  {:<{}}  {:<{}}  {}", "Time", "Host",
                                                   "Proto", "Local Address", address_width_,
                                                   "Foreign Address", address_width_, "State")));
}

void StateTable::on_state(const StateNote& note) {
  const std::string local = end_text(note.connection.local);
  const std::string remote = end_text(note.connection.remote);
  address_width_ = std::max({address_width_, local.size(), remote.size()});
  std::string state{netstat_word(note.to)};
  std::string why;
  if (explain_ && note.why != Cause::unknown) {
    constexpr std::size_t kStateWidth = 11;  // of ESTABLISHED
    state.resize(kStateWidth, ' ');
    why = fmt::format("  ({})", describe(note.why));
  }
  out_.line(fmt::format("{:>11}  {:<6}  {:<5}  {:<{}}  {:<{}}  {}{}", seconds_text(note.at),
                        to_string(note.host), note.connection.local.ip.is_v6() ? "tcp6" : "tcp", local,
                        address_width_, remote, address_width_, out_.paint(style_of(note.to), state), why));
}

}  // namespace halfopen

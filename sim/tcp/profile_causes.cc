#include "sim/tcp/profile_causes.h"

#include <algorithm>

namespace halfopen {
namespace {

struct Behind {
  Cause cause;
  std::string_view group;
  std::string_view name;  // empty: all of the group
};

// By what the endpoint asks before it sends for that cause (sim/tcp/endpoint_*.cc).
constexpr Behind kBehind[] = {
    {Cause::active_open, "options", "order in a SYN"},
    {Cause::active_open, "retransmission", "SYN retries"},
    {Cause::syn_again, "retransmission", "SYN-ACK retries"},
    {Cause::syn_cookie, "sockets", "SYN cookies"},
    {Cause::syn_cookie, "sockets", "listen queue"},
    {Cause::new_data, "congestion", "initial window"},
    {Cause::new_data, "congestion", "after idling"},
    {Cause::new_data, "congestion", "small segments wait"},
    {Cause::window_probe, "zero window", ""},
    {Cause::window_probe_data, "zero window", ""},
    {Cause::ack_delayed, "acknowledgment", ""},
    {Cause::ack_now, "acknowledgment", "style"},
    {Cause::ack_now, "acknowledgment", "quick ACKs"},
    {Cause::ack_duplicate, "checks", "ACKs of stray segments, one in"},
    {Cause::ack_out_of_order, "options", "SACK"},
    {Cause::ack_out_of_order, "options", "DSACK"},
    {Cause::window_update, "window", "style"},
    {Cause::window_update, "window", "receive buffer"},
    {Cause::retransmit_timeout, "timeout", "initial"},
    {Cause::retransmit_timeout, "timeout", "smallest"},
    {Cause::retransmit_timeout, "timeout", "largest"},
    {Cause::retransmit_timeout, "retransmission", "retries"},
    {Cause::retransmit_fast, "retransmission", "loss recovery"},
    {Cause::retransmit_fast, "retransmission", "duplicate ACK threshold"},
    {Cause::retransmit_partial_ack, "retransmission", "loss recovery"},
    {Cause::retransmit_icmp, "ICMP", "undoes a backoff"},
    {Cause::tail_loss_probe, "retransmission", "tail loss probe"},
    {Cause::keepalive_probe, "keepalive", ""},
    {Cause::rst_unread_data, "close", "reset on unread data"},
    {Cause::rst_after_close, "close", "reset on data after close"},
    {Cause::rst_give_up, "retransmission", "reset on giving up"},
    {Cause::rst_keepalive, "keepalive", "reset at the end"},
    {Cause::rst_syn_in_window, "checks", "SYN when connected"},
    {Cause::rst_backlog, "sockets", "listen queue"},
    {Cause::rst_backlog, "sockets", "a full queue resets"},
    {Cause::challenge_ack, "checks", "reset counts"},
    {Cause::challenge_ack, "checks", "SYN when connected"},
    {Cause::challenge_ack, "checks", "challenge ACKs"},
};

struct OfField {
  std::string_view field;
  std::string_view group;
  std::string_view name;
};
constexpr OfField kOfFields[] = {{"tcp_window", "window", "style"},
                                 {"tcp_window", "window", "receive buffer"},
                                 {"tcp_window", "window", "scale reaches"},
                                 {"tcp options", "options", "timestamps"},
                                 {"tcp options", "options", "SACK"},
                                 {"tcp options", "options", "DSACK"},
                                 {"tcp options", "options", "window scaling"},
                                 {"tcp options", "options", "order in a SYN"}};

// "retries (tcp_retries2)" is the line of the constant "retries".
bool names(const ProfileLine& line, std::string_view name) {
  if (!line.name.starts_with(name)) return false;
  return name.empty() || line.name.size() == name.size() || line.name.compare(name.size(), 2, " (") == 0;
}

template <class Wanted>
std::vector<ProfileLine> chosen(const OsProfile& profile, Wanted wanted) {
  std::vector<ProfileLine> lines = describe_profile(profile);
  // A dash is what a stack has not.
  std::erase_if(lines, [&](const ProfileLine& line) { return line.value == "-" || !wanted(line); });
  return lines;
}

}  // namespace

std::vector<ProfileLine> constants_behind(Cause cause, const OsProfile& profile) {
  return chosen(profile, [&](const ProfileLine& line) {
    return std::ranges::any_of(kBehind, [&](const Behind& row) {
      return row.cause == cause && row.group == line.group && names(line, row.name);
    });
  });
}

std::vector<ProfileLine> constants_behind_field(std::string_view field, const OsProfile& profile) {
  return chosen(profile, [&](const ProfileLine& line) {
    return std::ranges::any_of(kOfFields, [&](const OfField& row) {
      return row.field == field && row.group == line.group && names(line, row.name);
    });
  });
}

}  // namespace halfopen

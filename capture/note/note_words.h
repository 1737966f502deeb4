// The words of enumerations in our JSON, both ways: an enumerator's own name.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "sim/trace/observe.h"

namespace halfopen::words {

// kNames[i] names the enumerator of value i.
template <class Enum, std::size_t N>
[[nodiscard]] constexpr std::string_view name(const std::array<std::string_view, N>& names, Enum value) {
  const auto index = static_cast<std::size_t>(value);
  return index < N ? names[index] : std::string_view{"unknown"};
}

template <class Enum, std::size_t N>
[[nodiscard]] constexpr std::optional<Enum> value(const std::array<std::string_view, N>& names,
                                                  std::string_view word) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == word) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

inline constexpr std::array<std::string_view, 3> kHosts{"client", "server", "router"};
inline constexpr std::array<std::string_view, 7> kFates{
    "delivered", "lost", "cut", "dropped_by_match", "queue_full", "too_big", "nobody_there"};
inline constexpr std::array<std::string_view, 3> kTimerEvents{"armed", "stopped", "fired"};
inline constexpr std::array<std::string_view, 9> kProcessEvents{
    "started", "forked", "signalled", "output", "exited", "killed", "frozen", "thawed", "reaped"};
inline constexpr std::array<std::string_view, kTimers> kTimerNames{
    "retransmit", "loss_probe", "reorder",      "persist",    "delayed_ack",
    "keepalive",  "connect",    "user_timeout", "fin_wait_2", "time_wait"};
static_assert(!kTimerNames.back().empty());
static_assert(static_cast<std::size_t>(PacketFate::nobody_there) + 1 == kFates.size());
static_assert(static_cast<std::size_t>(ProcessNote::What::reaped) + 1 == kProcessEvents.size());

inline constexpr std::array<std::string_view, kCauses> kCauseNames{
    "unknown",
    "active_open",
    "passive_open",
    "simultaneous_open",
    "handshake_complete",
    "syn_again",
    "syn_cookie",
    "new_data",
    "data_and_fin",
    "window_probe_data",
    "window_probe",
    "ack_delayed",
    "ack_now",
    "ack_duplicate",
    "ack_out_of_order",
    "ack_of_fin",
    "window_update",
    "keepalive_reply",
    "retransmit_timeout",
    "retransmit_fast",
    "retransmit_partial_ack",
    "retransmit_icmp",
    "retransmit_syn_data",
    "tail_loss_probe",
    "keepalive_probe",
    "close",
    "shutdown",
    "fin_received",
    "fin_acked",
    "time_wait_over",
    "fin_wait_2_over",
    "reopened",
    "rst_no_connection",
    "rst_bad_ack",
    "rst_after_close",
    "rst_unread_data",
    "rst_linger",
    "rst_abort",
    "rst_give_up",
    "rst_keepalive",
    "rst_syn_in_window",
    "rst_backlog",
    "challenge_ack",
    "rst_received",
    "timed_out",
    "keepalive_timed_out",
    "user_timed_out",
    "icmp_received",
    "host_gone",
    "icmp_error",
    "icmp_reply",
    "datagram",
};
static_assert(!kCauseNames.back().empty());
static_assert(kCauseNames[static_cast<std::size_t>(Cause::close)] == "close");
static_assert(kCauseNames[static_cast<std::size_t>(Cause::rst_backlog)] == "rst_backlog");
static_assert(kCauseNames[static_cast<std::size_t>(Cause::datagram)] == "datagram");

}  // namespace halfopen::words

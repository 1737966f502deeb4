// The rows of the table of operating systems, one file a system; sim/tcp/profile.cc strings them together.
#pragma once

#include <array>
#include <cstddef>

#include "sim/tcp/profile.h"

namespace halfopen {

extern const OsProfile kBsd44;
extern const OsProfile kLinux510;
extern const OsProfile kLinux61;
extern const OsProfile kLinux612;
extern const OsProfile kLinux618;
extern const OsProfile kLinux72;
extern const OsProfile kFreebsd14;
extern const OsProfile kWindows11;
extern const OsProfile kMacos15;
extern const OsProfile kOpenbsd7;
extern const OsProfile kRfc;

// For constants that a row's other choices leave without effect.
inline constexpr std::string_view kUnused = "not used by this stack";

// --- What rows of one descent have in common: a row begins with it and says what it has of its own.

// so_error by the state in which a reset came, as 4.4BSD has it and the textbooks tell it.
inline constexpr std::array<Errno, kStates> kTextbookRstError = {
    Errno::none,         // CLOSED
    Errno::none,         // LISTEN
    Errno::connrefused,  // SYN_SENT
    Errno::connrefused,  // SYN_RECEIVED
    Errno::connreset,    // ESTABLISHED
    Errno::connreset,    // FIN_WAIT_1
    Errno::connreset,    // FIN_WAIT_2
    Errno::connreset,    // CLOSE_WAIT
    Errno::none,         // CLOSING: the connection just ends
    Errno::none,         // LAST_ACK
    Errno::none,         // TIME_WAIT
};

// The same, but also a connection that both ends are closing tells of it.
inline constexpr std::array<Errno, kStates> kRstErrorWhileClosing = [] {
  auto errors = kTextbookRstError;
  errors[static_cast<std::size_t>(State::closing)] = Errno::connreset;
  errors[static_cast<std::size_t>(State::last_ack)] = Errno::connreset;
  return errors;
}();

// No Fast Open; `source` says why.
constexpr FastOpenProfile no_fast_open(std::string_view source) {
  return {.calls = {FastOpenCalls::none, source},
          .client = {false, source},
          .server = {false, source},
          .client_without_cookie = {false, kUnused},
          .server_without_cookie = {false, kUnused},
          .every_listener = {false, kUnused},
          .cookie_of_both_ends = {false, kUnused},
          .nop_padding = {false, kUnused},
          .pause_of_blackhole = {Duration{0}, kUnused},
          .pause_of_path = {Duration{0}, kUnused},
          .cookie_each_time = {false, kUnused},
          .cookie_by_port = {false, kUnused},
          .off_forgets = {false, kUnused}};
}

// Black holes are not looked for; `source` says why.
constexpr BlackholeProfile no_blackhole_search(std::string_view source) {
  return {.search = {BlackholeSearch::never, source},
          .mss_v4 = {0, kUnused},
          .mss_v6 = {0, kUnused},
          .retries = {0, kUnused},
          .least_mss = {0, kUnused}};
}

inline constexpr TunnelProfile kNoTunnel{.port = {0, kUnused}, .overhead = {0, kUnused}};

// A window of the room that is left in the buffer: nothing of what memory costs counts.
inline constexpr WindowProfile kFreeSpaceWindow = [] {
  WindowProfile p{};
  p.style.value = WindowStyle::free_space;
  p.rounds_up = {false, kUnused};
  p.ratio_adapts = {false, kUnused};
  p.clamp_moves_threshold = {false, kUnused};
  p.begins_beyond_field = {false, kUnused};
  p.counts_unread = {false, kUnused};
  p.takes_least_rtt = {false, kUnused};
  p.autotune_margin = {0, kUnused};
  p.truesize_small = {0, kUnused};
  p.truesize_full = {0, kUnused};
  p.sndbuf_least = {0, kUnused};
  p.rcvbuf_least = {0, kUnused};
  p.burst_cost = {0, kUnused};
  p.unsent_low = {0, kUnused};
  return p;
}();

// Retransmission without what Linux added.
inline constexpr RetransmitProfile kPlainRetransmit = [] {
  RetransmitProfile p{};
  p.syn_linear = {0, kUnused};
  p.syn_again_ticks = {0, kUnused};
  p.bare_syn_after = {0, kUnused};
  p.tail_loss_probe = {false, kUnused};
  p.most_reordering = {0, kUnused};
  p.frto = {false, kUnused};
  p.undo = {false, kUnused};
  return p;
}();

// The retransmission of 4.4BSD and its descendants.
inline constexpr RetransmitProfile kBsdRetransmit = [] {
  RetransmitProfile p = kPlainRetransmit;
  p.give_up.value = GiveUp::after_count;
  p.retries.value = 12;
  p.rst_on_give_up = {true, "netinet/tcp_subr.c tcp_drop"};
  p.dup_threshold = {3, "netinet/tcp_input.c tcprexmtthresh"};
  return p;
}();

}  // namespace halfopen

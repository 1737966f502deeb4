// An operating system as a row of constants. Every difference between the stacks is data here, with its
// source beside it; a difference of kind is an enum in the row. No code asks "is this Linux?".
//
// Sources are short: "net/ipv4/tcp_timer.c tcp_retransmit_timer" (Linux), "netinet/tcp_timer.h" (BSD), "RFC
// 6298 section 2", "measured" (on a real kernel).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "sim/base/errno.h"
#include "sim/base/time.h"
#include "sim/tcp/ecn.h"
#include "sim/tcp/fast_open_profile.h"
#include "sim/tcp/sourced.h"
#include "sim/why/os_family.h"
#include "sim/why/state.h"
#include "sim/wire/icmp.h"

namespace halfopen {

// How timers meet the clock (sim/tcp/tick_clock.h).
enum class TickStyle : std::uint8_t {
  ideal,        // to the nanosecond
  linux_wheel,  // jiffies and the hierarchical timer wheel
  bsd_ticks,    // the 500 ms slow and the 200 ms fast timeout
  callout,      // to the next tick of hz
};
enum class RttEstimatorKind : std::uint8_t { rfc6298, linux_os, bsd_ticks, freebsd };
enum class GiveUp : std::uint8_t {
  after_count,    // the expiry after `retries` retransmissions
  after_budget,   // the first expiry that is `retries` doublings of rto_min after the first retransmission
  after_elapsed,  // the first expiry that is r2 after the first sending
};
enum class Recovery : std::uint8_t {
  reno,       // fast retransmit, deflate on the first new ACK (RFC 2581)
  newreno,    // partial ACKs retransmit the next hole (RFC 6582)
  sack_pipe,  // RFC 6675 where SACK was agreed, else NewReno
  rack,       // RFC 8985 where SACK was agreed, else NewReno
};
enum class CongestionAlgorithm : std::uint8_t {
  reno,   // RFC 5681: by what was acknowledged, while the window was in use
  cubic,  // RFC 9438
  net3,   // 4.4BSD's Reno: each ACK opens the window, and a loss halves what the windows allowed
};
enum class CwndUnit : std::uint8_t { bytes, segments };
enum class IdleRestart : std::uint8_t {
  none,
  one_segment,  // after so many ticks in which nothing came
  initial_window,
  halve_per_rto,
};
enum class NagleStyle : std::uint8_t {
  original,  // RFC 896: a small segment waits while anything is unacknowledged
  once,      // BSD: the same, looked at once for all that goes out at one occasion
  minshall,  // Linux: only while an earlier small segment is
};
enum class AckStyle : std::uint8_t {
  quickack,      // Linux: quick at first, then delayed by an adaptive timeout
  fast_tick,     // 4.4BSD: at the next 200 ms tick, or when the reader opens the window by two segments
  every_second,  // at the second segment, or after a fixed delay
};
enum class WindowStyle : std::uint8_t {
  free_space,  // the room left in the socket buffer
  truesize,    // Linux: what the queued packets cost the kernel, and a slow-started threshold
};
enum class KeepaliveStyle : std::uint8_t {
  unanswered_probes,  // Linux: dies after `probes` unanswered ones; waits while data is outstanding
  idle_time,          // BSD: dies when idle for idle + probes * interval, data outstanding or not
};
enum class ProbeStyle : std::uint8_t {
  old_sequence,  // no data, SEQ = SND.UNA - 1
  one_byte,      // the next byte, beyond the window
};
enum class PersistGiveUp : std::uint8_t { unanswered_probes, idle_and_count };
enum class RstCheck : std::uint8_t {
  in_window,       // RFC 793: anywhere in the window
  exact,           // RFC 5961: at RCV.NXT; else in the window a challenge ACK
  last_ack_sent,   // FreeBSD: at the last ACK sent; else in the window a challenge ACK
  after_last_ack,  // FreeBSD, insecure: from the byte before the last ACK sent to the end of the window
};
enum class SynCheck : std::uint8_t {  // a SYN in the window of a synchronized state
  reset,                              // is answered by a reset, and ends the connection
  abort,                              // ends the connection, which sends a reset of its own
  challenge,                          // is answered by a challenge ACK
};
enum class AckRange : std::uint8_t {  // how far back an ACK may lie and be an old one, not a guess
  any,
  within_largest_window,  // RFC 5961 section 5.2: SND.UNA - MAX.SND.WND
  within_acknowledged,    // Linux: the same, but not what was never acknowledged
};
enum class RightEdge : std::uint8_t {  // a segment that begins in the window and ends beyond it
  cuts,
  passes,           // is taken whole
  passes_if_empty,  // the same if nothing waits for a read, else it is not acceptable; a FIN may lie beyond
};
enum class SynFinCheck : std::uint8_t { listener_drops, taken, dropped };  // SYN and FIN in one segment
enum class TimeWaitCheck : std::uint8_t {
  rfc9293,    // section 3.10.7.4: a reset ends it, what else comes is answered and may start it again
  acks_only,  // resets and whatever has no ACK are ignored; only a repeated FIN starts it again
  restarts,   // as rfc9293, and a bare ACK that fits restarts it; answers to what has no data are limited
  ends,       // a reset ends it, what else comes is answered and does not start it again
};
// When an ACK that brings nothing new changes the window.
enum class WindowUpdate : std::uint8_t {
  any,             // RFC 9293 section 3.10.7.4: SND.WL2 =< SEG.ACK
  larger,          // only to a larger one
  larger_or_none,  // or to none
};
// What becomes of what a SYN carries that crosses ours (a simultaneous open).
enum class SynText : std::uint8_t {
  dropped,
  data,  // waits until the connection is established; a FIN does not
  all,   // waits, with its FIN
};
// When path MTU black holes are looked for: by value FreeBSD's net.inet.tcp.pmtud_blackhole_detection, and
// Linux's way.
enum class BlackholeSearch : std::uint8_t {
  never,
  always,
  over_v4,
  over_v6,
  after_r1,  // once R1 is over (RFC 9293 section 3.8.3): a size that fits most paths, then half of it
};
enum class OptionSlot : std::uint8_t { none, mss, window_scale, sack_permitted, timestamps };
enum class IsnPolicy : std::uint8_t {
  hash_64ns,   // Linux: a keyed hash, and a step every 64 ns
  counter,     // 4.4BSD: one counter of the host
  hash_1mbps,  // FreeBSD: a keyed hash, and 1 MiB a second
  hash_4us,    // RFC 9293: a keyed hash, and a step every 4 us
};
enum class IpIdPolicy : std::uint8_t {
  per_connection,    // Linux: counts from a random start in each connection
  global_counter,    // 4.4BSD: one counter of the host
  zero_when_atomic,  // FreeBSD: 0 in every packet that must not be fragmented (RFC 6864)
};
enum class ListenPolicy : std::uint8_t {
  accept_queue,  // full when more than backlog wait to be accepted; then SYNs and last ACKs are dropped
  two_queues,    // Linux: the same, and embryos are bounded by the backlog, too; SynCookies says what a SYN
                 // beyond it gets
  both_queues,   // BSD: full when accepted plus embryonic exceed backlog * 3 / 2; then SYNs are dropped
};
// Who runs between two packets of one instant when the first wakes it up; all others when the last was taken.
enum class WakeupPreemption : std::uint8_t {
  none,
  writers,  // who waits for room in a send buffer: a reader's wake-up says that the waker goes on (sync)
  all,
};
// When a SYN is answered by a cookie, of which the host keeps nothing: Linux's tcp_syncookies, by value.
enum class SynCookies : std::uint8_t { never, when_full, always };
// How a cookie is made (sim/os/syn_cookie.h).
enum class SynCookieForm : std::uint8_t {
  minute,   // Linux: a count of minutes, a hash that hides the segment size; options in the timestamp
  secrets,  // FreeBSD: a hash under one of two secrets that take turns, and options, in one number
};
// What an ICMP error does to a connection.
enum class IcmpEffect : std::uint8_t {
  ignore,
  soft,    // remembered; becomes the errno of a later timeout
  abort,   // the connection ends with the errno
  shrink,  // path MTU discovery
  quench,  // the congestion window falls to one segment
};

struct ClockProfile {
  Sourced<TickStyle> style;
  Sourced<std::uint32_t> hz;    // jiffies or ticks a second
  Sourced<Duration> slow_tick;  // bsd_ticks
  Sourced<Duration> fast_tick;  // bsd_ticks
  // A tick is counted after its timers have run, and packets that came with it: they see the count before.
  Sourced<bool> counts_after_timers;
};

struct RttProfile {
  Sourced<RttEstimatorKind> estimator;
  Sourced<Duration> rto_initial;   // before any sample
  Sourced<Duration> rto_fallback;  // when data starts after a retransmitted SYN gave no sample
  Sourced<Duration> rto_min;
  Sourced<Duration> rto_max;
  Sourced<Duration> rto_slop;     // added to every timeout
  Sourced<Duration> granularity;  // G of RFC 6298; one tick of the estimator's clock
};

struct RetransmitProfile {
  Sourced<GiveUp> give_up;
  Sourced<std::uint32_t> retries;                  // tcp_retries2, TCP_MAXRXTSHIFT
  Sourced<Duration> r2;                            // after_elapsed
  Sourced<std::uint32_t> orphan_retries;           // of a connection without a process; 0: as `retries`
  Sourced<std::array<std::uint16_t, 13>> backoff;  // multiplier by number of expiries; the last one stays
  Sourced<bool> rst_on_give_up;
  Sourced<std::uint32_t> syn_retries;
  Sourced<std::uint32_t> syn_linear;  // further SYN timeouts at first that do not double
  // Clock ticks until a first SYN that met an ACK of something else is sent again; 0: its timer goes on.
  Sourced<std::uint8_t> syn_again_ticks;
  Sourced<std::uint8_t> bare_syn_after;  // expiries after which a SYN has no option but MSS; 0: never
  Sourced<std::uint32_t> synack_retries;
  Sourced<Duration> connect_limit;  // zero: none but syn_retries
  Sourced<bool> tail_loss_probe;
  Sourced<Recovery> recovery;
  Sourced<std::uint8_t> dup_threshold;
  Sourced<std::uint16_t> most_reordering;  // segments: the threshold does not adapt beyond
  Sourced<bool> frto;
  Sourced<bool> undo;      // a repair that was for nothing is taken back (RFC 4015, D-SACK)
  Sourced<bool> collapse;  // small unacknowledged segments merge when retransmitted
  Sourced<bool> recuts;    // what is sent again is cut anew from all that waits in the buffer
  // What an ACK lets go again leaves before the data of the same segment is taken, unless header prediction
  // lets that in.
  Sourced<bool> repairs_before_data;
  Sourced<std::uint8_t> forget_srtt_after;  // expiries after which BSD forgets the SRTT; 0: never
};

struct CongestionProfile {
  Sourced<CongestionAlgorithm> algorithm;
  Sourced<CwndUnit> unit;
  Sourced<std::uint32_t> initial_window;  // segments
  Sourced<IdleRestart> idle_restart;
  Sourced<bool> prr;  // RFC 6937 in recovery, else cwnd = ssthresh + 3
  Sourced<bool> hystart;
  Sourced<bool> fin_ignores_cwnd;  // a FIN without data leaves even when the congestion window is full
  Sourced<NagleStyle> nagle;
  Sourced<std::uint8_t>
      burst_least;             // segments that go to the device at once where they may; 0: each by itself
  Sourced<bool> burst_by_rtt;  // and more of them where the round trip is short
  // PSH in a long write, with each buffer that ends half of the largest window behind the last one.
  Sourced<bool> pushes_within_writes;
  Sourced<EcnUse> ecn;
  Sourced<std::uint8_t> ecn_syn_retries;  // retransmissions of a SYN that still ask for ECN
  Sourced<bool> ecn_of_crossing_syn;      // a SYN that asks and meets one that did not is granted it
  Sourced<bool> knows_acc_ecn;            // RFC 9768
  Sourced<AccEcnOptionUse> acc_ecn_option;
  Sourced<std::uint32_t> acc_ecn_beacon;  // options in a round trip, when_needed; 0: only what is needed
};

struct AckProfile {
  Sourced<AckStyle> style;
  Sourced<Duration> delay_min;  // the fixed delay for every_second
  Sourced<Duration> delay_max;
  Sourced<std::uint32_t> quick;  // quick ACKs at the start, quickack
  // Of ACKs for out-of-order data, after the third with the same number: one for all that comes in a share of
  // a round trip and no more than the delay, and the timer's slack, but for so many at most; 0: each goes.
  Sourced<std::uint8_t> compress_most;
  Sourced<Duration> compress_delay;
  Sourced<std::uint8_t> compress_share;  // percent of the receiver's round trip, at most
  Sourced<Duration> compress_slack;
  // What is sent for an ACK's sake takes along the data that the windows allow, also what would wait.
  Sourced<bool> takes_data;
};

struct WindowProfile {
  Sourced<WindowStyle> style;
  Sourced<std::uint32_t> rcvbuf;      // bytes
  Sourced<std::uint32_t> rcvbuf_max;  // autotuning's limit, and what the window scale must reach
  Sourced<std::uint32_t> sndbuf;
  Sourced<std::uint32_t> sndbuf_max;
  Sourced<std::uint32_t> scale_reaches;  // bytes that the window scale must do for; 0: the receive buffer's
  Sourced<bool> rounds_up;               // a window that its scale cannot say is said larger, not smaller
  Sourced<bool> round_to_mss;            // buffers are rounded up to whole segments once the MSS is known
  Sourced<bool> ratio_adapts;            // what of the memory is payload is measured, else it is half
  Sourced<bool> clamp_moves_threshold;  // a new truesize ratio also moves rcv_ssthresh (Linux 6.13 and later)
  // It may begin beyond 65,535, of which the first segment behind the SYN tells (Linux 6.12 and later).
  Sourced<bool> begins_beyond_field;
  Sourced<bool> counts_unread;            // what was read in a round trip is counted less what waits unread
  Sourced<bool> takes_least_rtt;          // a shorter round trip is believed at once, not by an eighth
  Sourced<std::uint8_t> autotune_margin;  // segments beside twice what was read in a round trip
  Sourced<std::uint32_t> truesize_small;  // what the device charges for a packet that fits a small buffer
  Sourced<std::uint32_t> truesize_full;   // and for one of up to 1500 bytes
  // SO_SNDBUF and SO_RCVBUF count twice, and not less than this; 0: as they are set.
  Sourced<std::uint32_t> sndbuf_least;
  Sourced<std::uint32_t> rcvbuf_least;
  // What each burst in the send buffer costs beside its bytes; 0: only bytes count, and a write may end
  // within a burst.
  Sourced<std::uint32_t> burst_cost;
  Sourced<std::uint32_t> unsent_low;  // unsent bytes below which a socket is writable; 0: they do not count
};

struct OptionsProfile {
  Sourced<bool> timestamps;
  Sourced<bool> sack;
  Sourced<bool> dsack;
  Sourced<bool> dsack_at_once;    // a segment of which a part came before is acknowledged at once
  Sourced<bool> sack_counts_fin;  // a block that ends with a FIN reaches beyond it
  Sourced<bool> window_scaling;
  Sourced<Duration> ts_clock;                     // one step of TSval
  Sourced<std::array<OptionSlot, 4>> syn_layout;  // in wire order; NOPs align them
  Sourced<std::uint16_t> default_mss;             // when the peer offers none
  Sourced<std::uint16_t> default_mss_v6;
  Sourced<std::uint16_t> least_mss;  // less than that is taken for it
  // A full segment, in windows and rules, is one without options; only the packet is cut for them.
  Sourced<bool> mss_counts_options;
  Sourced<bool> timestamps_on_rst;  // the reset of a connection carries them
  // NOPs go before a SACK-permitted that shares its word with no timestamps; else the end of the list fills
  // it.
  Sourced<bool> aligns_sack_permitted;
  Sourced<bool>
      crossing_syn_ack_offers;  // a SYN that crossed another goes again with all that it had, agreed or not
};

struct KeepaliveProfile {
  Sourced<KeepaliveStyle> style;
  Sourced<bool> always;  // on without SO_KEEPALIVE
  Sourced<Duration> idle;
  Sourced<Duration> interval;
  Sourced<std::uint32_t> probes;
  Sourced<bool> rst_on_death;
  Sourced<bool> timestamps;  // probes have them
};

struct PersistProfile {
  Sourced<ProbeStyle> style;
  Sourced<Duration> min;
  Sourced<Duration> max;
  Sourced<PersistGiveUp> give_up;
};

struct CloseProfile {
  Sourced<bool> rst_on_unread;           // close() with unread data resets
  Sourced<Duration> fin_wait_2;          // of a closed socket: the first look; zero: it stays for ever
  Sourced<Duration> fin_wait_2_recheck;  // BSD looks again after each of these; zero: the first look ends it
  Sourced<Duration> fin_wait_2_idle;     // a look ends it only when nothing came for longer than this
  Sourced<Duration> time_wait;           // 2 MSL
  Sourced<bool> rst_on_data_after_close;
  Sourced<bool> zero_window_on_rst;
  Sourced<bool> fin_with_acks;  // as long as the FIN is out, bare ACKs repeat it
};

struct CheckProfile {  // RFC 5961 and its absence
  Sourced<RstCheck> rst;
  Sourced<SynCheck> syn;
  Sourced<bool> echo_of_syn;  // a SYN-ACK that echoes no timestamp of our SYNs is answered with a reset
  Sourced<bool> dsack_of_crossing_syn;     // a SYN-ACK that repeats a SYN which crossed ours is reported
  Sourced<AckRange> ack_range;             // ACKs that are older get a challenge ACK
  Sourced<bool> answers_unsent;            // so do ACKs of what was never sent, else they are passed over
  Sourced<std::uint32_t> challenge_count;  // per challenge_interval and connection
  Sourced<Duration> challenge_interval;
  Sourced<bool> challenges_as_answers;       // one limit for both: out_of_window_interval
  Sourced<Duration> out_of_window_interval;  // one ACK for out-of-window segments without data in this time
  Sourced<RightEdge> right_edge;
  Sourced<bool> whole_window;  // what the buffer has room for is acceptable, also beyond what was advertised
  Sourced<SynFinCheck> syn_fin;
  Sourced<bool> drops_syn_ack;       // a listener passes over a SYN-ACK; else a reset answers it
  Sourced<SynText> crossing_syn;     // what it carries
  Sourced<bool> recent_of_bare_ack;  // TS.Recent is taken from segments without data, too
  Sourced<WindowUpdate> window_update;
  Sourced<TimeWaitCheck> time_wait;
};

struct IcmpRow {
  Errno error = Errno::none;
  IcmpEffect embryonic = IcmpEffect::ignore;  // SYN_SENT, SYN_RECEIVED
  IcmpEffect established = IcmpEffect::ignore;
  Errno error_v6 = Errno::none;  // where ICMPv6's is another one
};

struct IcmpProfile {
  Sourced<std::array<IcmpRow, kIcmpKinds>> rows;  // by IcmpKind
  Sourced<std::uint16_t> v4_mtu_while_opening;    // over IPv4, until then a path of so much is no news
  Sourced<bool> undo_backoff;                     // RFC 6069
  Sourced<bool> quote_of_next_counts;             // a quoted number may be SND.NXT, not only below it
  Sourced<std::uint8_t> embryonic_soft_limit;  // expiries after which a repeated soft error aborts; 0: never
};

struct SocketProfile {
  Sourced<std::array<Errno, kStates>> rst_error;  // so_error by the state in which the RST came
  Sourced<bool> eof_beats_error;                  // read() after FIN: 0 even if an error is pending
  Sourced<bool> pipe_beats_error;  // write() when it cannot send: EPIPE even if an error is pending
  Sourced<bool> user_timeout;      // TCP_USER_TIMEOUT exists
  Sourced<bool> keepalive_tuning;  // TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT exist
  Sourced<bool> peek_offset;       // SO_PEEK_OFF is for TCP, too
  // What comes after shutdown(SHUT_RD) is kept for read(), and once a FIN was sent it draws a reset; else it
  // is thrown away.
  Sourced<bool> keeps_after_shut;
  // TCP_MAXSEG: the least that it takes, and then nothing more than is in use; 0: whatever fits.
  Sourced<std::uint16_t> maxseg_least;
  // A write reaches TCP in pieces of `write_cluster` while so much is free and at least `write_cluster_least`
  // is left, else of `write_mbuf`, each of which is sent by itself; 0: in one.
  Sourced<std::uint16_t> write_cluster;
  Sourced<std::uint16_t> write_cluster_least;
  Sourced<std::uint16_t> write_mbuf;
  Sourced<std::uint16_t> write_low;  // bytes that must be free before a writer that waits goes on
  Sourced<ListenPolicy> listen;
  Sourced<std::uint32_t> somaxconn;  // the most that listen() grants
  Sourced<SynCookies> syn_cookies;
  Sourced<bool> only_syn_cookies;  // where they are not forbidden, every SYN gets one
  Sourced<SynCookieForm> syn_cookie_form;
  // two_queues without cookies: embryos of a listener, of which a quarter is for ends that are known.
  Sourced<std::uint32_t> embryos_most;
  Sourced<WakeupPreemption> wakeup_preemption;
  Sourced<bool> rst_on_overflow;      // a last ACK that finds the queue full is answered by a reset
  Sourced<std::uint16_t> port_first;  // ephemeral ports
  Sourced<std::uint16_t> port_last;
};

struct IpProfile {
  Sourced<std::uint8_t> ttl;
  Sourced<bool> dont_fragment;
  Sourced<IpIdPolicy> id;
  Sourced<bool> zero_id_without_socket;  // resets by no socket, SYN-ACKs and TIME_WAIT's ACKs carry ID 0
  Sourced<IsnPolicy> isn;
  Sourced<std::uint32_t>
      reuse_isn_step;  // ISS of one that takes over a TIME_WAIT: SND.NXT plus this; 0: a new ISS
};

// Paths on which what is too large vanishes without an ICMP error (RFC 2923): smaller segments are tried.
struct BlackholeProfile {
  Sourced<BlackholeSearch> search;
  Sourced<std::uint16_t> mss_v4;  // bytes that are tried before the default size
  Sourced<std::uint16_t> mss_v6;
  Sourced<std::uint8_t> retries;     // after_r1: R1, a count from which a time is made
  Sourced<std::uint16_t> least_mss;  // after_r1
};

// TCP in UDP datagrams, where the OS knows it (draft-cheshire-tcp-over-udp). A socket asks for it by the
// peer's port, and a peer by sending there.
struct TunnelProfile {
  Sourced<std::uint16_t> port;      // of this host; 0: none is taken
  Sourced<std::uint16_t> overhead;  // bytes by which segments are smaller
};

struct OsProfile {
  std::string_view name;
  std::string_view title;
  std::string_view story;     // what is peculiar about it, for people
  std::string_view base{};    // the row from which it differs in a few constants; empty: it stands for itself
  std::string_view oracle{};  // what it was held against; empty: nothing, its constants are as documented
  OsFamily family = OsFamily::rfc;
  ClockProfile clock;
  RttProfile rtt;
  RetransmitProfile retransmit;
  CongestionProfile congestion;
  AckProfile ack;
  WindowProfile window;
  OptionsProfile options;
  FastOpenProfile fast_open;
  KeepaliveProfile keepalive;
  PersistProfile persist;
  CloseProfile close;
  CheckProfile check;
  IcmpProfile icmp;
  BlackholeProfile blackhole;
  SocketProfile socket;
  IpProfile ip;
  TunnelProfile tunnel;
};

// All rows, in the order of `halfopen profiles`.
[[nodiscard]] std::span<const OsProfile* const> all_profiles();
// By name or alias ("linux", "berkeley"); nullptr if there is none.
[[nodiscard]] const OsProfile* find_profile(std::string_view name_or_alias);
// Other names of a profile, e.g. {"linux"} for linux-6.18.
[[nodiscard]] std::span<const std::string_view> profile_aliases(std::string_view name);

}  // namespace halfopen

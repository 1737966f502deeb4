// The RFCs and nothing else: what a stack does that takes every "should" of the standards track as they
// stand, has an ideal clock and adds no cleverness of its own.
//
// What is peculiar about it: the retransmission timeout is never below a second, giving up is a matter of
// elapsed time (R2), TIME_WAIT lasts four minutes, FIN_WAIT_2 for ever. Experimental and informational
// documents are left out (RFC 6069, RFC 6937); so is RFC 8985, which RFC 9293 does not require.
//
// Where the RFCs leave a number open the row picks one and says so.
//
// It is a header because rows of systems of which little is known begin with it.
#pragma once

#include <array>

#include "sim/tcp/profiles/rows.h"

namespace halfopen {
namespace rfc_row {

using enum IcmpEffect;

// Codes 2 and 3 are hard, 4 is path MTU discovery, all else must not abort; a source quench is nothing (RFC
// 6633).
inline constexpr std::array<IcmpRow, kIcmpKinds> kIcmpRows = {{
    {Errno::netunreach, soft, soft},     // net_unreachable
    {Errno::hostunreach, soft, soft},    // host_unreachable
    {Errno::noprotoopt, abort, abort},   // protocol_unreachable
    {Errno::connrefused, abort, abort},  // port_unreachable
    {Errno::msgsize, shrink, shrink},    // fragmentation_needed
    {Errno::opnotsupp, soft, soft},      // source_route_failed
    {Errno::netunreach, soft, soft},     // net_unknown
    {Errno::hostunreach, soft, soft},    // host_unknown
    {Errno::hostunreach, soft, soft},    // host_isolated
    {Errno::netunreach, soft, soft},     // net_prohibited
    {Errno::hostunreach, soft, soft},    // host_prohibited
    {Errno::netunreach, soft, soft},     // net_tos
    {Errno::hostunreach, soft, soft},    // host_tos
    {Errno::hostunreach, soft, soft},    // admin_prohibited
    {Errno::none, ignore, ignore},       // source_quench
    {Errno::hostunreach, soft, soft},    // time_exceeded
    {Errno::proto, soft, soft},          // parameter_problem
    {Errno::hostunreach, soft, soft},    // precedence_violation
    {Errno::hostunreach, soft, soft},    // precedence_cutoff
    {Errno::hostunreach, soft, soft},    // reassembly_exceeded
}};

inline constexpr RetransmitProfile kRetransmit = [] {
  RetransmitProfile p = kPlainRetransmit;
  p.give_up = {GiveUp::after_elapsed, "RFC 9293 section 3.8.3"};
  p.retries = {0, kUnused};
  p.r2 = {100s, "RFC 9293 section 3.8.3: R2, at least 100 s"};
  p.orphan_retries = {0, "no RFC knows of processes"};
  p.backoff = {{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096}, "RFC 6298 section 5.5: doubles"};
  p.rst_on_give_up = {false, "RFC 9293 section 3.10.8: the user is told, the peer is not"};
  p.syn_retries = {7, "RFC 9293 section 3.8.3: the fewest that go on for 3 minutes"};
  p.synack_retries = {7, "RFC 9293 section 3.8.3: the fewest that go on for 3 minutes"};
  p.connect_limit = {0s, "RFC 9293 section 3.8.3: by retries only"};
  p.tail_loss_probe = {false, "RFC 8985 is not required"};
  p.recovery = {Recovery::sack_pipe, "RFC 6675; without SACK RFC 6582"};
  p.dup_threshold = {3, "RFC 5681 section 3.2"};
  p.frto = {false, "RFC 5682 is not required"};
  p.undo = {false, "RFC 4015 is not required"};
  p.collapse = {false, "RFC 9293 allows repacketization and does not ask for it"};
  p.recuts = {false, "RFC 9293 section 3.8: it may"};
  p.repairs_before_data = {false, "RFC 9293 section 3.10.7.4: no order is asked for"};
  p.forget_srtt_after = {0, "RFC 6298 section 5: allowed, not asked for"};
  return p;
}();

inline constexpr WindowProfile kWindow = [] {
  WindowProfile p = kFreeSpaceWindow;
  p.style.source = "RFC 9293 section 3.8.6";
  p.rcvbuf = {65535, "chosen: what a window without scaling can say"};
  p.rcvbuf_max = {65535, "chosen: no RFC asks for a buffer that grows"};
  p.sndbuf = {65535, "chosen: as the receive buffer"};
  p.sndbuf_max = {65535, "chosen: no RFC asks for a buffer that grows"};
  p.scale_reaches = {0, "RFC 7323 section 2: what the largest buffer needs"};
  p.rounds_up = {false, "RFC 7323 section 2.3: SEG.WND is RCV.WND >> Rcv.Wind.Shift"};
  p.round_to_mss = {false, kUnused};
  return p;
}();

}  // namespace rfc_row

inline constexpr OsProfile kRfcRow = {
    .name = "rfc",
    .title = "the plain RFCs",
    .story =
        "An ideal clock. The retransmission timeout is at least one second and at most one minute; the "
        "first expiry that is 100 s or more after the first sending gives up, silently. TIME_WAIT is 240 s, "
        "FIN_WAIT_2 has no end. Unreachable messages are remembered and never end a connection; port and "
        "protocol unreachable do.",
    .family = OsFamily::rfc,
    .clock = {.style = {TickStyle::ideal, "chosen: a clock without ticks"},
              .hz = {1000, "chosen: what counts in ticks counts in milliseconds"},
              .slow_tick = {0ms, kUnused},
              .fast_tick = {0ms, kUnused},
              .counts_after_timers = {false, kUnused}},
    .rtt = {.estimator = {RttEstimatorKind::rfc6298, "RFC 6298 section 2"},
            .rto_initial = {1s, "RFC 6298 section 2.1"},
            .rto_fallback = {3s, "RFC 6298 section 5.7"},
            .rto_min = {1s, "RFC 6298 section 2.4"},
            .rto_max = {60s, "RFC 6298 section 2.5: at least 60 s"},
            .rto_slop = {0ms, kUnused},
            .granularity = {1ms, "chosen: the timestamp clock"}},
    .retransmit = rfc_row::kRetransmit,
    .congestion = {.algorithm = {CongestionAlgorithm::reno, "RFC 5681 section 3"},
                   .unit = {CwndUnit::bytes, "RFC 5681 section 3.1"},
                   .initial_window = {10, "RFC 6928 section 2"},
                   .idle_restart = {IdleRestart::initial_window, "RFC 5681 section 4.1"},
                   .prr = {false, "RFC 6937 is not required"},
                   .hystart = {false, "RFC 9406 is not required"},
                   .fin_ignores_cwnd = {true, "chosen: RFC 5681 counts data"},
                   .nagle = {NagleStyle::original, "RFC 896; RFC 9293 section 3.7.4"},
                   .burst_least = {0, kUnused},
                   .burst_by_rtt = {false, kUnused},
                   .pushes_within_writes = {false, kUnused},
                   .ecn = {EcnUse::off, "RFC 3168 is not required"},
                   .ecn_syn_retries = {0, kUnused},
                   .ecn_of_crossing_syn = {false, kUnused},
                   .knows_acc_ecn = {false, "RFC 9768 is not required"},
                   .acc_ecn_option = {AccEcnOptionUse::never, kUnused},
                   .acc_ecn_beacon = {0, kUnused}},
    .ack = {.style = {AckStyle::every_second, "RFC 5681 section 4.2; RFC 9293 section 3.8.6.3"},
            .delay_min = {200ms, "chosen: RFC 9293 section 3.8.6.3 asks for less than 500 ms"},
            .delay_max = {200ms, "chosen: RFC 9293 section 3.8.6.3 asks for less than 500 ms"},
            .quick = {0, kUnused},
            .compress_most = {0, kUnused},
            .compress_delay = {0ms, kUnused},
            .compress_share = {0, kUnused},
            .compress_slack = {0ms, kUnused},
            .takes_data = {false, "RFC 9293 section 3.8.6.3"}},
    .window = rfc_row::kWindow,
    .options = {.timestamps = {true, "RFC 7323 section 3"},
                .sack = {true, "RFC 2018"},
                .dsack = {true, "RFC 2883"},
                .dsack_at_once = {false, "RFC 2883 leaves it open"},
                .sack_counts_fin = {true, "RFC 2018 section 3: the sequence number behind the last"},
                .window_scaling = {true, "RFC 7323 section 2"},
                .ts_clock = {1ms, "RFC 7323 section 5.4: between 1 ms and 1 s"},
                .syn_layout = {{OptionSlot::mss, OptionSlot::sack_permitted, OptionSlot::timestamps,
                                OptionSlot::window_scale},
                               "chosen: no RFC orders them, and RFC 7323 appendix A likes them aligned"},
                .default_mss = {536, "RFC 9293 section 3.7.1"},
                .default_mss_v6 = {1220, "RFC 9293 section 3.7.1"},
                .least_mss = {88, "chosen: leaves room beside all options that a header can have"},
                .mss_counts_options = {false, "RFC 6691 section 2"},
                .timestamps_on_rst = {true, "RFC 7323 section 3.2"},
                .aligns_sack_permitted = {true, "chosen: as RFC 7323 appendix A likes it"},
                .crossing_syn_ack_offers = {false, "RFC 7323 section 2.5"}},
    .fast_open = no_fast_open("chosen: RFC 7413 is experimental"),
    .keepalive = {.style = {KeepaliveStyle::unanswered_probes,
                            "RFC 9293 section 3.8.4: one lost probe kills nothing"},
                  .always = {false, "RFC 9293 section 3.8.4: off by default"},
                  .idle = {2h, "RFC 9293 section 3.8.4: at least two hours by default"},
                  .interval = {75s, "chosen: as most systems"},
                  .probes = {9, "chosen: as Linux"},
                  .rst_on_death = {false, "chosen: as for any other timeout"},
                  .timestamps = {true, "RFC 7323 section 3.2: in every segment"}},
    .persist = {.style = {ProbeStyle::one_byte, "RFC 9293 section 3.8.6.1: at least one octet of new data"},
                .min = {1s, "RFC 9293 section 3.8.6.1: the retransmission timeout"},
                .max = {60s, "chosen: as the retransmission timeout"},
                .give_up = {PersistGiveUp::unanswered_probes,
                            "RFC 9293 section 3.8.6.1: open while answered"}},
    .close = {.rst_on_unread = {true, "RFC 9293 section 3.6.1; RFC 2525 section 2.17"},
              .fin_wait_2 = {0s, "RFC 9293 section 3.6: it waits for ever"},
              .fin_wait_2_recheck = {0s, kUnused},
              .fin_wait_2_idle = {0s, kUnused},
              .time_wait = {240s, "RFC 9293 section 3.4.2: twice an MSL of 2 minutes"},
              .rst_on_data_after_close = {true, "RFC 9293 section 3.6.1"},
              .zero_window_on_rst = {false, "RFC 9293 section 3.10.5 leaves it open"},
              .fin_with_acks = {false, "RFC 9293 section 3.10.4: once"}},
    .check = {.rst = {RstCheck::exact, "RFC 5961 section 3.2; RFC 9293 section 3.10.7.4"},
              .syn = {SynCheck::challenge, "RFC 5961 section 4.2; RFC 9293 section 3.10.7.4"},
              .echo_of_syn = {false, "RFC 7323 asks for no such check"},
              .dsack_of_crossing_syn = {false, "RFC 2883 leaves it open"},
              .ack_range = {AckRange::within_largest_window, "RFC 5961 section 5.2"},
              .answers_unsent = {true, "RFC 9293 section 3.10.7.4"},
              .challenge_count = {10, "RFC 5961 section 7, its example"},
              .challenge_interval = {5s, "RFC 5961 section 7, its example"},
              .challenges_as_answers = {false, kUnused},
              .out_of_window_interval = {0ms, "RFC 9293 section 3.10.7.4: each is answered"},
              .right_edge = {RightEdge::cuts, "RFC 9293 section 3.10.7.4"},
              .whole_window = {false, "RFC 9293 section 3.10.7.4: RCV.WND"},
              .syn_fin = {SynFinCheck::listener_drops, "RFC 9293 section 3.10.7.2 leaves it open"},
              .drops_syn_ack = {false, "RFC 9293 section 3.10.7.2: any ACK is answered with a reset"},
              .crossing_syn = {SynText::all, "RFC 9293 section 3.10.7.3: queued until ESTABLISHED"},
              .recent_of_bare_ack = {true, "RFC 7323 section 4.3"},
              .window_update = {WindowUpdate::any, "RFC 9293 section 3.10.7.4"},
              .time_wait = {TimeWaitCheck::rfc9293, "RFC 9293 section 3.10.7.4"}},
    .icmp = {.rows = {rfc_row::kIcmpRows, "RFC 9293 section 3.9.2.2; RFC 1191; RFC 6633"},
             .v4_mtu_while_opening = {0xffff, "RFC 1191 section 3: whatever the state"},
             .undo_backoff = {false, "RFC 6069 is experimental"},
             .quote_of_next_counts = {false, "RFC 5927 section 4.1: below SND.NXT"},
             .embryonic_soft_limit = {0, kUnused}},
    .blackhole = no_blackhole_search("RFC 2923 section 2.1 and RFC 4821 ask for nothing"),
    .socket = {.rst_error = {kTextbookRstError, "RFC 9293 sections 3.10.7.3 and 3.10.7.4"},
               .eof_beats_error = {false, "chosen: as the textbooks have it"},
               .pipe_beats_error = {false, "chosen: the error first"},
               .user_timeout = {true, "RFC 9293 section 3.8.3; RFC 5482"},
               .keepalive_tuning = {true, "RFC 9293 section 3.8.4: the idle time must be configurable"},
               .peek_offset = {false, kUnused},
               .keeps_after_shut = {false, "POSIX shutdown: further receiving is disabled"},
               .maxseg_least = {0, kUnused},
               .write_cluster = {0, kUnused},
               .write_cluster_least = {0, kUnused},
               .write_mbuf = {0, kUnused},
               .write_low = {1, "RFC 9293 says nothing"},
               .listen = {ListenPolicy::accept_queue, "chosen: no RFC knows of a backlog"},
               .somaxconn = {128, "chosen: POSIX listen leaves it open"},
               .syn_cookies = {SynCookies::never, "RFC 4987 section 3.6 describes them, none asks for them"},
               .only_syn_cookies = {false, "RFC 4987 section 3.6"},
               .syn_cookie_form = {SynCookieForm::minute, "RFC 4987 section 3.6"},
               .embryos_most = {0, kUnused},
               .wakeup_preemption = {WakeupPreemption::none, "no RFC knows of processes"},
               .rst_on_overflow = {false, "chosen: the SYN-ACK is sent again"},
               .port_first = {49152, "RFC 6335 section 6"},
               .port_last = {65535, "RFC 6335 section 6"}},
    .ip = {.ttl = {64, "RFC 1700; RFC 9293 section 3.9.2 leaves it to be configured"},
           .dont_fragment = {true, "RFC 1191"},
           .id = {IpIdPolicy::zero_when_atomic, "RFC 6864 section 4.1: any value will do"},
           .zero_id_without_socket = {true, "RFC 6864 section 4.1: any value will do"},
           .isn = {IsnPolicy::hash_4us, "RFC 9293 section 3.4.1; RFC 6528"},
           .reuse_isn_step = {1, "RFC 9293 section 3.6.1: beyond all that the old connection used"}},
    .tunnel = kNoTunnel,
};

}  // namespace halfopen

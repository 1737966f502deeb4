// 4.4BSD-Lite2, "Berkeley": the TCP of the textbooks (Net/3), from which most others descend.
//
// What is peculiar about it: two clocks of the whole host, 500 ms and 200 ms, drive everything, so a timer's
// first tick is a part of one and the rest are whole; round-trip times are counted in those ticks; it counts
// to twelve retransmissions and then tells the peer with a reset; it takes any reset in the window; close()
// with unread data is a plain FIN; a connection that can no longer send says EPIPE before anything else.
//
// Where the numbers come from: the sources of 4.4BSD-Lite2, sys/netinet and sys/kern.
#include "sim/tcp/profile_fields.h"
#include "sim/tcp/profiles/rows.h"

namespace halfopen {
namespace {

using enum IcmpEffect;

// tcp_notify() treats all alike but three errors that an established connection ignores. Time exceeded has no
// errno in inetctlerrmap, and codes beyond 12 are none that icmp_input() knows: both go no further.
constexpr std::array<IcmpRow, kIcmpKinds> kIcmpRows = {{
    {Errno::hostunreach, soft, ignore},  // net_unreachable
    {Errno::hostunreach, soft, ignore},  // host_unreachable
    {Errno::connrefused, soft, soft},    // protocol_unreachable
    {Errno::connrefused, soft, soft},    // port_unreachable
    {Errno::msgsize, soft, soft},        // fragmentation_needed
    {Errno::hostunreach, soft, ignore},  // source_route_failed
    {Errno::hostunreach, soft, ignore},  // net_unknown
    {Errno::hostunreach, soft, ignore},  // host_unknown
    {Errno::hostunreach, soft, ignore},  // host_isolated
    {Errno::hostunreach, soft, ignore},  // net_prohibited
    {Errno::hostunreach, soft, ignore},  // host_prohibited
    {Errno::hostunreach, soft, ignore},  // net_tos
    {Errno::hostunreach, soft, ignore},  // host_tos
    {Errno::none, ignore, ignore},       // admin_prohibited
    {Errno::none, quench, quench},       // source_quench
    {Errno::none, ignore, ignore},       // time_exceeded
    {Errno::noprotoopt, soft, soft},     // parameter_problem
    {Errno::none, ignore, ignore},       // precedence_violation
    {Errno::none, ignore, ignore},       // precedence_cutoff
    {Errno::none, ignore, ignore},       // reassembly_exceeded
}};

constexpr RetransmitProfile kRetransmit = [] {
  RetransmitProfile p = kBsdRetransmit;
  p.give_up.source = "netinet/tcp_timer.c tcp_timers: TCPT_REXMT";
  p.retries.source = "netinet/tcp_timer.h TCP_MAXRXTSHIFT";
  p.r2 = {0s, kUnused};
  p.orphan_retries = {0, "netinet/tcp_timer.c tcp_timers: as with a process"};
  p.backoff = {{1, 2, 4, 8, 16, 32, 64, 64, 64, 64, 64, 64, 64}, "netinet/tcp_timer.c tcp_backoff"};
  p.syn_retries = {12, "netinet/tcp_timer.h TCP_MAXRXTSHIFT; the connect timer ends it before"};
  p.synack_retries = {12, "netinet/tcp_timer.h TCP_MAXRXTSHIFT; the connect timer ends it before"};
  p.connect_limit = {75s, "netinet/tcp_timer.h TCPTV_KEEP_INIT"};
  p.recovery = {Recovery::reno, "netinet/tcp_input.c tcp_input: tcprexmtthresh"};
  p.collapse = {true, "netinet/tcp_output.c tcp_output: each sending is cut from the socket buffer anew"};
  p.recuts = {true, "netinet/tcp_output.c tcp_output: off + len == so_snd.sb_cc"};
  p.repairs_before_data = {false, "netinet/tcp_input.c tcp_input: tcp_output at its end"};
  p.forget_srtt_after = {3, "netinet/tcp_timer.c tcp_timers: beyond TCP_MAXRXTSHIFT / 4"};
  return p;
}();

constexpr WindowProfile kWindow = [] {
  WindowProfile p = kFreeSpaceWindow;
  p.style.source = "netinet/tcp_output.c tcp_output; netinet/tcp_input.c tcp_input";
  p.rcvbuf = {8192, "netinet/tcp_usrreq.c tcp_recvspace"};
  p.rcvbuf_max = {8192, "netinet/tcp_usrreq.c tcp_recvspace: it never grows by itself"};
  p.sndbuf = {8192, "netinet/tcp_usrreq.c tcp_sendspace"};
  p.sndbuf_max = {8192, "netinet/tcp_usrreq.c tcp_sendspace: it never grows by itself"};
  p.scale_reaches = {0, "netinet/tcp_usrreq.c tcp_usrreq: PRU_CONNECT, what the receive buffer needs"};
  p.rounds_up = {false, "netinet/tcp_output.c tcp_output: win >> rcv_scale"};
  p.round_to_mss = {true, "netinet/tcp_input.c tcp_mss"};
  return p;
}();

}  // namespace

constexpr OsProfile kBsd44 = {
    .name = "4.4bsd",
    .title = "4.4BSD-Lite2 (Berkeley)",
    .story =
        "Ticks of 500 ms: with a short round trip the retransmissions come 1.5, 3, 6, 12, 24, 48 s "
        "and then 64 s apart; the thirteenth expiry gives up after some nine minutes with a reset to the "
        "peer. No SACK, no RFC 5961: any reset in the window counts. An established connection ignores "
        "unreachable messages. Once it cannot send, write() says EPIPE, and the error waits for read().",
    .oracle = "traces of the original code of 4.4BSD-Lite2",
    .family = OsFamily::bsd44,
    .clock = {.style = {TickStyle::bsd_ticks, "kern/uipc_domain.c pfslowtimo, pffasttimo"},
              .hz = {2, "sys/protosw.h PR_SLOWHZ"},
              .slow_tick = {500ms, "sys/protosw.h PR_SLOWHZ"},
              .fast_tick = {200ms, "sys/protosw.h PR_FASTHZ"},
              .counts_after_timers = {true, "netinet/tcp_timer.c tcp_slowtimo: t_idle and tcp_now"}},
    .rtt = {.estimator = {RttEstimatorKind::bsd_ticks, "netinet/tcp_input.c tcp_xmit_timer"},
            .rto_initial = {6s, "netinet/tcp_subr.c tcp_newtcpcb: 12 ticks"},
            .rto_fallback = {12s, "netinet/tcp_var.h TCP_REXMTVAL before any sample: 24 ticks"},
            .rto_min = {1s, "netinet/tcp_timer.h TCPTV_MIN"},
            .rto_max = {64s, "netinet/tcp_timer.h TCPTV_REXMTMAX"},
            .rto_slop = {0ms, kUnused},
            .granularity = {500ms, "netinet/tcp_timer.c tcp_slowtimo"}},
    .retransmit = kRetransmit,
    .congestion = {.algorithm = {CongestionAlgorithm::net3, "netinet/tcp_input.c tcp_input"},
                   .unit = {CwndUnit::bytes, "netinet/tcp_var.h snd_cwnd"},
                   .initial_window = {1, "netinet/tcp_input.c tcp_mss"},
                   .idle_restart = {IdleRestart::one_segment, "netinet/tcp_output.c tcp_output"},
                   .prr = {false, kUnused},
                   .hystart = {false, kUnused},
                   .fin_ignores_cwnd = {true, "netinet/tcp_output.c tcp_output: TH_FIN goes to send"},
                   .nagle = {NagleStyle::once, "netinet/tcp_output.c tcp_output: idle"},
                   .burst_least = {0, kUnused},
                   .burst_by_rtt = {false, kUnused},
                   .pushes_within_writes = {false, kUnused},
                   .ecn = {EcnUse::off, "older than RFC 3168"},
                   .ecn_syn_retries = {0, kUnused},
                   .ecn_of_crossing_syn = {false, kUnused},
                   .knows_acc_ecn = {false, "older than RFC 9768"},
                   .acc_ecn_option = {AccEcnOptionUse::never, kUnused},
                   .acc_ecn_beacon = {0, kUnused}},
    .ack = {.style = {AckStyle::fast_tick, "netinet/tcp_timer.c tcp_fasttimo"},
            .delay_min = {200ms, "sys/protosw.h PR_FASTHZ: at the next tick, so 0 to 200 ms"},
            .delay_max = {200ms, "sys/protosw.h PR_FASTHZ"},
            .quick = {0, kUnused},
            .compress_most = {0, kUnused},
            .compress_delay = {0ms, kUnused},
            .compress_share = {0, kUnused},
            .compress_slack = {0ms, kUnused},
            .takes_data = {true, "netinet/tcp_output.c tcp_output: len survives to send"}},
    .window = kWindow,
    .options = {.timestamps = {true, "netinet/tcp_subr.c tcp_do_rfc1323"},
                .sack = {false, "older than RFC 2018"},
                .dsack = {false, "older than RFC 2883"},
                .dsack_at_once = {false, "older than RFC 2883"},
                .sack_counts_fin = {false, kUnused},
                .window_scaling = {true, "netinet/tcp_subr.c tcp_do_rfc1323"},
                .ts_clock = {500ms, "netinet/tcp_timer.c tcp_slowtimo: tcp_now"},
                .syn_layout = {{OptionSlot::mss, OptionSlot::window_scale, OptionSlot::timestamps,
                                OptionSlot::none},
                               "netinet/tcp_output.c tcp_output"},
                .default_mss = {512, "netinet/tcp.h TCP_MSS"},
                .default_mss_v6 = {1220, "not its own, as it has no IPv6: RFC 9293 section 3.7.1"},
                .least_mss = {32, "netinet/tcp_input.c tcp_mss"},
                .mss_counts_options = {true, "netinet/tcp_output.c tcp_output: t_maxseg - optlen"},
                .timestamps_on_rst = {false, "netinet/tcp_output.c tcp_output: TH_RST"},
                .aligns_sack_permitted = {true, kUnused},
                .crossing_syn_ack_offers = {false, "netinet/tcp_output.c tcp_output"}},
    .fast_open = no_fast_open("older than RFC 7413"),
    .keepalive = {.style = {KeepaliveStyle::idle_time, "netinet/tcp_timer.c tcp_timers: TCPT_KEEP"},
                  .always = {false, "netinet/tcp_timer.c tcp_timers: SO_KEEPALIVE asks for it"},
                  .idle = {2h, "netinet/tcp_timer.h TCPTV_KEEP_IDLE"},
                  .interval = {75s, "netinet/tcp_timer.h TCPTV_KEEPINTVL"},
                  .probes = {8, "netinet/tcp_timer.h TCPTV_KEEPCNT"},
                  .rst_on_death = {true, "netinet/tcp_subr.c tcp_drop"},
                  .timestamps = {false, "netinet/tcp_subr.c tcp_respond"}},
    .persist = {.style = {ProbeStyle::one_byte, "netinet/tcp_output.c tcp_output: t_force"},
                .min = {5s, "netinet/tcp_timer.h TCPTV_PERSMIN"},
                .max = {60s, "netinet/tcp_timer.h TCPTV_PERSMAX"},
                .give_up = {PersistGiveUp::idle_and_count, "netinet/tcp_timer.c tcp_timers: TCPT_PERSIST"}},
    .close = {.rst_on_unread = {false, "netinet/tcp_usrreq.c tcp_disconnect: unread data is thrown away"},
              .fin_wait_2 = {600s, "netinet/tcp_timer.c tcp_maxidle: 8 * 75 s"},
              .fin_wait_2_recheck = {75s, "netinet/tcp_timer.c tcp_timers: TCPT_2MSL"},
              .fin_wait_2_idle = {600s, "netinet/tcp_timer.c tcp_maxidle: 8 * 75 s"},
              .time_wait = {60s, "netinet/tcp_timer.h TCPTV_MSL: twice 30 s"},
              .rst_on_data_after_close = {true, "netinet/tcp_input.c tcp_input: SS_NOFDREF"},
              .zero_window_on_rst = {false, "netinet/tcp_output.c tcp_output"},
              .fin_with_acks = {true, "netinet/tcp_fsm.h tcp_outflags"}},
    .check = {.rst = {RstCheck::in_window, "netinet/tcp_input.c tcp_input: older than RFC 5961"},
              .syn = {SynCheck::reset, "netinet/tcp_input.c tcp_input: older than RFC 5961"},
              .echo_of_syn = {false, "netinet/tcp_input.c tcp_input: tcp_dooptions looks at none"},
              .dsack_of_crossing_syn = {false, "older than RFC 2883"},
              .ack_range = {AckRange::any, "netinet/tcp_input.c tcp_input: older than RFC 5961"},
              .answers_unsent = {true, "netinet/tcp_input.c tcp_input: dropafterack"},
              .challenge_count = {0, kUnused},
              .challenge_interval = {0ms, kUnused},
              .challenges_as_answers = {false, kUnused},
              .out_of_window_interval = {0ms, "netinet/tcp_input.c tcp_input: each is answered"},
              .right_edge = {RightEdge::cuts, "netinet/tcp_input.c tcp_input: trims the end"},
              .whole_window = {true, "netinet/tcp_input.c tcp_input: rcv_wnd is sbspace()"},
              .syn_fin = {SynFinCheck::listener_drops, "not verified: tcp_input takes the FIN, too"},
              .drops_syn_ack = {false, "netinet/tcp_input.c tcp_input: TCPS_LISTEN, dropwithreset"},
              .crossing_syn = {SynText::data,
                               "netinet/tcp_input.c tcp_input: what tcp_reass gives of a FIN is not read"},
              .recent_of_bare_ack = {false, "netinet/tcp_input.c tcp_input: last_ack_sent < ti_seq + ti_len"},
              .window_update = {WindowUpdate::larger, "netinet/tcp_input.c tcp_input: snd_wl2"},
              .time_wait = {TimeWaitCheck::ends, "netinet/tcp_input.c tcp_input: the FIN is cut off before"}},
    .icmp = {.rows = {kIcmpRows, "netinet/ip_input.c inetctlerrmap; netinet/tcp_subr.c tcp_notify"},
             .v4_mtu_while_opening = {0xffff, "no path MTU discovery"},
             .undo_backoff = {false, "older than RFC 6069"},
             .quote_of_next_counts = {true, "netinet/tcp_subr.c tcp_ctlinput looks at no number"},
             .embryonic_soft_limit = {3, "netinet/tcp_subr.c tcp_notify: t_rxtshift > 3"}},
    .blackhole = no_blackhole_search("no path MTU discovery"),
    .socket = {.rst_error = {kTextbookRstError, "netinet/tcp_input.c tcp_input"},
               .eof_beats_error = {false, "kern/uipc_socket.c soreceive"},
               .pipe_beats_error = {true, "kern/uipc_socket.c sosend"},
               .user_timeout = {false, "older than RFC 5482"},
               .keepalive_tuning = {false, "netinet/tcp_usrreq.c tcp_ctloutput: no such options"},
               .peek_offset = {false, kUnused},
               .keeps_after_shut = {false, "netinet/tcp_input.c tcp_input: sbappend unless SS_CANTRCVMORE"},
               .maxseg_least = {0, kUnused},
               .write_cluster = {2048, "sys/mbuf.h MCLBYTES"},
               .write_cluster_least = {208, "sys/mbuf.h MINCLSIZE"},
               .write_mbuf = {100, "sys/mbuf.h MHLEN"},
               .write_low = {2048, "kern/uipc_socket2.c soreserve: sb_lowat"},
               .listen = {ListenPolicy::both_queues, "kern/uipc_socket2.c sonewconn1"},
               .somaxconn = {5, "sys/socket.h SOMAXCONN"},
               .syn_cookies = {SynCookies::never, "older than SYN cookies"},
               .only_syn_cookies = {false, "older than SYN cookies"},
               .syn_cookie_form = {SynCookieForm::secrets, "older than SYN cookies"},
               .embryos_most = {0, kUnused},
               .wakeup_preemption = {WakeupPreemption::none,
                                     "kern/kern_synch.c wakeup: the interrupt ends first"},
               .rst_on_overflow = {false, "netinet/tcp_input.c tcp_input: embryos are in the queue"},
               .port_first = {1024, "netinet/in.h IPPORT_RESERVED"},
               .port_last = {5000, "netinet/in.h IPPORT_USERRESERVED"}},
    .ip = {.ttl = {64, "netinet/ip.h IPDEFTTL"},
           .dont_fragment = {false, "netinet/tcp_output.c tcp_output: no path MTU discovery"},
           .id = {IpIdPolicy::global_counter, "netinet/ip_output.c ip_output: ip_id"},
           .zero_id_without_socket = {false, "netinet/tcp_subr.c tcp_respond"},
           .isn = {IsnPolicy::counter, "netinet/tcp_timer.c tcp_slowtimo; netinet/tcp_seq.h TCP_ISSINCR"},
           .reuse_isn_step = {124928, "netinet/tcp_seq.h TCP_ISSINCR: 122 KiB, without its random part"}},
    .tunnel = kNoTunnel,
};

static_assert(is_sane(kBsd44));

}  // namespace halfopen

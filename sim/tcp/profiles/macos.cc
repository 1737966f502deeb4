// macOS 15 (Darwin 24), its default sysctls, on Ethernet or Wi-Fi, with at least 4 GB of memory.
//
// What is peculiar about it: 4.4BSD's machine on a millisecond clock, with 200 ms of slop like FreeBSD's and
// a backoff of 64 at most, so that a connection on a short path is given up after some 18 s; the first SYNs
// are a second apart; ECN is asked for; RACK and tail loss probes; keepalive only where it is asked for;
// close() with unread data is a reset; FIN_WAIT_2 ends after a minute whatever came.
//
// Where the numbers come from: the sources of XNU, below bsd/, of the release xnu-11417.101.15 (macOS 15.4);
// sysctls by their own names. Nothing here was measured.
#include "sim/tcp/profile_fields.h"
#include "sim/tcp/profiles/rfc_row.h"

namespace halfopen {
namespace {

using enum IcmpEffect;

// What ends an attempt to connect goes through tcp_drop_syn_sent(), which does nothing in any other state.
constexpr std::array<IcmpRow, kIcmpKinds> kIcmpRows = {{
    {Errno::netunreach, soft, ignore, Errno::hostunreach},  // net_unreachable
    {Errno::netunreach, soft, ignore, Errno::hostunreach},  // host_unreachable
    {Errno::connrefused, abort, ignore},                    // protocol_unreachable
    {Errno::connrefused, abort, ignore},                    // port_unreachable
    {Errno::msgsize, shrink, shrink},                       // fragmentation_needed
    {Errno::netunreach, soft, ignore},                      // source_route_failed
    {Errno::netunreach, soft, ignore},                      // net_unknown
    {Errno::netunreach, soft, ignore},                      // host_unknown
    {Errno::netunreach, soft, ignore},                      // host_isolated
    {Errno::connrefused, abort, ignore},                    // net_prohibited
    {Errno::connrefused, abort, ignore},                    // host_prohibited
    {Errno::netunreach, soft, ignore},                      // net_tos
    {Errno::netunreach, soft, ignore},                      // host_tos
    {Errno::connrefused, abort, ignore},                    // admin_prohibited
    {Errno::none, ignore, ignore},                          // source_quench
    {Errno::hostunreach, abort, ignore},                    // time_exceeded
    {Errno::noprotoopt, soft, soft},                        // parameter_problem
    {Errno::netunreach, soft, ignore},                      // precedence_violation
    {Errno::netunreach, soft, ignore},                      // precedence_cutoff
    {Errno::none, ignore, ignore},                          // reassembly_exceeded
}};

constexpr RetransmitProfile kRetransmit = [] {
  RetransmitProfile p = kBsdRetransmit;
  p.give_up.source = "documented: netinet/tcp_timer.c tcp_timers: TCPT_REXMT";
  p.retries.source = "documented: netinet/tcp_timer.h TCP_MAXRXTSHIFT";
  p.r2 = {0s, "documented: netinet/tcp_timer.c tcp_timers: t_rxt_conndroptime, no limit by time"};
  p.orphan_retries = {0, "documented: netinet/tcp_timer.c tcp_timers: as with a process"};
  p.backoff = {{1, 2, 4, 8, 16, 32, 64, 64, 64, 64, 64, 64, 64},
               "documented: netinet/tcp_timer.c tcp_backoff"};
  p.rst_on_give_up.source = "documented: netinet/tcp_subr.c tcp_drop: TCPS_HAVERCVDSYN";
  p.syn_retries = {12, "documented: netinet/tcp_timer.c tcp_timers; the connect timer ends it before"};
  p.syn_linear = {4, "documented: netinet/tcp_timer.c tcp_syn_backoff"};
  p.syn_again_ticks = {0, "documented: netinet/tcp_input.c tcp_input: SYN_SENT, its timer goes on"};
  p.bare_syn_after = {10,
                      "documented: net.inet.tcp.broken_peer_syn_rexmit_thres; netinet/tcp_timer.c "
                      "tcp_timers: SACK permitted stays"};
  p.synack_retries = {12, "documented: netinet/tcp_timer.c tcp_timers; TCPT_KEEP ends it before"};
  p.connect_limit = {75s, "documented: net.inet.tcp.keepinit; netinet/tcp_timer.h TCPTV_KEEP_INIT"};
  p.tail_loss_probe = {true, "documented: net.inet.tcp.enable_tlp; netinet/tcp_output.c tcp_output"};
  p.recovery = {Recovery::rack, "documented: net.inet.tcp.rack 1, since 15.4; netinet/tcp_rack.c"};
  p.dup_threshold.source = "documented: netinet/tcp_input.c tcprexmtthresh, tcp_early_rexmt_check";
  p.frto = {false, "documented: netinet/tcp_input.c: no RFC 5682"};
  p.undo = {true, "documented: netinet/tcp_input.c tcp_bad_rexmt_check, tcp_detect_bad_rexmt"};
  p.collapse = {true, "documented: netinet/tcp_output.c tcp_output: not what RACK repairs"};
  p.recuts = {false, "documented: netinet/tcp_output.c tcp_output: TCP_RACK_ENABLED, snd_max"};
  p.repairs_before_data = {false, "documented: netinet/tcp_input.c tcp_input: tcp_output at its end"};
  p.forget_srtt_after = {3, "documented: netinet/tcp_timer.c tcp_timers: beyond TCP_MAXRXTSHIFT / 4"};
  return p;
}();

constexpr WindowProfile kWindow = [] {
  WindowProfile p = kFreeSpaceWindow;
  p.style.source = "documented: netinet/tcp_subr.c tcp_sbspace; netinet/tcp_output.c tcp_output";
  p.rcvbuf = {131072, "documented: net.inet.tcp.recvspace; dev/unix_startup.c bsd_startupearly: maxspace"};
  p.rcvbuf_max = {4194304, "documented: net.inet.tcp.autorcvbufmax; netinet/tcp_subr.c tcp_init"};
  p.sndbuf = {131072, "documented: net.inet.tcp.sendspace; dev/unix_startup.c bsd_startupearly: maxspace"};
  p.sndbuf_max = {4194304, "documented: net.inet.tcp.autosndbufmax; netinet/tcp_subr.c tcp_init"};
  // 65535 << 6: it compares 65536 << shift with the largest buffer, and so sends 6, not 7.
  p.scale_reaches = {4194240, "documented: netinet/tcp_subr.c tcp_set_max_rwinscale"};
  p.rounds_up = {true, "documented: netinet/tcp_output.c tcp_output: ROUNDUP before the shift"};
  p.round_to_mss = {true, "documented: netinet/tcp_input.c tcp_mss"};
  p.sndbuf_least = {0, "documented: kern/uipc_socket.c sosetoptlock: as set"};
  p.rcvbuf_least = {0, "documented: kern/uipc_socket.c sosetoptlock: as set"};
  p.burst_cost = {0, "documented: kern/uipc_socket2.c: only bytes count"};
  p.unsent_low = {0, "documented: netinet/tcp_subr.c tcp_notsent_lowat_check: TCP_NOTSENT_LOWAT is off"};
  return p;
}();

constexpr CongestionProfile kCongestion = {
    .algorithm = {CongestionAlgorithm::cubic, "documented: netinet/tcp_cubic.c; net.inet.tcp.use_newreno 0"},
    .unit = {CwndUnit::bytes, "documented: netinet/tcp_var.h snd_cwnd"},
    .initial_window = {10, "documented: netinet/tcp_cc.h TCP_CC_CWND_INIT_PKTS"},
    .idle_restart = {IdleRestart::none,
                     "documented: netinet/tcp_output.c tcp_output: TCP_CC_CWND_NONVALIDATED_PERIOD, not "
                     "before three minutes"},
    .prr = {false, "documented: netinet/tcp_input.c tcp_enter_fast_recovery"},
    .hystart = {false, "documented: netinet/tcp_cubic.c tcp_cubic_ack_rcvd"},
    .fin_ignores_cwnd = {true, "documented: netinet/tcp_output.c tcp_output: TH_FIN goes to send"},
    .nagle = {NagleStyle::minshall, "documented: netinet/tcp_output.c tcp_output: TF_MAXSEGSNT"},
    .burst_least = {0, "documented: netinet/tcp_output.c tcp_output: nothing waits for a burst"},
    .burst_by_rtt = {false, kUnused},
    .pushes_within_writes = {false, kUnused},
    .ecn = {EcnUse::always,
            "documented: netinet/tcp_output.c tcp_ecn_outbound, tcp_set_ecn: by interface; not on loopback"},
    .ecn_syn_retries = {0, "documented: netinet/tcp_output.c tcp_send_ecn_flags_on_syn: once"},
    .ecn_of_crossing_syn = {false, "documented: netinet/tcp_input.c tcp_input: SYN_SENT"},
    .knows_acc_ecn = {false, "documented: netinet/tcp_var.h TCP_L4S_ENABLED; net.inet.tcp.l4s 0"},
    .acc_ecn_option = {AccEcnOptionUse::never, kUnused},
    .acc_ecn_beacon = {0, kUnused},
};

constexpr OptionsProfile kOptions = {
    .timestamps = {true, "documented: netinet/tcp_subr.c tcp_do_timestamps"},
    .sack = {true, "documented: net.inet.tcp.sack 1; netinet/tcp_subr.c tcp_newtcpcb"},
    .dsack = {true, "documented: netinet/tcp_input.c tcp_reass, tcp_input: t_dsack_lseq"},
    .dsack_at_once = {true, "documented: netinet/tcp_input.c tcp_input: TF_ACKNOW after todrop"},
    .sack_counts_fin = {true, "documented: netinet/tcp_input.c tcp_input: save_end"},
    .window_scaling = {true, "documented: netinet/tcp_subr.c tcp_newtcpcb: TF_REQ_SCALE"},
    .ts_clock = {1ms, "documented: netinet/tcp_subr.c calculate_tcp_clock"},
    .syn_layout = {{OptionSlot::mss, OptionSlot::window_scale, OptionSlot::timestamps,
                    OptionSlot::sack_permitted},
                   "documented: netinet/tcp_output.c tcp_output"},
    .default_mss = {512, "documented: net.inet.tcp.mssdflt; netinet/tcp.h TCP_MSS"},
    .default_mss_v6 = {1024, "documented: net.inet.tcp.v6mssdflt; netinet/tcp.h TCP6_MSS"},
    .least_mss = {216, "documented: net.inet.tcp.minmss; netinet/tcp.h TCP_MINMSS"},
    .mss_counts_options = {false, "documented: netinet/tcp_input.c tcp_mss: t_maxopd, t_maxseg"},
    .timestamps_on_rst = {false, "documented: netinet/tcp_output.c tcp_output: TH_RST"},
    .aligns_sack_permitted = {false, "documented: netinet/tcp_output.c tcp_output: padding"},
    .crossing_syn_ack_offers = {false, "documented: netinet/tcp_output.c tcp_output"},
};

constexpr FastOpenProfile kFastOpen = {
    .calls = {FastOpenCalls::implied, "documented: netinet/tcp_usrreq.c tcp_usr_connectx_common"},
    .client = {true, "documented: net.inet.tcp.fastopen 3"},
    .server = {true, "documented: net.inet.tcp.fastopen 3; netinet/tcp_usrreq.c tcp_ctloutput"},
    .client_without_cookie = {false, "documented: netinet/tcp_output.c tcp_tfo_check"},
    .server_without_cookie = {false, "documented: netinet/tcp_input.c tcp_tfo_syn"},
    .every_listener = {false, "documented: netinet/tcp_usrreq.c tcp_ctloutput: TCP_FASTOPEN"},
    .cookie_of_both_ends = {false, "documented: netinet/tcp_subr.c tcp_tfo_gen_cookie"},
    .nop_padding = {false, "documented: netinet/tcp_output.c tcp_output: EOLs"},
    .pause_of_blackhole = {1h, "documented: netinet/tcp_cache.c tcp_ecn_timeout, TFO_MAX_COOKIE_LOSS"},
    .pause_of_path = {0s, "documented: netinet/tcp_input.c tcp_tfo_synack: no cookie is no failure"},
    .cookie_each_time = {false, "documented: netinet/tcp_input.c tcp_tfo_synack"},
    .cookie_by_port = {false, "documented: netinet/tcp_cache.c tcp_cache_key, tcp_cache_hash"},
    .off_forgets = {false, "documented: netinet/tcp_cache.c sysctl_cleartfo does"},
};

constexpr CheckProfile kCheck = {
    .rst = {RstCheck::last_ack_sent, "documented: netinet/tcp_input.c tcp_input: TH_RST"},
    .syn = {SynCheck::challenge, "documented: netinet/tcp_input.c tcp_input: tcps_synchallenge"},
    .echo_of_syn = {false, "documented: netinet/tcp_input.c tcp_input: SYN_SENT looks at none"},
    .dsack_of_crossing_syn = {false, "documented: netinet/tcp_input.c tcp_input: todrop"},
    .ack_range = {AckRange::within_largest_window, "documented: netinet/tcp_input.c tcp_input: max_sndwnd"},
    .answers_unsent = {true, "documented: netinet/tcp_input.c tcp_input: tcps_rcvacktoomuch"},
    .challenge_count = {10, "documented: net.inet.tcp.challengeack_limit"},
    .challenge_interval = {1s, "documented: netinet/tcp_input.c tcp_is_ack_ratelimited"},
    .challenges_as_answers = {false, kUnused},
    .out_of_window_interval = {0ms, "documented: netinet/tcp_input.c tcp_input: dropafterack, each"},
    .right_edge = {RightEdge::cuts, "documented: netinet/tcp_input.c tcp_input: trims the end"},
    .whole_window = {true, "documented: netinet/tcp_input.c tcp_input: rcv_wnd"},
    .syn_fin = {SynFinCheck::dropped, "documented: netinet/tcp_input.c tcp_input: in every state"},
    .drops_syn_ack = {false, "documented: netinet/tcp_input.c tcp_input: SO_ACCEPTCONN, tcps_badsyn"},
    .crossing_syn = {SynText::dropped, "documented: netinet/tcp_input.c tcp_input: dodata"},
    .recent_of_bare_ack = {true, "documented: netinet/tcp_input.c tcp_input: last_ack_sent"},
    .window_update = {WindowUpdate::larger, "documented: netinet/tcp_input.c tcp_update_window"},
    .time_wait = {TimeWaitCheck::ends, "documented: netinet/tcp_input.c tcp_input: TCPS_TIME_WAIT"},
};

constexpr SocketProfile kSocket = {
    .rst_error = {kTextbookRstError, "documented: netinet/tcp_input.c tcp_input: TH_RST, SYN_SENT"},
    .eof_beats_error = {false, "documented: kern/uipc_socket.c soreceive: SS_CANTRCVMORE"},
    .pipe_beats_error = {true, "documented: kern/uipc_socket.c sosendcheck: SS_CANTSENDMORE"},
    .user_timeout = {false,
                     "documented: netinet/tcp_usrreq.c tcp_ctloutput: TCP_RXT_CONNDROPTIME is another"},
    .keepalive_tuning = {true, "documented: netinet/tcp_usrreq.c tcp_ctloutput; its idle is TCP_KEEPALIVE"},
    .peek_offset = {false, "documented: sys/socket.h has no such option"},
    .keeps_after_shut = {false, "documented: netinet/tcp_input.c tcp_input: SS_CANTRCVMORE, close_it"},
    .maxseg_least = {176, "documented: netinet/tcp_usrreq.c tcp_ctloutput: net.inet.tcp.minmss - 40"},
    .write_cluster = {0, "documented: kern/uipc_socket.c sosend: PRUS_MORETOCOME"},
    .write_cluster_least = {0, kUnused},
    .write_mbuf = {0, kUnused},
    .write_low = {2048, "documented: kern/uipc_socket2.c soreserve: sb_lowat"},
    .listen = {ListenPolicy::both_queues, "documented: kern/uipc_socket2.c sonewconn_internal"},
    .somaxconn = {128, "documented: kern.ipc.somaxconn; sys/socket.h SOMAXCONN"},
    .syn_cookies = {SynCookies::never, "documented: netinet/tcp_input.c: none"},
    .only_syn_cookies = {false, kUnused},
    .syn_cookie_form = {SynCookieForm::secrets, kUnused},
    .embryos_most = {0, kUnused},
    .wakeup_preemption = kRfcRow.socket.wakeup_preemption,
    .rst_on_overflow = {false, "documented: netinet/tcp_input.c tcp_input: embryos are in the queue"},
    .port_first = {49152, "documented: net.inet.ip.portrange.first; netinet/in_pcb.c"},
    .port_last = {65535, "documented: net.inet.ip.portrange.last; netinet/in_pcb.c"},
};

}  // namespace

constexpr OsProfile kMacos15 = {
    .name = "macos-15",
    .title = "macOS 15",
    .story =
        "Counts to twelve like 4.4BSD, but in milliseconds: where the round trip is short that takes some "
        "18 s, and the peer gets a reset. SYNs go at 0 to 5 s, then doubling, and connect() fails after 75 "
        "s. No word fits some of its ways, and the nearest stands for them: one list of the host runs all "
        "timers, some of them late (here they are exact); a SYN's timeouts have no slop (here the doubled "
        "ones have 200 ms); three minutes of idling bring the initial window back (here it stays); a fast "
        "receiver acknowledges far less than every second segment; data after shutdown() for reading meets "
        "a reset (here it is thrown away); a full backlog, embryos included, drops the oldest embryo (here "
        "the SYN, at 3/2 of it); TIME_WAIT ignores resets (here one ends it); sequence numbers step every "
        "128 ns (here every 64); the SYN at 67 s keeps SACK permitted (here only MSS); Fast Open is asked "
        "for by connectx() (here by a sendto()). Parameters are taken by FreeBSD's names.",
    .family = OsFamily::freebsd,
    .clock = {.style = {TickStyle::callout, "documented: netinet/tcp_timer.c tcp_run_timerlist"},
              .hz = {1000, "documented: netinet/tcp_var.h TCP_RETRANSHZ"},
              .slow_tick = {0ms, kUnused},
              .fast_tick = {0ms, kUnused},
              .counts_after_timers = {false, kUnused}},
    .rtt = {.estimator = {RttEstimatorKind::freebsd,
                          "documented: netinet/tcp_input.c tcp_xmit_timer; it adds nothing to a sample"},
            .rto_initial = {1s, "documented: netinet/tcp_timer.h TCPTV_RTOBASE"},
            .rto_fallback = {1s, "documented: netinet/tcp_input.c tcp_input: TCPT_RANGESET"},
            .rto_min = {30ms, "documented: netinet/tcp_timer.h TCPTV_REXMTMIN"},
            .rto_max = {64s, "documented: netinet/tcp_timer.h TCPTV_REXMTMAX"},
            .rto_slop = {200ms, "documented: net.inet.tcp.rexmt_slop; netinet/tcp_timer.h TCPTV_REXMTSLOP"},
            .granularity = {1ms, "documented: netinet/tcp_var.h TCP_RETRANSHZ"}},
    .retransmit = kRetransmit,
    .congestion = kCongestion,
    .ack = {.style = {AckStyle::every_second, "documented: netinet/tcp_cc.c tcp_cc_delay_ack"},
            .delay_min = {100ms, "documented: netinet/tcp_timer.c tcp_delack"},
            .delay_max = {100ms, "documented: netinet/tcp_timer.c tcp_delack"},
            .quick = {0, kUnused},
            .compress_most = {0, "documented: net.inet.tcp.do_ack_compression is for cellular only"},
            .compress_delay = {0ms, kUnused},
            .compress_share = {0, kUnused},
            .compress_slack = {0ms, kUnused},
            .takes_data = {true, "documented: netinet/tcp_output.c tcp_output: TF_ACKNOW"}},
    .window = kWindow,
    .options = kOptions,
    .fast_open = kFastOpen,
    .keepalive = {.style = {KeepaliveStyle::idle_time,
                            "documented: netinet/tcp_timer.c tcp_timers: TCPT_KEEP"},
                  .always = {false, "documented: net.inet.tcp.always_keepalive 0"},
                  .idle = {2h, "documented: net.inet.tcp.keepidle; netinet/tcp_timer.h TCPTV_KEEP_IDLE"},
                  .interval = {75s,
                               "documented: net.inet.tcp.keepintvl; netinet/tcp_timer.h TCPTV_KEEPINTVL"},
                  .probes = {8, "documented: net.inet.tcp.keepcnt; netinet/tcp_timer.h TCPTV_KEEPCNT"},
                  .rst_on_death = {true, "documented: netinet/tcp_subr.c tcp_drop"},
                  .timestamps = {false, "documented: netinet/tcp_timer.c tcp_send_keep_alive"}},
    .persist = {.style = {ProbeStyle::one_byte, "documented: netinet/tcp_output.c tcp_output: TF_FORCE"},
                .min = {5s, "documented: netinet/tcp_timer.h TCPTV_PERSMIN"},
                .max = {60s, "documented: netinet/tcp_timer.h TCPTV_PERSMAX"},
                .give_up = {PersistGiveUp::idle_and_count,
                            "documented: netinet/tcp_timer.c tcp_timers: TCPT_PERSIST"}},
    .close = {.rst_on_unread = {true, "documented: netinet/tcp_usrreq.c tcp_disconnect"},
              .fin_wait_2 = {60s, "documented: net.inet.tcp.fin_timeout; netinet/tcp_timer.h TCPTV_FINWAIT2"},
              .fin_wait_2_recheck = {0s, "documented: netinet/tcp_timer.c tcp_timers: TCPT_2MSL"},
              .fin_wait_2_idle = {0s, "documented: netinet/tcp_timer.c tcp_timers: TCPT_2MSL"},
              .time_wait = {30s, "documented: net.inet.tcp.msl; netinet/tcp_timer.h TCPTV_MSL: twice 15 s"},
              .rst_on_data_after_close = {true, "documented: netinet/tcp_input.c tcp_input: SS_NOFDREF"},
              .zero_window_on_rst = {false, "documented: netinet/tcp_output.c tcp_output: recwin"},
              .fin_with_acks = {true, "documented: netinet/tcp_fsm.h tcp_outflags"}},
    .check = kCheck,
    .icmp = {.rows = {kIcmpRows,
                      "documented: netinet/ip_input.c inetctlerrmap; netinet6/ip6_input.c inet6ctlerrmap; "
                      "netinet/tcp_subr.c tcp_ctlinput, tcp_notify, tcp_drop_syn_sent"},
             .v4_mtu_while_opening = {0xffff, "documented: netinet/tcp_subr.c tcp_handle_msgsize"},
             .undo_backoff = {false, "documented: netinet/tcp_subr.c tcp_notify: no RFC 6069"},
             .quote_of_next_counts = {false, "documented: netinet/tcp_subr.c tcp_ctlinput"},
             .embryonic_soft_limit = {3, "documented: netinet/tcp_subr.c tcp_notify: t_rxtshift > 3"}},
    .blackhole = {.search = {BlackholeSearch::always, "documented: net.inet.tcp.pmtud_blackhole_detection 1"},
                  .mss_v4 = {1200, "documented: net.inet.tcp.pmtud_blackhole_mss"},
                  .mss_v6 = {1200, "documented: net.inet.tcp.pmtud_blackhole_mss"},
                  .retries = {0, kUnused},
                  .least_mss = {0, kUnused}},
    .socket = kSocket,
    .ip = {.ttl = {64, "documented: net.inet.ip.ttl; netinet/ip.h IPDEFTTL"},
           .dont_fragment = {true, "documented: net.inet.tcp.path_mtu_discovery 1"},
           .id = {IpIdPolicy::zero_when_atomic, "documented: netinet/ip_output.c; net.inet.ip.rfc6864 1"},
           .zero_id_without_socket = {true, "documented: netinet/tcp_subr.c tcp_respond"},
           .isn = {IsnPolicy::hash_64ns, "documented: netinet/tcp_subr.c tcp_new_isn: 128 ns"},
           .reuse_isn_step = {0, "documented: netinet/tcp_input.c tcp_input: TIME_WAIT, tcp_new_isn"}},
    .tunnel = {.port = {0, "documented: netinet: no TCP over UDP"}, .overhead = {0, kUnused}},
};

static_assert(is_sane(kMacos15));

}  // namespace halfopen

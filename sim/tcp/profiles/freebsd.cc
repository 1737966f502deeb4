// FreeBSD 14 with its default stack ("freebsd", not "rack").
//
// What is peculiar about it: 4.4BSD's machine on a millisecond clock. 200 ms of slop are added to every
// retransmission timeout; the backoff table goes up to 512, but on so small a base that a connection on a
// fast path is given up after a minute or two; every connection has keepalive; a reset is compared with the
// last acknowledgment sent, not with what was received.
//
// Where the numbers come from: the sources of FreeBSD 14, sys/netinet and sys/kern; sysctls by their own
// names. Nothing here was measured.
#include "sim/tcp/profile_fields.h"
#include "sim/tcp/profiles/rows.h"

namespace halfopen {
namespace {

using enum IcmpEffect;

// What may end an attempt to connect goes through tcp_drop_syn_sent(), which does nothing in any other state;
// the rest through tcp_notify(), which ignores unreachable hosts once established.
constexpr std::array<IcmpRow, kIcmpKinds> kIcmpRows = {{
    {Errno::hostunreach, soft, ignore},   // net_unreachable
    {Errno::hostunreach, soft, ignore},   // host_unreachable
    {Errno::connrefused, abort, ignore},  // protocol_unreachable
    {Errno::connrefused, abort, ignore},  // port_unreachable
    {Errno::msgsize, shrink, shrink},     // fragmentation_needed
    {Errno::hostunreach, soft, ignore},   // source_route_failed
    {Errno::hostunreach, soft, ignore},   // net_unknown
    {Errno::hostunreach, soft, ignore},   // host_unknown
    {Errno::hostunreach, soft, ignore},   // host_isolated
    {Errno::connrefused, abort, ignore},  // net_prohibited
    {Errno::connrefused, abort, ignore},  // host_prohibited
    {Errno::hostunreach, soft, ignore},   // net_tos
    {Errno::hostunreach, soft, ignore},   // host_tos
    {Errno::connrefused, abort, ignore},  // admin_prohibited
    {Errno::none, ignore, ignore},        // source_quench
    {Errno::hostunreach, abort, ignore},  // time_exceeded
    {Errno::noprotoopt, soft, soft},      // parameter_problem
    {Errno::hostunreach, soft, ignore},   // precedence_violation
    {Errno::hostunreach, soft, ignore},   // precedence_cutoff
    {Errno::none, ignore, ignore},        // reassembly_exceeded
}};

constexpr RetransmitProfile kRetransmit = [] {
  RetransmitProfile p = kBsdRetransmit;
  p.give_up.source = "netinet/tcp_timer.c tcp_timer_rexmt";
  p.retries.source = "net.inet.tcp.retries; netinet/tcp_timer.h TCP_MAXRXTSHIFT";
  p.r2 = {0s, "net.inet.tcp.maxunacktime is 0: no limit by time"};
  p.orphan_retries = {0, "netinet/tcp_timer.c tcp_timer_rexmt: as with a process"};
  p.backoff = {{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 512, 512, 512}, "netinet/tcp_timer.c tcp_backoff"};
  p.syn_retries = {12, "net.inet.tcp.retries; the connect timer ends it before"};
  p.bare_syn_after = {0, "net.inet.tcp.rexmit_drop_options 0; netinet/tcp_timer.c tcp_timer_rexmt"};
  p.synack_retries = {3, "net.inet.tcp.syncache.rexmtlimit"};
  p.connect_limit = {75s, "net.inet.tcp.keepinit"};
  p.tail_loss_probe = {false, "only in the alternative rack stack"};
  p.recovery = {Recovery::sack_pipe, "netinet/tcp_sack.c tcp_sack_output"};
  p.collapse = {true,
                "netinet/tcp_output.c tcp_default_output: each sending is cut from the socket buffer anew"};
  p.recuts = {false, "its suite: no case"};
  p.repairs_before_data = {false, "netinet/tcp_input.c tcp_do_segment: tcp_output at its end"};
  p.forget_srtt_after = {3, "netinet/tcp_timer.c tcp_timer_rexmt: beyond TCP_MAXRXTSHIFT / 4"};
  return p;
}();

constexpr WindowProfile kWindow = [] {
  WindowProfile p = kFreeSpaceWindow;
  p.style.source = "netinet/tcp_output.c tcp_default_output";
  p.rcvbuf = {65536, "net.inet.tcp.recvspace"};
  p.rcvbuf_max = {2097152, "net.inet.tcp.recvbuf_max"};
  p.sndbuf = {32768, "net.inet.tcp.sendspace"};
  p.sndbuf_max = {2097152, "net.inet.tcp.sendbuf_max"};
  p.scale_reaches = {2097152,
                     "kern.ipc.maxsockbuf; netinet/tcp_usrreq.c tcp_connect, "
                     "netinet/tcp_syncache.c syncache_add: sb_max"};
  p.rounds_up = {true, "netinet/tcp_output.c tcp_default_output: roundup2 before the shift"};
  p.round_to_mss = {true, "netinet/tcp_input.c tcp_mss"};
  return p;
}();

}  // namespace

constexpr OsProfile kFreebsd14 = {
    .name = "freebsd-14",
    .title = "FreeBSD 14",
    .story =
        "Counts to twelve like 4.4BSD, but in milliseconds: with a round trip of 20 ms the retransmissions "
        "come after 0.26, 0.59, 1.0 s and so on, and the thirteenth expiry gives up after two or three "
        "minutes with a reset to the peer. Keepalive is on for every connection. RFC 5961, SACK and CUBIC. "
        "An established connection ignores unreachable messages; write() says EPIPE before any other error.",
    .oracle = "FreeBSD's own packetdrill suite, not a kernel",
    .family = OsFamily::freebsd,
    .clock = {.style = {TickStyle::callout, "kern/kern_timeout.c callout_reset_sbt_on"},
              .hz = {1000, "kern.hz; 100 in some virtual machines"},
              .slow_tick = {0ms, kUnused},
              .fast_tick = {0ms, kUnused},
              .counts_after_timers = {false, kUnused}},
    .rtt = {.estimator = {RttEstimatorKind::freebsd, "netinet/tcp_input.c tcp_xmit_timer"},
            .rto_initial = {1s, "net.inet.tcp.rexmit_initial"},
            .rto_fallback = {1s, "netinet/tcp_subr.c tcp_newtcpcb: as the initial one"},
            .rto_min = {30ms, "net.inet.tcp.rexmit_min; netinet/tcp_timer.h TCPTV_MIN: hz / 33"},
            .rto_max = {64s, "netinet/tcp_timer.h TCPTV_REXMTMAX"},
            .rto_slop = {200ms, "net.inet.tcp.rexmit_slop"},
            .granularity = {1ms, "kern.hz"}},
    .retransmit = kRetransmit,
    .congestion = {.algorithm = {CongestionAlgorithm::cubic, "net.inet.tcp.cc.algorithm, since 14"},
                   .unit = {CwndUnit::bytes, "netinet/tcp_var.h snd_cwnd"},
                   .initial_window = {10, "net.inet.tcp.initcwnd_segments"},
                   .idle_restart = {IdleRestart::initial_window,
                                    "netinet/cc/cc_newreno.c newreno_after_idle"},
                   .prr = {true, "net.inet.tcp.do_prr, believed to be the default since 13"},
                   .hystart = {false, "netinet/cc/cc_cubic.c: HyStart++ believed to be off unless asked for"},
                   .fin_ignores_cwnd = {true, "netinet/tcp_output.c tcp_output: TH_FIN goes to send"},
                   .nagle = {NagleStyle::once, "netinet/tcp_output.c tcp_default_output"},
                   .burst_least = {0, kUnused},
                   .burst_by_rtt = {false, kUnused},
                   .pushes_within_writes = {false, kUnused},
                   .ecn = {EcnUse::on_request, "net.inet.tcp.ecn.enable"},
                   .ecn_syn_retries = {1, "net.inet.tcp.ecn.maxretries"},
                   .ecn_of_crossing_syn = {true, "netinet/tcp_ecn.c tcp_ecn_input_parallel_syn"},
                   .knows_acc_ecn = {false, "net.inet.tcp.ecn.enable 3 and 4 are not modelled"},
                   .acc_ecn_option = {AccEcnOptionUse::never, kUnused},
                   .acc_ecn_beacon = {0, kUnused}},
    .ack = {.style = {AckStyle::every_second, "net.inet.tcp.delayed_ack"},
            .delay_min = {40ms, "net.inet.tcp.delacktime"},
            .delay_max = {40ms, "net.inet.tcp.delacktime"},
            .quick = {0, kUnused},
            .compress_most = {0, kUnused},
            .compress_delay = {0ms, kUnused},
            .compress_share = {0, kUnused},
            .compress_slack = {0ms, kUnused},
            .takes_data = {false, "its suite: no case"}},
    .window = kWindow,
    .options = {.timestamps = {true, "net.inet.tcp.rfc1323"},
                .sack = {true, "net.inet.tcp.sack.enable"},
                .dsack = {true, "netinet/tcp_sack.c tcp_update_dsack_list, since 13"},
                .dsack_at_once = {true, "netinet/tcp_input.c tcp_do_segment: TF_ACKNOW after todrop"},
                .sack_counts_fin = {false, "netinet/tcp_input.c tcp_do_segment: tlen is without it"},
                .window_scaling = {true, "net.inet.tcp.rfc1323"},
                .ts_clock = {1ms, "netinet/tcp_seq.h tcp_ts_getticks"},
                .syn_layout = {{OptionSlot::mss, OptionSlot::window_scale, OptionSlot::sack_permitted,
                                OptionSlot::timestamps},
                               "netinet/tcp_output.c tcp_addoptions; as fingerprinting tools know it"},
                .default_mss = {536, "net.inet.tcp.mssdflt"},
                .default_mss_v6 = {1220, "net.inet.tcp.v6mssdflt"},
                .least_mss = {216, "netinet/tcp.h TCP_MINMSS; netinet/tcp_input.c tcp_mss_update"},
                .mss_counts_options = {false, "netinet/tcp_output.c tcp_default_output: t_maxseg"},
                .timestamps_on_rst = {true, "netinet/tcp_output.c tcp_default_output: TF_RCVD_TSTMP"},
                .aligns_sack_permitted = {false, "netinet/tcp_output.c tcp_addoptions: TOF_SACKPERM"},
                .crossing_syn_ack_offers = {false, "netinet/tcp_output.c tcp_default_output"}},
    .fast_open = {.calls = {FastOpenCalls::implied, "netinet/tcp_usrreq.c tcp_usr_send"},
                  .client = {true, "net.inet.tcp.fastopen.client_enable"},
                  .server = {false, "net.inet.tcp.fastopen.server_enable"},
                  .client_without_cookie = {false, "netinet/tcp_fastopen.c tcp_fastopen_connect"},
                  .server_without_cookie = {false, "netinet/tcp_fastopen.c tcp_fastopen_check_cookie"},
                  .every_listener = {false, "netinet/tcp_usrreq.c tcp_default_ctloutput: TCP_FASTOPEN"},
                  .cookie_of_both_ends = {false, "netinet/tcp_fastopen.c tcp_fastopen_make_cookie"},
                  .nop_padding = {false, "netinet/tcp_output.c tcp_addoptions"},
                  .pause_of_blackhole = {0s, "netinet/tcp_fastopen.c: none for all servers together"},
                  .pause_of_path = {900s, "net.inet.tcp.fastopen.path_disable_time"},
                  .cookie_each_time = {true,
                                       "netinet/tcp_input.c tcp_do_segment: tcp_fastopen_disable_path; "
                                       "netinet/tcp_fastopen.c tcp_fastopen_update_cache"},
                  .cookie_by_port = {true, "netinet/tcp_fastopen.c tcp_fastopen_ccache_lookup"},
                  .off_forgets = {true, "netinet/tcp_fastopen.c sysctl_net_inet_tcp_fastopen_client_enable"}},
    .keepalive = {.style = {KeepaliveStyle::idle_time, "netinet/tcp_timer.c tcp_timer_keep"},
                  .always = {true, "net.inet.tcp.always_keepalive"},
                  .idle = {2h, "net.inet.tcp.keepidle"},
                  .interval = {75s, "net.inet.tcp.keepintvl"},
                  .probes = {8, "net.inet.tcp.keepcnt"},
                  .rst_on_death = {true, "netinet/tcp_subr.c tcp_drop"},
                  .timestamps = {true, "netinet/tcp_subr.c tcp_respond"}},
    .persist = {.style = {ProbeStyle::one_byte, "netinet/tcp_output.c tcp_default_output: TF_FORCEDATA"},
                .min = {5s, "net.inet.tcp.persmin"},
                .max = {60s, "net.inet.tcp.persmax"},
                .give_up = {PersistGiveUp::idle_and_count, "netinet/tcp_timer.c tcp_timer_persist"}},
    .close = {.rst_on_unread = {false, "netinet/tcp_usrreq.c tcp_disconnect: unread data is thrown away"},
              .fin_wait_2 = {60s, "net.inet.tcp.finwait2_timeout"},
              .fin_wait_2_recheck = {75s, "netinet/tcp_timer.c tcp_timer_2msl: keepintvl"},
              .fin_wait_2_idle = {600s, "netinet/tcp_timer.c tcp_timer_2msl: keepcnt * keepintvl"},
              .time_wait = {60s, "net.inet.tcp.msl: twice 30 s"},
              .rst_on_data_after_close = {true, "netinet/tcp_input.c tcp_do_segment"},
              .zero_window_on_rst = {true, "netinet/tcp_output.c tcp_output"},
              .fin_with_acks = {true, "netinet/tcp_output.c tcp_output: tcp_outflags, TF_SENTFIN"}},
    .check =
        {.rst = {RstCheck::last_ack_sent, "netinet/tcp_input.c tcp_do_segment; net.inet.tcp.insecure_rst 0"},
         .syn = {SynCheck::challenge, "netinet/tcp_input.c tcp_do_segment; net.inet.tcp.insecure_syn 0"},
         .echo_of_syn = {false, "netinet/tcp_input.c tcp_do_segment: only for its round-trip sample"},
         .dsack_of_crossing_syn = {false, "netinet/tcp_input.c tcp_do_segment"},
         .ack_range = {AckRange::any,
                       "netinet/tcp_input.c tcp_do_segment: not before net.inet.tcp.insecure_ack"},
         .answers_unsent = {true, "netinet/tcp_input.c tcp_do_segment: dropafterack"},
         .challenge_count = {5, "net.inet.tcp.ack_war_cnt"},
         .challenge_interval = {1s, "net.inet.tcp.ack_war_timewindow"},
         .challenges_as_answers = {false, kUnused},
         .out_of_window_interval = {0ms, "netinet/tcp_input.c tcp_do_segment: each is answered"},
         .right_edge = {RightEdge::cuts, "netinet/tcp_input.c tcp_do_segment: trims the end"},
         .whole_window = {true, "netinet/tcp_input.c tcp_do_segment: rcv_wnd is sbspace()"},
         .syn_fin = {SynFinCheck::taken, "net.inet.tcp.drop_synfin 0; netinet/tcp_syncache.c syncache_add"},
         .drops_syn_ack = {true,
                           "freebsd-net/tcp-testsuite rcv-syn-ack-listen, since December 2025; releases "
                           "before send a reset (netinet/tcp_input.c tcp_input_with_port)"},
         .crossing_syn = {SynText::data,
                          "netinet/tcp_input.c tcp_do_segment, netinet/tcp_reass.c tcp_reass: a FIN is lost"},
         .recent_of_bare_ack = {true, "netinet/tcp_input.c tcp_do_segment"},
         .window_update = {WindowUpdate::larger, "netinet/tcp_input.c tcp_do_segment: snd_wl2"},
         .time_wait = {TimeWaitCheck::acks_only, "netinet/tcp_timewait.c tcp_twcheck"}},
    .icmp = {.rows = {kIcmpRows,
                      "netinet/ip_icmp.c icmp_errmap; netinet/tcp_subr.c tcp_ctlinput, tcp_notify"},
             .v4_mtu_while_opening = {576,
                                      "netinet/tcp_subr.c tcp_ctlinput_with_port: t_maxseg is the default "
                                      "one; over IPv6 the host cache takes it"},
             .undo_backoff = {false, "no RFC 6069"},
             .quote_of_next_counts = {false, "netinet/tcp_subr.c tcp_ctlinput_with_port: SEQ_LT"},
             .embryonic_soft_limit = {3, "netinet/tcp_subr.c tcp_notify: t_rxtshift > 3"}},
    .blackhole = {.search = {BlackholeSearch::never, "net.inet.tcp.pmtud_blackhole_detection"},
                  .mss_v4 = {1200, "net.inet.tcp.pmtud_blackhole_mss"},
                  .mss_v6 = {1220, "net.inet.tcp.v6pmtud_blackhole_mss"},
                  .retries = {0, kUnused},
                  .least_mss = {0, kUnused}},
    .socket = {.rst_error = {kRstErrorWhileClosing, "netinet/tcp_input.c tcp_do_segment"},
               .eof_beats_error = {false, "kern/uipc_socket.c soreceive_generic_locked"},
               .pipe_beats_error = {true, "kern/uipc_socket.c sosend_generic"},
               .user_timeout = {false, "its TCP_MAXUNACKTIME is not modelled"},
               .keepalive_tuning = {true,
                                    "netinet/tcp_usrreq.c tcp_default_ctloutput: TCP_KEEPIDLE and its kin"},
               .peek_offset = {false, kUnused},
               .keeps_after_shut = {false, "netinet/tcp_input.c tcp_do_segment: SBS_CANTRCVMORE"},
               .maxseg_least = {176, "netinet/tcp_usrreq.c tcp_default_ctloutput: net.inet.tcp.minmss - 40"},
               .write_cluster = {0, "kern/uipc_mbuf.c m_uiotombuf: as much as there is room for"},
               .write_cluster_least = {0, kUnused},
               .write_mbuf = {0, kUnused},
               .write_low = {1, "not verified: sb_lowat is 2048"},
               .listen = {ListenPolicy::both_queues, "kern/uipc_socket.c solisten_enqueue: backlog * 3 / 2"},
               .somaxconn = {128, "kern.ipc.soacceptqueue; sys/socket.h SOMAXCONN"},
               .syn_cookies = {SynCookies::when_full,
                               "netinet/tcp_syncache.c net.inet.tcp.syncookies: of a full cache"},
               .only_syn_cookies = {false, "netinet/tcp_syncache.c net.inet.tcp.syncookies_only"},
               .syn_cookie_form = {SynCookieForm::secrets, "netinet/tcp_syncache.c syncookie_generate"},
               .embryos_most = {0, kUnused},
               .wakeup_preemption = {WakeupPreemption::none,
                                     "kern/kern_synch.c wakeup: the interrupt thread goes on"},
               .rst_on_overflow = {false, "net.inet.tcp.syncache.rst_on_sock_fail is not modelled"},
               .port_first = {10000, "net.inet.ip.portrange.first"},
               .port_last = {65535, "net.inet.ip.portrange.last"}},
    .ip = {.ttl = {64, "net.inet.ip.ttl"},
           .dont_fragment = {true, "net.inet.tcp.path_mtu_discovery"},
           .id = {IpIdPolicy::zero_when_atomic, "netinet/ip_id.c ip_fillid; net.inet.ip.rfc6864 1"},
           .zero_id_without_socket = {true, "netinet/ip_id.c ip_fillid; net.inet.ip.rfc6864 1"},
           .isn = {IsnPolicy::hash_1mbps, "netinet/tcp_subr.c tcp_new_isn"},
           .reuse_isn_step = {0, "netinet/tcp_timewait.c tcp_twcheck: a new connection like any other"}},
    .tunnel = {.port = {0, "net.inet.tcp.udp_tunneling_port"},
               .overhead = {8, "net.inet.tcp.udp_tunneling_overhead: a UDP header"}},
};

static_assert(is_sane(kFreebsd14));

}  // namespace halfopen

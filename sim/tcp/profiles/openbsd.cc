// OpenBSD 7, about the tree of 7.8 (2025), its default sysctls, without pf.
//
// What is peculiar about it: 4.4BSD's machine, its constants among them (a first timeout of six seconds,
// never below one, backoff up to 64, delayed ACKs of 200 ms), on timers of the connection that fire with a
// tick of 10 ms; Reno that counts ACKs, small buffers that grow, no DSACK; what is random is random
// throughout: IP identification, timestamps, the numbers of accepted connections; FIN_WAIT_2 of a closed
// socket may last sixteen hours.
//
// Where the numbers come from: the sources of OpenBSD, below sys/ (tcp_input.c 1.464, tcp_timer.c 1.88,
// tcp_subr.c 1.216, tcp_usrreq.c 1.252 and their neighbours); sysctls by their own names. Nothing here was
// measured.
#include "sim/tcp/profile_fields.h"
#include "sim/tcp/profiles/rows.h"

namespace halfopen {
namespace {

using enum IcmpEffect;

// Nothing ends a connection at once, and only ESTABLISHED itself ignores what is unreachable.
constexpr std::array<IcmpRow, kIcmpKinds> kIcmpRows = {{
    {Errno::hostunreach, soft, ignore},                      // net_unreachable
    {Errno::hostunreach, soft, ignore, Errno::hostdown},     // host_unreachable
    {Errno::connrefused, soft, soft},                        // protocol_unreachable
    {Errno::connrefused, soft, soft},                        // port_unreachable
    {Errno::msgsize, shrink, shrink},                        // fragmentation_needed
    {Errno::hostunreach, soft, ignore},                      // source_route_failed
    {Errno::hostunreach, soft, ignore},                      // net_unknown
    {Errno::hostunreach, soft, ignore},                      // host_unknown
    {Errno::hostunreach, soft, ignore},                      // host_isolated
    {Errno::hostunreach, soft, ignore},                      // net_prohibited
    {Errno::hostunreach, soft, ignore},                      // host_prohibited
    {Errno::hostunreach, soft, ignore},                      // net_tos
    {Errno::hostunreach, soft, ignore},                      // host_tos
    {Errno::hostunreach, soft, ignore, Errno::connrefused},  // admin_prohibited
    {Errno::none, ignore, ignore},                           // source_quench
    {Errno::none, ignore, ignore},                           // time_exceeded
    {Errno::noprotoopt, soft, soft},                         // parameter_problem
    {Errno::hostunreach, soft, ignore},                      // precedence_violation
    {Errno::hostunreach, soft, ignore},                      // precedence_cutoff
    {Errno::none, ignore, ignore},                           // reassembly_exceeded
}};

constexpr RetransmitProfile kRetransmit = [] {
  RetransmitProfile p = kBsdRetransmit;
  p.give_up.source = "documented: netinet/tcp_timer.c tcp_timer_rexmt";
  p.retries.source = "documented: netinet/tcp_timer.h TCP_MAXRXTSHIFT";
  p.r2 = {0s, kUnused};
  p.orphan_retries = {0, "documented: netinet/tcp_timer.c tcp_timer_rexmt: as with a process"};
  p.backoff = {{1, 2, 4, 8, 16, 32, 64, 64, 64, 64, 64, 64, 64},
               "documented: netinet/tcp_timer.c tcp_backoff"};
  p.rst_on_give_up.source = "documented: netinet/tcp_subr.c tcp_drop: TCPS_HAVERCVDSYN";
  p.syn_retries = {12, "documented: netinet/tcp_timer.h TCP_MAXRXTSHIFT; the connect timer ends it before"};
  p.syn_linear = {0, "documented: netinet/tcp_timer.c tcp_backoff"};
  p.syn_again_ticks = {0, "documented: netinet/tcp_input.c TCPS_SYN_SENT: its timer goes on"};
  p.bare_syn_after = {0, "documented: netinet/tcp_output.c tcp_output: the same options each time"};
  p.synack_retries = {4, "documented: netinet/tcp_input.c syn_cache_timer: keepinit ends it after so many"};
  p.connect_limit = {75s, "documented: net.inet.tcp.keepinittime; netinet/tcp_timer.h TCPTV_KEEPINIT"};
  p.tail_loss_probe = {false, "documented: netinet/tcp_timer.h: no such timer"};
  p.recovery = {Recovery::sack_pipe, "documented: netinet/tcp_input.c tcp_sack_option, tcp_sack_partialack"};
  p.dup_threshold.source = "documented: netinet/tcp_input.c tcprexmtthresh";
  p.frto = {false, "documented: netinet/tcp_timer.c, netinet/tcp_input.c: nothing of it"};
  p.undo = {false, "documented: netinet/tcp_input.c: nothing of it"};
  p.collapse = {true, "documented: netinet/tcp_output.c tcp_output: m_copym, cut from the buffer anew"};
  p.recuts = {true, "documented: netinet/tcp_output.c tcp_output: so_snd.sb_cc - off; not SACK's holes"};
  p.repairs_before_data = {false, "documented: netinet/tcp_input.c tcp_input: tcp_output at its end"};
  p.forget_srtt_after = {3, "documented: netinet/tcp_timer.c tcp_timer_rexmt: TCP_MAXRXTSHIFT / 4"};
  return p;
}();

constexpr WindowProfile kWindow = [] {
  WindowProfile p = kFreeSpaceWindow;
  p.style.source = "documented: netinet/tcp_output.c tcp_output: sbspace_locked";
  p.rcvbuf = {16384, "documented: netinet/tcp_usrreq.c tcp_recvspace"};
  p.rcvbuf_max = {2097152, "documented: sys/socketvar.h SB_MAX; netinet/tcp_usrreq.c tcp_update_rcvspace"};
  p.sndbuf = {16384, "documented: netinet/tcp_usrreq.c tcp_sendspace"};
  p.sndbuf_max = {2097152, "documented: sys/socketvar.h SB_MAX; netinet/tcp_usrreq.c tcp_update_sndspace"};
  p.scale_reaches = {2097152, "documented: netinet/tcp_usrreq.c tcp_connect: tcp_rscale(sb_max)"};
  p.rounds_up = {false, "documented: netinet/tcp_output.c tcp_output: win >> rcv_scale"};
  p.round_to_mss = {true, "documented: netinet/tcp_usrreq.c tcp_update_sndspace; netinet/tcp_input.c"};
  p.sndbuf_least = {0, "documented: kern/uipc_socket.c sosetopt: as set"};
  p.rcvbuf_least = {0, "documented: kern/uipc_socket.c sosetopt: as set"};
  p.burst_cost = {0, "documented: kern/uipc_socket2.c sbreserve"};
  p.unsent_low = {0, "documented: sys/socketvar.h sowriteable"};
  return p;
}();

constexpr CongestionProfile kCongestion = {
    .algorithm = {CongestionAlgorithm::net3, "documented: netinet/tcp_input.c tcp_input_solocked"},
    .unit = {CwndUnit::bytes, "documented: netinet/tcp_var.h snd_cwnd"},
    .initial_window = {10, "documented: net.inet.tcp.rfc3390 2; netinet/tcp_input.c tcp_mss"},
    .idle_restart = {IdleRestart::one_segment, "documented: netinet/tcp_output.c tcp_output: 2 * t_maxseg"},
    .prr = {false, "documented: netinet/tcp_input.c: none"},
    .hystart = {false, "documented: netinet/tcp_input.c: none"},
    .fin_ignores_cwnd = {true, "documented: netinet/tcp_output.c tcp_output: TH_FIN goes to send"},
    .nagle = {NagleStyle::once, "documented: netinet/tcp_output.c tcp_output: idle, TF_LASTIDLE"},
    .burst_least = {0, "documented: netinet/tcp_output.c: nothing waits for a burst"},
    .burst_by_rtt = {false, kUnused},
    .pushes_within_writes = {false, kUnused},
    .ecn = {EcnUse::off, "documented: netinet/tcp_subr.c tcp_do_ecn 0"},
    .ecn_syn_retries = {0, "documented: netinet/tcp_timer.c tcp_timer_rexmt: TF_DISABLE_ECN"},
    .ecn_of_crossing_syn = {false, "documented: netinet/tcp_input.c TCPS_SYN_SENT"},
    .knows_acc_ecn = {false, "documented: netinet/tcp.h has no such flag"},
    .acc_ecn_option = {AccEcnOptionUse::never, kUnused},
    .acc_ecn_beacon = {0, kUnused},
};

constexpr OptionsProfile kOptions = {
    .timestamps = {true, "documented: net.inet.tcp.rfc1323 1; netinet/tcp_subr.c tcp_do_rfc1323"},
    .sack = {true, "documented: net.inet.tcp.sack 1; netinet/tcp_subr.c tcp_do_sack"},
    .dsack = {false, "documented: netinet/tcp_input.c tcp_update_sack_list"},
    .dsack_at_once = {false, "documented: netinet/tcp_input.c: a duplicate's part sets no TF_ACKNOW"},
    .sack_counts_fin = {false, "documented: netinet/tcp_input.c: lastend is th_seq + tlen"},
    .window_scaling = {true, "documented: net.inet.tcp.rfc1323 1"},
    .ts_clock = {1ms, "documented: netinet/tcp_var.h tcp_now, which moves by ticks of 10 ms"},
    .syn_layout = {{OptionSlot::mss, OptionSlot::sack_permitted, OptionSlot::window_scale,
                    OptionSlot::timestamps},
                   "documented: netinet/tcp_output.c tcp_output; netinet/tcp_input.c syn_cache_respond"},
    .default_mss = {1460, "documented: netinet/tcp_input.c tcp_mss: t_peermss: what an Ethernet takes"},
    .default_mss_v6 = {1440, "documented: netinet/tcp_input.c tcp_mss: t_peermss: what an Ethernet takes"},
    .least_mss = {216, "documented: netinet/tcp_input.c tcp_mss"},
    .mss_counts_options = {false, "documented: netinet/tcp_input.c tcp_mss: t_maxseg, t_maxopd"},
    .timestamps_on_rst = {false, "documented: netinet/tcp_output.c tcp_output: TH_RST"},
    .aligns_sack_permitted = {true, "documented: netinet/tcp.h TCPOPT_SACK_PERMIT_HDR"},
    .crossing_syn_ack_offers = {false, "documented: netinet/tcp_output.c: TF_RCVD_SCALE, TF_RCVD_TSTMP"},
};

constexpr CheckProfile kCheck = {
    .rst = {RstCheck::exact, "documented: netinet/tcp_input.c TH_RST"},
    .syn = {SynCheck::challenge, "documented: netinet/tcp_input.c dropafterack_ratelim"},
    .echo_of_syn = {false, "documented: netinet/tcp_input.c: such an echo is not used"},
    .dsack_of_crossing_syn = {false, "documented: netinet/tcp_input.c tcp_update_sack_list: no DSACK"},
    .ack_range = {AckRange::any, "documented: netinet/tcp_input.c rcvacktooold"},
    .answers_unsent = {true, "documented: netinet/tcp_input.c rcvacktoomuch, dropafterack_ratelim"},
    .challenge_count = {100, "documented: netinet/tcp_input.c tcp_ackdrop_ppslim, which is the host's"},
    .challenge_interval = {1s, "documented: netinet/tcp_input.c ppsratecheck"},
    .challenges_as_answers = {false, "documented: netinet/tcp_input.c dropafterack has no limit"},
    .out_of_window_interval = {0ms, "documented: netinet/tcp_input.c dropafterack: each is answered"},
    .right_edge = {RightEdge::cuts, "documented: netinet/tcp_input.c tcp_input: trims the end"},
    .whole_window = {true, "documented: netinet/tcp_input.c: rcv_wnd"},
    .syn_fin = {SynFinCheck::taken, "documented: netinet/tcp_input.c SO_ACCEPTCONN: TH_SYN"},
    .drops_syn_ack = {false, "documented: netinet/tcp_input.c badsyn"},
    .crossing_syn = {SynText::data, "documented: netinet/tcp_input.c step6, tcp_flush_queue: a FIN is lost"},
    .recent_of_bare_ack = {true, "documented: netinet/tcp_input.c: last_ack_sent"},
    .window_update = {WindowUpdate::larger, "documented: netinet/tcp_input.c step6: snd_wl2"},
    .time_wait = {TimeWaitCheck::ends, "documented: netinet/tcp_input.c: the FIN is cut off before"},
};

constexpr SocketProfile kSocket = {
    .rst_error = {kTextbookRstError, "documented: netinet/tcp_input.c TH_RST"},
    .eof_beats_error = {false, "documented: kern/uipc_socket.c soreceive"},
    .pipe_beats_error = {true, "documented: kern/uipc_socket.c sosend"},
    .user_timeout = {false, "documented: netinet/tcp_usrreq.c tcp_ctloutput"},
    .keepalive_tuning = {false, "documented: netinet/tcp_usrreq.c tcp_ctloutput: by sysctl only"},
    .peek_offset = {false, "documented: kern/uipc_socket.c sosetopt"},
    .keeps_after_shut = {false, "documented: netinet/tcp_input.c tcp_flush_queue: SS_CANTRCVMORE"},
    .maxseg_least = {1, "documented: netinet/tcp_usrreq.c tcp_ctloutput: TCP_MAXSEG"},
    .write_cluster = {0, "documented: kern/uipc_socket.c sosend, m_getuio: as much as there is room for"},
    .write_cluster_least = {0, kUnused},
    .write_mbuf = {0, kUnused},
    .write_low = {2048, "documented: kern/uipc_socket2.c soreserve: sb_lowat, MCLBYTES"},
    .listen = {ListenPolicy::accept_queue, "documented: netinet/tcp_input.c: so_qlen > so_qlimit"},
    .somaxconn = {128, "documented: sys/socket.h SOMAXCONN; kern/uipc_socket.c solisten"},
    .syn_cookies = {SynCookies::never, "documented: netinet/tcp_input.c SYN cache; pf has them"},
    .only_syn_cookies = {false, "documented: netinet/tcp_input.c SYN cache"},
    .syn_cookie_form = {SynCookieForm::secrets, kUnused},
    .embryos_most = {0, kUnused},
    .wakeup_preemption = {WakeupPreemption::none,
                          "reported: kern/sched_bsd.c setrunnable of an older revision: to the run queue"},
    .rst_on_overflow = {true, "documented: netinet/tcp_input.c syn_cache_get: resetandabort"},
    .port_first = {1024, "documented: net.inet.ip.portfirst; netinet/in.h IPPORT_RESERVED"},
    .port_last = {49151, "documented: net.inet.ip.portlast; netinet/in.h IPPORT_USERRESERVED"},
};

}  // namespace

constexpr OsProfile kOpenbsd7 = {
    .name = "openbsd-7",
    .title = "OpenBSD 7",
    .story =
        "Counts to twelve like 4.4BSD: with a short round trip the retransmissions come 1, 2, 4 and so on "
        "up to 64 s apart, and the thirteenth expiry gives up after 511 s with a reset to the peer. SYNs go "
        "at 0, 6, 18 and 42 s. No word fits some of its ways, and the nearest stands for them: a reset "
        "counts at RCV.NXT, one beyond, or the last ACK sent, and is dropped elsewhere (here it counts at "
        "RCV.NXT only, and draws a challenge ACK elsewhere in the window); its SACK recovery counts holes "
        "and knows no pipe (here RFC 6675's); idling for a timeout leaves two segments (here one); an old "
        "ACK never draws an answer, and what comes with it may be dropped; last ACKs are reset beyond three "
        "times the backlog (here beyond it), and embryos wait in a cache of the host; IP identification is "
        "random in each packet (here it counts in each connection), as are the numbers of accepted "
        "connections and by how much they go on from TIME_WAIT. The timeout of a SYN-ACK is 3 s (here 6 s). "
        "Parameters are taken by FreeBSD's names.",
    .family = OsFamily::freebsd,
    .clock = {.style = {TickStyle::callout, "documented: kern/kern_timeout.c timeout_add_msec"},
              .hz = {100, "reported: conf/param.c HZ of an older revision"},
              .slow_tick = {0ms, kUnused},
              .fast_tick = {0ms, kUnused},
              .counts_after_timers = {false, kUnused}},
    .rtt = {.estimator = {RttEstimatorKind::freebsd, "documented: netinet/tcp_input.c tcp_xmit_timer"},
            .rto_initial = {6s, "documented: netinet/tcp_timer.h TCPTV_SRTTDFLT; netinet/tcp_subr.c"},
            .rto_fallback = {12s, "documented: netinet/tcp_input.c TCPS_SYN_SENT: t_rtttime"},
            .rto_min = {1s, "documented: netinet/tcp_timer.h TCPTV_MIN"},
            .rto_max = {64s, "documented: netinet/tcp_timer.h TCPTV_REXMTMAX"},
            .rto_slop = {0ms, "documented: netinet/tcp_input.c tcp_xmit_timer: none"},
            .granularity = {1ms, "documented: netinet/tcp_var.h tcp_now, which moves by ticks of 10 ms"}},
    .retransmit = kRetransmit,
    .congestion = kCongestion,
    .ack = {.style = {AckStyle::every_second, "documented: netinet/tcp_input.c TCP_SETUP_ACK"},
            .delay_min = {200ms, "documented: netinet/tcp_timer.h TCP_DELACK_MSECS"},
            .delay_max = {200ms, "documented: netinet/tcp_timer.h TCP_DELACK_MSECS"},
            .quick = {0, kUnused},
            .compress_most = {0, kUnused},
            .compress_delay = {0ms, kUnused},
            .compress_share = {0, kUnused},
            .compress_slack = {0ms, kUnused},
            .takes_data = {true, "documented: netinet/tcp_output.c tcp_output: len survives to send"}},
    .window = kWindow,
    .options = kOptions,
    .fast_open = no_fast_open("documented: netinet/tcp.h has no such option"),
    .keepalive = {.style = {KeepaliveStyle::idle_time, "documented: netinet/tcp_timer.c tcp_timer_keep"},
                  .always = {false, "documented: net.inet.tcp.always_keepalive 0"},
                  .idle = {2h, "documented: net.inet.tcp.keepidle; netinet/tcp_timer.h TCPTV_KEEPIDLE"},
                  .interval = {75s,
                               "documented: net.inet.tcp.keepintvl; netinet/tcp_timer.h TCPTV_KEEPINTVL"},
                  .probes = {8, "documented: netinet/tcp_timer.h TCPTV_KEEPCNT"},
                  .rst_on_death = {true, "documented: netinet/tcp_subr.c tcp_drop"},
                  .timestamps = {true, "documented: netinet/tcp_subr.c tcp_respond"}},
    .persist = {.style = {ProbeStyle::one_byte, "documented: netinet/tcp_output.c tcp_output: t_force"},
                .min = {5s, "documented: netinet/tcp_timer.h TCPTV_PERSMIN"},
                .max = {60s, "documented: netinet/tcp_timer.h TCPTV_PERSMAX"},
                .give_up = {PersistGiveUp::idle_and_count,
                            "documented: netinet/tcp_timer.c tcp_timer_persist, tcp_maxpersistidle"}},
    .close = {.rst_on_unread = {false, "documented: netinet/tcp_usrreq.c tcp_dodisconnect: sbflush"},
              .fin_wait_2 = {16h,
                             "documented: netinet/tcp_input.c TCPS_FIN_WAIT_1; netinet/tcp_usrreq.c "
                             "tcp_usrclosed: TCPTV_KEEPCNT * tcp_keepidle; 600 s in November 2022"},
              .fin_wait_2_recheck = {75s, "documented: netinet/tcp_timer.c tcp_timer_2msl"},
              .fin_wait_2_idle = {600s, "documented: netinet/tcp_timer.c tcp_timer_2msl: 8 * 75 s"},
              .time_wait = {60s, "documented: netinet/tcp_timer.h TCPTV_MSL: twice 30 s"},
              .rst_on_data_after_close = {true, "documented: netinet/tcp_input.c: rcvafterclose"},
              .zero_window_on_rst = {true, "documented: netinet/tcp_output.c tcp_output: TH_RST"},
              .fin_with_acks = {true, "documented: netinet/tcp_output.c tcp_output: TF_SENTFIN"}},
    .check = kCheck,
    .icmp = {.rows = {kIcmpRows,
                      "documented: netinet/ip_input.c inetctlerrmap; netinet6/ip6_input.c inet6ctlerrmap; "
                      "netinet/tcp_subr.c tcp_notify, tcp_ctlinput"},
             .v4_mtu_while_opening = {64, "documented: netinet/tcp_subr.c tcp_ctlinput: t_pmtud_mtu_sent"},
             .undo_backoff = {false, "documented: netinet/tcp_subr.c tcp_notify"},
             .quote_of_next_counts = {false, "documented: netinet/tcp_subr.c tcp_ctlinput"},
             .embryonic_soft_limit = {3, "documented: netinet/tcp_subr.c tcp_notify: t_rxtshift > 3"}},
    .blackhole = no_blackhole_search("documented: netinet/tcp_timer.c tcp_timer_rexmt: sizes stay"),
    .socket = kSocket,
    .ip = {.ttl = {64, "documented: net.inet.ip.ttl; netinet/ip.h IPDEFTTL"},
           .dont_fragment = {true, "documented: net.inet.ip.mtudisc 1; netinet/ip_output.c IP_MTUDISC"},
           .id = {IpIdPolicy::per_connection, "documented: netinet/ip_id.c ip_randomid: random each time"},
           .zero_id_without_socket = {false, "documented: netinet/ip_output.c"},
           .isn = {IsnPolicy::hash_1mbps, "documented: netinet/tcp_subr.c tcp_set_iss_tsm; tcp_slowtimo"},
           .reuse_isn_step = {32768, "documented: netinet/tcp_input.c TCPS_TIME_WAIT: at least so much"}},
    .tunnel = {.port = {0, "documented: netinet/tcp_input.c: nothing of it"}, .overhead = {0, kUnused}},
};

static_assert(is_sane(kOpenbsd7));

}  // namespace halfopen

// Linux 6.1 and 6.18.
//
// What is peculiar about it: everything is counted in jiffies and fires late, because timers sit in a
// hierarchical wheel whose slots grow with the delay; tcp_retries2 is not a count but a time budget; a lone
// segment is repeated by a tail loss probe before the retransmission timer has its first say;
// host-unreachable messages undo the backoff; the receive window follows what packets cost the kernel's
// memory; nothing is sent when it gives up.
//
// Where the numbers come from: the sources of the 6.12 long-term kernel, and measurements on 6.1 and on 6.18,
// both with HZ=250. 6.18 is 6.1 with the differences listed at the end of this file.
#include "sim/tcp/profile_fields.h"
#include "sim/tcp/profiles/rows.h"

namespace halfopen {
namespace {

using enum IcmpEffect;

constexpr std::array<IcmpRow, kIcmpKinds> kIcmpRows = {{
    {Errno::netunreach, abort, soft},                 // net_unreachable
    {Errno::hostunreach, abort, soft},                // host_unreachable
    {Errno::noprotoopt, abort, soft},                 // protocol_unreachable
    {Errno::connrefused, abort, soft},                // port_unreachable
    {Errno::msgsize, shrink, shrink},                 // fragmentation_needed
    {Errno::opnotsupp, abort, soft},                  // source_route_failed
    {Errno::netunreach, abort, soft},                 // net_unknown
    {Errno::hostdown, abort, soft},                   // host_unknown
    {Errno::nonet, abort, soft},                      // host_isolated
    {Errno::netunreach, abort, soft},                 // net_prohibited
    {Errno::hostunreach, abort, soft},                // host_prohibited
    {Errno::netunreach, abort, soft},                 // net_tos
    {Errno::hostunreach, abort, soft},                // host_tos
    {Errno::hostunreach, abort, soft, Errno::acces},  // admin_prohibited
    {Errno::none, ignore, ignore},                    // source_quench
    {Errno::hostunreach, abort, soft},                // time_exceeded
    {Errno::proto, abort, soft},                      // parameter_problem
    {Errno::hostunreach, abort, soft},                // precedence_violation
    {Errno::hostunreach, abort, soft},                // precedence_cutoff
    {Errno::hostunreach, abort, soft},                // reassembly_exceeded
}};

constexpr std::array<Errno, kStates> kRstError = {
    Errno::none,         // CLOSED
    Errno::none,         // LISTEN
    Errno::connrefused,  // SYN_SENT
    Errno::connreset,    // SYN_RECEIVED
    Errno::connreset,    // ESTABLISHED
    Errno::connreset,    // FIN_WAIT_1
    Errno::connreset,    // FIN_WAIT_2
    Errno::pipe,         // CLOSE_WAIT
    Errno::connreset,    // CLOSING
    Errno::connreset,    // LAST_ACK
    Errno::none,         // TIME_WAIT: no process is left to be told
};

constexpr ClockProfile kClock = {
    .style = {TickStyle::linux_wheel, "kernel/time/timer.c calc_wheel_index, calc_index"},
    .hz = {250, "CONFIG_HZ of Debian's and most distributions' kernels"},
    .slow_tick = {0ms, kUnused},
    .fast_tick = {0ms, kUnused},
    .counts_after_timers = {false, kUnused},
};

constexpr RttProfile kRtt = {
    .estimator = {RttEstimatorKind::linux_os, "net/ipv4/tcp_input.c tcp_rtt_estimator"},
    .rto_initial = {1s, "include/net/tcp.h TCP_TIMEOUT_INIT"},
    .rto_fallback = {3s, "include/net/tcp.h TCP_TIMEOUT_FALLBACK"},
    .rto_min = {200ms, "include/net/tcp.h TCP_RTO_MIN"},
    .rto_max = {120s, "include/net/tcp.h TCP_RTO_MAX"},
    .rto_slop = {0ms, kUnused},
    .granularity = {1us, "net/ipv4/tcp_input.c tcp_rtt_estimator: microseconds"},
};

constexpr RetransmitProfile kRetransmit = {
    .give_up = {GiveUp::after_budget, "net/ipv4/tcp_timer.c retransmits_timed_out, tcp_model_timeout"},
    .retries = {15, "include/net/tcp.h TCP_RETR2"},
    .r2 = {0s, kUnused},
    .orphan_retries = {8, "net/ipv4/tcp_timer.c tcp_orphan_retries: 8 where the sysctl is 0"},
    .backoff = {{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096},
                "net/ipv4/tcp_timer.c tcp_retransmit_timer: doubles up to the largest RTO"},
    .rst_on_give_up = {false, "net/ipv4/tcp_timer.c tcp_write_err: silent; measured"},
    .syn_retries = {6, "include/net/tcp.h TCP_SYN_RETRIES"},
    .syn_linear = {0, "before 6.5 every SYN timeout doubles"},
    .syn_again_ticks = {2, "net/ipv4/tcp_input.c tcp_rcv_synsent_state_process: TCP_TIMEOUT_MIN; measured"},
    .bare_syn_after = {0, "net/ipv4/tcp_output.c tcp_syn_options: the same each time"},
    .synack_retries = {5, "include/net/tcp.h TCP_SYNACK_RETRIES"},
    .connect_limit = {0s, "net/ipv4/tcp_timer.c tcp_write_timeout: by retries only"},
    .tail_loss_probe = {true, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_early_retrans 3"},
    .recovery = {Recovery::rack, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_recovery 1"},
    .dup_threshold = {3, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_reordering"},
    .most_reordering = {300, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_max_reordering"},
    .frto = {true, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_frto 2"},
    .undo = {true, "net/ipv4/tcp_input.c tcp_may_undo"},
    .collapse = {true, "net/ipv4/tcp_output.c tcp_retrans_try_collapse"},
    .recuts = {false, "net/ipv4/tcp_output.c __tcp_retransmit_skb"},
    .repairs_before_data = {true, "net/ipv4/tcp_input.c tcp_ack: tcp_xmit_recovery, before tcp_data_queue"},
    .forget_srtt_after = {0, kUnused},
};

constexpr CongestionProfile kCongestion = {
    .algorithm = {CongestionAlgorithm::cubic, "net/ipv4/Kconfig DEFAULT_TCP_CONG"},
    .unit = {CwndUnit::segments, "include/linux/tcp.h snd_cwnd"},
    .initial_window = {10, "include/net/tcp.h TCP_INIT_CWND"},
    .idle_restart = {IdleRestart::halve_per_rto, "net/ipv4/tcp_output.c tcp_cwnd_restart"},
    .prr = {true, "net/ipv4/tcp_input.c tcp_cwnd_reduction"},
    .hystart = {true, "net/ipv4/tcp_cubic.c hystart_update"},
    .fin_ignores_cwnd = {true, "net/ipv4/tcp_output.c tcp_cwnd_test before 6.13"},
    .nagle = {NagleStyle::minshall, "net/ipv4/tcp_output.c tcp_minshall_check; measured"},
    .burst_least = {2, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_min_tso_segs"},
    .burst_by_rtt = {true, "net/ipv4/tcp_output.c tcp_tso_autosize: tcp_tso_rtt_log, since 5.18"},
    .pushes_within_writes = {true, "net/ipv4/tcp.c forced_push; measured on 5.10 and 6.1"},
    .ecn = {EcnUse::on_request, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_ecn 2"},
    .ecn_syn_retries = {0, "net/ipv4/tcp_output.c __tcp_retransmit_skb: tcp_ecn_fallback"},
    .ecn_of_crossing_syn = {false, "include/net/tcp_ecn.h tcp_ecn_rcv_syn: only what was asked for"},
    .knows_acc_ecn = {false, "before 6.18"},
    .acc_ecn_option = {AccEcnOptionUse::always, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_ecn_option 2"},
    .acc_ecn_beacon = {3, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_ecn_option_beacon"},
};

constexpr AckProfile kAck = {
    .style = {AckStyle::quickack, "net/ipv4/tcp_input.c tcp_event_data_recv"},
    .delay_min = {40ms, "include/net/tcp.h TCP_DELACK_MIN, TCP_ATO_MIN"},
    .delay_max = {200ms, "include/net/tcp.h TCP_DELACK_MAX"},
    .quick = {16, "include/net/tcp.h TCP_MAX_QUICKACKS"},
    .compress_most = {44, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_comp_sack_nr"},
    .compress_delay = {1ms, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_comp_sack_delay_ns"},
    .compress_share = {5, "net/ipv4/tcp_input.c __tcp_ack_snd_check: 5 % of a round trip; measured"},
    .compress_slack = {100us, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_comp_sack_slack_ns"},
    .takes_data = {false, "net/ipv4/tcp_output.c __tcp_send_ack"},
};

constexpr WindowProfile kWindow = {
    .style = {WindowStyle::truesize, "net/ipv4/tcp_output.c __tcp_select_window"},
    .rcvbuf = {131072, "net/ipv4/tcp.c tcp_init: tcp_rmem[1]"},
    .rcvbuf_max = {6291456, "net/ipv4/tcp.c tcp_init: tcp_rmem[2], less on a machine with little memory"},
    .sndbuf = {16384, "net/ipv4/tcp.c tcp_init: tcp_wmem[1]"},
    .sndbuf_max = {4194304, "net/ipv4/tcp.c tcp_init: tcp_wmem[2]"},
    .scale_reaches = {0, "net/ipv4/tcp_output.c tcp_select_initial_window: tcp_rmem[2]"},
    .rounds_up = {false, "net/ipv4/tcp_output.c __tcp_select_window rounds as it chooses"},
    .round_to_mss = {false, kUnused},
    .ratio_adapts = {false, "net.ipv4.tcp_adv_win_scale 1, before 6.6"},
    .clamp_moves_threshold = {false, "net/ipv4/tcp_input.c tcp_measure_rcv_mss before 6.13"},
    .begins_beyond_field = {false,
                            "net/ipv4/tcp_output.c tcp_select_initial_window: U16_MAX; measured on 6.1"},
    .counts_unread = {false, "net/ipv4/tcp_input.c tcp_rcv_space_adjust before 6.12"},
    .takes_least_rtt =
        {true,
         "net/ipv4/tcp_input.c tcp_rcv_rtt_update, since 6.16 and in 6.1's and 6.12's updates; measured"},
    .autotune_margin = {16, "net/ipv4/tcp_input.c tcp_rcv_space_adjust, before 6.16"},
    .truesize_small = {768, "include/linux/skbuff.h SKB_TRUESIZE; measured, differs between drivers"},
    .truesize_full = {2304, "measured: a 1500-byte frame in a 2 KiB buffer, as most drivers charge it"},
    .sndbuf_least = {4608, "include/net/sock.h SOCK_MIN_SNDBUF; net/core/sock.c sk_setsockopt"},
    .rcvbuf_least = {2304, "include/net/sock.h SOCK_MIN_RCVBUF; net/core/sock.c __sock_set_rcvbuf"},
    .burst_cost = {832,
                   "net/ipv4/tcp.c tcp_stream_alloc_skb: SKB_TRUESIZE(MAX_TCP_HEADER); measured on 6.18"},
    .unsent_low = {0xffff'ffff, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_notsent_lowat"},
};

constexpr OptionsProfile kOptions = {
    .timestamps = {true, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_timestamps 1"},
    .sack = {true, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_sack 1"},
    .dsack = {true, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_dsack 1"},
    .dsack_at_once = {false, "net/ipv4/tcp_input.c tcp_data_queue: as any segment in order"},
    .sack_counts_fin = {true, "net/ipv4/tcp_input.c tcp_data_queue_ofo: end_seq"},
    .window_scaling = {true, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_window_scaling 1"},
    .ts_clock = {1ms, "include/net/tcp.h TCP_TS_HZ"},
    .syn_layout = {{OptionSlot::mss, OptionSlot::sack_permitted, OptionSlot::timestamps,
                    OptionSlot::window_scale},
                   "net/ipv4/tcp_output.c tcp_options_write; measured"},
    .default_mss = {536, "include/net/tcp.h TCP_MSS_DEFAULT"},
    .default_mss_v6 = {1220, "net/ipv6/tcp_ipv6.c: IPV6_MIN_MTU less its headers"},
    .least_mss = {48, "include/net/tcp.h TCP_MIN_SND_MSS; net/ipv4/tcp_output.c __tcp_mtu_to_mss"},
    .mss_counts_options = {false, "net/ipv4/tcp_output.c tcp_current_mss"},
    .timestamps_on_rst = {true, "net/ipv4/tcp_output.c tcp_send_active_reset; measured"},
    .aligns_sack_permitted = {true, "net/ipv4/tcp_output.c tcp_options_write"},
    .crossing_syn_ack_offers = {true, "net/ipv4/tcp_output.c tcp_syn_options; measured on 6.18"},
};

constexpr FastOpenProfile kFastOpen = {
    .calls = {FastOpenCalls::msg_fastopen, "net/ipv4/tcp.c tcp_sendmsg_fastopen"},
    .client = {true, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_fastopen 1"},
    .server = {false, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_fastopen 1"},
    .client_without_cookie = {false, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_fastopen 1"},
    .server_without_cookie = {false, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_fastopen 1"},
    .every_listener = {false, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_fastopen 1"},
    .cookie_of_both_ends = {true, "net/ipv4/tcp_fastopen.c __tcp_fastopen_cookie_gen_cipher"},
    .nop_padding = {true, "net/ipv4/tcp_output.c tcp_options_write"},
    .pause_of_blackhole = {0s, "net/ipv4/tcp_ipv4.c tcp_sk_init: off since 5.14"},
    .pause_of_path = {0s, "net/ipv4/tcp_input.c tcp_rcv_fastopen_synack: try_exp"},
    .cookie_each_time = {false, "net/ipv4/tcp_input.c tcp_rcv_fastopen_synack: only until one is known"},
    .cookie_by_port = {false, "net/ipv4/tcp_metrics.c tcp_fastopen_cache_get: by the address"},
    .off_forgets = {false, "net/ipv4/tcp_metrics.c: the cache does not depend on tcp_fastopen"},
};

constexpr KeepaliveProfile kKeepalive = {
    .style = {KeepaliveStyle::unanswered_probes, "net/ipv4/tcp_timer.c tcp_keepalive_timer"},
    .always = {false, "net/core/sock.c sock_setsockopt: SO_KEEPALIVE asks for it"},
    .idle = {2h, "include/net/tcp.h TCP_KEEPALIVE_TIME"},
    .interval = {75s, "include/net/tcp.h TCP_KEEPALIVE_INTVL"},
    .probes = {9, "include/net/tcp.h TCP_KEEPALIVE_PROBES"},
    .rst_on_death = {true, "net/ipv4/tcp_timer.c tcp_keepalive_timer; measured"},
    .timestamps = {true, "net/ipv4/tcp_output.c tcp_xmit_probe_skb"},
};

constexpr PersistProfile kPersist = {
    .style = {ProbeStyle::old_sequence, "net/ipv4/tcp_output.c tcp_xmit_probe_skb"},
    .min = {200ms, "include/net/tcp.h tcp_probe0_base"},
    .max = {120s, "include/net/tcp.h tcp_probe0_when"},
    .give_up = {PersistGiveUp::unanswered_probes, "net/ipv4/tcp_timer.c tcp_probe_timer"},
};

constexpr CloseProfile kClose = {
    .rst_on_unread = {true, "net/ipv4/tcp.c __tcp_close"},
    .fin_wait_2 = {60s, "include/net/tcp.h TCP_FIN_TIMEOUT"},
    .fin_wait_2_recheck = {0s, kUnused},
    .fin_wait_2_idle = {0s, kUnused},
    .time_wait = {60s, "include/net/tcp.h TCP_TIMEWAIT_LEN"},
    .rst_on_data_after_close = {true, "net/ipv4/tcp_input.c tcp_rcv_state_process; measured"},
    .zero_window_on_rst = {false, "net/ipv4/tcp_output.c tcp_send_active_reset: the window as it stands"},
    .fin_with_acks = {false, "net/ipv4/tcp_output.c __tcp_send_ack"},
};

constexpr CheckProfile kCheck = {
    .rst = {RstCheck::exact, "net/ipv4/tcp_input.c tcp_validate_incoming"},
    .syn = {SynCheck::challenge, "net/ipv4/tcp_input.c tcp_validate_incoming"},
    .echo_of_syn = {true, "net/ipv4/tcp_input.c tcp_rcv_synsent_state_process: PAWSACTIVEREJECTED"},
    .dsack_of_crossing_syn = {false, "net/ipv4/tcp_input.c tcp_validate_incoming before 6.12"},
    .ack_range = {AckRange::within_acknowledged, "net/ipv4/tcp_input.c tcp_ack: bytes_acked"},
    .answers_unsent = {false,
                       "net/ipv4/tcp_input.c tcp_ack: -SKB_DROP_REASON_TCP_ACK_UNSENT_DATA; measured on "
                       "5.10, 6.1 and 6.12"},
    .challenge_count = {1, "net/ipv4/tcp_input.c tcp_send_challenge_ack; measured"},
    .challenge_interval = {500ms, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_invalid_ratelimit"},
    .challenges_as_answers = {true, "net/ipv4/tcp_input.c tcp_send_challenge_ack: last_oow_ack_time"},
    .out_of_window_interval = {500ms, "net/ipv4/tcp_input.c tcp_oow_rate_limited"},
    .right_edge = {RightEdge::passes,
                   "net/ipv4/tcp_input.c tcp_data_queue before 6.17; selftests on 6.1 and 6.12"},
    .whole_window = {false, "net/ipv4/tcp_input.c tcp_sequence: tcp_receive_window"},
    .syn_fin = {SynFinCheck::listener_drops, "net/ipv4/tcp_input.c tcp_rcv_state_process: TCP_LISTEN"},
    .drops_syn_ack = {false, "net/ipv4/tcp_input.c tcp_rcv_state_process: TCP_LISTEN"},
    .crossing_syn = {SynText::dropped, "net/ipv4/tcp_input.c tcp_rcv_synsent_state_process: discard"},
    .recent_of_bare_ack = {true, "net/ipv4/tcp_input.c tcp_store_ts_recent"},
    .window_update = {WindowUpdate::larger, "net/ipv4/tcp_input.c tcp_may_update_window, before 6.7"},
    .time_wait = {TimeWaitCheck::restarts, "net/ipv4/tcp_minisocks.c tcp_timewait_state_process"},
};

constexpr SocketProfile kSocket = {
    .rst_error = {kRstError, "net/ipv4/tcp_input.c tcp_reset; measured"},
    .eof_beats_error = {true, "net/ipv4/tcp.c tcp_recvmsg_locked; measured"},
    .pipe_beats_error = {false, "net/core/stream.c sk_stream_error; measured"},
    .user_timeout = {true, "net/ipv4/tcp.c do_tcp_setsockopt: TCP_USER_TIMEOUT"},
    .keepalive_tuning = {true, "net/ipv4/tcp.c do_tcp_setsockopt: TCP_KEEPIDLE and its kin"},
    .peek_offset = {false, "net/ipv4/af_inet.c inet_stream_ops before 6.9"},
    .keeps_after_shut = {true, "net/ipv4/tcp_input.c tcp_rcv_state_process; measured"},
    .maxseg_least = {0, "net/ipv4/tcp.c tcp_sock_set_maxseg: a limit for later"},
    .write_cluster = {0, "net/ipv4/tcp.c tcp_sendmsg_locked"},
    .write_cluster_least = {0, kUnused},
    .write_mbuf = {0, kUnused},
    .write_low = {0, "net/ipv4/tcp.c: a third of the buffer, see burst_cost"},
    .listen = {ListenPolicy::two_queues, "net/ipv4/tcp_input.c tcp_conn_request"},
    .somaxconn = {4096, "net.core.somaxconn; include/linux/socket.h SOMAXCONN"},
    .syn_cookies = {SynCookies::when_full, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_syncookies 1"},
    .only_syn_cookies = {false, "net/ipv4/tcp_input.c tcp_conn_request: tcp_syncookies 2 says so"},
    .syn_cookie_form = {SynCookieForm::minute, "net/ipv4/syncookies.c secure_tcp_syn_cookie"},
    .embryos_most = {4096, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_max_syn_backlog, less with little memory"},
    .wakeup_preemption = {WakeupPreemption::none, "net/core/sock.c sock_def_readable; it is the scheduler's"},
    .rst_on_overflow = {false, "net/ipv4/tcp_minisocks.c tcp_check_req: tcp_abort_on_overflow"},
    .port_first = {32768, "net/ipv4/af_inet.c inet_init_net: ip_local_port_range"},
    .port_last = {60999, "net/ipv4/af_inet.c inet_init_net: ip_local_port_range"},
};

constexpr IpProfile kIp = {
    .ttl = {64, "include/uapi/linux/ip.h IPDEFTTL"},
    .dont_fragment = {true, "net/ipv4/ip_output.c __ip_queue_xmit: path MTU discovery"},
    .id = {IpIdPolicy::per_connection, "include/net/ip.h ip_select_ident_segs"},
    .zero_id_without_socket = {true, "include/net/ip.h ip_select_ident_segs; measured"},
    .isn = {IsnPolicy::hash_64ns, "net/core/secure_seq.c seq_scale"},
    .reuse_isn_step =
        {0, "net/ipv4/tcp_ipv4.c tcp_v4_rcv: the number is lost before 6.10; measured on 5.10 and 6.1"},
};

}  // namespace

constexpr OsProfile kLinux61 = {
    .name = "linux-6.1",
    .title = "Linux 6.1",
    .story =
        "Jiffies of 4 ms and a timer wheel that is late by up to an eighth of the delay. tcp_retries2 is a "
        "time budget: 15 gives up 924.6 s after the first retransmission, at the next expiry. A tail loss "
        "probe comes before the first retransmission. An unreachable message undoes a backoff (RFC 6069) "
        "and, should the connection time out later, is the error that the program sees. Giving up is "
        "silent.",
    .oracle = "traces of that kernel, packetdrill's scripts on it",
    .family = OsFamily::linux_os,
    .clock = kClock,
    .rtt = kRtt,
    .retransmit = kRetransmit,
    .congestion = kCongestion,
    .ack = kAck,
    .window = kWindow,
    .options = kOptions,
    .fast_open = kFastOpen,
    .keepalive = kKeepalive,
    .persist = kPersist,
    .close = kClose,
    .check = kCheck,
    .icmp = {.rows = {kIcmpRows,
                      "net/ipv4/icmp.c icmp_err_convert; net/ipv6/icmp.c icmpv6_err_convert; "
                      "net/ipv4/tcp_ipv4.c tcp_v4_err; measured"},
             .v4_mtu_while_opening = {0xffff, "net/ipv4/tcp_ipv4.c tcp_v4_err: whatever the state"},
             .undo_backoff = {true, "net/ipv4/tcp_ipv4.c tcp_ld_RTO_revert; RFC 6069; measured"},
             .quote_of_next_counts = {true, "net/ipv4/tcp_ipv4.c tcp_v4_err: between()"},
             .embryonic_soft_limit = {0, kUnused}},
    .blackhole = {.search = {BlackholeSearch::never, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_mtu_probing 0"},
                  .mss_v4 = {1024, "include/net/tcp.h TCP_BASE_MSS"},
                  .mss_v6 = {1024, "include/net/tcp.h TCP_BASE_MSS"},
                  .retries = {3, "include/net/tcp.h TCP_RETR1"},
                  .least_mss = {48, "include/net/tcp.h TCP_MIN_SND_MSS: tcp_mtu_probe_floor"}},
    .socket = kSocket,
    .ip = kIp,
    .tunnel = kNoTunnel,
};

// What changed between 6.1 and 6.18 as far as the wire shows it.
constexpr OsProfile kLinux618 = [] {
  OsProfile p = kLinux61;
  p.name = "linux-6.18";
  p.title = "Linux 6.18";
  p.story =
      "As Linux 6.1, but four further SYN timeouts of one second precede the doubling (6.5), the receive "
      "buffer may grow to 32 MiB, so the window scale is 10 (6.16), and a better look at the packets' "
      "memory cost widens the window at once (6.13). A FIN waits for the congestion window like data.";
  p.retransmit.syn_linear = {4,
                             "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_syn_linear_timeouts, since 6.5; measured"};
  p.window.rcvbuf_max = {33554432, "net/ipv4/tcp.c tcp_init: tcp_rmem[2], since 6.16; measured"};
  p.congestion.fin_ignores_cwnd = {false, "net/ipv4/tcp_output.c tcp_cwnd_test; measured on 6.18"};
  p.congestion.pushes_within_writes = {
      false, "net/ipv4/tcp_output.c tcp_grow_skb takes it along; measured on 6.12, 6.18 and 7.2"};
  p.congestion.knows_acc_ecn = {
      true, "include/net/tcp_ecn.h, since 6.18; measured, though tcp_ecn above 2 is 7.0's"};
  p.socket.peek_offset = {true, "net/ipv4/af_inet.c inet_stream_ops: set_peek_off, since 6.9"};
  p.check.answers_unsent = {true, "net/ipv4/tcp_input.c tcp_ack; measured on 6.18 and 7.2"};
  p.ip.reuse_isn_step = {65537,
                         "net/ipv4/tcp_minisocks.c tcp_timewait_state_process; measured on 6.12 and 6.18"};
  p.check.right_edge = {RightEdge::passes_if_empty,
                        "net/ipv4/tcp_input.c tcp_sequence, since 6.17; selftests on 6.18 and 7.2"};
  p.check.dsack_of_crossing_syn = {true, "net/ipv4/tcp_input.c tcp_validate_incoming: pass; measured"};
  p.check.window_update = {WindowUpdate::larger_or_none,
                           "net/ipv4/tcp_input.c tcp_may_update_window, since 6.7; measured on 6.18"};
  p.window.ratio_adapts = {true, "net/ipv4/tcp_input.c tcp_measure_rcv_mss, since 6.6; measured"};
  p.window.begins_beyond_field = {
      true, "net/ipv4/tcp_output.c tcp_select_initial_window; measured on 6.12, 6.18 and 7.2"};
  p.window.counts_unread = {true, "net/ipv4/tcp_input.c tcp_rcv_space_adjust: inq"};
  p.window.autotune_margin = {0, "net/ipv4/tcp_input.c tcp_rcvbuf_grow, since 6.16"};
  p.window.clamp_moves_threshold = {true, "net/ipv4/tcp_input.c tcp_measure_rcv_mss, since 6.13; measured"};
  p.window.truesize_small = {832, "measured on 6.18"};
  return p;
}();

// --- Rows for what lies between and beyond, each by what its traces and scripts show (docs/fidelity.md).

constexpr OsProfile kLinux510 = [] {
  OsProfile p = kLinux61;
  p.name = "linux-5.10";
  p.title = "Linux 5.10";
  p.base = "linux-6.1";
  p.story =
      "As Linux 6.1, but bursts on short paths are no longer than on long ones, a receiver smoothes its "
      "round "
      "trips also where one is shorter, and a Fast Open that vanished on the way makes it pause for an hour.";
  p.window.takes_least_rtt = {false, "net/ipv4/tcp_input.c tcp_rcv_rtt_update; measured on 5.10"};
  p.congestion.burst_by_rtt = {false, "net/ipv4/tcp_output.c tcp_tso_autosize before 5.18"};
  p.fast_open.pause_of_blackhole = {
      1h, "net/ipv4/tcp_ipv4.c tcp_sk_init: tcp_fastopen_blackhole_timeout_sec, until 5.14"};
  return p;
}();

constexpr OsProfile kLinux612 = [] {
  OsProfile p = kLinux618;
  p.name = "linux-6.12";
  p.title = "Linux 6.12";
  p.base = "linux-6.18";
  p.story =
      "As Linux 6.18, but the receive buffer grows to 6 MiB at most, with sixteen segments to spare, so the "
      "window scale is 7; a better look at the packets' memory cost lets the window grow, and does not widen "
      "it at once.";
  p.window.rcvbuf_max = kWindow.rcvbuf_max;
  p.window.autotune_margin = kWindow.autotune_margin;
  p.check.answers_unsent = kCheck.answers_unsent;
  p.check.right_edge = kCheck.right_edge;
  p.window.clamp_moves_threshold = kWindow.clamp_moves_threshold;
  p.window.truesize_small = {896, "measured on Debian's 6.12"};
  p.congestion.knows_acc_ecn = kCongestion.knows_acc_ecn;
  return p;
}();

constexpr OsProfile kLinux72 = [] {
  OsProfile p = kLinux618;
  p.name = "linux-7.2";
  p.title = "Linux 7.2";
  p.base = "linux-6.18";
  p.story =
      "As Linux 6.18, but a better look at the packets' memory cost does not widen the window at once, and "
      "an "
      "ACK that stands for several of out-of-order data comes sooner on short paths.";
  p.ack.compress_share = {33, "net.ipv4.tcp_comp_sack_rtt_percent, measured on 7.2"};
  p.ack.compress_slack = {10us, "net.ipv4.tcp_comp_sack_slack_ns, measured on 7.2"};
  p.window.clamp_moves_threshold = {false, "measured on 7.2: the window grows from 64088 bytes"};
  p.window.truesize_small = {896, "measured on Debian's 7.2"};
  return p;
}();

static_assert(is_sane(kLinux510));
static_assert(is_sane(kLinux61));
static_assert(is_sane(kLinux612));
static_assert(is_sane(kLinux618));
static_assert(is_sane(kLinux72));

}  // namespace halfopen

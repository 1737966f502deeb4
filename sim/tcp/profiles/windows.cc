// Windows 11, 21H2 and later; Windows Server 2022 has the same stack and chooses other constants on short
// paths.
//
// What is peculiar about it: a retransmission timeout of at least 300 ms and five retransmissions, so that a
// connection on a short path is given up within twenty seconds, with a reset; connecting is given up after
// 21 s; keepalive probes are a second apart; timestamps are granted and not asked for.
//
// Where the numbers come from: "documented" names a page of Microsoft's, "reported" what others measured,
// printed or collected. The stack's sources are not public, and nothing here was measured; what is not known
// of it is the row of the RFCs, with the source that it has there.
#include "sim/tcp/profile_fields.h"
#include "sim/tcp/profiles/rfc_row.h"

namespace halfopen {
namespace {

// What RFC 7413 says, where nothing says what Windows does.
constexpr std::string_view kAsRfc7413 = "RFC 7413; of Windows it is not known";

constexpr ClockProfile kClock = [] {
  ClockProfile p = kRfcRow.clock;
  p.style = {TickStyle::callout, "reported: github.com/xmrig/xmrig issue 3300: SYNs 2 to 15 ms late"};
  p.hz = {64, "reported: the same, and ACKs at 50 ms (github.com/m6w6/ext-http issue 132): 15.6 ms"};
  return p;
}();

constexpr RttProfile kRtt = [] {
  RttProfile p = kRfcRow.rtt;
  p.estimator = {RttEstimatorKind::rfc6298,
                 "documented: TCP_INITIAL_RTO_PARAMETERS: RFC 2988; Description of Windows TCP features"};
  p.rto_initial = {1s, "reported: Siemens-Healthineers/ETWAnalyzer DumpTCPCommand.md: InitialRto"};
  p.rto_min = {300ms, "documented: TCP Templates for Windows Server 2019: MinRto of the template Internet"};
  p.rto_max = {60s, "documented: IPPROTO_TCP socket options: TCP_MAXRT"};
  return p;
}();

constexpr RetransmitProfile kRetransmit = [] {
  RetransmitProfile p = kRfcRow.retransmit;
  p.give_up = {GiveUp::after_count, "documented: KB 170359 and KB 925280: TcpMaxDataRetransmissions"};
  p.retries = {5, "documented: Troubleshoot TCP/IP connectivity; KB 170359: TcpMaxDataRetransmissions"};
  p.r2 = {0s, kUnused};
  p.backoff.source = "documented: KB 170359: TcpMaxDataRetransmissions: doubles";
  p.rst_on_give_up = {true, "documented: Troubleshoot TCP/IP connectivity: ACK RESET"};
  p.syn_retries = {4, "reported: `netsh int tcp show global`: MaxSynRetransmissions; xmrig issue 3300"};
  p.syn_linear = {0, "reported: github.com/xmrig/xmrig issue 3300: SYNs 1, 2, 4 and 8 s apart"};
  p.bare_syn_after = {0, "reported: github.com/xmrig/xmrig issue 3300: all SYNs have the same options"};
  p.connect_limit = {21s, "reported: github.com/SciQLop/speasy pull 344; github.com/nmap/nmap issue 2113"};
  p.tail_loss_probe = {true, "documented: New Transport Advancements in the Anniversary Update"};
  p.recovery = {Recovery::rack, "documented: What's new in Windows Server 2022: RACK"};
  p.frto = {true, "documented: Windows Vista's manual on high-loss environments: RFC 4138"};
  return p;
}();

constexpr CongestionProfile kCongestion = [] {
  CongestionProfile p = kRfcRow.congestion;
  p.algorithm = {CongestionAlgorithm::cubic,
                 "documented: Get-NetTCPSetting, Windows Server 2022: clients use CUBIC"};
  p.initial_window = {10, "documented: New Transport Advancements in the Anniversary Update: ICW10"};
  p.idle_restart = {IdleRestart::none, "documented: TCP Templates for Windows Server 2019: CwndRestart"};
  p.prr = {true, "reported: `netsh int tcp show global`: Proportional Rate Reduction"};
  p.hystart = {true, "documented: What's new in Windows Server 2022: HyStart++, here HyStart"};
  p.nagle = {NagleStyle::original, "documented: KB 214397"};
  p.ecn = {EcnUse::off, "reported: `netsh int tcp show global`; nmap-os-db, Windows 11 21H2: CC=N"};
  return p;
}();

constexpr AckProfile kAck = [] {
  AckProfile p = kRfcRow.ack;
  p.style = {AckStyle::every_second, "documented: Set-NetTCPSetting: DelayedAckFrequency"};
  p.delay_min = {40ms, "documented: TCP Templates for Windows Server 2019: DelayedAckTimeout"};
  p.delay_max = p.delay_min;
  return p;
}();

constexpr WindowProfile kWindow = [] {
  WindowProfile p = kRfcRow.window;
  p.style = {WindowStyle::free_space, "documented: SIO_SET_COMPATIBILITY_MODE: the buffer space"};
  p.rcvbuf = {65535, "documented: Performance Tuning Network Adapters: 64 KB up to 10 Gbit/s"};
  p.rcvbuf_max = {16776960, "documented: SIO_SET_COMPATIBILITY_MODE"};
  p.sndbuf = {65536, "reported: github.com/obsproject/obs-studio pull 5687"};
  p.sndbuf_max = {65536,
                  "reported: as the send buffer; SIO_IDEAL_SEND_BACKLOG_QUERY documents that it grows and "
                  "names no limit"};
  p.scale_reaches = {16776960, "documented: Performance Tuning Network Adapters: a factor of 8"};
  p.round_to_mss = {false,
                    "reported: Performance Tuning Network Adapters, its traces: a SYN's is rounded down"};
  p.sndbuf_least = {0, "reported: github.com/Perl/perl5 pull 20229: as set"};
  p.rcvbuf_least = {0, "reported: github.com/Perl/perl5 pull 20229: as set"};
  return p;
}();

constexpr OptionsProfile kOptions = [] {
  OptionsProfile p = kRfcRow.options;
  p.timestamps = {false,
                  "documented: MSFT_NetTCPSetting: 2, allowed: granted and not asked for; reported as the "
                  "default: nmap-os-db, Windows 11 21H2"};
  p.sack = {true, "documented: Description of Windows TCP features"};
  p.dsack = {true, "documented: Windows Vista's manual on high-loss environments: RFC 2883"};
  p.window_scaling = {true, "documented: Performance Tuning Network Adapters"};
  p.ts_clock = {1ms, "reported: nmap-os-db, Windows 11 21H2: TS=A"};
  p.syn_layout = {
      {OptionSlot::mss, OptionSlot::window_scale, OptionSlot::sack_permitted, OptionSlot::timestamps},
      "documented: Performance Tuning Network Adapters, its traces; reported of SYN-ACKs: "
      "nmap-os-db, Windows 11 21H2"};
  p.default_mss = {536, "documented: KB 925280: what black-hole detection falls back to"};
  p.aligns_sack_permitted = {true, "reported: nmap-os-db, Windows 11 21H2: M5B4NW8NNS"};
  return p;
}();

constexpr FastOpenProfile kFastOpen = {
    .calls = {FastOpenCalls::implied, "documented: IPPROTO_TCP socket options: TCP_FASTOPEN; ConnectEx"},
    .client = {true, "reported: `netsh int tcp show global`: Fast Open enabled"},
    .server = {true, "documented: Core Network Stack Features in the Creators Update"},
    .client_without_cookie = {false, kAsRfc7413},
    .server_without_cookie = {false, kAsRfc7413},
    .every_listener = {false, "documented: IPPROTO_TCP socket options: TCP_FASTOPEN"},
    .cookie_of_both_ends = {false, kAsRfc7413},
    .nop_padding = {false, kAsRfc7413},
    .pause_of_blackhole = {0s, kAsRfc7413},
    .pause_of_path = {0s, kAsRfc7413},
    .cookie_each_time = {false, kAsRfc7413},
    .cookie_by_port = {false, kAsRfc7413},
    .off_forgets = {false, kAsRfc7413},
};

constexpr KeepaliveProfile kKeepalive = [] {
  KeepaliveProfile p = kRfcRow.keepalive;
  p.style = {KeepaliveStyle::unanswered_probes, "documented: IPPROTO_TCP socket options: TCP_KEEPCNT"};
  p.always = {false, "documented: SO_KEEPALIVE socket option"};
  p.idle = {2h, "documented: SO_KEEPALIVE socket option: KeepAliveTime"};
  p.interval = {1s, "documented: SO_KEEPALIVE socket option: KeepAliveInterval"};
  p.probes = {10, "documented: SO_KEEPALIVE socket option: ten since Windows Vista"};
  return p;
}();

constexpr CloseProfile kClose = [] {
  CloseProfile p = kRfcRow.close;
  p.rst_on_unread = {true, "documented: Winsock Tracing Event Details: AFD-Initiated Abort"};
  p.time_wait = {120s,
                 "reported: github.com/wqweto/VbAsyncSocket issue 18; Troubleshoot port exhaustion "
                 "documents 240 s, of Windows 10"};
  p.zero_window_on_rst = {true, "reported: github.com/microsoft/WSL issue 10855; nmap-os-db, T2 to T7: W=0"};
  return p;
}();

constexpr CheckProfile kCheck = [] {
  CheckProfile p = kRfcRow.check;
  p.syn_fin = {SynFinCheck::listener_drops, "reported: nmap-os-db, T3: R=N, behind its firewall"};
  p.drops_syn_ack = {false, "reported: nmap-os-db, T4: an ACK draws a reset"};
  return p;
}();

// While connecting what the RFCs would remember is passed over. The rest is not known.
constexpr IcmpProfile kIcmp = [] {
  IcmpProfile p = kRfcRow.icmp;
  for (IcmpRow& row : p.rows.value) {
    if (row.embryonic == IcmpEffect::soft) row.embryonic = IcmpEffect::ignore;
  }
  p.rows.source =
      "documented: IPPROTO_TCP socket options: TCP_FAIL_CONNECT_ON_ICMP_ERROR is off; reported: nmap "
      "scan_engine_connect.cc: ignored; the rest as RFC 9293 section 3.9.2.2";
  return p;
}();

// Of IPv6 the page says nothing.
constexpr BlackholeProfile kBlackhole = {
    .search = {BlackholeSearch::over_v4, "documented: KB 925280: on since Windows Vista"},
    .mss_v4 = {536, "documented: KB 925280"},
    .mss_v6 = {0, kUnused},
    .retries = {0, kUnused},
    .least_mss = {0, kUnused},
};

constexpr SocketProfile kSocket = [] {
  SocketProfile p = kRfcRow.socket;
  p.rst_error = {kRstErrorWhileClosing,
                 "documented: Windows Sockets Error Codes: 10054, 10061; by their words, not by state"};
  p.pipe_beats_error = {false, "documented: Windows Sockets Error Codes: there is no EPIPE"};
  p.user_timeout = {false, "documented: IPPROTO_TCP socket options: TCP_MAXRT is another, not modelled"};
  p.keepalive_tuning = {true, "documented: IPPROTO_TCP socket options: TCP_KEEPIDLE and its kin"};
  p.peek_offset = {false, "documented: SOL_SOCKET socket options: there is none"};
  p.keeps_after_shut = {false, "documented: shutdown function: a reset, for which no word stands"};
  p.listen = {ListenPolicy::accept_queue, "documented: listen function: refused, for which no word stands"};
  p.somaxconn = {200, "documented: listen function: SOMAXCONN_HINT begins at 200; it names no limit"};
  p.syn_cookies = {SynCookies::never,
                   "documented: Syn attack protection on Windows Vista to Windows 2012 R2: it drops; of "
                   "cookies it says nothing"};
  p.port_first = {49152, "documented: Troubleshoot port exhaustion"};
  p.port_last = {65535, "documented: Troubleshoot port exhaustion"};
  return p;
}();

constexpr IpProfile kIp = [] {
  IpProfile p = kRfcRow.ip;
  p.ttl = {128, "reported: p0f.fp; nmap-os-db, Windows 11 21H2: TG=80"};
  p.dont_fragment = {true, "reported: p0f.fp; nmap-os-db, Windows 11 21H2: DF=Y"};
  p.id = {IpIdPolicy::global_counter, "reported: arXiv 2406.06483: a counter of each pair of addresses"};
  p.zero_id_without_socket = {false, "reported: nmap-os-db, Windows 11 21H2: CI=I"};
  return p;
}();

}  // namespace

constexpr OsProfile kWindows11 = [] {
  OsProfile p = kRfcRow;
  p.name = "windows-11";
  p.title = "Windows 11";
  p.story =
      "Five SYNs, and connect() fails after 21 s; data that is not acknowledged goes six times, 0.3 s apart "
      "at first where the path is short, and then the peer gets a reset. Of the two sets of constants it is "
      "that of clients, the template Internet. ECONNRESET stands for WSAECONNRESET, ETIMEDOUT for "
      "WSAETIMEDOUT, ECONNREFUSED for WSAECONNREFUSED. No word fits some of its ways, and the nearest "
      "stands for them: it grants timestamps and asks for none (here it has none); a SYN that finds the "
      "queue full, and data after shutdown() for reading, meet a reset (here they are dropped, as is a SYN "
      "with FIN); its IP identification counts for each pair of addresses (here for the host); Fast Open is "
      "asked for by ConnectEx() (here by a sendto()). A constant that is neither documented nor reported is "
      "not known of Windows: it is that of the row rfc, whose parameters it also takes.";
  p.clock = kClock;
  p.rtt = kRtt;
  p.retransmit = kRetransmit;
  p.congestion = kCongestion;
  p.ack = kAck;
  p.window = kWindow;
  p.options = kOptions;
  p.fast_open = kFastOpen;
  p.keepalive = kKeepalive;
  p.persist.style = {ProbeStyle::one_byte, "reported: github.com/ghaerr/elks pull 987, not by a trace"};
  p.close = kClose;
  p.check = kCheck;
  p.icmp = kIcmp;
  p.blackhole = kBlackhole;
  p.socket = kSocket;
  p.ip = kIp;
  return p;
}();

static_assert(is_sane(kWindows11));

}  // namespace halfopen

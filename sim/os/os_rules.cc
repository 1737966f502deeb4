#include "sim/os/os_rules.h"

#include <array>

namespace halfopen {
namespace {

// 4.4BSD-Lite2, sys/kern and sys/netinet.
constexpr OsRules kBsd44{
    .family = OsFamily::bsd44,
    .so_error_takes_soft = {false, "kern/uipc_socket.c sogetopt: so_error only"},
    .partial_write_counts = {false,
                             "kern/sys_generic.c write: a count only for ERESTART, EINTR, EWOULDBLOCK"},
    .write_unconnected = {Errno::notconn, "kern/uipc_socket.c sosend"},
    .linger_expired = {Errno::again, "kern/uipc_socket.c soclose: tsleep's EWOULDBLOCK"},
    .queue_keeps_reset = {false, "kern/uipc_socket.c sofree: soqremque"},
    .shutdown_disconnects = {false, "netinet/tcp_usrreq.c tcp_usrreq: PRU_SHUTDOWN"},
    .unspec_disconnects = {false, "netinet/in_pcb.c in_pcbconnect: EAFNOSUPPORT"},
    .listener_resets_embryos = {true, "kern/uipc_socket.c soclose: soabort of so_q0 and so_q"},
    .ports_in_order = {true, "netinet/in_pcb.c in_pcbbind: lastport"},
    .timestamp_offset = {false, "netinet/tcp_output.c: tcp_now"},
    .discards_when_truncating = {false, "sys/socket.h: MSG_TRUNC is an answer"},
    .marks_writes = {false, "kern/uipc_socket.c sosend: a stream has no records"},
    .reset = {.counts_fin = {false, "netinet/tcp_input.c dropwithreset: only SYN is counted"},
              .copies_tos = {false, "netinet/tcp_subr.c tcp_respond"},
              .of_socket = {false, "netinet/tcp_subr.c tcp_respond: ip_defttl"}},
    .datagram = {.dont_fragment = {false, "netinet/udp_usrreq.c udp_output"},
                 .error_first = {false, "kern/uipc_socket.c soreceive: so_error where there is no data"},
                 .error_is_readable = {true, "sys/socketvar.h soreadable"},
                 .sendto_overrides = {false, "netinet/udp_usrreq.c udp_output: EISCONN"},
                 .every_error = {true, "netinet/udp_usrreq.c udp_notify: so_error"},
                 .shares_port = {false, "netinet/in_pcb.c in_pcbbind: SO_REUSEPORT does"}},
    .icmp_quote = {8, "netinet/ip_icmp.c icmp_error"},
};

constexpr OsRules kLinux{
    .family = OsFamily::linux_os,
    .so_error_takes_soft = {true, "net/core/sock.c sk_getsockopt: sk_err, else sk_err_soft"},
    .partial_write_counts = {true, "net/ipv4/tcp.c tcp_sendmsg_locked: do_error"},
    .write_unconnected = {Errno::pipe, "net/core/stream.c sk_stream_wait_connect"},
    .linger_expired = {Errno::none, "net/ipv4/tcp.c tcp_close: sk_stream_wait_close"},
    .queue_keeps_reset = {true, "net/ipv4/inet_connection_sock.c inet_csk_accept: any state"},
    .shutdown_disconnects = {true, "net/ipv4/af_inet.c inet_shutdown; measured"},
    .unspec_disconnects = {true, "net/ipv4/af_inet.c __inet_stream_connect; measured"},
    .listener_resets_embryos = {false, "net/ipv4/inet_connection_sock.c inet_csk_listen_stop"},
    .ports_in_order = {false, "net/ipv4/inet_hashtables.c __inet_hash_connect"},
    .timestamp_offset = {true, "net/core/secure_seq.c secure_tcp_ts_off"},
    .discards_when_truncating = {true, "net/ipv4/tcp.c tcp_recvmsg_locked; measured"},
    .marks_writes = {true, "net/ipv4/tcp.c tcp_sendmsg_locked"},
    .reset = {.counts_fin = {true, "net/ipv4/tcp_ipv4.c tcp_v4_send_reset"},
              .copies_tos = {true, "net/ipv4/tcp_ipv4.c tcp_v4_send_reset"},
              .of_socket = {false, "net/ipv4/ip_output.c ip_send_unicast_reply: of no socket"}},
    .datagram = {.dont_fragment = {true, "net/ipv4/ip_output.c ip_dont_fragment: IP_PMTUDISC_WANT"},
                 .error_first = {true, "net/core/datagram.c __skb_try_recv_datagram: sock_error"},
                 .error_is_readable = {false, "net/core/datagram.c datagram_poll; measured"},
                 .sendto_overrides = {true, "net/ipv4/udp.c udp_sendmsg: msg_name"},
                 .every_error = {false, "net/ipv4/udp.c __udp4_lib_err: harderr"},
                 .shares_port = {true, "net/ipv4/udp.c udp_lib_lport_inuse: sk_reuse"}},
    .icmp_quote = {528, "net/ipv4/icmp.c icmp_send: up to 576 bytes in all"},
};

constexpr OsRules kFreeBsd{
    .family = OsFamily::freebsd,
    .so_error_takes_soft = {false, "kern/uipc_socket.c sogetopt"},
    .partial_write_counts = {false, "kern/sys_generic.c dofilewrite"},
    .write_unconnected = {Errno::notconn, "kern/uipc_socket.c sosend_generic"},
    .linger_expired = {Errno::again, "kern/uipc_socket.c soclose"},
    .queue_keeps_reset = {false, "kern/uipc_socket.c sofree"},
    .shutdown_disconnects = {false, "kern/uipc_socket.c soshutdown: ENOTCONN"},
    .unspec_disconnects = {false, "netinet/tcp_usrreq.c tcp_usr_connect: EAFNOSUPPORT"},
    .listener_resets_embryos = {true, "netinet/tcp_syncache.c: entries of a closed listener"},
    .ports_in_order = {false, "netinet/in_pcb.c in_pcb_lport: randomized"},
    .timestamp_offset = {true, "netinet/tcp_subr.c tcp_new_ts_offset"},
    .discards_when_truncating = {false, "sys/socket.h: MSG_TRUNC is an answer"},
    .marks_writes = {false, "kern/uipc_socket.c sosend_generic: a stream has no records"},
    .reset = {.counts_fin = {true, "netinet/tcp_input.c dropwithreset"},
              .copies_tos = {false, "netinet/tcp_subr.c tcp_respond"},
              .of_socket = {true, "netinet/tcp_subr.c tcp_respond: inp_ip_tos, inp_ip_ttl"}},
    .datagram = {.dont_fragment = {false, "netinet/udp_usrreq.c udp_send: INP_DONTFRAG"},
                 .error_first = {false,
                                 "kern/uipc_socket.c soreceive_dgram: so_error where there is no data"},
                 .error_is_readable = {true, "kern/uipc_socket.c sopoll_generic: soreadable"},
                 .sendto_overrides = {false, "netinet/udp_usrreq.c udp_send: EISCONN"},
                 .every_error = {true, "netinet/udp_usrreq.c udp_notify: so_error"},
                 .shares_port = {false, "netinet/in_pcb.c in_pcb_lport: SO_REUSEPORT does"}},
    .icmp_quote = {8, "netinet/ip_icmp.c icmp_quotelen"},
};

// The RFCs say nothing of calls: where they are silent, POSIX.
constexpr OsRules kRfc{
    .family = OsFamily::rfc,
    .so_error_takes_soft = {false, "POSIX getsockopt"},
    .partial_write_counts = {true, "POSIX write"},
    .write_unconnected = {Errno::notconn, "POSIX send"},
    .linger_expired = {Errno::none, "POSIX close names no error for it"},
    .queue_keeps_reset = {true, "RFC 9293 section 3.10.7.4: the user is told"},
    .shutdown_disconnects = {false, "POSIX shutdown: ENOTCONN"},
    .unspec_disconnects = {false, "POSIX connect: of datagrams only"},
    .listener_resets_embryos = {true, "RFC 9293 section 3.10.4: CLOSE"},
    .ports_in_order = {false, "RFC 6056 section 3.3.1"},
    .timestamp_offset = {true, "RFC 7323 section 7.1"},
    .discards_when_truncating = {false, "POSIX recvmsg: MSG_TRUNC is an answer"},
    .marks_writes = {false, "POSIX send: MSG_EOR, where the protocol has records"},
    .reset = {.counts_fin = {true, "RFC 9293 section 3.10.7.1: SEG.LEN"},
              .copies_tos = {false, "RFC 9293 section 3.9.2: as the host likes"},
              .of_socket = {false, "RFC 9293 section 3.9.2: as the host likes"}},
    .datagram = {.dont_fragment = {false, "RFC 1122 section 4.1: IP may fragment"},
                 .error_first = {false, "POSIX recv"},
                 .error_is_readable = {true, "POSIX poll: a read would not block"},
                 .sendto_overrides = {true, "POSIX sendto: or EISCONN"},
                 .every_error = {true, "RFC 1122 section 4.1.3.3: all are passed on"},
                 .shares_port = {false, "POSIX bind: EADDRINUSE"}},
    .icmp_quote = {8, "RFC 792"},
};

constexpr auto kRows = std::to_array({&kBsd44, &kLinux, &kFreeBsd, &kRfc});
constexpr std::size_t row_index(OsFamily family) { return static_cast<std::size_t>(family); }
static_assert([] {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (row_index(kRows[i]->family) != i) return false;
  }
  return kRows.size() == row_index(OsFamily::rfc) + 1;
}());

}  // namespace

const OsRules& rules_of(const OsProfile& profile) { return *kRows[row_index(profile.family)]; }

}  // namespace halfopen

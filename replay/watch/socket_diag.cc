#include "replay/watch/socket_diag.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

#include "replay/base/errors.h"

namespace halfopen {
namespace {

// Of the reply. The longest is well below 1 KiB; kernels to come may add attributes.
constexpr std::size_t kBuffer = 8192;

struct Request {
  nlmsghdr header;
  inet_diag_req_v2 body;
};

// A reply, and what was in its INET_DIAG_INFO attribute: the common beginning of the kernel's tcp_info and
// ours.
struct Reply {
  inet_diag_msg message;
  std::optional<tcp_info> info;
};

std::uint8_t family_of(const IpAddress& ip) { return ip.is_v6() ? AF_INET6 : AF_INET; }

Request make_request(const SocketAddress& local, const SocketAddress& remote, std::uint32_t sequence) {
  Request request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.header.nlmsg_seq = sequence;
  request.body.sdiag_family = family_of(local.ip);
  request.body.sdiag_protocol = IPPROTO_TCP;
  request.body.idiag_ext = 1 << (INET_DIAG_INFO - 1);
  request.body.idiag_states = ~0U;
  inet_diag_sockid& id = request.body.id;
  id.idiag_sport = htons(local.port);
  id.idiag_dport = htons(remote.port);
  std::memcpy(id.idiag_src, local.ip.data(), local.ip.size());
  std::memcpy(id.idiag_dst, remote.ip.data(), remote.ip.size());
  std::fill(std::begin(id.idiag_cookie), std::end(id.idiag_cookie), INET_DIAG_NOCOOKIE);
  return request;
}

void send_request(int socket, const Request& request) {
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  sockaddr address{};
  static_assert(sizeof kernel <= sizeof address);
  std::memcpy(&address, &kernel, sizeof kernel);
  ssize_t sent = 0;
  while ((sent = sendto(socket, &request, sizeof request, 0, &address, sizeof kernel)) < 0 &&
         errno == EINTR) {
  }
  if (sent < 0) throw_system("ask sock_diag about a socket");
}

// The kernel has answered before send_request() returns, so there is nothing to wait for.
std::span<const std::byte> receive_datagram(int socket, std::span<std::byte> buffer) {
  ssize_t got = 0;
  while ((got = recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC)) < 0 && errno == EINTR) {
  }
  if (got < 0) throw_system("read sock_diag's answer");
  const auto size = static_cast<std::size_t>(got);
  if (size > buffer.size()) throw_system("read sock_diag's answer", EMSGSIZE);
  return buffer.first(size);
}

// The beginning of `bytes` as a T; false if there are too few. Copied, since nobody promises the alignment.
template <class T>
bool copy_from(std::span<const std::byte> bytes, T& value) {
  if (bytes.size() < sizeof value) return false;
  std::memcpy(&value, bytes.data(), sizeof value);
  return true;
}

std::optional<tcp_info> find_info(std::span<const std::byte> attributes) {
  rtattr head{};
  while (copy_from(attributes, head) && head.rta_len >= sizeof head && head.rta_len <= attributes.size()) {
    if (head.rta_type == INET_DIAG_INFO) {
      tcp_info info{};
      std::memcpy(&info, attributes.data() + sizeof head, std::min(head.rta_len - sizeof head, sizeof info));
      return info;
    }
    attributes = attributes.subspan(std::min<std::size_t>(NLMSG_ALIGN(head.rta_len), attributes.size()));
  }
  return std::nullopt;
}

// The answer to the request with this number; nullopt: no such socket. Others belong to requests that an
// exception cut short.
std::optional<Reply> receive_reply(int socket, std::uint32_t sequence) {
  std::array<std::byte, kBuffer> buffer;
  while (true) {
    std::span<const std::byte> bytes = receive_datagram(socket, buffer);
    nlmsghdr header{};
    if (!copy_from(bytes, header) || header.nlmsg_len > bytes.size()) {
      throw_system("understand sock_diag's answer", EBADMSG);
    }
    if (header.nlmsg_seq != sequence) continue;
    bytes = bytes.first(header.nlmsg_len).subspan(sizeof header);
    if (header.nlmsg_type == NLMSG_ERROR) {
      int error = 0;
      if (!copy_from(bytes, error) || error == 0) throw_system("understand sock_diag's answer", EBADMSG);
      if (error == -ENOENT) return std::nullopt;
      throw_system("find a socket with sock_diag", -error);
    }
    Reply reply{};
    if (!copy_from(bytes, reply.message)) throw_system("understand sock_diag's answer", EBADMSG);
    const auto skip = std::min<std::size_t>(NLMSG_ALIGN(sizeof reply.message), bytes.size());
    reply.info = find_info(bytes.subspan(skip));
    return reply;
  }
}

std::optional<Reply> ask(int socket, const SocketAddress& local, const SocketAddress& remote,
                         std::uint32_t sequence) {
  send_request(socket, make_request(local, remote, sequence));
  return receive_reply(socket, sequence);
}

// The numbers of include/net/tcp_states.h, which netinet/tcp.h has as TCP_ESTABLISHED ... TCP_CLOSING.
constexpr std::uint8_t kListen = 10;
constexpr std::array kStateOf{
    State::closed,     State::established, State::syn_sent,  State::syn_received,
    State::fin_wait_1, State::fin_wait_2,  State::time_wait, State::closed,
    State::close_wait, State::last_ack,    State::listen,    State::closing,
};

State state_of(std::uint8_t number) {
  if (number >= kStateOf.size()) throw_system("understand socket state " + std::to_string(number), EBADMSG);
  return kStateOf[number];
}

SocketDiag::Timer timer_of(std::uint8_t number) {  // numbered as sock_diag(7) has idiag_timer
  return number <= 4 ? static_cast<SocketDiag::Timer>(number) : SocketDiag::Timer::off;
}

// A timer that is late may have a negative rest, in an unsigned field.
Duration rest_of(std::uint32_t milliseconds) {
  return std::chrono::milliseconds{std::max(0, static_cast<std::int32_t>(milliseconds))};
}

void add_details(SocketDiag& socket, const tcp_info& info) {
  socket.has_details = true;
  socket.retransmits = info.tcpi_retransmits;
  socket.backoff = info.tcpi_backoff;
  socket.probes = info.tcpi_probes;
  socket.rto = std::chrono::microseconds{info.tcpi_rto};
  socket.rtt = std::chrono::microseconds{info.tcpi_rtt};
  socket.rttvar = std::chrono::microseconds{info.tcpi_rttvar};
  socket.mss = info.tcpi_snd_mss;
  socket.unacked = info.tcpi_unacked;
  socket.lost = info.tcpi_lost;
  socket.retransmitted = info.tcpi_retrans;
  socket.total_retransmits = info.tcpi_total_retrans;
  socket.snd_cwnd = info.tcpi_snd_cwnd;
  socket.ssthresh = info.tcpi_snd_ssthresh;
}

// In the order of State: netstat(8)'s names and ss(8)'s.
constexpr std::array<std::string_view, kStates> kNetstatNames{
    "CLOSE",     "LISTEN",     "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT1",
    "FIN_WAIT2", "CLOSE_WAIT", "CLOSING",  "LAST_ACK", "TIME_WAIT",
};
constexpr std::array<std::string_view, kStates> kSsNames{
    "UNCONN",     "LISTEN",     "SYN-SENT", "SYN-RECV", "ESTAB",     "FIN-WAIT-1",
    "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING",  "LAST-ACK", "TIME-WAIT",
};
constexpr std::string_view kNone = "(none)";

std::string netstat_address(const SocketAddress& address) {
  return fmt::format("{}:{}", address.ip.to_string(), address.port);
}

std::string ss_address(const SocketAddress& address) {
  if (!address.ip.is_v6()) return netstat_address(address);
  return fmt::format("[{}]:{}", address.ip.to_string(), address.port);
}

double milliseconds(Duration d) { return std::chrono::duration<double, std::milli>{d}.count(); }

// "119min", "1min59sec", "12sec", "1.2sec", "200ms". Cut off, not rounded, so that it never shows more than
// is left.
std::string rest_text(Duration left) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(left).count();
  const auto seconds = ms / 1000;
  if (seconds >= 600) return fmt::format("{}min", seconds / 60);
  if (seconds >= 60 && seconds % 60 == 0) return fmt::format("{}min", seconds / 60);
  if (seconds >= 60) return fmt::format("{}min{}sec", seconds / 60, seconds % 60);
  if (seconds >= 10 || (seconds > 0 && ms % 1000 < 100)) return fmt::format("{}sec", seconds);
  if (seconds > 0) return fmt::format("{}.{}sec", seconds, ms % 1000 / 100);
  return fmt::format("{}ms", ms);
}

std::string timer_text(const SocketDiag& socket) {
  constexpr std::array<std::string_view, 5> kNames{"off", "on", "keepalive", "timewait", "persist"};
  const unsigned tries = socket.timer == SocketDiag::Timer::retransmit ? socket.retransmits : socket.probes;
  return fmt::format(" timer:({},{},{})", kNames[static_cast<std::size_t>(socket.timer)],
                     rest_text(socket.timer_left), tries);
}

// ss leaves out what is 0.
std::string details_text(const SocketDiag& socket) {
  constexpr std::uint32_t kNoThreshold = 0xffff;  // from here on ss takes it for "none"
  std::string text = fmt::format(" rto:{:g}", milliseconds(socket.rto));
  if (socket.backoff != 0) text += fmt::format(" backoff:{}", socket.backoff);
  if (socket.rtt != Duration{0}) {
    text += fmt::format(" rtt:{:g}/{:g}", milliseconds(socket.rtt), milliseconds(socket.rttvar));
  }
  text += fmt::format(" mss:{} cwnd:{}", socket.mss, socket.snd_cwnd);
  if (socket.ssthresh < kNoThreshold) text += fmt::format(" ssthresh:{}", socket.ssthresh);
  if (socket.unacked != 0) text += fmt::format(" unacked:{}", socket.unacked);
  if (socket.total_retransmits != 0) {
    text += fmt::format(" retrans:{}/{}", socket.retransmitted, socket.total_retransmits);
  }
  if (socket.lost != 0) text += fmt::format(" lost:{}", socket.lost);
  return text;
}

}  // namespace

std::optional<SocketDiag> SocketDiagnostics::find(const FourTuple& connection) {
  const std::optional<Reply> reply = ask(socket_.get(), connection.local, connection.remote, ++sequence_);
  // Where there is no such connection, the kernel looks for a listener that would take its segments.
  if (!reply || reply->message.idiag_state == kListen) return std::nullopt;
  const inet_diag_msg& message = reply->message;
  SocketDiag socket;
  socket.state = state_of(message.idiag_state);
  socket.timer = timer_of(message.idiag_timer);
  if (socket.timer != SocketDiag::Timer::off) socket.timer_left = rest_of(message.idiag_expires);
  if (socket.timer == SocketDiag::Timer::retransmit) socket.retransmits = message.idiag_retrans;
  socket.rqueue = message.idiag_rqueue;
  socket.wqueue = message.idiag_wqueue;
  if (reply->info) add_details(socket, *reply->info);
  return socket;
}

bool SocketDiagnostics::is_listening(const SocketAddress& local) {
  // No connection has the remote port 0, so this can find nothing but a listener.
  const IpAddress nobody = local.ip.is_v6() ? IpAddress::v6({}) : IpAddress::v4({});
  const std::optional<Reply> reply = ask(socket_.get(), local, {nobody, 0}, ++sequence_);
  return reply && reply->message.idiag_state == kListen;
}

std::string netstat_line(const FourTuple& connection, const std::optional<SocketDiag>& socket) {
  const bool v6 = connection.local.ip.is_v6();
  return fmt::format("{:<5} {:>6} {:>6} {:<23} {:<23} {}", v6 ? "tcp6" : "tcp", socket ? socket->rqueue : 0,
                     socket ? socket->wqueue : 0, netstat_address(connection.local),
                     netstat_address(connection.remote),
                     socket ? kNetstatNames[static_cast<std::size_t>(socket->state)] : kNone);
}

std::string ss_line(const FourTuple& connection, const std::optional<SocketDiag>& socket) {
  std::string line =
      fmt::format("{} {} {} {} {}", socket ? kSsNames[static_cast<std::size_t>(socket->state)] : kNone,
                  socket ? socket->rqueue : 0, socket ? socket->wqueue : 0, ss_address(connection.local),
                  ss_address(connection.remote));
  if (!socket) return line;
  if (socket->timer != SocketDiag::Timer::off) line += timer_text(*socket);
  if (socket->has_details) line += details_text(*socket);
  return line;
}

}  // namespace halfopen

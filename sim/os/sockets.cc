#include "sim/os/sockets.h"

#include <algorithm>
#include <array>
#include <utility>

namespace halfopen {
namespace {

// What the calls give by the state of the socket's connection, once there is neither data to read nor an
// error to report (RFC 9293 section 3.10; Linux: net/ipv4/tcp.c tcp_recvmsg_locked,
// tcp_sendmsg_locked; 4.4BSD: kern/uipc_socket.c soreceive, sosend).
enum class WhenEmpty : std::uint8_t { waits, ends };
enum class Writing : std::uint8_t { waits, takes, broken };
enum class Connecting : std::uint8_t { failed, waits, done };
struct CallRow {
  State state;
  WhenEmpty read;
  Writing write;
  Connecting connect;
};
constexpr auto kCalls = std::to_array<CallRow>({
    {State::closed, WhenEmpty::ends, Writing::broken, Connecting::failed},
    {State::listen, WhenEmpty::ends, Writing::broken, Connecting::failed},
    {State::syn_sent, WhenEmpty::waits, Writing::waits, Connecting::waits},
    {State::syn_received, WhenEmpty::waits, Writing::waits, Connecting::waits},
    {State::established, WhenEmpty::waits, Writing::takes, Connecting::done},
    {State::fin_wait_1, WhenEmpty::waits, Writing::broken, Connecting::done},
    {State::fin_wait_2, WhenEmpty::waits, Writing::broken, Connecting::done},
    {State::close_wait, WhenEmpty::ends, Writing::takes, Connecting::done},
    {State::closing, WhenEmpty::ends, Writing::broken, Connecting::done},
    {State::last_ack, WhenEmpty::ends, Writing::broken, Connecting::done},
    {State::time_wait, WhenEmpty::ends, Writing::broken, Connecting::done},
});
static_assert(kCalls.size() == kStates);
static_assert([] {
  for (std::size_t i = 0; i < kStates; ++i) {
    if (kCalls[i].state != static_cast<State>(i)) return false;
  }
  return true;
}());

const CallRow& row_of(const Connection& connection) {
  return kCalls[static_cast<std::size_t>(connection.endpoint().state())];
}

}  // namespace

CallResult Sockets::read(TimePoint now, Socket& socket, std::span<std::uint8_t> into) {
  if (is_datagram(socket)) return read_datagram(socket, into, false);
  if (is_deferred(socket)) return CallResult::waits();
  if (socket.connection == nullptr) return without_connection(socket, Errno::notconn);
  if (into.empty()) return CallResult::of(0);
  return read_by(now, socket, [&](Endpoint& endpoint) { return endpoint.read(now, into); });
}

CallResult Sockets::peek(Socket& socket, std::span<std::uint8_t> into) {
  if (is_datagram(socket)) return read_datagram(socket, into, true);
  if (socket.connection == nullptr) return without_connection(socket, Errno::notconn);
  if (into.empty()) return CallResult::of(0);
  const Endpoint& endpoint = socket.connection->endpoint();
  const auto offset = static_cast<std::size_t>(std::max(socket.peek_offset, 0));
  if (endpoint.readable() <= offset) return read_nothing(socket);
  return CallResult::of(static_cast<std::int64_t>(endpoint.peek(into, offset)));
}

CallResult Sockets::read_urgent(TimePoint now, Socket& socket, std::span<std::uint8_t> into, bool peeks) {
  if (socket.connection == nullptr) return CallResult::failure(Errno::inval);
  auto found = UrgentRead::none;
  stack_.input(now, *socket.connection,
               [&](Endpoint& endpoint) { found = endpoint.read_urgent(into, peeks); });
  switch (found) {
    case UrgentRead::none: return CallResult::failure(Errno::inval);
    case UrgentRead::later: return CallResult::failure(Errno::again);
    case UrgentRead::end: return CallResult::of(0);
    case UrgentRead::byte: break;
  }
  return CallResult::of(into.empty() ? 0 : 1);
}

void Sockets::count_peeked(Socket& socket, std::size_t bytes) {
  if (socket.peek_offset >= 0) socket.peek_offset += static_cast<std::int32_t>(bytes);
}

std::size_t Sockets::read_target(const Socket& socket, std::size_t size, bool wait_all) {
  if (wait_all) return size;
  return std::min<std::size_t>(size, std::max(options_of(socket).receive_low, 1u));
}

bool Sockets::is_input_over(const Socket& socket) {
  if (is_deferred(socket)) return false;
  if (socket.connection == nullptr) return true;
  const Endpoint& endpoint = socket.connection->endpoint();
  return endpoint.peek_error() != Errno::none || endpoint.fin_received() || endpoint.receive_shut() ||
         row_of(*socket.connection).read == WhenEmpty::ends;
}

CallResult Sockets::discard(TimePoint now, Socket& socket, std::size_t most) {
  if (socket.connection == nullptr) return without_connection(socket, Errno::notconn);
  return read_by(now, socket, [&](Endpoint& endpoint) { return endpoint.discard(now, most); });
}

// A read in whichever way takes bytes out of the receive queue.
template <class Take>
CallResult Sockets::read_by(TimePoint now, Socket& socket, Take take) {
  if (socket.connection->endpoint().readable() == 0) return read_nothing(socket);
  std::size_t got = 0;
  stack_.input(now, *socket.connection, [&](Endpoint& endpoint) { got = take(endpoint); });
  if (socket.peek_offset >= 0)
    socket.peek_offset = std::max(socket.peek_offset - static_cast<std::int32_t>(got), 0);
  return CallResult::of(static_cast<std::int64_t>(got));
}

// A read when the receive queue is empty.
CallResult Sockets::read_nothing(Socket& socket) const {
  const Endpoint& endpoint = socket.connection->endpoint();
  if (endpoint.fin_received() && facts_.profile.socket.eof_beats_error) return CallResult::of(0);
  if (endpoint.peek_error() != Errno::none) return CallResult::failure(socket.connection->take_error());
  if (endpoint.receive_shut() || endpoint.fin_received()) return CallResult::of(0);
  if (row_of(*socket.connection).read == WhenEmpty::waits) return CallResult::waits();
  return socket.was_connected ? CallResult::of(0) : CallResult::failure(Errno::notconn);
}

CallResult Sockets::write(TimePoint now, Socket& socket, std::span<const std::uint8_t> bytes,
                          WriteFlags flags, bool again) {
  if (socket.connection == nullptr) return without_connection(socket, facts_.rules.write_unconnected);
  if (write_fails(socket)) return write_failure(socket);
  const bool waits = row_of(*socket.connection).write == Writing::waits;
  if (waits && !socket.connection->endpoint().is_early()) return CallResult::waits();
  if (bytes.empty()) return CallResult::of(0);
  if (again && !socket.connection->endpoint().resumes_write(bytes.size())) return CallResult::waits();
  flags.zero_copy = flags.zero_copy && options_of(socket).zero_copy;
  std::size_t count = 0;
  stack_.input(now, *socket.connection,
               [&](Endpoint& endpoint) { count = endpoint.write(now, bytes, flags); });
  const auto taken = static_cast<std::int64_t>(count);
  return count == bytes.size() ? CallResult::of(taken) : CallResult::waits(taken);
}

bool Sockets::write_fails(const Socket& socket) {
  if (socket.connection == nullptr) return true;
  const Endpoint& endpoint = socket.connection->endpoint();
  if (endpoint.peek_error() != Errno::none || endpoint.send_shut()) return true;
  return row_of(*socket.connection).write == Writing::broken;
}

// A write that cannot be: Linux reports the pending error first, BSD that the socket cannot send any more.
CallResult Sockets::write_failure(Socket& socket) const {
  const bool broken =
      socket.connection->endpoint().send_shut() || row_of(*socket.connection).write == Writing::broken;
  if (broken && facts_.profile.socket.pipe_beats_error) return CallResult::failure(Errno::pipe);
  const Errno error = socket.connection->take_error();
  return CallResult::failure(error != Errno::none ? error : Errno::pipe);
}

std::optional<SendReport> Sockets::take_report(TimePoint now, Socket& socket) {
  if (socket.connection == nullptr || !socket.connection->endpoint().has_reports()) return std::nullopt;
  std::optional<SendReport> report;
  stack_.input(now, *socket.connection, [&](Endpoint& endpoint) { report = endpoint.take_report(); });
  return report;
}

CallResult Sockets::connect(TimePoint now, Socket& socket, const SocketAddress& remote) {
  if (is_datagram(socket)) return connect_datagram(socket, remote);
  if (socket.listener != nullptr || is_deferred(socket)) return CallResult::failure(Errno::isconn);
  if (socket.connection == nullptr) return start_connect(now, socket, remote);
  if (socket.was_connected) return CallResult::failure(Errno::isconn);
  switch (row_of(*socket.connection).connect) {
    case Connecting::waits: return CallResult::waits();
    case Connecting::done: socket.was_connected = true; return CallResult::of(0);
    case Connecting::failed: break;
  }
  // The attempt failed: the socket is as before it, and may try again.
  const Errno error = socket.connection->take_error();
  detach(socket);
  return CallResult::failure(error != Errno::none ? error : Errno::connaborted);
}

CallResult Sockets::start_connect(TimePoint now, Socket& socket, const SocketAddress& remote) {
  const bool fast = facts_.profile.fast_open.calls.value == FastOpenCalls::msg_fastopen;
  if (fast && socket.setup->options.fast_open_connect) return connect_or_defer(now, socket, remote);
  FourTuple tuple;
  if (const Errno error = choose_ends(socket, remote, tuple); error != Errno::none)
    return CallResult::failure(error);
  attach(socket, stack_.connect(now, tuple, socket.setup->options));
  return connect(now, socket, remote);
}

// The four-tuple of a connection to `remote`, which is free.
Errno Sockets::choose_ends(Socket& socket, const SocketAddress& remote, FourTuple& tuple) {
  const SocketSetup& setup = *socket.setup;
  if (remote.ip.is_v6() != facts_.address.is_v6()) return Errno::netunreach;
  SocketAddress local{is_any(setup.local.ip) ? facts_.address : setup.local.ip, setup.local.port};
  if (local.port == 0) {
    if (const Errno error = choose_port(local, &remote); error != Errno::none) return error;
  } else if (stack_.find({local, remote}) != nullptr) {
    return Errno::addrnotavail;
  }
  tuple = {local, remote};
  return Errno::none;
}

void Sockets::attach(Socket& socket, Connection& connection) {
  std::erase(stack_.bound(), &socket);
  socket.has_port = socket.setup->bound && socket.setup->local.port != 0;
  socket.connection = &connection;
  connection.socket = &socket;
  socket.setup.reset();
}

// Without its connection a socket has its options still, and the port that bind() gave it.
void Sockets::detach(Socket& socket) {
  auto setup = std::make_unique<SocketSetup>();
  const Endpoint& endpoint = socket.connection->endpoint();
  setup->options = endpoint.options();
  if (socket.has_port) {
    setup->local = endpoint.addresses().local;
    setup->bound = true;
    stack_.bound().push_back(&socket);
  }
  stack_.release(*socket.connection);
  socket.connection = nullptr;
  socket.was_connected = false;
  socket.setup = std::move(setup);
}

CallResult Sockets::disconnect(TimePoint now, Socket& socket) {
  if (is_datagram(socket)) {
    socket.setup->datagrams->peer.reset();
    return CallResult::of(0);
  }
  if (!facts_.rules.unspec_disconnects)
    return CallResult::failure(socket.connection != nullptr ? Errno::isconn : Errno::afnosupport);
  if (socket.listener != nullptr) {
    stop_listening(now, socket);
  } else if (socket.connection == nullptr) {
    socket.setup->deferred.reset();
  } else {
    const State state = socket.connection->endpoint().state();
    const bool was_over = state == State::closed || state == State::time_wait;
    stack_.input(now, *socket.connection, [now](Endpoint& endpoint) { endpoint.abort(now); });
    const Errno before = socket.connection->take_error();
    detach(socket);
    socket.setup->error = was_over ? before : Errno::connreset;
  }
  return CallResult::of(0);
}

// What a call fails with that wants a connection: what the one before left, once, else `otherwise`.
CallResult Sockets::without_connection(Socket& socket, Errno otherwise) {
  const Errno left = socket.setup != nullptr ? std::exchange(socket.setup->error, Errno::none) : Errno::none;
  return CallResult::failure(left != Errno::none ? left : otherwise);
}

void Sockets::expect_write(TimePoint now, Socket& socket) {
  if (socket.connection == nullptr) return;
  stack_.input(now, *socket.connection, [](Endpoint& endpoint) { endpoint.expect_write(); });
}

CallResult Sockets::shutdown(TimePoint now, Socket& socket, ShutdownHow how) {
  if (facts_.rules.shutdown_disconnects) {
    if (socket.listener != nullptr) {
      if (how != ShutdownHow::write) stop_listening(now, socket);
      return CallResult::of(0);
    }
    if (socket.connection != nullptr && socket.connection->endpoint().state() == State::syn_sent) {
      stack_.input(now, *socket.connection, [now](Endpoint& endpoint) { endpoint.disconnect(now); });
      return CallResult::of(0);
    }
  }
  if (socket.connection == nullptr || socket.connection->endpoint().state() == State::closed) {
    return CallResult::failure(Errno::notconn);
  }
  stack_.input(now, *socket.connection, [&](Endpoint& endpoint) {
    if (how != ShutdownHow::write) endpoint.shutdown_read();
    if (how != ShutdownHow::read) endpoint.shutdown_write(now);
  });
  return CallResult::of(0);
}

std::uint8_t Sockets::readiness(const Socket& socket) const {
  namespace ev = poll_event;
  if (is_datagram(socket)) return datagram_readiness(socket);
  if (socket.listener != nullptr) return socket.listener->waiting() > 0 ? ev::in : std::uint8_t{0};
  if (is_deferred(socket)) return ev::out;  // a write connects
  if (socket.connection == nullptr) {
    const std::uint8_t failed = socket.setup->error != Errno::none ? ev::err : std::uint8_t{0};
    return ev::out | ev::hup | failed;
  }
  const Endpoint& endpoint = socket.connection->endpoint();
  const State state = endpoint.state();
  const bool closed = state == State::closed;
  const bool failed = endpoint.peek_error() != Errno::none;
  const bool ended = closed || endpoint.fin_received() || endpoint.receive_shut();
  const bool cannot_send = closed || endpoint.send_shut();
  std::uint8_t events = 0;
  if (endpoint.is_readable() || ended || failed) events |= ev::in;
  const bool may_write = is_synchronized(state) || endpoint.is_early();
  if (cannot_send || failed || (may_write && endpoint.is_writable())) events |= ev::out;
  if (failed || endpoint.has_reports()) events |= ev::err;
  if (endpoint.has_urgent_byte()) events |= ev::pri;
  if (ended) events |= ev::rdhup;
  if (ended && cannot_send) events |= ev::hup;
  return events;
}

const Endpoint* Sockets::endpoint_of(const Socket& socket) {
  return socket.connection != nullptr ? &socket.connection->endpoint() : nullptr;
}

}  // namespace halfopen

// Sockets that come and go: socket, bind, listen, accept, close.
#include <algorithm>

#include "sim/os/sockets.h"

namespace halfopen {

Socket& Sockets::create() {
  Socket& socket = take_slot();
  socket.setup = std::make_unique<SocketSetup>();
  return socket;
}

Socket& Sockets::take_slot() {
  if (free_.empty()) return slots_.emplace_back();
  Socket& socket = *free_.back();
  free_.pop_back();
  return socket;
}

void Sockets::destroy(Socket& socket) {
  socket.connection = nullptr;
  socket.listener.reset();
  socket.setup.reset();
  socket.references = 1;
  socket.peek_offset = -1;
  socket.was_connected = false;
  socket.has_port = false;
  socket.nonblocking = false;
  socket.lingering = false;
  free_.push_back(&socket);
}

CallResult Sockets::bind(Socket& socket, const SocketAddress& local) {
  if (socket.setup == nullptr || socket.setup->bound) return CallResult::failure(Errno::inval);
  const bool is_ours = is_any(local.ip) || facts_.owns(local.ip);
  if (!is_ours && !socket.setup->options.bind_anywhere) return CallResult::failure(Errno::addrnotavail);
  if (is_datagram(socket)) return bind_datagram(socket, local);
  if (local.port != 0) {
    if (const Errno error = check_bind(socket, local); error != Errno::none)
      return CallResult::failure(error);
    stack_.bound().push_back(&socket);
  }
  socket.setup->local = local;
  socket.setup->bound = true;
  return CallResult::of(0);
}

CallResult Sockets::listen(Socket& socket, std::uint32_t backlog) {
  const std::uint32_t granted = std::min(backlog, facts_.profile.socket.somaxconn.value);
  const FastOpenProfile& fast = facts_.profile.fast_open;
  const auto enable_fast_open = [&](FastOpenSetup& setup) {
    if (fast.server && fast.every_listener && setup.limit == 0) setup.limit = granted;
  };
  if (socket.listener != nullptr) {
    socket.listener->set_backlog(granted);
    enable_fast_open(socket.listener->fast_open().setup());
    return CallResult::of(0);
  }
  if (is_datagram(socket)) return CallResult::failure(Errno::opnotsupp);
  if (socket.setup == nullptr || is_deferred(socket)) return CallResult::failure(Errno::inval);
  SocketAddress local = socket.setup->local;
  if (!socket.setup->bound) local.ip = facts_.address;
  if (local.port == 0) {
    if (const Errno error = choose_port(local, nullptr); error != Errno::none)
      return CallResult::failure(error);
  } else if (is_listened_at(local)) {
    return CallResult::failure(Errno::addrinuse);
  }
  std::erase(stack_.bound(), &socket);
  enable_fast_open(socket.setup->fast_open);
  socket.setup->options.delays_acks = false;  // net/ipv4/inet_connection_sock.c inet_csk_listen_start
  socket.listener = std::make_unique<Listener>(socket, local, granted, socket.setup->options,
                                               facts_.profile.socket, socket.setup->fast_open);
  socket.setup.reset();
  stack_.add_listener(*socket.listener);
  return CallResult::of(0);
}

// It is as before listen(), at its address still (net/ipv4/tcp.c tcp_disconnect).
void Sockets::stop_listening(TimePoint now, Socket& socket) {
  Listener& listener = *socket.listener;
  auto setup = std::make_unique<SocketSetup>();
  setup->options = listener.options();
  setup->local = listener.local();
  setup->fast_open = listener.fast_open().setup();
  setup->bound = true;
  stack_.remove_listener(now, listener);
  socket.listener.reset();
  socket.setup = std::move(setup);
  stack_.bound().push_back(&socket);
}

CallResult Sockets::accept(Socket& socket, Socket*& accepted) {
  if (socket.listener == nullptr) return CallResult::failure(Errno::inval);
  Connection* connection = socket.listener->accept();
  if (connection == nullptr) return CallResult::waits();
  accepted = &take_slot();
  accepted->connection = connection;
  accepted->was_connected = true;
  accepted->peek_offset = socket.peek_offset;
  connection->socket = accepted;
  TcpStack::note_accepted(*connection);
  return CallResult::of(0);
}

CallResult Sockets::close(TimePoint now, Socket& socket, CloseBy by) {
  if (--socket.references > 0) return CallResult::of(0);
  if (socket.connection == nullptr) {
    std::erase(stack_.bound(), &socket);
    if (is_datagram(socket)) std::erase(stack_.datagram_sockets(), &socket);
    if (socket.listener != nullptr) stack_.remove_listener(now, *socket.listener);
    destroy(socket);
    return CallResult::of(0);
  }
  const SocketOptions& options = socket.connection->endpoint().options();
  const bool lingers = by == CloseBy::call && options.linger && options.linger_time > Duration{};
  stack_.input(now, *socket.connection, [now](Endpoint& endpoint) { endpoint.close(now); });
  socket.lingering = lingers;
  if (is_lingering(socket)) return CallResult::waits();
  end_linger(socket);
  return CallResult::of(0);
}

bool Sockets::is_lingering(const Socket& socket) {
  return socket.lingering && socket.connection->endpoint().close_pending();
}

void Sockets::end_linger(Socket& socket) {
  stack_.release(*socket.connection);
  destroy(socket);
}

// Whether bind() may give `local` to this socket: nobody listens there, and whoever else uses the port shares
// it.
Errno Sockets::check_bind(const Socket& socket, const SocketAddress& local) const {
  if (is_listened_at(local)) return Errno::addrinuse;
  const bool shares = socket.setup->options.reuse_address;
  for (const Socket* other : stack_.bound()) {
    if (!overlap(other->setup->local, local)) continue;
    if (!shares || !other->setup->options.reuse_address) return Errno::addrinuse;
  }
  return !shares && stack_.is_used(local) ? Errno::addrinuse : Errno::none;
}

// Puts a free ephemeral port into `local`: free altogether, or with `remote` free as a four-tuple.
Errno Sockets::choose_port(SocketAddress& local, const SocketAddress* remote) {
  Identity& identity = stack_.identity();
  for (std::uint32_t tries = identity.port_count(); tries > 0; --tries) {
    local.port = identity.next_port();
    if (is_listened_at(local) || is_bound(local)) continue;
    const bool taken = remote != nullptr ? stack_.find({local, *remote}) != nullptr : stack_.is_used(local);
    if (!taken) return Errno::none;
  }
  return remote != nullptr ? Errno::addrnotavail : Errno::addrinuse;
}

bool Sockets::is_bound(const SocketAddress& local) const {
  return std::ranges::any_of(stack_.bound(),
                             [&](const Socket* s) { return overlap(s->setup->local, local); });
}

bool Sockets::is_listened_at(const SocketAddress& local) const {
  return std::ranges::any_of(stack_.listeners(),
                             [&](const Listener* l) { return overlap(l->local(), local); });
}

}  // namespace halfopen

// A SYN with data or with the Fast Open option meets a listener.
#include "sim/os/tcp_stack.h"

namespace halfopen {

// net/ipv4/tcp_fastopen.c tcp_try_fastopen; RFC 7413 section 4.2.2.
FastOpenReply TcpStack::fast_open_reply(TimePoint now, Listener& listener, const FourTuple& tuple,
                                        const Segment& syn) {
  const FastOpenProfile& os = facts_.profile.fast_open;
  if (!os.server) return {};
  const std::optional<FastOpenOption> shown = valid_fast_open(syn.options);
  if (!shown && syn.payload.empty()) return {};
  if (!listener.fast_open().has_room(now)) return {};
  if (os.server_without_cookie || listener.options().fast_open_no_cookie)
    return {.takes_data = true, .option = {}};
  if (!shown) return {};
  const FastOpenKey key = listener.fast_open().setup().key.value_or(fast_open_key());
  const FastOpenCookie right = make_fast_open_cookie(os, key, tuple.remote.ip, tuple.local.ip);
  if (shown->cookie == right) return {.takes_data = true, .option = {}};
  return {.takes_data = false,
          .option = FastOpenOption{.cookie = right, .experimental = shown->experimental}};
}

FastOpenKey TcpStack::fast_open_key() const {
  const FastOpenKey& given = facts_.profile.fast_open.key;
  return given.is_set ? given : identity_.fast_open_key();
}

FastOpenCache::Choice TcpStack::fast_open_choice(TimePoint now, const SocketAddress& server,
                                                 const SocketOptions& options) const {
  return env_.fast_open.choose(now, facts_.profile.fast_open, server, options.fast_open_no_cookie);
}

Connection& TcpStack::connect_fast(TimePoint now, const FourTuple& tuple, const SocketOptions& options,
                                   std::span<const std::uint8_t> bytes, std::size_t& taken) {
  Connection& connection = make(now, tuple, options, std::nullopt);
  ++env_.counters.active_opens;
  input(now, connection, [&](Endpoint& endpoint) { taken = endpoint.connect_fast(now, bytes); });
  return connection;
}

// The listener counts it until its handshake is complete or it is over.
void TcpStack::watch_early(TimePoint now, Connection& connection) {
  const Endpoint& endpoint = connection.endpoint();
  if (endpoint.awaits_early_ack()) return;
  const bool was_reset = endpoint.state() == State::closed && connection.socket != nullptr &&
                         endpoint.peek_error() == Errno::connreset;
  connection.early_of->fast_open().leave(now, was_reset);
  connection.early_of = nullptr;
}

}  // namespace halfopen

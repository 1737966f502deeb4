#include "sim/os/epoll.h"

#include <algorithm>

namespace halfopen {
namespace {

// Of these it tells whether asked or not.
constexpr std::uint8_t kAlways = poll_event::err | poll_event::hup;

}  // namespace

std::vector<Epoll::Watch>::iterator Epoll::find(const Socket& socket) {
  return std::ranges::find(watches_, &socket, &Watch::socket);
}

Errno Epoll::add(Socket& socket, const EpollEvent& wanted) {
  if (find(socket) != watches_.end()) return Errno::exist;
  watches_.push_back({.socket = &socket, .wanted = wanted, .seen = {}});
  return Errno::none;
}

Errno Epoll::modify(Socket& socket, const EpollEvent& wanted) {
  const auto found = find(socket);
  if (found == watches_.end()) return Errno::noent;
  *found = {.socket = &socket, .wanted = wanted, .seen = {}};
  return Errno::none;
}

Errno Epoll::remove(Socket& socket) {
  const auto found = find(socket);
  if (found == watches_.end()) return Errno::noent;
  watches_.erase(found);
  return Errno::none;
}

// An edge is any wakeup for what is watched; what is told is then the whole state (fs/eventpoll.c
// ep_poll_callback, ep_item_poll).
bool Epoll::has_news(const Watch& watch, const Endpoint* endpoint) {
  if (watch.is_fresh || !watch.wanted.edge || endpoint == nullptr) return true;
  const Endpoint::News now = endpoint->news();
  const bool reads = (watch.wanted.events & (poll_event::in | poll_event::rdhup)) != 0;
  const bool writes = (watch.wanted.events & poll_event::out) != 0;
  return (reads && now.in != watch.seen.in) || (writes && now.out != watch.seen.out) ||
         now.errors != watch.seen.errors;
}

std::size_t Epoll::collect(const Sockets& sockets, std::span<EpollEvent> out) {
  std::size_t found = 0;
  std::size_t told = 0;  // they go to the end, so that each has its turn
  for (std::size_t left = watches_.size(); left > 0 && found < out.size(); --left) {
    Watch& watch = watches_[told];
    const Endpoint* endpoint = Sockets::endpoint_of(*watch.socket);
    const std::uint8_t mask = watch.wanted.events | kAlways;
    const std::uint8_t events = sockets.readiness(*watch.socket) & mask;
    if (watch.disarmed || events == 0 || !has_news(watch, endpoint)) {
      ++told;
      continue;
    }
    out[found++] = {.events = events, .edge = false, .one_shot = false, .data = watch.wanted.data};
    watch.is_fresh = false;
    watch.disarmed = watch.wanted.one_shot;
    if (endpoint != nullptr) watch.seen = endpoint->news();
    std::rotate(watches_.begin() + static_cast<std::ptrdiff_t>(told),
                watches_.begin() + static_cast<std::ptrdiff_t>(told) + 1, watches_.end());
  }
  return found;
}

}  // namespace halfopen

// An epoll(7) instance: the sockets it watches, and which of them it has to tell of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/base/errno.h"
#include "sim/os/call.h"
#include "sim/os/sockets.h"

namespace halfopen {

class Epoll {
 public:
  // epoll_ctl() by its three operations: EEXIST, ENOENT.
  Errno add(Socket& socket, const EpollEvent& wanted);
  Errno modify(Socket& socket, const EpollEvent& wanted);
  Errno remove(Socket& socket);

  // Fills `out` with those that are ready, longest not told first (fs/eventpoll.c ep_send_events); how many.
  std::size_t collect(const Sockets& sockets, std::span<EpollEvent> out);
  [[nodiscard]] std::size_t size() const { return watches_.size(); }
  // Calls visit(socket) for each that is watched.
  template <class Visit>
  void each(Visit&& visit) const {
    for (const Watch& watch : watches_) visit(*watch.socket);
  }

 private:
  struct Watch {
    Socket* socket = nullptr;
    EpollEvent wanted;
    Endpoint::News seen;    // up to here it was told
    bool is_fresh = true;   // added or modified, and not told since
    bool disarmed = false;  // one_shot, and told
  };
  std::vector<Watch>::iterator find(const Socket& socket);
  [[nodiscard]] static bool has_news(const Watch& watch, const Endpoint* endpoint);

  std::vector<Watch> watches_;
};

}  // namespace halfopen

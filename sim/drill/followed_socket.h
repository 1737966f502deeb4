// Which of a script's sockets its packets are about, as its calls tell.
#pragma once

#include <cstdint>

#include "sim/drill/connection_map.h"
#include "sim/script/script.h"
#include "sim/tcp/profile.h"
#include "sim/wire/address.h"

namespace halfopen::drill {

class FollowedSocket {
 public:
  // -1 until the connection is accepted.
  [[nodiscard]] std::int64_t descriptor() const { return descriptor_; }
  // A packet in has begun a connection.
  void await_accept() { descriptor_ = -1; }
  // Before the call is made, and when it has given what the script says. `otherwise`: where `...` connects
  // to; `os`: by whose numbers the script's words go. What the call means for the connection goes into `map`.
  void before_call(const script::CallSpec& call, const SocketAddress& otherwise, OsFamily os,
                   ConnectionMap& map);
  void after_call(const script::CallSpec& call, OsFamily os, ConnectionMap& map);

 private:
  std::int64_t descriptor_ = -1;
  std::int64_t dissolved_ = -1;  // the socket whose connection connect() to AF_UNSPEC has ended
};

}  // namespace halfopen::drill

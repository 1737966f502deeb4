#include "sim/drill/followed_socket.h"

#include "sim/script/meaning.h"

namespace halfopen::drill {
namespace {

using script::CallSpec;

std::int64_t descriptor_of(const CallSpec& call, OsFamily os) {
  return call.arguments.empty() ? -1 : script::number_of(call.arguments[0], os).value_or(-1);
}

// Where a call connects to, or would if it opens its socket (Fast Open); null for the others.
const script::Value* destination_of(const CallSpec& call) {
  if (call.name == "connect" && call.arguments.size() > 1) return &call.arguments[1];
  if (call.name == "sendto" && call.arguments.size() > 4) return &call.arguments[4];
  if (call.name == "sendmsg" && call.arguments.size() > 1) return call.arguments[1].field("msg_name");
  return nullptr;
}

}  // namespace

void FollowedSocket::before_call(const CallSpec& call, const SocketAddress& otherwise, OsFamily os,
                                 ConnectionMap& map) {
  const script::Value* to = destination_of(call);
  if (to == nullptr || script::is_unspecified(*to)) return;
  const std::int64_t descriptor = descriptor_of(call, os);
  if (descriptor >= 0 && descriptor == dissolved_) {  // the socket's next connection
    dissolved_ = -1;
    descriptor_ = descriptor;
    map.socket();
  }
  if (descriptor != descriptor_ || map.stage() != ConnectionMap::Stage::fresh) return;
  map.connect(script::socket_address_of(*to).value_or(otherwise));
}

void FollowedSocket::after_call(const CallSpec& call, OsFamily os, ConnectionMap& map) {
  const std::int64_t result = script::number_of(call.result, os).value_or(-1);
  if (result < 0) return;
  if (call.name == "socket") {
    map.socket();
    descriptor_ = result;
  } else if (call.name == "listen" && descriptor_of(call, os) == descriptor_) {
    map.listen();
  } else if (call.name.starts_with("accept") && descriptor_ < 0) {
    descriptor_ = result;
  } else if (call.name == "connect" && call.arguments.size() > 1 &&
             script::is_unspecified(call.arguments[1])) {
    dissolved_ = descriptor_of(call, os);
  }
}

}  // namespace halfopen::drill

#include "sim/trace/observe.h"

namespace halfopen {

std::string_view to_string(HostId host) {
  switch (host) {
    case HostId::client: return "client";
    case HostId::server: return "server";
    case HostId::router: return "router";
  }
  return "?";
}

std::string_view to_string(PacketFate fate) {
  switch (fate) {
    case PacketFate::delivered: return "delivered";
    case PacketFate::lost: return "lost";
    case PacketFate::cut: return "path is cut";
    case PacketFate::dropped_by_match: return "dropped by the timeline";
    case PacketFate::queue_full: return "queue is full";
    case PacketFate::too_big: return "too big for the path";
    case PacketFate::nobody_there: return "nobody there";
  }
  return "?";
}

}  // namespace halfopen

#include "sim/scenario/path_config.h"

namespace halfopen {

std::string_view to_string(Direction direction) {
  switch (direction) {
    case Direction::to_server: return "to-server";
    case Direction::to_client: return "to-client";
    case Direction::both: break;
  }
  return "both";
}

}  // namespace halfopen

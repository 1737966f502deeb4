// Who plays the two hosts of a run.
#pragma once

#include <optional>
#include <string_view>

namespace halfopen {

// Which hosts of a run are this machine's kernel; the others are models.
struct Pairing {
  bool client_is_kernel = false;
  bool server_is_kernel = false;

  [[nodiscard]] bool is_simulated() const { return !client_is_kernel && !server_is_kernel; }
  friend bool operator==(const Pairing&, const Pairing&) = default;
};

// "sim", "replay" (kernel client, model server), "live" (both kernel) and "model-kernel".
[[nodiscard]] std::string_view to_string(const Pairing& hosts);
[[nodiscard]] std::optional<Pairing> pairing_from(std::string_view name);

}  // namespace halfopen

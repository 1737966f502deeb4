// What the guest's init is to do, as a file in the initramfs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace halfopen::guest {

struct Orders {
  std::vector<std::string> modules;      // in the order in which they are loaded
  bool needs_tun = true;                 // without it the command is not even started
  std::uint64_t start_ms = 0;            // the guest's uptime at which the command starts
  std::uint64_t limit_ms = 0;            // of the command, in the guest's time; 0: none
  std::string directory;                 // where it starts
  std::vector<std::string> environment;  // NAME=value: all of it
  std::vector<std::string> words;        // the command; words[0] is looked up in PATH
  std::vector<std::string> watched;      // files and directories: what is new or changed there is sent to us
};

[[nodiscard]] std::string to_text(const Orders& orders);
// nullopt for what to_text() did not write.
[[nodiscard]] std::optional<Orders> parse_orders(std::string_view text);

}  // namespace halfopen::guest

// Files of the guest on their way to this machine.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "replay/guest/baggage.h"

namespace halfopen::guest {

class GuestFiles {
 public:
  // `most`: bytes that all of them may have, as they are in the guest's memory. What a frame says of more is
  // not believed, and memory is taken for what came only.
  explicit GuestFiles(std::uint64_t most) : most_{most} {}

  // Frames of the types listing, file and data: see protocol.h. A payload that is too short is passed over.
  void on_listing();
  void on_file(std::string_view payload);
  void on_data(std::string_view payload);

  // Writes every output, and every file below what is watched, to its place here, each whole or, where that
  // fails, not at all; a file of which not all came as NAME.partial. What lies elsewhere is passed over.
  // Gives a line for each that is not here, or not whole.
  [[nodiscard]] std::vector<std::string> write_back(const Baggage& baggage) const;

 private:
  struct File {
    std::string name;  // empty: it has none (any more)
    std::uint64_t size = 0;
    std::string bytes;  // of these so many came
  };
  [[nodiscard]] bool has_room_for(std::uint64_t bytes) const { return held_ + bytes <= most_; }

  std::uint64_t most_;
  std::uint64_t held_ = 0;               // bytes in memory, names with them
  std::map<std::uint64_t, File> files_;  // by the guest's number
};

}  // namespace halfopen::guest

// Files of the guest on their way to this machine.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace halfopen::guest {

class GuestFiles {
 public:
  // Frames of the types listing, file and data: see protocol.h. A payload that is too short is passed over.
  void on_listing();
  void on_file(std::string_view payload);
  void on_data(std::string_view payload);

  // Writes every file below `watched` to its place here, each whole or, where that fails, not at all. Gives a
  // line for each that could not be written, and for each that lies elsewhere nothing.
  [[nodiscard]] std::vector<std::string> write_back(const std::vector<std::string>& watched) const;

 private:
  struct File {
    std::string name;  // empty: it has none (any more)
    std::string bytes;
  };
  std::map<std::uint64_t, File> files_;  // by the guest's number
};

}  // namespace halfopen::guest

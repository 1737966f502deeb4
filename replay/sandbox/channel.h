// Messages with descriptors between us and a sandbox's init, over a pair of Unix sockets that keep messages
// apart.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "replay/base/unique_fd.h"

namespace halfopen {

// At most kMaxMessage bytes of text and kMaxDescriptors descriptors.
struct ChannelMessage {
  std::string text;
  std::vector<UniqueFd> descriptors;
};

class Channel {
 public:
  static constexpr std::size_t kMaxMessage = 4096;
  static constexpr std::size_t kMaxDescriptors = 8;

  // Two ends, close-on-exec. Throws std::system_error.
  [[nodiscard]] static std::pair<Channel, Channel> pair();
  Channel() = default;

  // False when the other end is gone. The descriptors stay the caller's. Throws std::system_error.
  bool send(std::string_view text, const std::vector<int>& descriptors = {});
  // Waits for a message; nullopt when the other end is gone. Throws std::system_error, also where this
  // process may not have as many descriptors as came.
  [[nodiscard]] std::optional<ChannelMessage> receive();

  [[nodiscard]] int fd() const { return fd_.get(); }
  void close() { fd_.reset(); }

 private:
  explicit Channel(int fd) : fd_{fd} {}
  UniqueFd fd_;
};

}  // namespace halfopen

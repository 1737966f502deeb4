#include "replay/guest/file_bytes.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <stdexcept>

#include "replay/base/unique_fd.h"

namespace halfopen::guest {

std::string read_start(const std::string& path, std::size_t count) {
  const auto fail = [&] { throw std::runtime_error{"cannot read " + path + ": " + std::strerror(errno)}; };
  const UniqueFd file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) fail();
  std::string bytes;
  std::array<char, 1u << 16> block;
  while (bytes.size() < count) {
    const ssize_t got = read(file.get(), block.data(), std::min(block.size(), count - bytes.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail();
    if (got == 0) break;
    bytes.append(block.data(), static_cast<std::size_t>(got));
  }
  return bytes;
}

std::string read_bytes(const std::string& path) {
  return read_start(path, std::numeric_limits<std::size_t>::max());
}

}  // namespace halfopen::guest

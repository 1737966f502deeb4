#include "replay/guest/cpio.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <limits>
#include <stdexcept>

namespace halfopen::guest {

void CpioWriter::write(std::string_view bytes) {
  out_(bytes);
  written_ += bytes.size();
}

void CpioWriter::pad() {
  constexpr std::string_view kZeros{"\0\0\0", 3};
  constexpr std::uint64_t kAlign = 4;
  write(kZeros.substr(0, (kAlign - written_ % kAlign) % kAlign));
}

void CpioWriter::entry(std::string_view path, std::uint32_t mode, std::string_view content, Device device) {
  if (content.size() > std::numeric_limits<std::uint32_t>::max()) {
    throw std::runtime_error{fmt::format("/{} is too large for an initramfs: 4 GiB or more", path)};
  }
  constexpr int kOwner = 0;
  constexpr int kLinks = 1;
  constexpr int kTime = 0;
  constexpr int kOwnDevice = 0;
  constexpr int kChecksum = 0;
  // Magic, then 13 numbers of 8 hexadecimal digits; the name with its zero.
  write(fmt::format("070701{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}",
                    ++inode_, mode, kOwner, kOwner, kLinks, kTime, content.size(), kOwnDevice, kOwnDevice,
                    device.major, device.minor, path.size() + 1, kChecksum));
  write(path);
  write({"\0", 1});
  pad();
  write(content);
  pad();
}

void CpioWriter::add(std::string_view path, std::uint32_t mode, std::string_view content) {
  entry(path, mode, content, {});
}

void CpioWriter::add_device(std::string_view path, std::uint32_t permissions, std::uint32_t major,
                            std::uint32_t minor) {
  entry(path, S_IFCHR | permissions, {}, {major, minor});
}

void CpioWriter::finish() { entry("TRAILER!!!", 0, {}, {}); }

}  // namespace halfopen::guest

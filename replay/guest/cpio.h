// An initramfs: a cpio archive in the "newc" format
// (Documentation/driver-api/early-userspace/buffer-format.rst).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace halfopen::guest {

class CpioWriter {
 public:
  // `out` gets the archive's bytes, in pieces.
  explicit CpioWriter(std::function<void(std::string_view)> out) : out_{std::move(out)} {}

  // An entry: a path without a '/' at its start, st_mode (type and permissions), and what is in it: a file's
  // bytes or a link's target. Owner root, inodes counted up, time 0: the same entries give the same bytes.
  // Throws std::runtime_error for a file of 4 GiB or more, which the format cannot hold.
  void add(std::string_view path, std::uint32_t mode, std::string_view content);
  // A character device.
  void add_device(std::string_view path, std::uint32_t permissions, std::uint32_t major, std::uint32_t minor);
  // The end of the archive; nothing is added afterwards.
  void finish();

 private:
  struct Device {
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
  };
  void entry(std::string_view path, std::uint32_t mode, std::string_view content, Device device);
  void write(std::string_view bytes);
  void pad();

  std::function<void(std::string_view)> out_;
  std::uint64_t written_ = 0;
  std::uint32_t inode_ = 0;
};

}  // namespace halfopen::guest

// What the guest's init tells us, and how: frames of bytes, written one after the other to an I/O port that
// QEMU's debugcon passes on. Shared by both ends.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace halfopen::guest {

inline constexpr std::uint16_t kFramePort = 0xe9;  // QEMU's debugcon, by default
inline constexpr std::uint16_t kExitPort = 0xf4;   // isa-debug-exit: a byte written here ends QEMU
inline constexpr const char* kOrdersFile = "/.halfopen-orders";

// The payload of each stands beside it. Numbers are little-endian, 8 bytes.
enum class FrameType : char {
  hello = 'h',      // the kernel's release; from here on the guest is there
  start = 's',      // nothing: the command starts, time zero
  output = 'o',     // what the command wrote to its standard output
  error = 'e',      // and to its standard error
  heartbeat = 't',  // nothing: time passes
  listing = 'l',    // nothing: the names that follow are all that there are
  file = 'n',       // number, size, name: a file that is new or changed, now of this size
  data = 'd',       // number, offset, bytes of that file
  limit = 'k',      // nothing: the command is ended, since its time in the guest is over
  status = 'q',     // number: the command's exit status, 128 + the signal that ended it
  remark = 'w',     // one line: what makes this kernel a worse one for what runs in it
  failure = 'm',    // one line: the guest cannot run the command, and why
};

// Before each payload.
struct FrameHeader {
  static constexpr std::size_t kSize = 13;
  static constexpr std::uint32_t kMaxPayload = 1u << 16;

  FrameType type = FrameType::heartbeat;
  std::int64_t time = 0;   // nanoseconds of the guest's clock since `start`; before it, since the boot
  std::uint32_t size = 0;  // of the payload
};

inline std::array<char, 8> bytes_of(std::uint64_t number) {
  std::array<char, 8> bytes{};
  std::memcpy(bytes.data(), &number, bytes.size());  // both ends are x86-64
  return bytes;
}

inline std::uint64_t number_from(const char* bytes) {
  std::uint64_t number = 0;
  std::memcpy(&number, bytes, sizeof number);
  return number;
}

}  // namespace halfopen::guest

#include "replay/watch/tracee_memory.h"

#include <sys/uio.h>

namespace halfopen {

bool read_memory(pid_t pid, std::uint64_t address, void* into, std::size_t size) {
  if (size == 0) return true;
  if (address == 0) return false;
  const iovec here{.iov_base = into, .iov_len = size};
  // An address of another process is a number to us; the kernel's interface wants it as a pointer.
  const iovec there{.iov_base = reinterpret_cast<void*>(static_cast<std::uintptr_t>(address)),
                    .iov_len = size};
  return process_vm_readv(pid, &here, 1, &there, 1, 0) == static_cast<ssize_t>(size);
}

std::optional<std::vector<std::uint8_t>> read_bytes(pid_t pid, std::uint64_t address, std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  if (!read_memory(pid, address, bytes.data(), size)) return std::nullopt;
  return bytes;
}

}  // namespace halfopen

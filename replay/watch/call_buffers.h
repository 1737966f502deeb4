// The buffers, messages, addresses and times that a traced call points to, as text. `address` is always one
// in the memory of `tid`, a traced thread that is stopped.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace halfopen {

// "0x7ffd1234", "NULL": where memory cannot be read.
[[nodiscard]] std::string pointer_text(std::uint64_t address);
// "\"hello\\n\"", cut after 32 bytes.
[[nodiscard]] std::string buffer_text(pid_t tid, std::uint64_t address, std::uint64_t size);
// "10.9.0.2:9998"; "NULL" for no address.
[[nodiscard]] std::string sockaddr_text(pid_t tid, std::uint64_t address, std::uint64_t size);
// "{tv_sec=1, tv_nsec=0}" and "{tv_sec=1, tv_usec=0}"; "NULL" for no limit.
[[nodiscard]] std::string timespec_text(pid_t tid, std::uint64_t address);
[[nodiscard]] std::string timeval_text(pid_t tid, std::uint64_t address);

// What is in the buffers of a call: all that is to be sent, the first `bytes` that were received, or nothing
// of one that failed.
struct Filled {
  enum class How : std::uint8_t { whole, bytes, none };
  How how = How::whole;
  std::uint64_t bytes = 0;
};
// "[{iov_base=\"hello\", iov_len=5}]".
[[nodiscard]] std::string iovec_text(pid_t tid, std::uint64_t address, std::uint64_t count, Filled filled);
// "{msg_iov=[...], msg_iovlen=1}".
[[nodiscard]] std::string message_text(pid_t tid, std::uint64_t address, Filled filled);
// "[{msg_hdr={...}, msg_len=5}]" of recvmmsg, where `received`, and without msg_len of sendmmsg.
[[nodiscard]] std::string messages_text(pid_t tid, std::uint64_t address, std::uint64_t count, bool received);

// A socket option's value in the model's units: a time in milliseconds, lingering in seconds or -1.
[[nodiscard]] std::string option_value_text(pid_t tid, int level, int option, std::uint64_t address,
                                            std::uint32_t size);

}  // namespace halfopen

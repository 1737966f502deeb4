// A host: one operating system's TCP with its sockets. Packets go in and come out as bytes, calls are made on
// sockets, and the clock is handed in; it has neither a socket of the machine's nor a thread nor a callback.
//
//   host.input(now, packet);                           // or advance(now), or any call
//   while (host.poll(now, packet)) send(packet);       // after each of them
//   sleep until host.next_deadline(), then advance()
#pragma once

#include <halfopen/api.h>
#include <halfopen/time.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ho {

class Capture;

struct HostConfig {
  std::string profile = "linux";     // `halfopen profiles` lists them
  std::string address = "10.9.0.1";  // IPv4 or IPv6
  std::uint64_t seed = 1;            // of sequence numbers, ports and everything else that is random
  std::uint16_t mtu = 1500;          // of its device, 68 or more; of IPv6 1280 or more
  std::vector<std::pair<std::string, std::string>> sysctls{};  // {"tcp_retries2", "8"}, by the system's names
};

// What a call gives: a value from 0 on, or minus an error number of Linux on x86-64 (-110 is ETIMEDOUT),
// whatever the machine. Calls never block: what would is -11 (EAGAIN), a connect() under way -115
// (EINPROGRESS); the same call again, after something has happened, goes on.
using Result = std::int64_t;

// Bits of readiness(), as poll(2) has them on Linux.
enum Readiness : unsigned {
  readable = 0x01,
  writable = 0x04,
  failed = 0x08,
  hung_up = 0x10,
  peer_closed = 0x2000
};

class HO_API Host {
 public:
  // A host that is up. Throws std::invalid_argument for a profile, an address, an MTU or a sysctl that does
  // not exist or fit.
  explicit Host(const HostConfig& config);
  ~Host();
  Host(Host&&) noexcept;
  Host& operator=(Host&&) noexcept;

  // In all that follows `now` never runs back: std::invalid_argument. Of a host of a World it is the World's
  // now(), and input(), poll() and advance() are the World's business: std::logic_error.

  // --- The network and the clock
  // A raw IP packet arrives. False, and nothing happens, if it is none or a checksum is wrong: a host drops
  // it.
  bool input(Time now, std::span<const std::uint8_t> packet);
  // The next packet to send; false, and `packet` is left alone, when there is none.
  bool poll(Time now, std::vector<std::uint8_t>& packet);
  // Does what timers want done by `now`.
  void advance(Time now);
  // When advance() is to be called at the latest; never without a timer. Changed by every input and call.
  [[nodiscard]] Time next_deadline() const;
  // Writes every packet that arrives or leaves to `capture`, which outlives the host or the next tap(); null
  // ends it. Those that leave say why they do.
  void tap(Capture* capture);

  // --- Its fate
  // Power off: connections and descriptors are forgotten, nothing is sent, packets are swallowed.
  void crash(Time now);
  // An empty host with the same address; crash() first if it is up.
  void reboot(Time now);
  [[nodiscard]] bool is_up() const;

  // --- Calls on sockets, by descriptor; -9 (EBADF) for one that there is not, -100 (ENETDOWN) of a dark host
  Result socket(Time now);
  Result bind(Time now, int fd, std::uint16_t port);
  Result listen(Time now, int fd, unsigned backlog);
  // -22 (EINVAL) if `address` is no IP address.
  Result connect(Time now, int fd, std::string_view address, std::uint16_t port);
  Result accept(Time now, int fd);                                      // a new descriptor
  Result read(Time now, int fd, std::span<std::uint8_t> into);          // bytes; 0 is the end
  Result write(Time now, int fd, std::span<const std::uint8_t> bytes);  // how many were taken
  // No more will be written, and the peer is told (SHUT_WR).
  Result shutdown(Time now, int fd);
  // Never lingers, but resets the connection where SO_LINGER is 0 or data was not read.
  Result close(Time now, int fd);
  // "TCP_USER_TIMEOUT", "SO_KEEPALIVE" ... with a number in the option's own unit, SO_RCVTIMEO in
  // milliseconds and SO_LINGER in seconds (negative: off); -92 (ENOPROTOOPT) for any other name.
  Result setsockopt(Time now, int fd, std::string_view option, std::int64_t value);
  // Its value; of SO_ERROR the error number, which is thereby taken.
  Result getsockopt(Time now, int fd, std::string_view option);

  // Bits of Readiness; 0 for a descriptor that there is not.
  [[nodiscard]] unsigned readiness(int fd) const;
  // "ESTABLISHED", "CLOSE_WAIT" ...; "LISTEN" of a listener, "CLOSED" without a connection.
  [[nodiscard]] std::string_view state(int fd) const;

 private:
  friend class World;
  struct Parts;
  explicit Host(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace ho

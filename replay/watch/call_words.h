// The constants of socket calls by name, and small structures of the kernel's interface as text.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace halfopen {

[[nodiscard]] std::string domain_text(int domain);        // "AF_INET"
[[nodiscard]] std::string socket_type_text(int type);     // "SOCK_STREAM|SOCK_CLOEXEC"
[[nodiscard]] std::string protocol_text(int protocol);    // "0", "IPPROTO_TCP"
[[nodiscard]] std::string socket_flags_text(int flags);   // accept4's: "SOCK_CLOEXEC"
[[nodiscard]] std::string message_flags_text(int flags);  // "MSG_NOSIGNAL", "0"
[[nodiscard]] std::string how_text(int how);              // "SHUT_WR"
// "POLLIN|POLLHUP", or with the prefix "EPOLL" where `epoll`.
[[nodiscard]] std::string events_text(std::uint32_t events, bool epoll);
// "TCP_NODELAY"; "level 6 option 99" for one without a name here.
[[nodiscard]] std::string option_text(int level, int option);

// "10.9.0.2:9998", "[fd00:9::2]:9998", "AF_UNSPEC".
[[nodiscard]] std::string address_text(const sockaddr_storage& address);

}  // namespace halfopen

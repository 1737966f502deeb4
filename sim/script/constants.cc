#include "sim/script/constants.h"

#include <algorithm>
#include <array>

namespace halfopen::script {
namespace {

constexpr auto kConstants = std::to_array<Constant>({
    // address families, socket types, protocols
    {"AF_UNSPEC", 0},
    {"AF_INET", 2},
    {"PF_INET", 2},
    {"SOCK_STREAM", 1},
    {"SOCK_DGRAM", 2},
    {"SOCK_RAW", 3},
    {"SOCK_SEQPACKET", 5},
    {"IPPROTO_IP", 0},
    {"IPPROTO_ICMP", 1},
    {"IPPROTO_TCP", 6},
    {"IPPROTO_UDP", 17},
    {"IPPROTO_IPV6", 41},
    {"IPPROTO_ICMPV6", 58},
    {"IPPROTO_UDPLITE", 136},
    {"IPPROTO_RAW", 255},
    {"SOL_IP", 0},
    {"SOL_TCP", 6},
    {"SOL_IPV6", 41},
    // SOL_SOCKET
    {"SO_DEBUG", 1},
    // IPPROTO_TCP
    {"TCP_NODELAY", 1},
    {"TCP_MAXSEG", 2},
    // IPPROTO_IP and what its options take
    {"IPTOS_DSCP_CS0", 0},
    {"IPTOS_DSCP_CS1", 0x20},
    {"IPTOS_DSCP_AF11", 0x28},
    {"IPTOS_DSCP_AF12", 0x30},
    {"IPTOS_DSCP_AF13", 0x38},
    {"IPTOS_DSCP_CS2", 0x40},
    {"IPTOS_DSCP_AF21", 0x48},
    {"IPTOS_DSCP_AF22", 0x50},
    {"IPTOS_DSCP_AF23", 0x58},
    {"IPTOS_DSCP_CS3", 0x60},
    {"IPTOS_DSCP_AF31", 0x68},
    {"IPTOS_DSCP_AF32", 0x70},
    {"IPTOS_DSCP_AF33", 0x78},
    {"IPTOS_DSCP_CS4", 0x80},
    {"IPTOS_DSCP_AF41", 0x88},
    {"IPTOS_DSCP_AF42", 0x90},
    {"IPTOS_DSCP_AF43", 0x98},
    {"IPTOS_DSCP_CS5", 0xa0},
    {"IPTOS_DSCP_VA", 0xb0},
    {"IPTOS_DSCP_EF", 0xb8},
    {"IPTOS_DSCP_CS6", 0xc0},
    {"IPTOS_DSCP_CS7", 0xe0},
    // IPPROTO_IPV6
    {"IPV6_DONTFRAG", 62},
    // open(2), fcntl(2) and files
    {"O_RDONLY", 0},
    {"O_WRONLY", 1},
    {"O_RDWR", 2},
    {"O_ACCMODE", 3},
    {"F_DUPFD", 0},
    {"F_GETFD", 1},
    {"F_SETFD", 2},
    {"F_GETFL", 3},
    {"F_SETFL", 4},
    {"FD_CLOEXEC", 1},
    {"LOCK_SH", 1},
    {"LOCK_EX", 2},
    {"LOCK_NB", 4},
    {"LOCK_UN", 8},
    {"SEEK_SET", 0},
    {"SEEK_CUR", 1},
    {"SEEK_END", 2},
    {"F_UNLCK", 2},
    // send(2), recv(2), shutdown(2)
    {"SHUT_RD", 0},
    {"SHUT_WR", 1},
    {"SHUT_RDWR", 2},
    {"MSG_OOB", 1},
    {"MSG_PEEK", 2},
    {"MSG_DONTROUTE", 4},
    // poll(2), epoll(7)
    {"POLLIN", 1},
    {"POLLPRI", 2},
    {"POLLOUT", 4},
    {"POLLERR", 8},
    {"POLLHUP", 0x10},
    {"POLLNVAL", 0x20},
    {"POLLRDNORM", 0x40},
    {"POLLRDBAND", 0x80},
    // errno
    {"EPERM", 1},
    {"ENOENT", 2},
    {"ESRCH", 3},
    {"EINTR", 4},
    {"EIO", 5},
    {"ENXIO", 6},
    {"E2BIG", 7},
    {"ENOEXEC", 8},
    {"EBADF", 9},
    {"ECHILD", 10},
    {"ENOMEM", 12},
    {"EACCES", 13},
    {"EFAULT", 14},
    {"ENOTBLK", 15},
    {"EBUSY", 16},
    {"EEXIST", 17},
    {"EXDEV", 18},
    {"ENODEV", 19},
    {"ENOTDIR", 20},
    {"EISDIR", 21},
    {"EINVAL", 22},
    {"ENFILE", 23},
    {"EMFILE", 24},
    {"ENOTTY", 25},
    {"ETXTBSY", 26},
    {"EFBIG", 27},
    {"ENOSPC", 28},
    {"ESPIPE", 29},
    {"EROFS", 30},
    {"EMLINK", 31},
    {"EPIPE", 32},
    {"EDOM", 33},
    {"ERANGE", 34},
    {"NULL", 0},
});

}  // namespace

std::span<const Constant> common_constants() { return kConstants; }

std::optional<std::int64_t> constant_of(std::string_view word, OsFamily os) {
  const bool is_bsd = os == OsFamily::freebsd || os == OsFamily::bsd44;
  for (const std::span<const Constant> rows :
       {common_constants(), is_bsd ? freebsd_constants() : linux_constants()}) {
    const auto found = std::ranges::find(rows, word, &Constant::word);
    if (found != rows.end()) return found->value;
  }
  return std::nullopt;
}

}  // namespace halfopen::script

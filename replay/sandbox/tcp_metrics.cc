#include "replay/sandbox/tcp_metrics.h"

#include <linux/genetlink.h>
#include <linux/tcp_metrics.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "replay/base/pidfd.h"
#include "replay/base/unique_fd.h"

namespace halfopen {
namespace {

using Message = std::unique_ptr<nl_msg, decltype(&nlmsg_free)>;

Message request(std::uint16_t family, std::uint8_t command, std::uint8_t version) {
  Message message{nlmsg_alloc_simple(family, NLM_F_REQUEST), &nlmsg_free};
  genlmsghdr header{.cmd = command, .version = version, .reserved = 0};
  if (message != nullptr) nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
  return message;
}

// Generic netlink gives its families numbers as they come; 0 where this one is not there.
std::uint16_t number_of_family(nl_sock* socket) {
  const Message message = request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
  if (message == nullptr || nla_put_string(message.get(), CTRL_ATTR_FAMILY_NAME, TCP_METRICS_GENL_NAME) < 0 ||
      nl_send_auto(socket, message.get()) < 0)
    return 0;
  sockaddr_nl from{};
  unsigned char* answer = nullptr;
  if (nl_recv(socket, &from, &answer, nullptr) <= 0) return 0;
  const std::unique_ptr<unsigned char, decltype(&std::free)> bytes{answer, &std::free};
  std::array<nlattr*, CTRL_ATTR_MAX + 1> attributes{};
  if (nlmsg_parse(reinterpret_cast<nlmsghdr*>(bytes.get()), GENL_HDRLEN, attributes.data(), CTRL_ATTR_MAX,
                  nullptr) < 0 ||
      attributes[CTRL_ATTR_FAMILY_ID] == nullptr)
    return 0;
  return nla_get_u16(attributes[CTRL_ATTR_FAMILY_ID]);
}

bool flush_here() {
  using Socket = std::unique_ptr<nl_sock, decltype(&nl_socket_free)>;
  const Socket asking{nl_socket_alloc(), &nl_socket_free};
  const Socket flushing{nl_socket_alloc(), &nl_socket_free};
  if (asking == nullptr || flushing == nullptr || nl_connect(asking.get(), NETLINK_GENERIC) < 0 ||
      nl_connect(flushing.get(), NETLINK_GENERIC) < 0)
    return false;
  const std::uint16_t family = number_of_family(asking.get());
  if (family == 0) return false;
  Message all = request(family, TCP_METRICS_CMD_DEL, TCP_METRICS_GENL_VERSION);
  return all != nullptr && nl_send_sync(flushing.get(), all.release()) >= 0;
}

}  // namespace

bool flush_tcp_metrics(pid_t member) {
  const UniqueFd there = open_pidfd(member);
  const pid_t flusher = there ? fork() : -1;
  if (flusher < 0) return false;
  if (flusher == 0) _exit(setns(there.get(), CLONE_NEWNET) == 0 && flush_here() ? 0 : 1);
  int status = 0;
  while (waitpid(flusher, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace halfopen

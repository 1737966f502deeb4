// System calls as a script writes them, as orders to an agent, and what came of them held against the script.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "replay/drill/agent.h"
#include "replay/drill/real_clock.h"
#include "sim/drill/script_host.h"
#include "sim/script/script.h"
#include "sim/wire/address.h"

namespace halfopen::drill {

// What `...` stands for where an address is asked for.
struct CallAddresses {
  SocketAddress bind_to;
  SocketAddress connect_to;
  bool is_mapped = false;  // sockets are AF_INET6, and addresses of IPv4 stand in IPv6's (RFC 4291, 2.5.5.2)
};

class KernelCalls {
 public:
  // `tolerance`: of times that calls give. `agent` outlives it.
  KernelCalls(Agent& agent, const CallAddresses& addresses, Duration tolerance);

  // Throws NotSupported for a call or an argument that no kernel host understands.
  [[nodiscard]] AgentCall prepare(const script::CallSpec& call);
  // Of the call that was prepared last.
  [[nodiscard]] Outcome conclude(const AgentReply& reply, const RealClock& clock);

  // Asks for TCP_INFO or SO_MEMINFO of a descriptor of the script's, and reads what came: every field that
  // the kernel has.
  [[nodiscard]] AgentCall ask_tcp_info(std::int64_t descriptor);
  [[nodiscard]] AgentCall ask_memory_info(std::int64_t descriptor);
  [[nodiscard]] std::vector<TcpInfoField> tcp_info(const AgentReply& reply) const;
  [[nodiscard]] std::vector<TcpInfoField> memory_info(const AgentReply& reply) const;

 private:
  [[nodiscard]] AgentCall ask(std::int64_t descriptor, int level, int name);
  [[nodiscard]] std::span<const std::byte> answer(const AgentReply& reply) const;
  // Holds what a call that succeeded has written against the script.
  using Conclude = std::function<void(const AgentReply& reply, const RealClock& clock, Outcome& outcome)>;
  struct Prepared {
    AgentCall call;
    Conclude conclude = {};
  };
  using Prepare = Prepared (KernelCalls::*)(const script::CallSpec&);
  struct Row {
    std::string_view name;
    std::size_t arguments;  // at least
    Prepare prepare;
  };
  static std::span<const Row> rows();

  // kernel_calls.cc
  Prepared socket(const script::CallSpec& call);
  Prepared bind(const script::CallSpec& call);
  Prepared listen(const script::CallSpec& call);
  Prepared accept(const script::CallSpec& call);
  Prepared connect(const script::CallSpec& call);
  Prepared shutdown(const script::CallSpec& call);
  Prepared close(const script::CallSpec& call);
  Prepared open(const script::CallSpec& call);
  Prepared pipe(const script::CallSpec& call);
  Prepared fcntl(const script::CallSpec& call);
  // kernel_calls_data.cc
  Prepared read(const script::CallSpec& call);
  Prepared readv(const script::CallSpec& call);
  Prepared recvmsg(const script::CallSpec& call);
  Prepared write(const script::CallSpec& call);
  Prepared writev(const script::CallSpec& call);
  Prepared sendto(const script::CallSpec& call);
  Prepared sendmsg(const script::CallSpec& call);
  Prepared sendfile(const script::CallSpec& call);
  Prepared splice(const script::CallSpec& call);
  // kernel_calls_options.cc
  Prepared getsockopt(const script::CallSpec& call);
  Prepared setsockopt(const script::CallSpec& call);
  Prepared ioctl(const script::CallSpec& call);
  Prepared poll(const script::CallSpec& call);
  Prepared epoll_create(const script::CallSpec& call);
  Prepared epoll_ctl(const script::CallSpec& call);
  Prepared epoll_wait(const script::CallSpec& call);

  // --- Arguments, as the kernel wants them
  [[nodiscard]] static std::uint64_t number(const script::Value& value);
  [[nodiscard]] int descriptor_of(const script::Value& value) const;
  [[nodiscard]] std::uint64_t fd(const script::Value& value) const;
  [[nodiscard]] static std::uint64_t address_of(const void* shared);
  // The descriptor that a call gives, under the script's number.
  [[nodiscard]] Conclude names_descriptor(const script::CallSpec& call);
  // An address and its length, at arguments `at` and `at` + 1 of the call.
  struct NativeAddress {
    std::uint64_t place = 0;
    std::uint64_t size = 0;
  };
  [[nodiscard]] NativeAddress socket_address(const script::Value& value, const SocketAddress& otherwise);
  // Room to read `size` bytes into, or null where the script says NULL; and to hold them against it.
  [[nodiscard]] std::span<std::byte> room_for(const script::Value& value, std::size_t size);
  [[nodiscard]] std::span<std::byte> bytes_of(const script::Value& value, std::size_t size);
  [[nodiscard]] std::span<iovec> vectors(const script::Value& list, bool is_read);
  [[nodiscard]] msghdr* message(const script::Value& value, bool is_read);

  Agent& agent_;
  CallAddresses addresses_;
  Duration tolerance_;
  std::map<std::int64_t, int> descriptors_;  // the script's number to the agent's
  Conclude conclude_;
  void* info_ = nullptr;  // shared: where what was asked for is to go
  socklen_t* info_size_ = nullptr;
};

}  // namespace halfopen::drill

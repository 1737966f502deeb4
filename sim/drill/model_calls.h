// System calls as a script writes them, made on a model host.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/drill/model_files.h"
#include "sim/drill/script_host.h"
#include "sim/os/call.h"
#include "sim/os/call_result.h"
#include "sim/run/model_host.h"
#include "sim/script/script.h"

namespace halfopen::drill {

// What `...` stands for where an address is asked for.
struct CallSetting {
  SocketAddress bind_to;
  SocketAddress connect_to;
  bool is_mapped = false;  // sockets are of IPv6, and their addresses of IPv4
  Duration tolerance;      // of times that a call tells
};

class ModelCalls {
 public:
  // `host` is up. It and `files` outlive it.
  ModelCalls(ModelHost& host, ModelFiles& files, const CallSetting& setting);

  // See ScriptHost. Throws NotSupported.
  std::optional<Outcome> begin(TimePoint now, const script::CallSpec& call);
  // Of the call that begin() left pending, when it has ended.
  std::optional<Outcome> take_completed(TimePoint now);
  // The endpoint behind a descriptor of the script's; nullptr where there is none.
  [[nodiscard]] const Endpoint* endpoint_of(std::int64_t descriptor);
  [[nodiscard]] bool has_descriptor(std::int64_t descriptor) const {
    return descriptors_.contains(descriptor);
  }
  [[nodiscard]] bool is_listener(std::int64_t descriptor) const;

 private:
  // A call ready to be made, or the result of one that needs no kernel; and what is to be held against the
  // script when it has succeeded.
  struct Prepared {
    std::optional<Call> call;
    CallResult immediate;
    std::function<void(const CallResult& result, Outcome& outcome)> conclude;
  };
  using Prepare = Prepared (ModelCalls::*)(const script::CallSpec&);
  struct Row {
    std::string_view name;
    std::size_t arguments;  // at least
    Prepare prepare;
  };
  static std::span<const Row> rows();

  Prepared socket(const script::CallSpec& call);
  Prepared bind(const script::CallSpec& call);
  Prepared listen(const script::CallSpec& call);
  Prepared accept(const script::CallSpec& call);
  Prepared connect(const script::CallSpec& call);
  Prepared read(const script::CallSpec& call);
  Prepared readv(const script::CallSpec& call);
  Prepared recvmsg(const script::CallSpec& call);
  Prepared write(const script::CallSpec& call);
  Prepared writev(const script::CallSpec& call);
  Prepared sendto(const script::CallSpec& call);
  Prepared sendmsg(const script::CallSpec& call);
  Prepared shutdown(const script::CallSpec& call);
  Prepared close(const script::CallSpec& call);
  Prepared getsockopt(const script::CallSpec& call);
  Prepared setsockopt(const script::CallSpec& call);
  Prepared fcntl(const script::CallSpec& call);
  Prepared ioctl(const script::CallSpec& call);
  Prepared poll(const script::CallSpec& call);
  Prepared epoll_create(const script::CallSpec& call);
  Prepared epoll_ctl(const script::CallSpec& call);
  Prepared epoll_wait(const script::CallSpec& call);

  // Files and pipes (model_calls_files.cc), whose descriptors are the script's own numbers.
  Prepared open(const script::CallSpec& call);
  Prepared pipe(const script::CallSpec& call);
  Prepared sendfile(const script::CallSpec& call);
  Prepared splice(const script::CallSpec& call);
  Prepared splice_from_socket(const script::CallSpec& call, std::int64_t writer, std::size_t most);
  Prepared read_file(const script::CallSpec& call, std::optional<std::string> expected);
  Prepared write_file(const script::CallSpec& call);

  // An option's value (sim/os/socket_option.h) against what the script has for it.
  void compare_option(SocketOption option, const script::Value& wanted, std::int64_t value,
                      Outcome& outcome) const;

  // Fast Open (model_calls_fast_open.cc): a write that may connect, and TCP_FASTOPEN_KEY.
  Prepared write_to(Call write, const script::Value& to, bool fast_open) const;
  Prepared set_fast_open_key(const script::CallSpec& call);
  Prepared choose_stack(const script::CallSpec& call) const;

  // What several calls share (model_calls_data.cc).
  Prepared read_into(int fd, std::size_t size, std::int64_t flags, std::optional<std::string> expected);
  void compare_data(const std::optional<std::string>& expected, std::span<const std::uint8_t> got,
                    Outcome& outcome) const;
  // `to`: where sendto() or sendmsg() says that it goes; may be null.
  Prepared write_of(int fd, std::vector<std::uint8_t> bytes, std::int64_t flags,
                    const script::Value* to = nullptr);

  void check_datagram(std::size_t size, std::int64_t flags) const;
  [[nodiscard]] static bool is_null(const script::Value& value);  // NULL, or 0
  [[nodiscard]] static Prepared fails(Errno error);
  // Control messages (model_calls_messages.cc).
  struct ControlMessage {
    std::int64_t level = 0;
    std::int64_t type = 0;
    std::vector<std::pair<std::string_view, std::int64_t>> data;  // a number alone has no name
    std::optional<TimePoint> at;                                  // of a timestamp
  };
  Prepared take_report(const script::CallSpec& call);
  [[nodiscard]] std::vector<ControlMessage> messages_of(const SendReport& report) const;
  void compare(const script::Value& expected, const std::vector<ControlMessage>& actual,
               Outcome& outcome) const;
  void compare(const script::Value& expected, const ControlMessage& actual, Outcome& outcome) const;

  // Of arguments (model_calls.cc). All throw NotSupported for what the model has not.
  [[nodiscard]] std::int64_t number(const script::Value& value) const;
  [[nodiscard]] int descriptor(const script::CallSpec& call) const;
  [[nodiscard]] bool is_datagram(const script::CallSpec& call) const;
  [[nodiscard]] SocketAddress address(const script::Value& value, const SocketAddress& otherwise) const;
  [[nodiscard]] std::int64_t word(std::string_view name) const;  // of the host's system; 0 if it has it not
  void names_new_descriptor(Prepared& prepared, const script::CallSpec& call);

  [[nodiscard]] Outcome outcome_of(TimePoint now, const CallResult& result);

  ModelHost& host_;
  ModelFiles& files_;
  TimePoint now_;  // of the call that is made
  CallSetting setting_;
  Process& process_;
  std::map<std::int64_t, int> descriptors_;  // the script's number to the model's
  int accepting_ = -1;                       // the listening descriptor of the last accept()
  std::vector<std::uint8_t> bytes_;          // that the call reads into or writes
  std::vector<PollFd> polled_;
  std::vector<EpollEvent> ready_;
  std::function<void(const CallResult& result, Outcome& outcome)> conclude_;  // of the call that was begun
};

}  // namespace halfopen::drill

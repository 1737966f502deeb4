// Fast Open as a script asks for it: writes with an address, and the secret of a listener's cookies.
#include <algorithm>

#include "sim/drill/model_calls.h"
#include "sim/os/kernel.h"
#include "sim/script/meaning.h"
#include "sim/script/text.h"

namespace halfopen::drill {

using script::CallSpec;
using script::Value;

ModelCalls::Prepared ModelCalls::write_to(Call write, const Value& to, bool fast_open) const {
  write.fast_open = fast_open;
  // An address without a family is none that one could connect to (net/ipv4/tcp.c tcp_sendmsg_fastopen). The
  // model's addresses have one always.
  if (fast_open && script::is_unspecified(to))
    return {.call = {}, .immediate = CallResult::failure(Errno::opnotsupp), .conclude = {}};
  if (to.kind != Value::Kind::word) write.address = address(to, setting_.connect_to);
  return {.call = write, .immediate = {}, .conclude = {}};
}

// setsockopt(fd, SOL_TCP, TCP_FASTOPEN_KEY, "\x01...", 16).
ModelCalls::Prepared ModelCalls::set_fast_open_key(const CallSpec& call) {
  const Value& given = call.arguments[3];
  const std::optional<std::string> text =
      given.kind == Value::Kind::string ? script::unescaped(given.text) : std::nullopt;
  if (!text || call.arguments.size() < 5) throw NotSupported{"TCP_FASTOPEN_KEY of " + script::text_of(given)};
  constexpr std::int64_t kMostBytes = 64;
  bytes_.assign(static_cast<std::size_t>(std::clamp<std::int64_t>(number(call.arguments[4]), 0, kMostBytes)),
                0);
  std::copy_n(text->begin(), std::min(text->size(), bytes_.size()), bytes_.begin());
  Call set = calls::setsockopt(descriptor(call), SocketOption::tcp_fastopen_key, 0);
  set.bytes = bytes_;
  return {.call = set, .immediate = {}, .conclude = {}};
}

}  // namespace halfopen::drill

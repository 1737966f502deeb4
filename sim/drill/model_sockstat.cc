// sockstat(1) of a FreeBSD whose host is the model.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/drill/model_commands.h"
#include "sim/os/kernel.h"

namespace halfopen::drill {
namespace {

// sys/netinet/tcp_fsm.h, by State.
constexpr std::array<std::string_view, kStates> kNames{
    "CLOSED",     "LISTEN",     "SYN_SENT", "SYN_RCVD", "ESTABLISHED", "FIN_WAIT_1",
    "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING",  "LAST_ACK", "TIME_WAIT"};

std::string address_text(const SocketAddress& address) {
  return fmt::format("{}:{}", address.ip.to_string(), address.port);
}

}  // namespace

std::optional<State> freebsd_state(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<State>(found - kNames.begin());
}

std::optional<std::vector<std::string>> sockstat_lines(ModelHost& host,
                                                       const std::vector<std::string>& words) {
  bool shows_state = false;
  bool other_family = false;
  std::string port;
  const bool is_v6 = host.config().address.is_v6();
  for (std::size_t i = 1; i < words.size(); ++i) {
    const bool has_value = i + 1 < words.size();
    if (words[i] == "-s") {
      shows_state = true;
    } else if (words[i] == "-4" || words[i] == "-6") {
      other_family = (words[i] == "-6") != is_v6;
    } else if (words[i] == "-P" && has_value && words[i + 1] == "tcp") {
      ++i;
    } else if (words[i] == "-p" && has_value) {
      port = words[++i];
    } else {
      return std::nullopt;
    }
  }
  std::vector<std::string> lines;
  host.kernel().stack().each_connection([&](const Connection& connection) {
    const FourTuple& tuple = connection.endpoint().addresses();
    const bool is_asked_for =
        port.empty() || port == std::to_string(tuple.local.port) || port == std::to_string(tuple.remote.port);
    if (other_family || !is_asked_for) return;
    // The name of the program is cut; without a descriptor there is none.
    lines.push_back(fmt::format(
        "{} {} {} {} {}", connection.socket != nullptr ? "packetdril" : "?", is_v6 ? "tcp6" : "tcp4",
        address_text(tuple.local), address_text(tuple.remote),
        shows_state ? kNames[static_cast<std::size_t>(connection.endpoint().state())] : std::string_view{}));
  });
  return lines;
}

}  // namespace halfopen::drill

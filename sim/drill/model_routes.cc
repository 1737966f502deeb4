// ip(8): the metrics of routes, and what is remembered of servers.
#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "sim/drill/model_commands.h"
#include "sim/drill/script_host.h"
#include "sim/os/kernel.h"

namespace halfopen::drill {
namespace {

// A whole number from `least` to `most`.
template <class Number>
bool read_number(std::string_view text, Number least, Number most, Number& number) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end && number >= least && number <= most;
}

// Whether an address is in "default", in ADDRESS or in ADDRESS/BITS; nullopt where that is none of them.
std::optional<bool> leads_to(std::string_view destination, const IpAddress& remote) {
  if (destination == "default") return true;
  const std::size_t slash = std::min(destination.find('/'), destination.size());
  const std::optional<IpAddress> network = IpAddress::parse(destination.substr(0, slash));
  if (!network) return std::nullopt;
  auto bits = static_cast<std::size_t>(8 * network->size());
  if (slash < destination.size() && !read_number<std::size_t>(destination.substr(slash + 1), 0, bits, bits))
    return std::nullopt;
  if (network->is_v6() != remote.is_v6()) return false;
  for (std::size_t bit = 0; bit < bits; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80u >> bit % 8);
    if (((network->data()[bit / 8] ^ remote.data()[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

// What says where the route goes, not what connections over it are like: a word and its value.
constexpr std::array<std::string_view, 6> kElsewhere{"via", "dev", "proto", "scope", "src", "table"};

}  // namespace

std::optional<RouteMetrics> route_metrics(std::span<const std::string> words, const IpAddress& remote,
                                          bool& concerns) {
  const std::optional<bool> leads = words.empty() ? std::nullopt : leads_to(words.front(), remote);
  if (!leads) return std::nullopt;
  concerns = *leads;
  constexpr std::uint32_t kInt = std::numeric_limits<std::int32_t>::max();
  RouteMetrics route;
  for (std::size_t i = 1; i < words.size(); i += 2) {
    const std::string& name = words[i];
    const bool locks = i + 2 < words.size() && words[i + 1] == "lock";
    if (locks && name != "mtu") return std::nullopt;
    if (locks) ++i;
    if (i + 1 >= words.size()) return std::nullopt;
    const std::string& value = words[i + 1];
    bool fits = true;
    if (name == "mtu") {
      route.mtu_locked = locks;
      fits = read_number<std::uint16_t>(value, 68, 65535, route.mtu);
    } else if (name == "advmss") {
      fits = read_number<std::uint16_t>(value, 1, 65495, route.adv_mss);
    } else if (name == "initcwnd") {
      fits = read_number<std::uint32_t>(value, 1, kInt, route.initial_window);
    } else if (name == "initrwnd") {
      fits = read_number<std::uint32_t>(value, 1, kInt, route.initial_receive_window);
    } else if (name == "window") {
      fits = read_number<std::uint32_t>(value, 1, kInt, route.window);
    } else {
      fits = std::ranges::find(kElsewhere, name) != kElsewhere.end();
    }
    if (!fits) return std::nullopt;
  }
  return route;
}

// ip tcp_metrics flush [all]; ip [-4|-6] route change DESTINATION ...; ip link set [dev] tun0 mtu N.
void ModelCommands::ip(const Words& words) {
  const bool has_family = words.size() > 1 && (words[1] == "-4" || words[1] == "-6");
  const std::span<const std::string> said = std::span{words}.subspan(has_family ? 2 : 1);
  const auto is = [&](std::size_t at, std::string_view word) { return said.size() > at && said[at] == word; };
  TcpStack& stack = host_.kernel().stack();
  if (is(0, "tcp_metrics") && is(1, "flush")) return stack.forget_servers();
  if (is(0, "link") && is(1, "set")) {
    const std::span<const std::string> link = said.subspan(is(2, "dev") ? 3 : 2);
    std::uint16_t mtu = 0;
    const bool fits = link.size() == 3 && link[0] == "tun0" && link[1] == "mtu" &&
                      read_number<std::uint16_t>(link[2], 68, 65535, mtu);
    if (!fits) throw no_such(words);
    return host_.kernel().set_mtu(mtu);
  }
  bool concerns = false;
  std::optional<RouteMetrics> route;
  if (is(0, "route") && (is(1, "change") || is(1, "replace") || is(1, "add")))
    route = route_metrics(said.subspan(2), remote_, concerns);
  if (!route) throw no_such(words);
  if (concerns) stack.set_route(now_, *route);
}

}  // namespace halfopen::drill

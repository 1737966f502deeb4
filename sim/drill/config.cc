#include "sim/drill/config.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <limits>
#include <optional>
#include <string_view>

#include "sim/base/input_error.h"
#include "sim/drill/script_host.h"

namespace halfopen::drill {
namespace {

int leading_ones(const IpAddress& address) {
  int ones = 0;
  for (std::size_t i = 0; i < address.size(); ++i) {
    const int here = std::countl_one(address.data()[i]);
    ones += here;
    if (here < 8) break;
  }
  return ones;
}

bool is_netmask(const IpAddress& mask) {
  int ones = 0;
  for (std::size_t i = 0; i < mask.size(); ++i) ones += std::popcount(mask.data()[i]);
  return ones == leading_ones(mask);
}

class Applying {
 public:
  Applying(DrillConfig& config, const script::Option& option, const std::string& name)
      : config_{config}, option_{option}, name_{name} {}

  template <class Number>
  Number number(Number least, Number most) const {
    const std::string& text = value();
    Number found{};
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, found);
    if (error != std::errc{} || stop != end || found < least || found > most)
      fail("a number from " + std::to_string(least) + " to " + std::to_string(most));
    return found;
  }

  std::string address() const {
    std::string text = value();
    text.resize(std::min(text.find('/'), text.size()));  // a prefix length may follow
    if (!IpAddress::parse(text)) fail("an address");
    return text;
  }

  // An address of ones and then zeros.
  std::string netmask() const {
    std::string text = address();
    const IpAddress mask = *IpAddress::parse(text);
    if (mask.is_v6() || !is_netmask(mask)) fail("a netmask of IPv4");
    return text;
  }

  // A list of "packet" and "syscall".
  DrillConfig::PassesOver non_fatal() const {
    DrillConfig::PassesOver what{.packets = false, .calls = false, .counts = false};
    for (const std::string& word : list()) {
      if (word != "packet" && word != "syscall") fail("packet, syscall or both with a comma");
      (word == "packet" ? what.packets : what.calls) = true;
    }
    return what;
  }

  // What UDP datagrams hold: true for TCP. The model has no SCTP.
  bool holds_tcp() const {
    if (value() != "tcp" && value() != "sctp") fail("tcp or sctp");
    if (value() == "sctp") throw NotSupported{"SCTP"};
    return true;
  }

  // What stands between commas.
  std::vector<std::string> list() const {
    std::vector<std::string> words{""};
    for (const char c : value()) {
      if (c == ',') {
        words.emplace_back();
      } else {
        words.back() += c;
      }
    }
    return words;
  }

  void is_flag() const {
    if (option_.value) fail("no value");
  }

  void ip_version() const {
    const std::string& text = value();
    const IpVersion before = config_.ip_version;
    if (text == "ipv4") {
      config_.ip_version = IpVersion::ipv4;
    } else if (text == "ipv6") {
      config_.ip_version = IpVersion::ipv6;
    } else if (text == "ipv4-mapped-ipv6") {
      config_.ip_version = IpVersion::ipv4_mapped_ipv6;
    } else {
      fail("ipv4, ipv6 or ipv4-mapped-ipv6");
    }
    if ((before == IpVersion::ipv6) == (config_.ip_version == IpVersion::ipv6)) return;
    config_.local_ip.clear();  // they were of the other family
    config_.remote_ip.clear();
    config_.gateway_ip.clear();
  }

 private:
  const std::string& value() const {
    if (!option_.value) fail("a value");
    return *option_.value;
  }
  [[noreturn]] void fail(const std::string& expected) const {
    if (option_.place.line == 0)
      throw InputError{"--" + option_.name, expected, option_.value.value_or("nothing")};
    const std::string place =
        name_ + ":" + std::to_string(option_.place.line) + ":" + std::to_string(option_.place.column);
    throw InputError{place, expected + " for --" + option_.name, option_.value.value_or("nothing")};
  }

  DrillConfig& config_;
  const script::Option& option_;
  const std::string& name_;
};

// Of those that drive packetdrill itself, and mean nothing where no device, no clock and no kernel is real.
constexpr std::array<std::string_view, 7> kWithoutMeaning{
    "verbose",    "send_omit_free", "persistent_tun_dev", "tun_dev",
    "no_cleanup", "debug",          "local_linklocal_ip"};

void apply(DrillConfig& config, const script::Option& option, const std::string& script_name) {
  const Applying from{config, option, script_name};
  std::string name = option.name;
  std::replace(name.begin(), name.end(), '-', '_');
  constexpr std::uint16_t kPorts = std::numeric_limits<std::uint16_t>::max();
  constexpr std::int64_t kUsecs = std::numeric_limits<std::int32_t>::max();
  using std::chrono::microseconds;
  if (name == "ip_version") return from.ip_version();
  if (name == "local_ip") {
    config.local_ip = from.address();
  } else if (name == "remote_ip") {
    config.remote_ip = from.address();
  } else if (name == "mtu") {
    config.mtu = from.number<std::uint16_t>(68, kPorts);
  } else if (name == "bind_port") {
    config.bind_port = from.number<std::uint16_t>(1, kPorts);
  } else if (name == "connect_port") {
    config.connect_port = from.number<std::uint16_t>(1, kPorts);
  } else if (name == "tolerance_usecs") {
    config.tolerance = microseconds{from.number<std::int64_t>(0, kUsecs)};
  } else if (name == "tolerance_percent") {
    config.tolerance_percent = from.number<double>(0, 1000);
  } else if (name == "tcp_ts_tick_usecs") {
    config.timestamp_tick = microseconds{from.number<std::int64_t>(0, kUsecs)};
  } else if (name == "tcp_ts_ecr_scaled") {
    config.echoes_scaled = true;
  } else if (name == "strict_segments") {
    from.is_flag();
    config.strict_segments = true;
  } else if (name == "mss") {
    config.mss = from.number<std::uint16_t>(1, kPorts);
  } else if (name == "init_scripts") {
    config.init_scripts = from.list();
  } else if (name == "non_fatal") {
    config.passes_over = from.non_fatal();
  } else if (name == "dry_run") {
    from.is_flag();
    config.dry_run = true;
  } else if (name == "udp_encapsulation") {
    config.tcp_in_udp = from.holds_tcp();
  } else if (name == "gateway_ip") {
    config.gateway_ip = from.address();
  } else if (name == "netmask_ip") {
    config.netmask_ip = from.netmask();
  } else if (name == "gateway_linklocal_ip") {
    (void)from.address();
  } else if (name == "speed") {
    config.speed = from.number<std::uint32_t>(0, std::numeric_limits<std::uint32_t>::max());
  } else if (std::find(kWithoutMeaning.begin(), kWithoutMeaning.end(), name) == kWithoutMeaning.end()) {
    throw NotSupported{"--" + option.name};
  }
}

IpAddress address_of(const std::string& given, std::string_view otherwise) {
  return IpAddress::parse(given.empty() ? otherwise : std::string_view{given}).value_or(IpAddress{});
}

}  // namespace

IpAddress DrillConfig::local() const {
  const bool is_v6 = ip_version == IpVersion::ipv6;
  return address_of(local_ip, is_v6 ? "fd3d:fa7b:d17d::1" : "192.168.0.1");
}

IpAddress DrillConfig::remote() const {
  const bool is_v6 = ip_version == IpVersion::ipv6;
  return address_of(remote_ip, is_v6 ? "2001:db8::1" : "192.0.2.1");
}

std::optional<IpAddress> DrillConfig::gateway() const {
  // Google's runner names the host's own address: then the device itself leads on.
  if (gateway_ip.empty() || IpAddress::parse(gateway_ip) == local()) return std::nullopt;
  return IpAddress::parse(gateway_ip);
}

int DrillConfig::prefix() const {
  if (ip_version == IpVersion::ipv6) return 48;
  return netmask_ip.empty() ? 16 : leading_ones(IpAddress::parse(netmask_ip).value_or(IpAddress{}));
}

void apply_options(DrillConfig& config, const std::vector<script::Option>& options, const std::string& name) {
  for (const script::Option& option : options) apply(config, option, name);
}

script::Definitions suite_definitions(IpVersion version) {
  const bool is_v6 = version == IpVersion::ipv6;
  const bool is_v4_socket = version == IpVersion::ipv4;
  script::Definitions words{{"TFO_COOKIE", is_v6 ? "c1d1e9742a47a9bc" : "3021b9d889017eeb"},
                            {"TFO_COOKIE_ZERO", is_v6 ? "82af1a8f9a205c34" : "b7c12350a90dc8f5"},
                            {"CMSG_LEVEL_IP", is_v4_socket ? "SOL_IP" : "SOL_IPV6"},
                            {"CMSG_TYPE_RECVERR", is_v4_socket ? "IP_RECVERR" : "IPV6_RECVERR"}};
  if (!is_v6) words["CODE"] = "host_unreachable";
  return words;
}

void apply_options_of(DrillConfig& config, const script::Script& script, const std::string& name) {
  apply_options(config, script.options, name);
  const std::vector<script::Option> overrides = config.overrides;
  apply_options(config, overrides, "command line");
}

std::vector<script::Option> suite_options(IpVersion version) {
  const DrillConfig suite = suite_config(version);
  const auto option = [](const char* name, std::string value) {
    return script::Option{.name = name, .value = std::move(value), .place = {}};
  };
  return {option("local_ip", suite.local().to_string()), option("remote_ip", suite.remote().to_string()),
          option("mtu", std::to_string(suite.mtu))};
}

DrillConfig suite_config(IpVersion version) {
  DrillConfig config;
  config.ip_version = version;
  if (version != IpVersion::ipv6) return config;
  config.local_ip = "fd3d:0a0b:17d6::1";
  config.remote_ip = "fd3d:fa7b:d17d::1";
  config.mtu = 1520;
  return config;
}

}  // namespace halfopen::drill

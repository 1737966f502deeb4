#include "sim/drill/match.h"

#include <fmt/format.h>

#include <cstdlib>
#include <string_view>

#include "sim/script/text.h"
#include "sim/wire/segment.h"

namespace halfopen::drill {
namespace {

using script::TcpFlags;
using script::TcpSpec;

// A script names all fields of GRE, those of which the flags say that they are there are on the wire.
script::OuterHeader with_fields_present(script::OuterHeader header) {
  auto* gre = std::get_if<script::GreHeaderSpec>(&header);
  if (gre == nullptr || !gre->fields) return header;
  const auto has = [gre](std::uint16_t flag) { return (gre->fields->flags & flag) != 0; };
  if (gre->fields->flags == 0) return script::GreHeaderSpec{};
  if (!has(script::gre_flag::checksum)) gre->fields->sum = gre->fields->off = 0;
  if (!has(script::gre_flag::key)) gre->fields->key = 0;
  if (!has(script::gre_flag::sequence)) gre->fields->seq = 0;
  return header;
}

class Comparison {
 public:
  explicit Comparison(const MatchSettings& settings) : settings_{settings} {}

  void number(std::string_view field, std::uint64_t expected, std::uint64_t actual) {
    if (expected != actual) add(field, fmt::format("{}", expected), fmt::format("{}", actual));
  }
  void hex(std::string_view field, std::uint64_t expected, std::uint64_t actual) {
    if (expected != actual) add(field, fmt::format("{:#x}", expected), fmt::format("{:#x}", actual));
  }
  void add(std::string_view field, std::string expected, std::string actual) {
    found_.push_back({std::string{field}, std::move(expected), std::move(actual)});
  }

  void ip(const script::IpInfo& expected, const script::IpInfo& actual) {
    if (!expected.matches_tos(actual.tos())) hex("tos", expected.tos(), actual.tos());
    if (expected.ecn == script::Ecn::ect0_or_ect1 && !expected.matches_tos(actual.tos()))
      add("ip_ecn", "ect0 or ect1", fmt::format("{:#x}", actual.tos() & 3));
    if (expected.ttl) number("ttl", *expected.ttl, actual.ttl.value_or(0));
  }

  void outer(const std::vector<script::OuterHeader>& expected,
             const std::vector<script::OuterHeader>& actual) {
    if (expected.size() != actual.size())
      return number("header layers", expected.size() + 2, actual.size() + 2);
    for (std::size_t i = 0; i < expected.size(); ++i) header(expected[i], actual[i]);
  }

  void body(const TcpSpec& expected, const TcpSpec& actual) {
    ports(expected.ports, actual.ports);
    if (expected.udp != actual.udp) add("udp ports", udp_text(expected.udp), udp_text(actual.udp));
    flags(expected.flags, actual.flags);
    if (expected.seq.start) number("tcp_seq", *expected.seq.start, actual.seq.start.value_or(0));
    number("payload length", expected.seq.length, actual.seq.length);
    number("tcp_ack_seq", expected.ack.value_or(0), actual.ack.value_or(0));
    if (expected.window) number("tcp_window", *expected.window, actual.window.value_or(0));
    number("tcp_urg_ptr", expected.urgent.value_or(0), actual.urgent.value_or(0));
    options(expected.options, actual.options);
  }
  void body(const script::UdpSpec& expected, const script::UdpSpec& actual) {
    ports(expected.ports, actual.ports);
    number("payload length", expected.length, actual.length);
  }
  void body(const script::IcmpSpec& expected, const script::IcmpSpec& actual) {
    if (expected.type != actual.type) add("icmp_type", expected.type, actual.type);
    if (expected.code != actual.code)
      add("icmp_code", expected.code.value_or("code_0"), actual.code.value_or("code_0"));
  }
  template <class A, class B>
  void body(const A&, const B&) {
    constexpr auto name = [](const auto& spec) -> std::string {
      using Spec = std::decay_t<decltype(spec)>;
      if constexpr (std::is_same_v<Spec, TcpSpec>) return "TCP";
      if constexpr (std::is_same_v<Spec, script::UdpSpec>) return "UDP";
      return "ICMP";
    };
    add("protocol", name(A{}), name(B{}));
  }

  std::vector<Difference> take() { return std::move(found_); }

 private:
  void ports(const std::optional<script::Ports>& expected, const std::optional<script::Ports>& actual) {
    if (!expected || !actual) return;
    number("source port", expected->source, actual->source);
    number("destination port", expected->destination, actual->destination);
  }

  static std::string udp_text(const std::optional<script::Ports>& udp) {
    return udp ? fmt::format("{} > {}", udp->source, udp->destination) : "none";
  }

  void flags(const TcpFlags& expected, const TcpFlags& actual) {
    const bool same = expected.wire_bits() == actual.wire_bits() && expected.wire_ae() == actual.wire_ae();
    if (!same) add("flags", script::text_of(expected), script::text_of(actual));
  }

  void options(const script::TcpOptionsSpec& expected, const script::TcpOptionsSpec& actual) {
    if (std::holds_alternative<script::AnyOptions>(expected)) return;
    const auto* wanted = std::get_if<std::vector<script::TcpOptionSpec>>(&expected);
    const auto* found = std::get_if<std::vector<script::TcpOptionSpec>>(&actual);
    if (wanted == nullptr || found == nullptr) {
      if (script::wire_of(expected) != script::wire_of(actual)) add_options(expected, actual);
      return;
    }
    bool same = wanted->size() == found->size();
    for (std::size_t i = 0; same && i < wanted->size(); ++i) same = option((*wanted)[i], (*found)[i]);
    if (!same) add_options(expected, actual);
  }

  // An IP header says as much as it says of the packet proper, what is behind it all.
  void header(const script::OuterHeader& expected, const script::OuterHeader& actual) {
    const auto* wanted = std::get_if<script::IpHeaderSpec>(&expected);
    const auto* found = std::get_if<script::IpHeaderSpec>(&actual);
    if (wanted != nullptr && found != nullptr && wanted->source == found->source &&
        wanted->destination == found->destination)
      return ip(wanted->info, found->info);
    if (with_fields_present(expected) != with_fields_present(actual))
      add("header", script::text_of(expected), script::text_of(actual));
  }

  bool option(const script::TcpOptionSpec& expected, const script::TcpOptionSpec& actual) {
    if (expected.index() != actual.index()) return false;
    if (const auto* wanted = std::get_if<script::TimestampOption>(&expected)) {
      timestamp(*wanted, std::get<script::TimestampOption>(actual));
      return true;
    }
    return expected == actual;
  }

  void timestamp(const script::TimestampOption& expected, const script::TimestampOption& actual) {
    if (!expected.val || settings_.timestamp_tick == Duration{}) return;
    const auto steps = static_cast<std::int32_t>(actual.val.value_or(0) - *expected.val);
    if (std::abs(std::int64_t{steps}) * settings_.timestamp_tick > settings_.tolerance)
      number("TS val", *expected.val, actual.val.value_or(0));
  }

  void add_options(const script::TcpOptionsSpec& expected, const script::TcpOptionsSpec& actual) {
    add("tcp options", options_text(expected), options_text(actual));
  }
  std::string options_text(const script::TcpOptionsSpec& options) const {
    const auto* list = std::get_if<std::vector<script::TcpOptionSpec>>(&options);
    std::string text = "<";
    if (list != nullptr) {
      for (const script::TcpOptionSpec& one : *list)
        text += (text.size() > 1 ? "," : "") + script::text_of(one, settings_.dialect);
    } else {
      for (const std::uint8_t byte : script::wire_of(options)) text += fmt::format("{:02x}", byte);
    }
    return text + ">";
  }

  const MatchSettings& settings_;
  std::vector<Difference> found_;
};

}  // namespace

std::vector<Difference> differences(const script::PacketSpec& expected, const script::PacketSpec& actual,
                                    const MatchSettings& settings) {
  Comparison comparison{settings};
  comparison.outer(expected.outer, actual.outer);
  comparison.ip(expected.ip, actual.ip);
  std::visit([&](const auto& wanted, const auto& found) { comparison.body(wanted, found); }, expected.body,
             actual.body);
  return comparison.take();
}

}  // namespace halfopen::drill

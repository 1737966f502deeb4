// What stands before a packet proper: fields of its IP header, and the headers around it.
#include <array>
#include <utility>

#include "sim/script/reader.h"

namespace halfopen::script {
namespace {

// RFC 2474, 2597, 3246, 5865 and 8622.
constexpr std::array<std::pair<std::string_view, std::uint8_t>, 23> kDscpNames{
    {{"cs0", 0},   {"cs1", 8},   {"cs2", 16},  {"cs3", 24},         {"cs4", 32},  {"cs5", 40},
     {"cs6", 48},  {"cs7", 56},  {"af11", 10}, {"af12", 12},        {"af13", 14}, {"af21", 18},
     {"af22", 20}, {"af23", 22}, {"af31", 26}, {"af32", 28},        {"af33", 30}, {"af41", 34},
     {"af42", 36}, {"af43", 38}, {"ef", 46},   {"voice-admit", 44}, {"le", 1}}};

constexpr std::array<std::pair<std::string_view, Ecn>, 5> kEcnNames{{{"noecn", Ecn::not_ect},
                                                                     {"ect0", Ecn::ect0},
                                                                     {"ect1", Ecn::ect1},
                                                                     {"ce", Ecn::ce},
                                                                     {"ect01", Ecn::ect0_or_ect1}}};

std::optional<Ecn> take_ecn(Reader& in) {
  for (const auto& [name, ecn] : kEcnNames)
    if (in.take_if(name)) return ecn;
  return std::nullopt;
}

// A field that may be said once.
template <class T>
void set_once(const Reader& in, Place place, std::optional<T>& field, T value, std::string_view name) {
  if (field) in.fail(place, std::string{name} + " is said twice");
  field = value;
}

std::uint8_t read_dscp(Reader& in) {
  for (const auto& [name, dscp] : kDscpNames)
    if (in.take_if(name)) return dscp;
  return static_cast<std::uint8_t>(in.number(0, 63, "a DSCP's name or number"));
}

void read_traffic_class(Reader& in, Place place, IpInfo& info) {
  const auto tos = in.number<std::uint8_t>("a TOS");
  set_once(in, place, info.dscp, static_cast<std::uint8_t>(tos >> 2), "the DSCP");
  set_once(in, place, info.ecn, static_cast<Ecn>(tos & 3), "ECN");
}

void read_ip_field(Reader& in, IpInfo& info) {
  const Place place = in.now().place;
  if (const std::optional<Ecn> ecn = take_ecn(in)) return set_once(in, place, info.ecn, *ecn, "ECN");
  if (in.take_if("tos")) return read_traffic_class(in, place, info);
  if (in.take_if("ttl")) return set_once(in, place, info.ttl, in.number<std::uint8_t>("a TTL"), "the TTL");
  if (in.take_if("flowlabel")) {
    const auto label = static_cast<std::uint32_t>(in.number(0, 0xfffff, "a flow label"));
    return set_once(in, place, info.flow_label, label, "the flow label");
  }
  for (const std::string_view word : {"class", "hlim", "dscp", "ecn"})
    if (in.at(word)) in.note(Dialect::nplab, word);
  if (in.take_if("class")) return read_traffic_class(in, place, info);
  if (in.take_if("hlim"))
    return set_once(in, place, info.ttl, in.number<std::uint8_t>("a hop limit"), "the hop limit");
  if (in.take_if("dscp")) return set_once(in, place, info.dscp, read_dscp(in), "the DSCP");
  if (!in.take_if("ecn"))
    in.fail_expected("tos, ttl, flowlabel, class, hlim, dscp, ecn, noecn, ect0, ect1, ect01 or ce");
  const std::optional<Ecn> ecn = take_ecn(in);
  if (!ecn) in.fail_expected("noecn, ect0, ect1, ect01 or ce");
  set_once(in, place, info.ecn, *ecn, "ECN");
}

IpAddress read_address(Reader& in, Token::Kind kind, std::string_view what) {
  const std::optional<IpAddress> address =
      in.at(kind) ? IpAddress::parse(in.now().text) : std::optional<IpAddress>{};
  if (!address) in.fail_expected(what);
  in.take();
  return *address;
}

IpHeaderSpec read_ip_header(Reader& in, Token::Kind kind, std::string_view what) {
  IpHeaderSpec header;
  header.info = read_ip_info(in).value_or(IpInfo{});
  header.source = read_address(in, kind, what);
  in.expect('>');
  header.destination = read_address(in, kind, what);
  return header;
}

std::uint16_t read_gre_flag(Reader& in) {
  if (in.take_if("none")) return 0;
  std::uint16_t flag = 0;
  if (in.take_if("checksum")) {
    flag = gre_flag::checksum;
  } else if (in.take_if("key")) {
    flag = gre_flag::key;
  } else if (in.take_if("sequence")) {
    in.expect('#');
    flag = gre_flag::sequence;
  } else {
    in.fail_expected("none, checksum, key or sequence#");
  }
  in.expect("present");
  return flag;
}

GreFields read_gre_fields(Reader& in) {
  in.note(Dialect::google, "a GRE header with fields");
  GreFields gre;
  if (!in.take_if("flags") && !in.take_if("Flags")) in.fail_expected("\":\" or flags");
  if (in.take_if('[')) {
    do gre.flags = static_cast<std::uint16_t>(gre.flags | read_gre_flag(in));
    while (in.take_if(','));
    in.expect(']');
  } else {
    gre.flags = in.number<std::uint16_t>("flags");
  }
  in.take_if(',');
  in.expect("sum");
  gre.sum = in.number<std::uint16_t>("a checksum");
  in.take_if(',');
  in.expect("off");
  gre.off = in.number<std::uint16_t>("an offset");
  in.take_if(',');
  in.expect("key");
  in.take_if('=');
  gre.key = in.number<std::uint32_t>("a key");
  in.take_if(',');
  in.expect("seq");
  gre.seq = in.number<std::uint32_t>("a sequence number");
  return gre;
}

GreHeaderSpec read_gre(Reader& in) {
  if (in.at(':')) return {};
  in.take_if(',');
  return {.fields = read_gre_fields(in)};
}

MplsHeaderSpec read_mpls(Reader& in) {
  MplsHeaderSpec header;
  while (in.take_if('(')) {
    MplsEntry entry;
    in.expect("label");
    entry.label = static_cast<std::uint32_t>(in.number(0, 0xfffff, "a label"));
    in.expect(',');
    in.expect("tc");
    entry.traffic_class = static_cast<std::uint8_t>(in.number(0, 7, "a traffic class"));
    in.expect(',');
    if (in.take_if('[')) {
      in.expect("S");
      in.expect(']');
      in.expect(',');
      entry.is_bottom = true;
    }
    in.expect("ttl");
    entry.ttl = in.number<std::uint8_t>("a TTL");
    in.expect(')');
    header.stack.push_back(entry);
  }
  return header;
}

}  // namespace

std::optional<IpInfo> read_ip_info(Reader& in) {
  if (!in.at('(') && !in.at('[')) return std::nullopt;
  const char close = in.take().text.front() == '(' ? ')' : ']';
  IpInfo info;
  do read_ip_field(in, info);
  while (in.take_if(','));
  in.expect(close);
  return info;
}

std::vector<OuterHeader> read_outer_headers(Reader& in) {
  std::vector<OuterHeader> headers;
  for (;;) {
    if (in.take_if("ipv4")) {
      headers.emplace_back(read_ip_header(in, Token::Kind::ipv4, "an IPv4 address"));
    } else if (in.take_if("ipv6")) {
      headers.emplace_back(read_ip_header(in, Token::Kind::ipv6, "an IPv6 address"));
    } else if (in.take_if("gre") || in.take_if("GREv0")) {
      headers.emplace_back(read_gre(in));
    } else if (in.take_if("mpls")) {
      headers.emplace_back(read_mpls(in));
    } else {
      return headers;
    }
    in.expect(':');
  }
}

}  // namespace halfopen::script

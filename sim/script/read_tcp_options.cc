// TCP options: what stands between < and >.
#include <charconv>
#include <utility>

#include "sim/script/reader.h"
#include "sim/wire/tcp_options.h"

namespace halfopen::script {
namespace {

constexpr std::size_t kMostBytes = TcpOptions::kMaxBytes;

// All of `digits` as a number.
std::optional<std::uint64_t> unsigned_from(std::string_view digits, int base) {
  std::uint64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number, base);
  return error == std::errc{} && stop == end ? std::optional{number} : std::nullopt;
}

std::uint32_t read_counter(Reader& in) {
  return static_cast<std::uint32_t>(in.number(0, 0xffffff, "a counter"));
}

bool at_hex(const Reader& in) { return in.at(Token::Kind::word) || in.at(Token::Kind::integer); }

Bytes read_optional_hex(Reader& in, std::size_t most, std::string_view what) {
  return at_hex(in) ? in.hex_bytes(most, what) : Bytes{};
}

// sack 1:1001 2001:3001
Sack read_sack(Reader& in) {
  Sack sack;
  do {
    SackBlock block;
    block.left = in.number<std::uint32_t>("a sequence number");
    in.expect(':');
    block.right = in.number<std::uint32_t>("a sequence number");
    sack.blocks.push_back(block);
  } while (in.at(Token::Kind::integer));
  return sack;
}

// TS val 100 ecr 0
TimestampOption read_timestamps(Reader& in) {
  TimestampOption ts;
  in.expect("val");
  if (in.at(Token::Kind::ellipsis)) {
    in.note(Dialect::nplab, "\"val ...\"");
    in.take();
  } else {
    ts.val = in.number<std::uint32_t>("a timestamp");
  }
  in.expect("ecr");
  ts.ecr = in.number<std::uint32_t>("a timestamp");
  if (in.at('!')) {
    in.note(Dialect::nplab, "\"!\"");
    in.take();
    ts.is_ecr_absolute = true;
  }
  return ts;
}

// md5 HEX, md5 valid
Md5 read_md5(Reader& in) {
  constexpr std::size_t kDigest = 16;
  if (!in.at("valid")) return {.digest = in.hex_bytes(kDigest, "a digest")};
  in.note(Dialect::nplab, "\"md5 valid\"");
  in.take();
  return {};
}

FastOpenOption read_fast_open(Reader& in, bool is_experimental) {
  const std::size_t most = kMostBytes - (is_experimental ? 4 : 2);
  return {.is_experimental = is_experimental, .cookie = read_optional_hex(in, most, "a cookie")};
}

// Google's: ECN e0b 1 ceb 2 e1b 3, or from e1b to e0b; it ends where the script wants.
AccEcnOption read_accecn(Reader& in) {
  AccEcnOption option;
  if (!in.at("e0b") && !in.at("e1b")) in.fail_expected("e0b or e1b");
  option.ect1_first = in.take().text == "e1b";
  option.counters.push_back(read_counter(in));
  if (!in.take_if("ceb")) return option;
  option.counters.push_back(read_counter(in));
  if (in.take_if(option.ect1_first ? "e0b" : "e1b")) option.counters.push_back(read_counter(in));
  return option;
}

// nplab's: AccECN0 ee0b 1 eceb 2 ee1b 3, with any number of counters.
AccEcnOption read_accecn_in_order(Reader& in, bool ect1_first, bool is_experimental) {
  AccEcnOption option{.ect1_first = ect1_first, .is_experimental = is_experimental, .counters = {}};
  for (const std::string_view counter :
       {ect1_first ? "ee1b" : "ee0b", "eceb", ect1_first ? "ee0b" : "ee1b"}) {
    if (!in.take_if(counter)) break;
    option.counters.push_back(read_counter(in));
  }
  return option;
}

// What only nplab's fork has: exp-FO, AccECN0, exp-tarr, exp-f00d, gen-99. nullopt for another word.
std::optional<TcpOptionSpec> read_nplab_option(Reader& in) {
  const std::string_view word = in.now().text;
  const auto take = [&in, word] {
    in.note(Dialect::nplab, word);
    in.take();
  };
  if (word == "exp-FO" || word == "EXP-FO") return take(), read_fast_open(in, true);
  for (const bool ect1_first : {false, true}) {
    if (word == (ect1_first ? "AccECN1" : "AccECN0"))
      return take(), read_accecn_in_order(in, ect1_first, false);
    if (word == (ect1_first ? "exp-AccECN1" : "exp-AccECN0"))
      return take(), read_accecn_in_order(in, ect1_first, true);
  }
  if (word == "exp-tarr") {
    take();
    TarrOption tarr;
    if (in.at(Token::Kind::integer)) tarr.rate = static_cast<std::uint8_t>(in.number(0, 127, "a rate"));
    return tarr;
  }
  if (word.starts_with("exp-")) {
    const std::optional<std::uint64_t> id = unsigned_from(word.substr(4), 16);
    if (!id || *id > 0xffff) in.fail_expected("an experiment's number from exp-0 to exp-ffff");
    take();
    return ExperimentalOption{.id = static_cast<std::uint16_t>(*id),
                              .data = read_optional_hex(in, kMostBytes - 4, "data")};
  }
  if (word.starts_with("gen-")) {
    const std::optional<std::uint64_t> kind = unsigned_from(word.substr(4), 10);
    if (!kind || *kind > 0xff) in.fail_expected("an option's kind from gen-0 to gen-255");
    take();
    return GenericOption{.kind = static_cast<std::uint8_t>(*kind),
                         .data = read_optional_hex(in, kMostBytes - 2, "data")};
  }
  return std::nullopt;
}

TcpOptionSpec read_option(Reader& in) {
  if (in.take_if("nop")) return Nop{};
  if (in.take_if("eol")) return Eol{};
  if (in.take_if("mss")) return Mss{.bytes = in.number<std::uint16_t>("an MSS")};
  if (in.take_if("wscale")) return WindowScale{.shift = in.number<std::uint8_t>("a window scale")};
  if (in.take_if("sackOK")) return SackOk{};
  if (in.take_if("sack")) return read_sack(in);
  if (in.take_if("TS")) return read_timestamps(in);
  if (in.take_if("md5")) return read_md5(in);
  if (in.take_if("FO")) return read_fast_open(in, false);
  for (const std::string_view word : {"FOEXP", "ECN"})
    if (in.at(word)) in.note(Dialect::google, word);
  if (in.take_if("FOEXP")) return read_fast_open(in, true);
  if (in.take_if("ECN")) return read_accecn(in);
  if (in.at(Token::Kind::word))
    if (std::optional<TcpOptionSpec> option = read_nplab_option(in)) return *std::move(option);
  in.fail_expected("a TCP option (mss, wscale, sackOK, sack, TS, nop, eol, FO, md5, ...)");
}

// Whether the word at hand is bytes in hexadecimal, and no option.
bool at_raw(const Reader& in) {
  if (in.at(Token::Kind::integer)) return true;
  return in.at(Token::Kind::word) &&
         in.now().text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

TcpOptionsSpec read_between(Reader& in, Direction direction) {
  if (in.at(Token::Kind::ellipsis)) {
    if (direction == Direction::inbound)
      in.fail(in.now().place, "<...> is for packets that are expected ('>')");
    in.take();
    return AnyOptions{};
  }
  if (at_raw(in)) {
    in.note(Dialect::nplab, "options as bytes");
    return in.hex_bytes(kMostBytes, "options");
  }
  std::vector<TcpOptionSpec> options;
  do options.push_back(read_option(in));
  while (in.take_if(','));
  return options;
}

}  // namespace

TcpOptionsSpec read_tcp_options(Reader& in, Direction direction) {
  const Place place = in.now().place;
  in.expect('<');
  TcpOptionsSpec options = read_between(in, direction);
  in.expect('>');
  const std::size_t size = wire_of(options).size();
  if (size > kMostBytes || size % 4 != 0)
    in.fail(place,
            "expected options of at most 40 bytes and a multiple of four (nop and eol are one byte), "
            "found " +
                std::to_string(size) + " bytes");
  return options;
}

}  // namespace halfopen::script

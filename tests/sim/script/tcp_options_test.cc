// TCP options as scripts write them, and the bytes that they stand for: by the RFC of each, and by what
// google/packetdrill and nplab/packetdrill make of them (tcp_option in parser.y, tcp_options.h).
#include "tests/sim/script/snippets.h"

namespace halfopen::script {
namespace {

struct Options {
  const char* text;
  Bytes wire;
};
class TcpOptionTexts : public ::testing::TestWithParam<Options> {};

TEST_P(TcpOptionTexts, StandForTheseBytes) {
  const std::string text = "> . 1:1(0) ack 1 <" + std::string{GetParam().text} + ">";
  const PacketSpec packet = packet_of(text);
  EXPECT_EQ(wire_of(std::get<TcpSpec>(packet.body).options), GetParam().wire);
  for (const Dialect dialect : {Dialect::google, Dialect::nplab})
    EXPECT_EQ(packet_of(text_of(packet, dialect)), packet) << text_of(packet, dialect);
}

INSTANTIATE_TEST_SUITE_P(Rfc9293, TcpOptionTexts,
                         ::testing::Values(Options{"mss 1460", {2, 4, 0x05, 0xb4}},
                                           Options{"nop,nop,nop,eol", {1, 1, 1, 0}},
                                           Options{"nop,wscale 7", {1, 3, 3, 7}}));
INSTANTIATE_TEST_SUITE_P(Rfc7323And2018, TcpOptionTexts,
                         ::testing::Values(Options{"nop,nop,sackOK", {1, 1, 4, 2}},
                                           Options{"sackOK,TS val 100 ecr 4294967295",
                                                   {4, 2, 8, 10, 0, 0, 0, 100, 0xff, 0xff, 0xff, 0xff}},
                                           Options{"nop,nop,sack 1:258 513:1025",
                                                   {1, 1, 5, 18, 0, 0, 0, 1, 0, 0,
                                                    1, 2, 0, 0,  2, 1, 0, 0, 4, 1}}));
INSTANTIATE_TEST_SUITE_P(  // RFC 2385
    Md5, TcpOptionTexts,
    ::testing::Values(Options{"nop,nop,md5 000102030405060708090a0b0c0d0e0f",
                              {1, 1, 19, 18, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}},
                      Options{"nop,nop,md5 valid",
                              {1, 1, 19, 18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
                      Options{"md5 0102", {19, 4, 1, 2}}));
INSTANTIATE_TEST_SUITE_P(  // RFC 7413: kind 34; before it kind 254 with 0xf989
    FastOpen, TcpOptionTexts,
    ::testing::Values(Options{"nop,nop,FO", {1, 1, 34, 2}},
                      Options{"FO abcd1234,nop,nop", {34, 6, 0xab, 0xcd, 0x12, 0x34, 1, 1}},
                      Options{"FO 12345678,nop,nop", {34, 6, 0x12, 0x34, 0x56, 0x78, 1, 1}},
                      Options{"FOEXP", {254, 4, 0xf9, 0x89}},
                      Options{"FOEXP ABCDEF01", {254, 8, 0xf9, 0x89, 0xab, 0xcd, 0xef, 1}},
                      Options{"exp-FO abcd,nop,nop", {254, 6, 0xf9, 0x89, 0xab, 0xcd, 1, 1}}));
INSTANTIATE_TEST_SUITE_P(  // RFC 9768 section 3.2.3: kinds 172 and 174, counters of three bytes
    AccEcn, TcpOptionTexts,
    ::testing::Values(Options{"ECN e0b 1 ceb 2 e1b 3,nop", {172, 11, 0, 0, 1, 0, 0, 2, 0, 0, 3, 1}},
                      Options{"ECN e1b 16777215 ceb 0", {174, 8, 0xff, 0xff, 0xff, 0, 0, 0}},
                      Options{"ECN e1b 1 ceb 2 e0b 3,nop", {174, 11, 0, 0, 1, 0, 0, 2, 0, 0, 3, 1}},
                      Options{"ECN e0b 5,nop,nop,nop", {172, 5, 0, 0, 5, 1, 1, 1}},
                      Options{"AccECN0 ee0b 1 eceb 2 ee1b 3,nop", {172, 11, 0, 0, 1, 0, 0, 2, 0, 0, 3, 1}},
                      Options{"AccECN1,nop,nop", {174, 2, 1, 1}},
                      Options{"exp-AccECN0 ee0b 7,nop", {254, 7, 0xac, 0xc0, 0, 0, 7, 1}},
                      Options{"exp-AccECN1", {254, 4, 0xac, 0xc1}}));
INSTANTIATE_TEST_SUITE_P(  // nplab's: opt_tcp_generic_option_data, EXP_TARR, tcp_options_raw()
    Other, TcpOptionTexts,
    ::testing::Values(Options{"gen-99 abcd", {99, 4, 0xab, 0xcd}}, Options{"gen-7,nop,nop", {7, 2, 1, 1}},
                      Options{"exp-f00d 12345678", {254, 8, 0xf0, 0x0d, 0x12, 0x34, 0x56, 0x78}},
                      Options{"exp-tarr", {254, 4, 0, 0xac}},
                      Options{"exp-tarr 3,nop,nop,nop", {254, 5, 0, 0xac, 6, 1, 1, 1}},
                      Options{"0204ffff", {2, 4, 0xff, 0xff}}, Options{"01010101", {1, 1, 1, 1}}));

TEST(TcpOptionTexts, TimestampsMayBeOpenOrAbsolute) {  // ignore_integer, abs_integer of nplab's
  const auto options =
      std::get<std::vector<TcpOptionSpec>>(tcp_of("> . 1:1(0) <nop,nop,TS val ... ecr 5!>").options);
  EXPECT_EQ(options.at(2), TcpOptionSpec{(TimestampOption{.val = {}, .ecr = 5, .is_ecr_absolute = true})});
}

TEST(TcpOptionTexts, EllipsisIsAnyAndNoBracketsAreNone) {  // opt_tcp_options
  EXPECT_TRUE(std::holds_alternative<AnyOptions>(tcp_of("> S 0:0(0) <...>").options));
  EXPECT_TRUE(std::get<std::vector<TcpOptionSpec>>(tcp_of("> S 0:0(0)").options).empty());
}

}  // namespace
}  // namespace halfopen::script

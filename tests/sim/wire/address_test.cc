#include "sim/wire/address.h"

#include <gtest/gtest.h>

#include <set>

namespace halfopen {
namespace {

std::string canonical(std::string_view text) {
  const auto address = IpAddress::parse(text);
  return address ? address->to_string() : "refused";
}

TEST(Address, DottedQuadRoundTrips) {
  for (const auto* text : {"0.0.0.0", "10.9.0.1", "255.255.255.255", "192.168.100.9"}) {
    EXPECT_EQ(canonical(text), text);
    EXPECT_FALSE(IpAddress::parse(text)->is_v6());
  }
}

TEST(Address, QuadsThatAreNotDottedQuadsAreRefused) {
  for (const auto* text :
       {"", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1..2.3", "1.2.3.", ".1.2.3", "1.2.3.4 ",
        " 1.2.3.4", "1.2.3.x", "-1.2.3.4", "0x1.2.3.4", "1.2.3.4444"}) {
    EXPECT_EQ(canonical(text), "refused") << text;
  }
}

// RFC 5952 sections 4 and 5.
TEST(Address, V6TextIsCanonical) {
  const std::pair<const char*, const char*> rows[] = {
      {"::", "::"},
      {"::1", "::1"},
      {"fd00:9::1", "fd00:9::1"},
      {"FD00:0009:0:0:0:0:0:00fe", "fd00:9::fe"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},    // the first of two equal runs
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},          // the longer of two runs
      {"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},  // one zero group is not shortened
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"1:2:3:4:5:6::", "1:2:3:4:5:6::"},
      {"::ffff:10.9.0.1", "::ffff:10.9.0.1"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
      {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(canonical(text), expected) << text;
}

// RFC 4291 section 2.2.
TEST(Address, TextThatIsNotV6IsRefused) {
  for (const auto* text : {":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
                           "1:2:3:4:5:6:7:8::", "::1::", "12345::", "g::", "fe80::1%eth0",
                           "1.2.3.4::", "::1.2.3", "1:2:3:4:5:6:7:1.2.3.4", "1:", ":1:2:3:4:5:6:7"}) {
    EXPECT_EQ(canonical(text), "refused") << text;
  }
}

AddressRange range(std::string_view first, std::string_view last) {
  return {*IpAddress::parse(first), *IpAddress::parse(last)};
}

TEST(AddressRange, CountsBothItsEnds) {
  EXPECT_EQ(range("10.9.1.1", "10.9.1.1").size(), 1u);
  EXPECT_EQ(range("10.9.1.255", "10.9.2.0").size(), 2u);
  EXPECT_EQ(range("0.0.0.0", "255.255.255.255").size(), std::uint64_t{1} << 32);
  EXPECT_EQ(range("fd00::ffff:ffff", "fd00::1:0:0").size(), 2u);
}

TEST(AddressRange, CountsUpToWhatItsNumberHolds) {
  EXPECT_EQ(range("::", "::ffff:ffff:ffff:fffe").size(), UINT64_MAX);
  EXPECT_EQ(range("::", "::ffff:ffff:ffff:ffff").size(), UINT64_MAX);
  EXPECT_EQ(range("::", "ffff::").size(), UINT64_MAX);
}

TEST(AddressRange, CarriesFromByteToByte) {
  EXPECT_EQ(range("10.9.0.254", "10.10.0.0").at(0).to_string(), "10.9.0.254");
  EXPECT_EQ(range("10.9.0.254", "10.10.0.0").at(1).to_string(), "10.9.0.255");
  EXPECT_EQ(range("10.9.0.254", "10.10.0.0").at(2).to_string(), "10.9.1.0");
  EXPECT_EQ(range("10.9.255.255", "10.10.0.0").at(1).to_string(), "10.10.0.0");
  EXPECT_EQ(range("fd00::ffff:fffe", "fd00::1:0:1").at(3).to_string(), "fd00::1:0:1");
}

TEST(AddressRange, HoldsItsEndsAndNotTheirNeighbours) {
  const AddressRange four = range("10.9.1.1", "10.9.1.9");
  const std::vector<std::pair<std::string_view, bool>> rows{
      {"10.9.1.0", false}, {"10.9.1.1", true}, {"10.9.1.9", true}, {"10.9.1.10", false}, {"10.9.2.5", false}};
  for (const auto& [text, inside] : rows) EXPECT_EQ(four.contains(*IpAddress::parse(text)), inside) << text;
  EXPECT_FALSE(range("a09:101::", "a09:109::").contains(*IpAddress::parse("10.9.1.5")));
}

TEST(Address, FourTuplesThatDifferInOneFieldHashDifferently) {
  const IpAddress a = *IpAddress::parse("10.9.0.1");
  const IpAddress b = *IpAddress::parse("10.9.0.2");
  std::set<std::size_t> hashes;
  std::size_t count = 0;
  for (std::uint16_t port = 1; port < 1000; ++port) {
    hashes.insert(FourTupleHash{}({{a, port}, {b, 9998}}));
    hashes.insert(FourTupleHash{}({{b, 9998}, {a, port}}));
    hashes.insert(
        FourTupleHash{}({{*IpAddress::parse("fd00::1"), port}, {*IpAddress::parse("fd00::2"), 9998}}));
    count += 3;
  }
  EXPECT_EQ(hashes.size(), count);
}

}  // namespace
}  // namespace halfopen

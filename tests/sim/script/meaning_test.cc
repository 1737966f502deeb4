// What values mean to calls. Evidence: the headers of each system for words; evaluate() and the rules
// sockaddr, inaddr and in6addr of google/packetdrill for the rest.
#include "sim/script/meaning.h"

#include "tests/sim/script/snippets.h"

namespace halfopen::script {
namespace {

constexpr OsFamily kLinux = OsFamily::linux_os;
constexpr OsFamily kFreeBsd = OsFamily::freebsd;

TEST(Meaning, ANumberIsWrittenInManyWays) {
  EXPECT_EQ(number_of(read_value_of("-5"), kLinux), -5);
  EXPECT_EQ(number_of(read_value_of("0x10"), kLinux), 16);
  EXPECT_EQ(number_of(read_value_of("O_RDWR|O_NONBLOCK"), kLinux), 0x802);
  EXPECT_EQ(number_of(read_value_of("O_RDWR|O_NONBLOCK"), kFreeBsd), 6);
  EXPECT_EQ(number_of(read_value_of("MSG_PEEK|0x100"), kFreeBsd), 0x102);
  for (const char* other : {"...", "\"5\"", "[5]", "{5}", "htons(5)", "a=5", "BOGUS", "1|BOGUS", "EPOLLIN"})
    EXPECT_EQ(number_of(read_value_of(other), kFreeBsd), std::nullopt) << other;
}

TEST(Meaning, TheFirstUnknownWordIsFound) {
  const Value value = read_value_of("{fd=3, events=POLLIN|BOGUS, x=OTHER}");
  const Value* unknown = unknown_word_in(value, kLinux);
  ASSERT_NE(unknown, nullptr);
  EXPECT_EQ(unknown->text, "BOGUS");
  EXPECT_EQ(unknown->place.column, 27U);  // after "+0 f({fd=3, events=POLLIN|"
  EXPECT_EQ(unknown_word_in(read_value_of("[{events=POLLIN}, inet_addr(\"x\"), ...]"), kLinux), nullptr);
}

TEST(Meaning, AddressesAreOfEitherFamily) {
  EXPECT_EQ(address_of(read_value_of("inet_addr(\"192.0.2.1\")")), IpAddress::parse("192.0.2.1"));
  EXPECT_EQ(address_of(read_value_of("inet6_addr(\"2001:db8::1\")")), IpAddress::parse("2001:db8::1"));
  EXPECT_EQ(address_of(read_value_of("inet_addr(\"192.0.2\")")), std::nullopt);
  EXPECT_EQ(address_of(read_value_of("\"192.0.2.1\"")), std::nullopt);
  const auto socket = [](const char* family, const char* port, const char* ip) {
    return socket_address_of(read_value_of(std::string{"{sa_family="} + family + ", sin_port=" + port +
                                           ", sin_addr=inet_addr(\"" + ip + "\")}"));
  };
  EXPECT_EQ(socket("AF_INET", "htons(8080)", "192.0.2.1"),
            (SocketAddress{.ip = *IpAddress::parse("192.0.2.1"), .port = 8080}));
  EXPECT_EQ(socket("AF_INET6", "htons(65535)", "::1"),
            (SocketAddress{.ip = *IpAddress::parse("::1"), .port = 65535}));
  EXPECT_EQ(socket("AF_INET6", "htons(1)", "192.0.2.1"), std::nullopt);
  EXPECT_EQ(socket("AF_INET", "htons(65536)", "192.0.2.1"), std::nullopt);
  EXPECT_EQ(socket("AF_INET", "8080", "192.0.2.1"), std::nullopt);
  EXPECT_EQ(socket_address_of(read_value_of("...")), std::nullopt);
}

}  // namespace
}  // namespace halfopen::script
